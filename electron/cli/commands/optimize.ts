import type { Command } from 'commander';
import { RenataError } from '../../../engine/domain/errors.ts';
import type { CallOutput } from '../../../engine/protocol/contract.ts';
import type { ResearchItem, SweepFindings } from '../../../engine/protocol/research-schemas.ts';
import {
  checkSearchOptions,
  readSearch,
  valuesText,
  withSearchOptions,
  type SearchOptions,
} from '../research-options.ts';
import { findResearch, follow, percent } from '../research-follow.ts';
import { finite } from '../run-files.ts';
import type { Session } from '../session.ts';
import { exportFormat, exportSweep, textOf } from '../sweep-file.ts';
import { formatTable } from '../table.ts';
import type { Terminal } from '../terminal.ts';
import { counted, formatNumber } from '../text.ts';
import { parseWhole } from '../values.ts';
import { run } from './context.ts';

interface OptimizeOptions extends SearchOptions {
  readonly top: string;
  readonly export?: string;
  readonly resume?: string;
}

type SweepDetail = Extract<CallOutput<'research.get'>['detail'], { kind: 'sweep' }>;

const MOST_TOP = 1_000;

/** `optimize STRATEGY`: combinations of parameters, each a backtest. */
export function addOptimize(program: Command): void {
  withSearchOptions(
    program
      .command('optimize')
      .description('run combinations of a strategy’s parameters')
      .usage('<strategy> --symbol SPX --param fast=2..100 [options]')
      .argument('[strategy]', 'a name of renata list-strategies, or a file'),
  )
    .option('--top <rows>', 'best combinations to print', '20')
    .option('--export <file>', 'write all combinations as .csv, .parquet or .json')
    .option('--resume <id>', 'go on with a sweep that was paused or killed')
    .action(optimize);
}

async function optimize(name: string | undefined, options: OptimizeOptions): Promise<void> {
  const top = parseWhole(options.top, 'top', MOST_TOP);
  if (options.export !== undefined) exportFormat(options.export);
  if (options.resume === undefined) checkSearchOptions(options);
  if ((name === undefined) === (options.resume === undefined)) {
    throw new RenataError(
      'BAD_INPUT',
      'optimize: name a strategy to begin, or give --resume ID to go on.',
      { details: { parameter: 'strategy' } },
    );
  }
  await run(options, async (session, terminal) => {
    const started = performance.now();
    const id = await begin(session, terminal, name, options);
    const { item, detail } = await session.call('research.get', {
      researchId: id,
      offset: 0,
      limit: top,
    });
    if (detail.kind !== 'sweep') throw new RenataError('BAD_INPUT', `"${id}" is no sweep.`);
    if (options.export !== undefined) {
      const { research } = session.workstation;
      const { names } = detail.page;
      const path = await exportSweep(options.export, names, detail.dimensions, (use) =>
        research.eachRows(id, use),
      );
      terminal.note(`wrote ${path}`);
    }
    const seconds = (performance.now() - started) / 1_000;
    return { json: toJson(item, detail), text: toText(item, detail, seconds) };
  });
}

/** Starts or takes up a sweep and waits for its end. @returns its id */
async function begin(
  session: Session,
  terminal: Terminal,
  name: string | undefined,
  options: OptimizeOptions,
): Promise<string> {
  if (options.resume !== undefined) {
    const item = await findResearch(session, options.resume);
    if (item.state === 'done') return item.id;
    return follow(
      session,
      terminal,
      await session.call('research.resume', { researchId: item.id }),
    );
  }
  const { request, search, file } = await readSearch(session, name ?? '', options);
  const whole = { ...request, search };
  const { research } = session.workstation;
  const estimate = await research.estimate({ kind: 'sweep', request: whole }, file);
  if (estimate.huge && options.yes !== true) {
    throw new RenataError(
      'TOO_LARGE',
      `${estimate.text} That is long or large: start it with --yes, or take wider steps, --search random:N or --search adaptive:N.`,
      { details: { combinations: estimate.combinations, seconds: estimate.seconds } },
    );
  }
  terminal.note(estimate.text);
  return follow(session, terminal, await research.startSweep(whole, { confirmed: true, file }));
}

function toJson(item: ResearchItem, { dimensions, page, findings, request }: SweepDetail): unknown {
  const { names, columns } = page;
  const rows = Array.from(columns[0] ?? [], (_, row) =>
    Object.fromEntries(
      names.map((name, c) => {
        const value = columns[c]?.[row] as number;
        const dimension = dimensions[c - 1];
        return [name, (dimension && textOf(dimension)?.(value)) ?? finite(value)];
      }),
    ),
  );
  return { ...item, objective: request.objective, best: rows, findings };
}

function toText(item: ResearchItem, detail: SweepDetail, seconds: number): string {
  const { dimensions, page, findings, request, metrics } = detail;
  const { names, columns } = page;
  const shown = names.slice(1);
  const rows = Array.from(columns[0] ?? [], (_, row) =>
    shown.map((_name, k) => {
      const value = columns[k + 1]?.[row] as number;
      const dimension = dimensions[k];
      if (dimension !== undefined) return textOf(dimension)?.(value) ?? String(value);
      const metric = metrics[k - dimensions.length];
      return formatNumber(value, metric?.unit === 'count' ? 0 : 2);
    }),
  );
  const table = formatTable(
    shown.map((title, k) => ({
      title: metrics[k - dimensions.length]?.title ?? title,
      align: 'right' as const,
    })),
    rows,
  );
  const rate = item.rows / seconds;
  const lines = [
    item.title,
    `${counted(item.rows, 'combination')} by ${request.objective}, ${formatNumber(seconds, 1)} s in all, ${formatNumber(rate)} a second; id ${item.id.slice(0, 8)}`,
    '',
    table,
  ];
  if (findings !== null) lines.push('', ...findingsText(findings, request.objective));
  return lines.join('\n');
}

function findingsText(
  { best, plateau, deflated, overfitting, notes }: SweepFindings,
  objective: string,
): string[] {
  const lines: string[] = [];
  if (best !== null) {
    lines.push(
      `best       ${valuesText(best.parameters)}: ${objective} ${formatNumber(best.score, 3)}`,
    );
  }
  if (plateau !== null) {
    const { row, mean, stability, bestStability } = plateau;
    lines.push(
      `plateau    ${valuesText(row.parameters)}: ${objective} ${formatNumber(row.score, 3)}, its neighbours ${formatNumber(mean, 3)} (stability ${percent(stability)}; the best ${percent(bestStability)})`,
    );
  }
  if (deflated !== null) {
    const { trials, independent, probability } = deflated;
    lines.push(
      `trials     ${counted(trials, 'trial')} on these data ever, as good as ${formatNumber(independent)} independent ones`,
      `deflated   ${percent(probability)} chance that the best Sharpe ratio is more than the luck of so many trials`,
    );
  }
  if (overfitting !== null) {
    lines.push(
      `overfit    ${percent(overfitting.probability)} chance that the best in one half of the bars is below the median in the other (${formatNumber(overfitting.trials)} combinations, ${formatNumber(overfitting.splits)} splits)`,
    );
  }
  return [...lines, ...notes.map((note) => `note       ${note}`)];
}
