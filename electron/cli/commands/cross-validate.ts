import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { RenataError } from '../../../engine/domain/errors.ts';
import type { CallOutput } from '../../../engine/protocol/contract.ts';
import {
  VALIDATION_SCORES,
  type CrossValidationFindings,
  type CrossValidationRequest,
} from '../../../engine/protocol/research-schemas.ts';
import { csvOf, type TableData } from '../../../engine/report/tables.ts';
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
import { barTimeWriter, counted, formatNumber } from '../text.ts';
import { parseChoice, parseWhole } from '../values.ts';
import { run } from './context.ts';

interface CrossValidateOptions extends SearchOptions {
  readonly folds: string;
  readonly testFolds: string;
  readonly purge: string;
  readonly embargo: string;
  readonly export?: string;
}

type Detail = Extract<CallOutput<'research.get'>['detail'], { kind: 'cross-validation' }>;
type Curves = NonNullable<Detail['curves']>;

/** Splits that are printed; all are exported. */
const SHOWN_SPLITS = 45;
const SHOWN_PATHS = 40;

/** `cross-validate STRATEGY`: parameters chosen on purged parts of the bars and traded on the rest. */
export function addCrossValidate(program: Command): void {
  withSearchOptions(
    program
      .command('cross-validate')
      .description(
        'choose parameters on some folds of the bars and trade the others, every way round',
      )
      .usage('<strategy> --symbol SPX --param fast=2..50 --folds 10 --test-folds 2 [options]')
      .argument('<strategy>', 'a name of renata list-strategies, or a file'),
  )
    .option('--folds <count>', 'parts of equal length that the bars are cut into', '10')
    .option('--test-folds <count>', 'parts that are tested at a time; 1 is plain k-fold', '2')
    .option(
      '--purge <bars>',
      'bars beside a test that are not chosen on; auto is the longest look-back',
      'auto',
    )
    .option('--embargo <bars>', 'further bars after a test, or a part of all: 1%', '1%')
    .option('--export <dir>', 'write splits, paths and their curves there')
    .action(crossValidate);
}

async function crossValidate(name: string, options: CrossValidateOptions): Promise<void> {
  checkSearchOptions(options);
  const score = parseChoice(options.objective, 'objective', VALIDATION_SCORES);
  const folds = parseWhole(options.folds, 'folds', 50);
  const testFolds = parseWhole(options.testFolds, 'test-folds', 49);
  const purge = options.purge === 'auto' ? null : parseWhole(options.purge, 'purge', 1e9);
  checkEmbargo(options.embargo);
  await run(options, async (session, terminal) => {
    const { request, search, file } = await readSearch(session, name, options);
    if (search.kind === 'adaptive') {
      throw bad(
        'search',
        'every split chooses among the same combinations; write grid or random:500.',
      );
    }
    const { objective: _objective, ...asked } = request;
    const plan = { score, folds, testFolds, purge, search };
    const { research } = session.workstation;
    // How many bars a part is, is known once they are read.
    const whole = (embargo: number): CrossValidationRequest => ({
      ...asked,
      ...plan,
      embargo,
    });
    const first = await research.estimate({ kind: 'cross-validation', request: whole(0) }, file);
    const final = whole(embargoOf(options.embargo, first.bars));
    const estimate = await research.estimate({ kind: 'cross-validation', request: final }, file);
    terminal.note(estimate.text);
    const confirmed = options.yes === true;
    const started = await research.startCrossValidation(final, { confirmed, file });
    const id = await follow(session, terminal, started);
    const { item, detail } = await session.call('research.get', {
      researchId: id,
      offset: 0,
      limit: 0,
    });
    if (detail.kind !== 'cross-validation' || detail.findings === null || detail.curves === null) {
      throw new RenataError('INTERNAL', 'The cross-validation has no findings.');
    }
    const { findings, curves } = detail;
    if (options.export !== undefined) {
      const frame = item.datasetId.slice(item.datasetId.lastIndexOf('@') + 1);
      for (const path of exportAll(options.export, findings, curves, frame)) {
        terminal.note(`wrote ${path}`);
      }
    }
    return {
      json: { ...item, plan: { ...plan, purge: findings.purge, embargo: final.embargo }, findings },
      text: toText(item.title, final, findings),
    };
  });
}

function checkEmbargo(text: string): void {
  if (!text.trim().endsWith('%')) parseWhole(text, 'embargo', 1e9);
  else embargoOf(text, 0);
}

/** `250` bars, or `1%` of all, rounded up. */
function embargoOf(text: string, bars: number): number {
  if (!text.trim().endsWith('%')) return parseWhole(text, 'embargo', 1e9);
  const part = Number(text.trim().slice(0, -1)) / 100;
  if (part >= 0 && part < 1 && /\d/.test(text)) return Math.ceil(part * bars);
  throw bad('embargo', `"${text}" is neither bars nor a part of them; write 250 or 1%.`);
}

function bad(parameter: string, rule: string): RenataError {
  return new RenataError('BAD_INPUT', `${parameter}: ${rule}`, { details: { parameter } });
}

function toText(
  title: string,
  { score, folds, testFolds, embargo }: CrossValidationRequest,
  findings: CrossValidationFindings,
): string {
  const { splits, paths, sharpe, belowMedian, overfitting, benchmark, notes, purge } = findings;
  const right = { align: 'right' } as const;
  const splitTable = formatTable(
    [
      { title: 'Tested folds' },
      { title: 'Chosen', ...right },
      { title: 'In sample', ...right },
      { title: 'Out of sample', ...right },
      { title: 'Return [%]', ...right },
      { title: 'Rank', ...right },
    ],
    splits
      .slice(0, SHOWN_SPLITS)
      .map((split) => [
        split.groups.map((group) => group + 1).join(', '),
        split.combination === null ? 'none' : valuesText(split.parameters),
        formatNumber(split.inSample, 2),
        formatNumber(split.outOfSample, 2),
        formatNumber(split.outOfSampleReturn * 100, 2),
        percent(split.rank),
      ]),
  );
  const figures = (growth: number, ratio: number, drawdown: number): string[] => [
    formatNumber(ratio, 2),
    formatNumber((growth - 1) * 100, 2),
    formatNumber(-drawdown * 100, 2),
  ];
  const pathTable = formatTable(
    [
      { title: 'Path' },
      { title: 'Sharpe', ...right },
      { title: 'Return [%]', ...right },
      { title: 'Max. Drawdown [%]', ...right },
    ],
    [
      ...paths
        .slice(0, SHOWN_PATHS)
        .map((path, p) => [String(p + 1), ...figures(path.growth, path.sharpe, path.maxDrawdown)]),
      ['buy & hold', ...figures(benchmark.growth, benchmark.sharpe, benchmark.maxDrawdown)],
    ],
  );
  const lines = [
    title,
    `${counted(findings.candidates, 'combination')} chosen by ${score} on ${folds} folds of which ${testFolds} ${testFolds === 1 ? 'is' : 'are'} tested; ${formatNumber(purge)} bars purged, ${formatNumber(embargo)} under embargo`,
    '',
    splitTable,
    ...more(splits.length - SHOWN_SPLITS, 'split'),
    '',
    pathTable,
    ...more(paths.length - SHOWN_PATHS, 'path'),
    '',
    `paths      Sharpe ratio ${formatNumber(sharpe.mean, 2)} on average, from ${formatNumber(sharpe.least, 2)} to ${formatNumber(sharpe.most, 2)}; ${percent(sharpe.negative)} of the paths below 0`,
    `choice     in ${percent(belowMedian)} of the splits the chosen one was no better than the median in the test`,
  ];
  if (overfitting !== null) {
    lines.push(
      `overfit    ${percent(overfitting.probability)} chance that the best in one half of the bars is below the median in the other (${formatNumber(overfitting.splits)} splits)`,
    );
  }
  return [...lines, ...notes.map((note) => `note       ${note}`)].join('\n');
}

function more(count: number, one: string): string[] {
  return count > 0 ? [`… ${counted(count, `more ${one}`)}`] : [];
}

function exportAll(
  directory: string,
  findings: CrossValidationFindings,
  curves: Curves,
  frame: string,
): string[] {
  const folder = resolve(directory);
  makeFolder(folder);
  const { splits, paths } = findings;
  const names = [...new Set(splits.flatMap(({ parameters }) => Object.keys(parameters)))];
  const column = <Row>(
    name: string,
    rows: readonly Row[],
    pick: (row: Row, k: number) => number,
  ): TableData => ({ name, kind: 'number', values: rows.map(pick) });
  const ofSplits: TableData[] = [
    {
      name: 'TestedFolds',
      kind: 'text',
      values: splits.map(({ groups }) => groups.map((group) => group + 1).join(' ')),
    },
    ...names.map((name): TableData => ({
      name,
      kind: 'text',
      values: splits.map(({ parameters }) => String(parameters[name] ?? '')),
    })),
    column('InSampleScore', splits, ({ inSample }) => inSample),
    column('OutOfSampleScore', splits, ({ outOfSample }) => outOfSample),
    column('OutOfSampleReturn', splits, ({ outOfSampleReturn }) => outOfSampleReturn),
    column('Rank', splits, ({ rank }) => rank),
    column('TrainBars', splits, ({ train }) =>
      train.reduce((sum, { from, to }) => sum + to - from, 0),
    ),
  ];
  const ofPaths: TableData[] = [
    column('Path', paths, (_path, p) => p + 1),
    column('Score', paths, (path) => path.score),
    column('Sharpe', paths, (path) => path.sharpe),
    column('Return', paths, ({ growth }) => growth - 1),
    column('MaxDrawdown', paths, ({ maxDrawdown }) => -maxDrawdown),
  ];
  const ofCurves: TableData[] = [
    { name: 'Time', kind: 'time', values: curves.time },
    { name: 'BuyAndHold', kind: 'number', values: curves.benchmark },
    ...curves.paths.map((values, p): TableData => ({
      name: `Path${p + 1}`,
      kind: 'number',
      values,
    })),
  ];
  const write = barTimeWriter(frame);
  const files: Record<string, string | Uint8Array> = {
    'cross-validation.json': `${JSON.stringify(findings, (_key, value: unknown) => (typeof value === 'number' && !Number.isFinite(value) ? null : value), 2)}\n`,
    'splits.csv': csvOf(ofSplits, write),
    'paths.csv': csvOf(ofPaths, write),
    'curves.csv': csvOf(ofCurves, write),
    'curves.parquet': tableToParquet(ofCurves),
  };
  return Object.entries(files).map(([name, content]) => {
    const path = join(folder, name);
    writeWhole(path, content, 'export');
    return path;
  });
}
