import { resolve } from 'node:path';
import type { Command } from 'commander';
import { RenataError } from '../../../engine/domain/errors.ts';
import type { Comparison } from '../../../engine/protocol/schemas.ts';
import { comparisonSheet, MOST_COMPARED } from '../../../engine/report/comparison-sheet.ts';
import { LAYOUT } from '../../layout.ts';
import { writeWhole } from '../run-files.ts';
import { formatTable } from '../table.ts';
import { formatStatistic } from '../text.ts';
import { common, run, type CommonOptions } from './context.ts';
import { findRun } from './report.ts';

interface CompareFlags extends CommonOptions {
  readonly output?: string;
}

/** `compare RUN RUN…`: statistics and settings side by side. */
export function addCompare(program: Command): void {
  common(program.command('compare <run...>'))
    .description('compare past backtests side by side')
    .option('--output <file>', 'also write the comparison as one HTML file')
    .action(compare);
}

async function compare(names: readonly string[], flags: CompareFlags): Promise<void> {
  if (names.length < 2 || names.length > MOST_COMPARED) {
    throw new RenataError(
      'BAD_INPUT',
      `run: name two to ${MOST_COMPARED} runs; renata runs lists them.`,
      { details: { parameter: 'run' } },
    );
  }
  await run(flags, async (session, terminal) => {
    const runIds: string[] = [];
    for (const name of names) runIds.push((await findRun(session, name)).id);
    const comparison = await session.call('runs.compare', { runIds });
    if (flags.output !== undefined) {
      const path = resolve(flags.output);
      writeWhole(path, comparisonSheet(comparison, LAYOUT.version), 'output');
      terminal.note(`wrote ${path}`);
    }
    return { json: toJson(comparison), text: toText(comparison) };
  });
}

/** Curves are for pictures; `backtest --export` writes whole ones. */
function toJson({ runs, differences, statistics }: Comparison): unknown {
  return {
    runs: runs.map(({ time: _time, growth: _growth, ...rest }) => rest),
    differences,
    statistics,
  };
}

function toText({ runs, differences, statistics }: Comparison): string {
  const right = { align: 'right' } as const;
  const columns = [{ title: '' }, ...runs.map(({ id }) => ({ title: id.slice(0, 8), ...right }))];
  const asked = [
    ['Title', ...runs.map(({ title }) => title)],
    ...differences.map(({ name, values }) => [
      name,
      ...values.map((value) => (name.endsWith(' hash') ? value.slice(0, 8) : value)),
    ]),
  ];
  const rows = statistics.map(({ name, unit, values, best }) => [
    name,
    ...values.map((value, i) => {
      const text = formatStatistic({ name, value, unit });
      return i === best ? `* ${text}` : text;
    }),
  ]);
  return `${formatTable(columns, [...asked, columns.map(() => ''), ...rows])}\n\n* the best of its row`;
}
