import type { Comparison } from '../../../engine/protocol/schemas.ts';
import { toCsv } from '../../components/csv.ts';
import { formatDate, formatStatistic } from '../../components/format.ts';

/** The runs that can be asked for: chosen ones that still exist. */
export function usableRuns(
  chosen: readonly string[],
  runs: readonly { readonly id: string }[],
): string[] {
  const known = new Set(runs.map(({ id }) => id));
  return chosen.filter((id) => known.has(id));
}

/** What makes figures of the runs hard to hold against each other. */
export function warningsOf({ runs }: Comparison): string[] {
  const list = (values: readonly string[]): string => [...new Set(values)].join(', ');
  const differ = (values: readonly string[]): boolean => new Set(values).size > 1;
  const warnings: string[] = [];
  const data = runs.map(({ symbol, timeframe }) => `${symbol} ${timeframe}`);
  const hashes = runs.map(({ dataHash }) => dataHash);
  const ranges = runs.map(
    ({ firstTime, lastTime }) => `${formatDate(firstTime)} to ${formatDate(lastTime)}`,
  );
  if (differ(data)) warnings.push(`Other data: ${list(data)}.`);
  else if (differ(hashes)) warnings.push('Other versions of the same data.');
  if (differ(ranges)) warnings.push(`Other ranges: ${list(ranges)}.`);
  return warnings;
}

/** How a cell of the statistics stands among those of its row. */
export type Rank = 'best' | 'worst' | null;

export function rankOf(
  { best, worst }: Pick<Comparison['statistics'][number], 'best' | 'worst'>,
  run: number,
): Rank {
  if (best === run) return 'best';
  return worst === run ? 'worst' : null;
}

/** Statistics whose figures are not all alike, or all of them. */
export function shownStatistics(
  statistics: Comparison['statistics'],
  onlyDifferent: boolean,
): Comparison['statistics'] {
  if (!onlyDifferent) return statistics;
  return statistics.filter(({ values, unit }) => {
    const texts = values.map((value) => formatStatistic(value, unit));
    return texts.some((text) => text !== texts[0]);
  });
}

/** A value as differences show it: hashes are cut, what is missing is a dash. */
export function differenceText(name: string, value: string): string {
  if (value === '') return '–';
  return name.endsWith(' hash') ? value.slice(0, 12) : value;
}

/** Differences, then statistics with every digit, one column a run. */
export function comparisonCsv({ runs, differences, statistics }: Comparison): string {
  const header = ['', ...runs.map(({ title }, i) => `${i + 1} ${title}`)];
  const rows: (string | number)[][] = [
    ...differences.map(({ name, values }) => [name, ...values]),
    ...statistics.map(({ name, unit, values }) => [
      name,
      ...values.map((value) =>
        unit === 'time' && Number.isFinite(value) ? new Date(value).toISOString() : value,
      ),
    ]),
  ];
  return toCsv(header, rows);
}

/** Moves a place in a list by a key, within its bounds. */
export function stepped(key: string, at: number, length: number): number | undefined {
  const steps: Readonly<Record<string, number>> = {
    ArrowDown: at + 1,
    ArrowUp: at - 1,
    Home: 0,
    End: length - 1,
  };
  const next = steps[key];
  return next === undefined ? undefined : Math.max(0, Math.min(length - 1, next));
}
