import type { CallOutput } from '../../engine/protocol/contract.ts';
import { formatTable } from './table.ts';
import { counted, formatNumber } from './text.ts';

type QualityReport = CallOutput<'data.get'>['quality'];

/** The data-quality report of one version, indented below its headline. */
export function qualityText(report: QualityReport): string {
  const { barCount, expectedBars, calendar, issues } = report;
  const expected =
    expectedBars === null ? '' : `, ${formatNumber(expectedBars)} expected by the calendar`;
  const head = `Quality: ${counted(barCount, 'bar')}${expected} (${calendar})`;
  if (issues.length === 0) return `${head}; nothing odd was found`;
  const rows = issues.map((issue) => [
    `  ${issue.severity}`,
    issue.kind,
    formatNumber(issue.count),
    issue.message,
  ]);
  const columns = [{ title: '' }, { title: '' }, { title: '', align: 'right' }, { title: '' }] as const;
  return `${head}\n${formatTable(columns, rows)}`;
}

/** The report for machines: times as ISO 8601. */
export function qualityRecord(report: QualityReport): unknown {
  return {
    ...report,
    issues: report.issues.map((issue) => ({
      ...issue,
      times: issue.times.map((time) => new Date(time).toISOString()),
    })),
  };
}
