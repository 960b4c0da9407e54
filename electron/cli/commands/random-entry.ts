import type { Command } from 'commander';
import { RenataError } from '../../../engine/domain/errors.ts';
import type { RandomEntryFindings } from '../../../engine/protocol/research-schemas.ts';
import { follow, percent } from '../research-follow.ts';
import { dataOf } from '../research-options.ts';
import { readRun, withRunOptions, type RunOptions } from '../run-options.ts';
import type { Session } from '../session.ts';
import { findNamed, readSet } from '../strategy-source.ts';
import { formatTable } from '../table.ts';
import { formatNumber } from '../text.ts';
import { parsePair, parseWhole } from '../values.ts';
import { run } from './context.ts';
import { findRun } from './report.ts';

interface RandomEntryOptions extends RunOptions {
  readonly set?: Readonly<Record<string, string>>;
  readonly samples: string;
}

/** `random-entry RUN|STRATEGY`: would random entries have done as well? */
export function addRandomEntry(program: Command): void {
  withRunOptions(
    program
      .command('random-entry')
      .description('compare a run with random entries of the same holding times and sides')
      .usage('<run|strategy> [--symbol SPX] [options]')
      .argument('<run>', 'a past run or latest; with --symbol a strategy, which is run first'),
  )
    .option(
      '--set <name=value>',
      'value of a parameter of the strategy; repeatable',
      (text: string, before: Record<string, string> | undefined) => parsePair(text, before),
    )
    .option('--samples <count>', 'random strategies', '1000')
    .action(randomEntry);
}

async function randomEntry(name: string, options: RandomEntryOptions): Promise<void> {
  const samples = parseWhole(options.samples, 'samples', 100_000);
  const { settings } = readRun(options);
  if (options.input !== undefined) {
    throw new RenataError(
      'BAD_INPUT',
      'input: a run over a file is not stored; import the file and name its symbol.',
      { details: { parameter: 'input' } },
    );
  }
  await run(options, async (session, terminal) => {
    const runId =
      options.symbol === undefined
        ? (await findRun(session, name)).id
        : await runStrategy(session, name, options);
    const started = await session.call('randomEntry.start', {
      runId,
      samples,
      seed: settings.seed,
    });
    const id = await follow(session, terminal, started);
    const { item, detail } = await session.call('research.get', {
      researchId: id,
      offset: 0,
      limit: 0,
    });
    if (detail.kind !== 'random-entry' || detail.findings === null) {
      throw new RenataError('INTERNAL', 'The comparison has no findings.');
    }
    return {
      json: { ...item, runId, samples, seed: settings.seed, findings: detail.findings },
      text: toText(item.title, detail.findings),
    };
  });
}

/** Runs a strategy as `backtest` does. @returns the id of the run */
async function runStrategy(
  session: Session,
  name: string,
  options: RandomEntryOptions,
): Promise<string> {
  const { entry, source } = await findNamed(session, name);
  return session.job('backtest.run', {
    ...readRun(options),
    strategy: entry.id,
    ...(source === undefined ? {} : { source }),
    parameters: readSet(entry, options.set ?? {}),
    ...(await dataOf(session, entry, options, undefined)),
  });
}

function toText(title: string, findings: RandomEntryFindings): string {
  const { growth, sharpe, quantiles, trades, exposure, costPerSide, at, samples, notes } = findings;
  const right = { align: 'right' } as const;
  const row = (
    what: string,
    { actual, percentile, quantiles: values }: RandomEntryFindings['growth'],
    of: (value: number) => number,
  ): string[] => [
    what,
    ...values.map((value) => formatNumber(of(value), 2)),
    formatNumber(of(actual), 2),
    percent(percentile),
  ];
  const table = formatTable(
    [
      { title: '' },
      ...quantiles.map((part) => ({ title: `${formatNumber(part * 100)}%`, ...right })),
      { title: 'The run', ...right },
      { title: 'Random below', ...right },
    ],
    [
      row('Return [%]', growth, (value) => (value - 1) * 100),
      row('Sharpe Ratio', sharpe, (value) => value),
    ],
  );
  return [
    title,
    `${formatNumber(trades)} trades that hold ${percent(exposure)} of the bars, at every ${at} with all money and ${formatNumber(costPerSide * 10_000, 1)} bps a side; ${formatNumber(samples)} random strategies with the same holding times and sides`,
    '',
    table,
    '',
    `verdict    ${verdictOf(growth.percentile)}`,
    ...notes.map((note) => `note       ${note}`),
  ].join('\n');
}

function verdictOf(percentile: number): string {
  const beaten = `the run returned more than ${percent(percentile)} of the random strategies`;
  if (percentile >= 0.95) return `${beaten}: when it traded was worth something`;
  if (percentile >= 0.5) return `${beaten}: chance could have done as much`;
  return `${beaten}: its moments were no better than chance`;
}
