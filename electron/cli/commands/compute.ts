import { existsSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import type { Command } from 'commander';
import { ADJUSTMENTS, type BarColumns } from '../../../engine/domain/bar.ts';
import { RenataError } from '../../../engine/domain/errors.ts';
import { isoTime } from '../../../engine/domain/time.ts';
import { isDailyOrLonger } from '../../../engine/domain/timeframe.ts';
import { detectPatterns } from '../../../engine/patterns/detector.ts';
import { divergences } from '../../../engine/patterns/divergence.ts';
import {
  PATTERN_KINDS,
  type PatternKind,
  type PatternMatch,
} from '../../../engine/patterns/pattern.ts';
import { lowerBound } from '../../../engine/series/columns.ts';
import type { StudyColumns, StudySource } from '../../services/studies.ts';
import { nearestName } from '../../services/nearest-name.ts';
import type { Session } from '../session.ts';
import { formatTable } from '../table.ts';
import type { Terminal } from '../terminal.ts';
import { barTimeFormat, formatNumber, formatPrice } from '../text.ts';
import { parseChoice, parseEnd, parseNumber, parsePair, parseStart } from '../values.ts';
import {
  common,
  findDataset,
  noteAdjustment,
  noteSplits,
  run,
  type CommonOptions,
} from './context.ts';

interface SourceFlags extends CommonOptions {
  readonly symbol?: string;
  readonly input?: string;
  readonly timeframe?: string;
  readonly start?: string;
  readonly end?: string;
  readonly adjust: string;
}

interface ComputeFlags extends SourceFlags {
  readonly format: string;
  readonly param?: Readonly<Record<string, string>>;
}

interface PatternFlags extends SourceFlags {
  readonly kind?: readonly string[];
  readonly oscillator?: string;
}

const FORMATS = ['csv', 'json'] as const;

/** `compute EXPRESSION` and `patterns`: what can be read from bars without a strategy. */
export function addCompute(program: Command): void {
  const compute = program
    .command('compute <expression>')
    .description('print an indicator or expression, one row a bar, in full precision');
  withSource(common(compute))
    .option('--format <format>', FORMATS.join(' or '), 'csv')
    .option(
      '--param <name=value>',
      'value of a param("name", …) of the expression; repeatable',
      (text: string, before: Record<string, string> | undefined) => parsePair(text, before),
    )
    .action(computeExpression);
  const patterns = program
    .command('patterns')
    .description('list price-structure patterns with the bar that confirmed each');
  withSource(common(patterns))
    .option(
      '--kind <kind>',
      'only this kind; repeatable',
      (text: string, before: readonly string[] | undefined) => [...(before ?? []), text],
    )
    .option(
      '--oscillator <expression>',
      'also divergences between the price and this, such as rsi(14)',
    )
    .action(listPatterns);
}

function withSource(command: Command): Command {
  return command
    .option('--symbol <symbol>', 'stored instrument')
    .option('--input <file>', 'bars of a CSV or Parquet file, without importing it')
    .option('--timeframe <length>', 'bar length, where a symbol has several')
    .option('--start <date>', 'first date to print')
    .option('--end <date>', 'last date to print')
    .option('--adjust <kind>', ADJUSTMENTS.join(', '), 'raw');
}

async function computeExpression(expression: string, options: ComputeFlags): Promise<void> {
  const format = options.json === true ? 'json' : parseChoice(options.format, 'format', FORMATS);
  const parameters = Object.fromEntries(
    Object.entries(options.param ?? {}).map(([name, value]) => [name, parseNumber(value, name)]),
  );
  await run({ ...options, json: format === 'json' }, async (session, terminal) => {
    const computed = await columnsOf(session, expression, parameters, options);
    const range = rangeOf(computed.time, options);
    if (format === 'json') return { json: toJson(expression, computed, range), text: '' };
    writeCsv(terminal, computed, range);
    return { json: null, text: '' };
  });
}

async function columnsOf(
  session: Session,
  expression: string,
  parameters: Readonly<Record<string, number>>,
  options: SourceFlags,
): Promise<StudyColumns> {
  const source = await sourceOf(session, options);
  return session.workstation.studyColumns({ expression, parameters, source }, session.signal);
}

/** @throws RenataError BAD_INPUT without exactly one source, NOT_FOUND for an unknown symbol or file */
async function sourceOf(session: Session, options: SourceFlags): Promise<StudySource> {
  const { symbol, input, timeframe } = options;
  if ((symbol === undefined) === (input === undefined)) {
    throw new RenataError(
      'BAD_INPUT',
      'Say what to read: --symbol SPX or --input FILE, one of them.',
      {
        details: { parameter: 'symbol' },
      },
    );
  }
  if (input !== undefined) {
    const path = resolve(input);
    if (!existsSync(path)) {
      throw new RenataError('NOT_FOUND', `input: there is no file ${path}; check its name.`, {
        details: { parameter: 'input' },
      });
    }
    const name = basename(path).replace(/\.[^.]*$/, '');
    const letters = name.replaceAll(/[^A-Za-z0-9._-]/g, '').slice(0, 32);
    const symbolOption = { symbol: letters === '' ? 'FILE' : letters };
    return {
      path,
      options: { ...symbolOption, ...(timeframe === undefined ? {} : { timeframe }) },
    };
  }
  const dataset = await findDataset(session, symbol ?? '', timeframe);
  const adjustment = parseChoice(options.adjust, 'adjust', ADJUSTMENTS);
  noteAdjustment(session, dataset, adjustment);
  noteSplits(session, dataset, adjustment);
  return { datasetId: dataset.id, adjustment };
}

interface Range {
  readonly from: number;
  readonly to: number;
}

function rangeOf(time: Float64Array, { start, end }: SourceFlags): Range {
  const from = start === undefined ? 0 : lowerBound(time, parseStart(start));
  const to = end === undefined ? time.length : lowerBound(time, parseEnd(end) + 1);
  return { from, to: Math.max(from, to) };
}

/** Rows a write: enough to be quick, few enough to stay small. */
const ROWS_A_WRITE = 10_000;

/** Numbers in their shortest form that reads back to the same double; missing values are empty. */
function writeCsv(terminal: Terminal, computed: StudyColumns, { from, to }: Range): void {
  const { columns, time } = computed;
  const show = timeTextOf(computed);
  terminal.write(`${['time', ...namesOf(computed)].join(',')}\n`);
  for (let start = from; start < to; start += ROWS_A_WRITE) {
    let text = '';
    for (let i = start; i < Math.min(start + ROWS_A_WRITE, to); i += 1) {
      text += show(time[i] as number);
      for (const column of columns) {
        const value = column[i] as number;
        text += Number.isNaN(value) ? ',' : `,${value}`;
      }
      text += '\n';
    }
    terminal.write(text);
  }
}

function toJson(expression: string, computed: StudyColumns, { from, to }: Range): unknown {
  const { description, symbol, timeframe, time, columns } = computed;
  const show = timeTextOf(computed);
  const names = namesOf(computed);
  return {
    expression,
    symbol,
    timeframe,
    indicator: description.indicator,
    lookback: description.lookback,
    bars: to - from,
    time: Array.from(time.subarray(from, to), show),
    outputs: Object.fromEntries(
      columns.map((column, k) => [names[k], Array.from(column.subarray(from, to))]),
    ),
  };
}

function namesOf({ description }: StudyColumns): string[] {
  return description.outputs.map(({ name }) => name);
}

/** Days as dates, shorter bars as UTC instants. */
function timeTextOf({ timeframe }: StudyColumns): (time: number) => string {
  return isDailyOrLonger(timeframe) ? (time) => isoTime(time).slice(0, 10) : isoTime;
}

async function listPatterns(options: PatternFlags): Promise<void> {
  const kinds = options.kind?.map(parseKind);
  await run(options, async (session) => {
    const columns = await Promise.all(
      ['open', 'high', 'low', 'close', 'volume'].map((name) =>
        columnsOf(session, name, {}, options),
      ),
    );
    const [first] = columns;
    if (first === undefined) throw new Error('no columns');
    const [open, high, low, close, volume] = columns.map((each) => each.columns[0] as Float64Array);
    const { time, symbol, timeframe } = first;
    const bars = { time, open, high, low, close, volume } as BarColumns;
    const { from, to } = rangeOf(time, options);
    const found = [
      ...detectPatterns(bars, kinds === undefined ? {} : { kinds }),
      ...(await divergencesOf(session, bars, options)).filter(
        ({ kind }) => kinds?.includes(kind) ?? true,
      ),
    ]
      .filter(({ confirmedAt }) => confirmedAt >= from && confirmedAt < to)
      .toSorted((a, b) => a.confirmedAt - b.confirmedAt);
    const show = barTimeFormat(timeframe);
    const at = (bar: number): string => show(time[bar] as number);
    const rows = found.map((each) => [
      at(each.confirmedAt),
      each.kind,
      each.direction,
      formatNumber(each.confidence, 2),
      at(each.points[0]?.bar ?? each.confirmedAt),
      each.target === null ? '' : formatPrice(each.target),
      each.invalidation === null ? '' : formatPrice(each.invalidation),
    ]);
    const right = { align: 'right' } as const;
    const titles = [
      { title: 'Confirmed' },
      { title: 'Pattern' },
      { title: 'Direction' },
      { title: 'Confidence', ...right },
      { title: 'Begins' },
      { title: 'Target', ...right },
      { title: 'Fails beyond', ...right },
    ];
    const json = found.map((each) => ({
      ...each,
      confirmedTime: isoTime(time[each.confirmedAt] as number),
      points: each.points.map((point) => ({ ...point, time: isoTime(time[point.bar] as number) })),
    }));
    return {
      json: { symbol, timeframe, patterns: json },
      text: found.length === 0 ? 'No pattern was confirmed there.' : formatTable(titles, rows),
    };
  });
}

async function divergencesOf(
  session: Session,
  { high, low, close }: BarColumns,
  options: PatternFlags,
): Promise<PatternMatch[]> {
  if (options.oscillator === undefined) return [];
  const { columns } = await columnsOf(session, options.oscillator, {}, options);
  return divergences(high, low, close, columns[0] as Float64Array);
}

function parseKind(text: string): PatternKind {
  const kind = PATTERN_KINDS.find((known) => known === text.trim().toLowerCase());
  if (kind !== undefined) return kind;
  const near = nearestName(text, PATTERN_KINDS);
  throw new RenataError(
    'BAD_INPUT',
    `kind: there is no pattern "${text}"; ${near === undefined ? `there are ${PATTERN_KINDS.join(', ')}.` : `did you mean ${near}?`}`,
    { details: { parameter: 'kind' } },
  );
}
