import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { RenataError } from '../../../engine/domain/errors.ts';
import type { CallOutput } from '../../../engine/protocol/contract.ts';
import {
  span,
  type WalkForwardFindings,
  type WalkForwardRequest,
} from '../../../engine/protocol/research-schemas.ts';
import { csvOf, type TableData } from '../../../engine/report/tables.ts';
import { CARRY_RULES } from '../../../engine/validation/walk-forward.ts';
import { tableToParquet } from '../../storage/export-table.ts';
import { makeFolder } from '../../storage/make-folder.ts';
import {
  checkSearchOptions,
  readSearch,
  valuesText,
  withSearchOptions,
  type SearchOptions,
} from '../research-options.ts';
import { follow, percent } from '../research-follow.ts';
import { writeWhole } from '../run-files.ts';
import { formatTable } from '../table.ts';
import { barTimeFormat, barTimeWriter, formatNumber, formatStatistic } from '../text.ts';
import { parseChoice, parseNumber, parseWhole } from '../values.ts';
import { run } from './context.ts';

interface WalkForwardOptions extends SearchOptions {
  readonly train?: string;
  readonly test?: string;
  readonly gap?: string;
  readonly windows?: string;
  readonly ratio: string;
  readonly anchored?: boolean;
  readonly carry: string;
  readonly export?: string;
}

type Detail = Extract<CallOutput<'research.get'>['detail'], { kind: 'walk-forward' }>;
type Curve = NonNullable<Detail['curve']>;

/** Statistics that are shown; all are exported. */
const SHOWN: ReadonlySet<string> = new Set([
  'Return [%]',
  'Buy & Hold Return [%]',
  'CAGR [%]',
  'Sharpe Ratio',
  'Sortino Ratio',
  'Max. Drawdown [%]',
  '# Trades',
  'Win Rate [%]',
  'Profit Factor',
  'Exposure Time [%]',
]);

/** `walk-forward STRATEGY`: parameters chosen on the past of each window and traded after it. */
export function addWalkForward(program: Command): void {
  withSearchOptions(
    program
      .command('walk-forward')
      .description('choose parameters on windows of the past and trade what comes after each')
      .usage('<strategy> --symbol SPX --param fast=2..50 --train 2y --test 6m [options]')
      .argument('<strategy>', 'a name of renata list-strategies, or a file'),
  )
    .option('--train <length>', 'bars or time to choose on: 504, 2y, 18m, 26w, 90d')
    .option('--test <length>', 'bars or time to trade after it')
    .option('--gap <length>', 'bars or time to leave out between the two')
    .option('--windows <count>', 'instead of lengths: so many tests of equal length')
    .option('--ratio <times>', 'with --windows: bars to choose on for each bar of a test', '4')
    .option('--anchored', 'windows begin at the first bar and grow')
    .option('--carry <rule>', CARRY_RULES.join(' or '), 'flat')
    .option('--export <dir>', 'write windows, curve and statistics there')
    .action(walkForward);
}

async function walkForward(name: string, options: WalkForwardOptions): Promise<void> {
  checkSearchOptions(options);
  const windows = readWindows(options);
  const carry = parseChoice(options.carry, 'carry', CARRY_RULES);
  await run(options, async (session, terminal) => {
    const { request, search, file } = await readSearch(session, name, options);
    if (search.kind === 'adaptive') {
      throw new RenataError(
        'BAD_INPUT',
        'search: every window chooses among the same combinations; write grid or random:500.',
        { details: { parameter: 'search' } },
      );
    }
    const mode = options.anchored === true ? 'anchored' : 'rolling';
    const whole: WalkForwardRequest = { ...request, search, windows, mode, carry };
    const { research } = session.workstation;
    const estimate = await research.estimate({ kind: 'walk-forward', request: whole }, file);
    terminal.note(estimate.text);
    const confirmed = options.yes === true;
    const started = await research.startWalkForward(whole, { confirmed, file });
    const id = await follow(session, terminal, started);
    const { item, detail } = await session.call('research.get', {
      researchId: id,
      offset: 0,
      limit: 0,
    });
    if (detail.kind !== 'walk-forward' || detail.findings === null || detail.curve === null) {
      throw new RenataError('INTERNAL', 'The test has no findings.');
    }
    const { findings, curve } = detail;
    const frame = timeframeOf(item.datasetId);
    if (options.export !== undefined) {
      for (const path of exportTest(options.export, findings, curve, frame)) {
        terminal.note(`wrote ${path}`);
      }
    }
    return { json: { ...item, findings }, text: toText(item.title, findings, frame) };
  });
}

/** Bar length of a dataset's id, which ends with it. */
function timeframeOf(datasetId: string): string {
  return datasetId.slice(datasetId.lastIndexOf('@') + 1);
}

function readWindows(options: WalkForwardOptions): WalkForwardRequest['windows'] {
  const { train, test, gap, windows, ratio } = options;
  if (windows !== undefined) {
    if (train !== undefined || test !== undefined || gap !== undefined) {
      throw bad('windows', 'Give either --windows or --train and --test, not both.');
    }
    return {
      by: 'count',
      windows: parseWhole(windows, 'windows', 1_000),
      ratio: parseNumber(ratio, 'ratio'),
    };
  }
  if (train === undefined || test === undefined) {
    throw bad('train', 'Say how long windows are: --train 2y --test 6m, or --windows 10.');
  }
  if (/^\d+$/.test(train)) {
    const bars = (text: string, option: string): number => parseWhole(text, option, 1e9);
    return {
      by: 'bars',
      train: bars(train, 'train'),
      test: bars(test, 'test'),
      gap: gap === undefined ? 0 : bars(gap, 'gap'),
    };
  }
  return {
    by: 'dates',
    train: lengthOf(train, 'train'),
    test: lengthOf(test, 'test'),
    gap: gap === undefined ? '0d' : lengthOf(gap, 'gap'),
  };
}

function lengthOf(text: string, option: string): string {
  if (span.safeParse(text).success) return text;
  throw bad(
    option,
    `${option}: "${text}" is not a length; write 504 (bars), 2y, 18m, 26w or 90d, all of one kind.`,
  );
}

function bad(parameter: string, message: string): RenataError {
  return new RenataError('BAD_INPUT', message, { details: { parameter } });
}

function toText(title: string, findings: WalkForwardFindings, frame: string): string {
  const { steps, statistics, efficiency, profitable, stability, deflated } = findings;
  const time = barTimeFormat(frame);
  const right = { align: 'right' } as const;
  const table = formatTable(
    [
      { title: 'Chosen on' },
      { title: 'Test' },
      { title: 'Parameters' },
      { title: 'In sample', ...right },
      { title: 'Out of sample', ...right },
      { title: 'Return [%]', ...right },
    ],
    steps.map(({ train, test, combination, parameters, ...step }) => [
      `${time(train.firstTime)} to ${time(train.lastTime)}`,
      `${time(test.firstTime)} to ${time(test.lastTime)}`,
      combination === null ? 'none' : valuesText(parameters),
      formatNumber(step.inSampleScore, 2),
      formatNumber(step.outOfSampleScore, 2),
      formatNumber(step.outOfSampleReturn * 100, 2),
    ]),
  );
  const lines = [
    title,
    `${formatNumber(findings.candidates)} combinations in each window`,
    '',
    table,
    '',
    formatTable(
      [{ title: 'All tests joined' }, { title: 'Value', ...right }],
      statistics
        .filter((statistic) => SHOWN.has(statistic.name))
        .map((statistic) => [statistic.name, formatStatistic(statistic)]),
    ),
    '',
    `efficiency ${formatNumber(efficiency, 2)}: growth out of sample for 1 in sample`,
    `profitable ${percent(profitable)} of the tests; ${percent(stability)} of the windows kept the parameters of the one before`,
  ];
  if (deflated !== null) {
    lines.push(
      `deflated   ${percent(deflated.probability)} chance that the Sharpe ratio is more than luck, after ${formatNumber(deflated.trials)} such tests on these data`,
    );
  }
  lines.push(...(findings.notes ?? []).map((note) => `note       ${note}`));
  return lines.join('\n');
}

function exportTest(
  directory: string,
  findings: WalkForwardFindings,
  curve: Curve,
  frame: string,
): string[] {
  const folder = resolve(directory);
  makeFolder(folder);
  const { steps } = findings;
  const number = (name: string, pick: (step: (typeof steps)[number]) => number): TableData => ({
    name,
    kind: 'number',
    values: steps.map(pick),
  });
  const time = (name: string, pick: (step: (typeof steps)[number]) => number): TableData => ({
    ...number(name, pick),
    kind: 'time',
  });
  const names = [...new Set(steps.flatMap(({ parameters }) => Object.keys(parameters)))];
  const windows: TableData[] = [
    time('TrainStart', ({ train }) => train.firstTime),
    time('TrainEnd', ({ train }) => train.lastTime),
    time('TestStart', ({ test }) => test.firstTime),
    time('TestEnd', ({ test }) => test.lastTime),
    ...names.map((name): TableData => ({
      name,
      kind: 'text',
      values: steps.map(({ parameters }) => String(parameters[name] ?? '')),
    })),
    number('InSampleScore', ({ inSampleScore }) => inSampleScore),
    number('OutOfSampleScore', ({ outOfSampleScore }) => outOfSampleScore),
    number('InSampleReturn', ({ inSampleReturn }) => inSampleReturn),
    number('OutOfSampleReturn', ({ outOfSampleReturn }) => outOfSampleReturn),
  ];
  const joined: TableData[] = [
    { name: 'Time', kind: 'time', values: curve.time },
    { name: 'Equity', kind: 'number', values: curve.equity },
    { name: 'BuyAndHold', kind: 'number', values: curve.benchmark },
  ];
  const write = barTimeWriter(frame);
  const files: Record<string, string | Uint8Array> = {
    'walk-forward.json': `${JSON.stringify(findings, (_key, value: unknown) => (typeof value === 'number' && !Number.isFinite(value) ? null : value), 2)}\n`,
    'windows.csv': csvOf(windows, write),
    'curve.csv': csvOf(joined, write),
    'curve.parquet': tableToParquet(joined),
  };
  return Object.entries(files).map(([name, content]) => {
    const path = join(folder, name);
    writeWhole(path, content, 'export');
    return path;
  });
}
