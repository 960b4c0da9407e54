import { z } from 'zod';
import { MAX_EVENTS } from '../domain/adjustments.ts';
import { FEE_TABLES, FILL_TIMINGS, RESOLUTIONS } from '../domain/backtest.ts';
import { QUALITY_KINDS } from '../domain/dataset.ts';
import { ORDER_SIDES, ORDER_STATES, ORDER_TYPES, TIMES_IN_FORCE } from '../domain/order.ts';
import { STUDY_PANES, STUDY_STYLES, STUDY_VALUES } from '../domain/study.ts';

import {
  adjustment,
  barColumns,
  count,
  errorPayload,
  floats,
  identifier,
  ints,
  name,
  octets,
  parameter,
  parameterValues,
  text,
  time,
  timeframeText,
} from './primitives.ts';

export * from './primitives.ts';

/** Shapes that several calls share. All objects are strict: an unknown key is an error. */

/** Everything that the catalogue says of one indicator. */
export const indicator = z.strictObject({
  /** Its name in expressions; `aliases` work as well. */
  id: identifier,
  aliases: z.array(name),
  title: name,
  group: name,
  /** Series that it reads: columns of the bars, or `real`, `real0`, `real1`, `periods` for any series. */
  inputs: z.array(name),
  /** Those of the inputs that must be given: they have no usual series. */
  demands: z.array(name),
  parameters: z.array(parameter),
  outputs: z.array(
    z.strictObject({
      name,
      label: name,
      kind: z.enum(['real', 'integer']),
      style: z.enum(STUDY_STYLES),
    }),
  ),
  pane: z.enum(STUDY_PANES),
  levels: z.array(z.number()),
  explanation: text,
  formula: text,
  source: text,
  /** Whether early values depend on where the series starts. */
  unstable: z.boolean(),
  /** Bars before the first value, with the parameters' defaults. */
  lookback: count,
});

/** Longest expression that is read, as the language itself has it. */
export const MAX_EXPRESSION = 10_000;

export const studyRequest = z.strictObject({
  /** An expression; an indicator is one too: `rsi(14)`, `macd(12, 26, 9)`. */
  expression: z.string().min(1).max(MAX_EXPRESSION),
  /** Values for the `param(…)`s of the expression. */
  parameters: z.record(z.string().max(64), z.number()),
  /** null: the `live` bars are all that there are. */
  datasetId: identifier.nullable(),
  adjustment,
  start: time.nullable(),
  end: time.nullable(),
  maxPoints: z.number().int().min(1).max(100_000),
  /** Closed bars of now; from the first of them on they take the place of stored ones. */
  live: z
    .strictObject({ bars: barColumns, timeframe: timeframeText, calendar: z.string().max(64) })
    .optional(),
  /** A later request of the same slot takes the place of this one, which then fails as CANCELLED. */
  slot: identifier.optional(),
});
export type StudyRequest = z.infer<typeof studyRequest>;

export const study = z.strictObject({
  time: floats,
  /** Id of the indicator that the expression calls; null for any other expression. */
  indicator: identifier.nullable(),
  pane: z.enum(STUDY_PANES),
  levels: z.array(z.number()),
  lookback: count,
  parameters: z.array(
    z.strictObject({
      name,
      default: z.number(),
      low: z.number().nullable(),
      high: z.number().nullable(),
      step: z.number(),
    }),
  ),
  outputs: z.array(
    z.strictObject({
      name,
      label: name,
      /** `boolean` columns hold 1, 0 or NaN; `integer` ones whole numbers or NaN. */
      kind: z.enum(STUDY_VALUES),
      style: z.enum(STUDY_STYLES),
      values: floats,
    }),
  ),
});

const provenance = z.strictObject({
  source: text,
  fetchedAt: time,
  adjustment,
});

export const datasetVersion = z.strictObject({
  version: count,
  contentHash: z.string(),
  barCount: count,
  firstTime: time,
  lastTime: time,
  bytesOnDisk: count,
  provenance,
});

export const datasetSummary = z.strictObject({
  id: identifier,
  instrumentId: identifier,
  symbol: name,
  name: text,
  currency: z.string().max(16),
  calendar: z.string().max(64),
  timeframe: timeframeText,
  current: datasetVersion,
  versionCount: count,
  hasAdjustments: z.boolean(),
  splits: count,
  dividends: count,
  quality: z.strictObject({ errors: count, warnings: count }),
});

export const qualityReport = z.strictObject({
  barCount: count,
  expectedBars: count.nullable(),
  calendar: z.string(),
  issues: z.array(
    z.strictObject({
      kind: z.enum(QUALITY_KINDS),
      severity: z.enum(['error', 'warning', 'info']),
      count,
      message: text,
      times: z.array(z.number()).max(100),
    }),
  ),
});

/** A strategy that can be chosen, or a file that is to be one and why it cannot. */
export const strategyEntry = z.strictObject({
  id: identifier,
  title: text,
  description: text,
  parameters: z.array(parameter),
  origin: z.enum(['built-in', 'example', 'user']),
  kind: z.enum(['built-in', 'rules', 'code']),
  /** Path of its file. */
  file: text.nullable(),
  /** Where its rules come from. */
  source: text.nullable(),
  /** What it was made for. */
  instruments: z.array(name),
  timeframe: timeframeText.nullable(),
  /** Whether it trades several instruments on shared cash; it trades one when absent. */
  portfolio: z.boolean().optional(),
  /** Whether it runs outside of the sandbox. */
  trusted: z.boolean(),
  error: z
    .strictObject({
      message: text,
      line: z.number().int().nullable(),
      column: z.number().int().nullable(),
    })
    .nullable(),
});

export const sizeRule = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('all') }),
  z.strictObject({ kind: z.literal('percent'), percent: z.number().gt(0).max(100) }),
  z.strictObject({ kind: z.literal('quantity'), quantity: z.number().gt(0).max(1e12) }),
  z.strictObject({ kind: z.literal('notional'), notional: z.number().gt(0).max(1e15) }),
]);

export const slippageModel = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('fixed'), amount: z.number().min(0).max(1e9) }),
  z.strictObject({ kind: z.literal('bps'), bps: z.number().min(0).max(10_000) }),
  z.strictObject({ kind: z.literal('spread'), bps: z.number().min(0).max(10_000) }),
  z.strictObject({ kind: z.literal('volume-share'), coefficient: z.number().min(0).max(1_000) }),
  z.strictObject({
    kind: z.literal('square-root'),
    coefficient: z.number().min(0).max(1_000),
    window: z.number().int().min(2).max(10_000),
  }),
]);

export const backtestSettings = z.strictObject({
  cash: z.number().gt(0).max(1e15),
  fill: z.enum(FILL_TIMINGS),
  size: sizeRule,
  short: z.boolean(),
  commission: z.strictObject({
    percent: z.number().min(0).max(100),
    perShare: z.number().min(0).max(1e6),
    minimum: z.number().min(0).max(1e6),
  }),
  slippageBps: z.number().min(0).max(10_000),
  lotSize: z.number().min(0).max(1e9),
  riskFreeRate: z.number().min(-1).max(10),
  periodsPerYear: z.number().gt(0).max(1e8).nullable(),
  seed: z.number().int().min(0).max(0xffff_ffff),
  slippage: slippageModel.optional(),
  fees: z
    .strictObject({
      table: z.enum(FEE_TABLES),
      tier: z.number().int().min(0).max(9).optional(),
      payWithBnb: z.boolean().optional(),
    })
    .optional(),
  volumeLimit: z.number().gt(0).max(1).optional(),
  margin: z
    .strictObject({
      initial: z.number().gt(0).max(1),
      maintenance: z.number().min(0).lt(1),
    })
    .optional(),
  borrowRate: z.number().min(0).max(10).optional(),
  debitRate: z.number().min(0).max(10).optional(),
  warmUp: count.optional(),
  codeWork: z.number().int().min(1).max(1e9).optional(),
});

export const statistic = z.strictObject({
  name,
  value: z.number().or(z.nan()),
  unit: z.enum(['percent', 'ratio', 'currency', 'count', 'days', 'time']),
});

export const orderColumns = z.strictObject({
  count,
  placedBar: ints,
  doneBar: ints,
  side: z.array(z.enum(ORDER_SIDES)),
  type: z.array(z.enum(ORDER_TYPES)),
  state: z.array(z.enum(ORDER_STATES)),
  quantity: floats,
  limitPrice: floats,
  stopPrice: floats,
  fillPrice: floats,
  commission: floats,
  tag: z.array(z.string()),
  timeInForce: z.array(z.enum(TIMES_IN_FORCE)).optional(),
  filled: floats.optional(),
  parent: ints.optional(),
  group: ints.optional(),
  instrument: ints.optional(),
});

export const fillColumns = z.strictObject({
  count,
  order: ints,
  bar: ints,
  quantity: floats,
  price: floats,
  commission: floats,
});

/** Trades that depend on the order of prices inside a bar. */
export const ambiguousTrades = z.strictObject({
  count,
  trade: ints,
  bar: ints,
  best: floats,
  worst: floats,
});

export const tradeColumns = z.strictObject({
  count,
  size: floats,
  entryBar: ints,
  exitBar: ints,
  entryTime: floats,
  exitTime: floats,
  entryPrice: floats,
  exitPrice: floats,
  pnl: floats,
  returnFraction: floats,
  commission: floats,
  mae: floats,
  mfe: floats,
  open: octets,
  entryTag: z.array(z.string()),
  exitTag: z.array(z.string()),
  carry: floats.optional(),
  instrument: ints.optional(),
});

export const JOB_KINDS = [
  'import',
  'backtest',
  'export',
  'seed',
  'sweep',
  'walk-forward',
  'monte-carlo',
  'audit',
  'cross-validation',
  'reality-check',
  'random-entry',
  'bundle',
] as const;
export const JOB_STATES = ['queued', 'running', 'done', 'failed', 'cancelled'] as const;

export const job = z.strictObject({
  id: identifier,
  kind: z.enum(JOB_KINDS),
  title: text,
  state: z.enum(JOB_STATES),
  /** 0 to 1. */
  progress: z.number().min(0).max(1),
  /** Work done so far and in all, in `unit`; total is null while unknown. */
  completed: count,
  total: count.nullable(),
  unit: z.string().max(16),
  createdAt: time,
  startedAt: time.nullable(),
  finishedAt: time.nullable(),
  /**
   * What a finished job made: a run id for `backtest`, a dataset id for `import` and `seed`, the id of the
   * research for sweeps, walk-forward tests, simulations and audits, the order hash for `bundle`.
   */
  result: z.string().nullable(),
  /** What an import left out, turned round or assumed, one sentence each; absent when there is nothing to say. */
  notes: z.array(text).max(16).optional(),
  error: errorPayload.nullable(),
});
export type Job = z.infer<typeof job>;

export const STRATEGY_LANGUAGES = ['yaml', 'json', 'typescript', 'javascript'] as const;

/** A strategy that is in no folder, as the builder of the window or an agent wrote it. */
export const strategySource = z.strictObject({
  language: z.enum(STRATEGY_LANGUAGES),
  /** Its name in messages. */
  name: identifier,
  text: z.string().min(1).max(200_000),
});

/** Most instruments that one strategy trades. */
export const MOST_INSTRUMENTS = 64;

/** An instrument as strategies and people name it. */
export const instrumentName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._:/=^-]{0,47}$/, {
  message: 'must be 1 to 48 letters, digits or . _ : / = ^ -, a letter or digit first',
});

/** What a run was asked to do; kept beside its result, but for the text of a strategy. */
export const backtestRequest = z.strictObject({
  strategy: identifier,
  /** Runs this and not the strategy of that name. */
  source: strategySource.optional(),
  parameters: parameterValues,
  datasetId: identifier,
  /**
   * What a strategy of several instruments trades, by symbol, `SYMBOL.VENUE` or `VENUE:SYMBOL`; the bars
   * of the first are those of `datasetId`. Those that the strategy names when absent.
   */
  instruments: z.array(instrumentName).min(1).max(MOST_INSTRUMENTS).optional(),
  adjustment,
  /** Inclusive, UnixMillis; null is the first or last bar. */
  start: time.nullable(),
  end: time.nullable(),
  settings: backtestSettings,
  /** Pays dividends and applies splits of the instrument; prices must then be raw. */
  events: z.boolean().optional(),
  /** How it is decided what came first inside a bar; the worse one, `pessimistic`, when absent. */
  resolve: z.enum(RESOLUTIONS).optional(),
});
export type BacktestRequest = z.infer<typeof backtestRequest>;

export const runSummary = z.strictObject({
  id: identifier,
  createdAt: time,
  request: backtestRequest,
  symbol: name,
  timeframe: timeframeText,
  /** Content hash of the dataset version that was read. */
  dataHash: z.string(),
  /** What the strategy was called when it ran; absent in runs of earlier versions. */
  strategyTitle: name.optional(),
  /** SHA-256 of the strategy's text, hex; absent for those of the program itself. */
  strategyHash: z.string().optional(),
  barCount: count,
  firstTime: time,
  lastTime: time,
  durationMs: z.number().min(0),
  orderHash: z.string(),
  statistics: z.array(statistic),
  /** What has to be known to judge the result, one sentence each. */
  notes: z.array(text).max(16).optional(),
});
export type RunSummary = z.infer<typeof runSummary>;

export const adjustmentEvent = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('split'), day: time, ratio: z.number().gt(0) }),
  z.strictObject({
    kind: z.literal('dividend'),
    day: time,
    amount: z.number().gt(0),
    referencePrice: z.number().nullable(),
  }),
]);

/** Most instruments that a strategy can read besides its own. */
export const MAX_OTHERS = 256;

/** What a run read besides its bars, and needs again to give the same orders. */
export const runReads = z.strictObject({
  /** Name of the calendar that sessions come from. */
  calendar: z.string().max(64),
  /** SHA-256 of that calendar's file, hex. */
  calendarHash: z.string().optional(),
  events: z.array(adjustmentEvent).max(MAX_EVENTS).optional(),
  /** The stored bars that decided what came first inside a bar. */
  finer: z
    .strictObject({ datasetId: identifier, timeframe: timeframeText, contentHash: z.string() })
    .optional(),
  /** Instruments that the strategy read besides its own, whole, under the names that it uses. */
  others: z
    .array(
      z.strictObject({
        name,
        datasetId: identifier,
        timeframe: timeframeText,
        adjustment,
        calendar: z.string().max(64),
        contentHash: z.string(),
      }),
    )
    .max(MAX_OTHERS)
    .optional(),
});
export type RunReads = z.infer<typeof runReads>;

/** One instrument of a run that traded several. */
export const runInstrument = z.strictObject({
  /** Its name in the strategy, the orders and the trades. */
  symbol: instrumentName,
  datasetId: identifier,
  /** Content hash of the dataset version that was read. */
  dataHash: z.string(),
  /** Name of the calendar that its sessions come from. */
  calendar: z.string().max(64),
  barCount: count,
  firstTime: time,
  lastTime: time,
  /** Splits and dividends that were booked. */
  events: z.array(adjustmentEvent).max(MAX_EVENTS).optional(),
  /** Value of its position as a part of the equity, at the end of every bar of the run; NaN without equity. */
  weight: floats,
});
export type RunInstrument = z.infer<typeof runInstrument>;

/** What made a run. */
export const runMaker = z.strictObject({
  /** Of the program, and so of its engine. */
  version: name,
  /** The table of docs/fill-rules.md that it followed. */
  fillRules: z.strictObject({ version: count, hash: z.string().max(64) }),
});
export type RunMaker = z.infer<typeof runMaker>;

export const run = z.strictObject({
  summary: runSummary,
  /** Bar times of the run, one per equity point. */
  time: floats,
  equity: floats,
  /** Equity of buying at the first bar and holding, same costs, same length. */
  benchmark: floats,
  position: floats,
  orders: orderColumns,
  trades: tradeColumns,
  plots: z.array(z.strictObject({ name, values: floats })),
  fills: fillColumns.optional(),
  ambiguous: ambiguousTrades.optional(),
  reads: runReads.optional(),
  /**
   * Of a strategy of several instruments: rows that `instrument` in orders and trades counts. Bars are then
   * the moments at which any of them has one, and `position` is the value of all positions without sign.
   */
  instruments: z.array(runInstrument).max(MOST_INSTRUMENTS).optional(),
  maker: runMaker.optional(),
});
export type Run = z.infer<typeof run>;

/** Runs side by side. */
export const comparison = z.strictObject({
  runs: z.array(
    z.strictObject({
      id: identifier,
      title: text,
      strategy: identifier,
      symbol: name,
      timeframe: timeframeText,
      createdAt: time,
      barCount: count,
      firstTime: time,
      lastTime: time,
      dataHash: z.string(),
      orderHash: z.string(),
      /** Equity over the starting cash, thinned with its extremes kept. */
      time: floats,
      growth: floats,
    }),
  ),
  /** Parameters and settings that are not alike; empty text where a run has none of that name. */
  differences: z.array(z.strictObject({ name, values: z.array(text) })),
  statistics: z.array(
    z.strictObject({
      name,
      unit: statistic.shape.unit,
      values: z.array(z.number().or(z.nan())),
      /** The runs with the best and the worst value; null where none is. */
      best: count.nullable(),
      worst: count.nullable(),
    }),
  ),
});
export type Comparison = z.infer<typeof comparison>;

export const importOptions = z.strictObject({
  symbol: z.string().min(1).max(32),
  venue: z.string().min(1).max(16).optional(),
  name: text.optional(),
  timeframe: timeframeText.optional(),
  calendar: z.string().max(64).optional(),
  currency: z.string().max(16).optional(),
  delimiter: z.enum([',', ';', '\t', '|', ' ']).optional(),
  /** `YYYY-MM-DD`, `DD/MM/YYYY`, `MM/DD/YYYY`, `YYYYMMDD`, `unix-s`, `unix-ms`, … as the preview lists them. */
  dateFormat: z.string().max(40).optional(),
  /** IANA zone of the file's clock times. */
  timeZone: z.string().max(64).optional(),
  /** File column for each bar column, by header name, when the names are not the usual ones. */
  columns: z
    .partialRecord(
      z.enum(['time', 'date', 'clock', 'open', 'high', 'low', 'close', 'volume']),
      name,
    )
    .optional(),
  adjustment: adjustment.optional(),
  /** `replace` makes a new version of these bars alone; `append` keeps the stored bars before them. */
  mode: z.enum(['replace', 'append']).optional(),
  /** What to do with a repeated time; refuse is the default. */
  duplicates: z.enum(['refuse', 'keep-first', 'keep-last']).optional(),
});
export type ImportOptions = z.infer<typeof importOptions>;

/** Where imported bytes come from. Only the command line may name a path; windows upload. */
export const importSource = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('upload'), uploadId: identifier }),
  z.strictObject({ kind: z.literal('path'), path: text }),
]);
export type ImportSource = z.infer<typeof importSource>;

export const importPreview = z.strictObject({
  format: z.enum(['csv', 'parquet']),
  header: z.array(z.string()),
  rows: z.array(z.array(z.string())),
  delimiter: z.string().nullable(),
  dateFormat: z.string().nullable(),
  timeZone: z.string().nullable(),
  timeframe: timeframeText.nullable(),
  /** File column found for each bar column. */
  columns: z.record(z.string(), z.string()),
  suggestedSymbol: z.string(),
  suggestedCalendar: z.string(),
  /** What stops the import as it stands; null when it can go ahead. */
  problem: text.nullable(),
});
export type ImportPreview = z.infer<typeof importPreview>;
