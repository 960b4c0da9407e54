import { z } from 'zod';
import {
  auditFindings,
  monteCarloFindings,
  sweepFindings,
  walkForwardFindings,
} from './research-findings.ts';
import * as s from './schemas.ts';
import {
  crossValidationFindings,
  crossValidationPlan,
  randomEntryFindings,
  randomEntryRequest,
  realityCheckFindings,
  realityCheckRequest,
} from './validation-schemas.ts';

export * from './research-findings.ts';
export * from './validation-schemas.ts';

/** Shapes of research: sweeps, walk-forward tests, simulations and audits, which are stored and resumed. */

export const RESEARCH_KINDS = [
  'sweep',
  'walk-forward',
  'cross-validation',
  'reality-check',
  'monte-carlo',
  'random-entry',
  'audit',
] as const;
/** `running` here or in another Renata with the same store; work that was killed is `paused`. */
export const RESEARCH_STATES = ['running', 'paused', 'done', 'failed'] as const;

const expression = z.string().min(1).max(s.MAX_EXPRESSION);
const seed = z.number().int().min(0).max(0xffff_ffff);
const whole = (least: number, most: number) => z.number().int().min(least).max(most);

/** Conditions of the expression language as a strategy; its `param(…)`s are its parameters. */
export const ruleSource = z.strictObject({
  entry: expression,
  exit: expression,
  shortEntry: expression.optional(),
  shortExit: expression.optional(),
});

/** What is run on what. */
const subject = {
  /** A strategy by its id, or conditions. */
  strategy: z.union([s.identifier, ruleSource]),
  /** Runs this text and not the strategy of that name. */
  source: s.strategySource.optional(),
  datasetId: s.identifier,
  adjustment: s.adjustment,
  /** Inclusive, UnixMillis; null is the first or last bar. */
  start: s.time.nullable(),
  end: s.time.nullable(),
  settings: s.backtestSettings,
  /** As in a backtest: splits and dividends are booked, and what decides the order inside a bar. */
  events: s.backtestRequest.shape.events,
  resolve: s.backtestRequest.shape.resolve,
  /** As in a backtest: what a strategy of several instruments trades. */
  instruments: s.backtestRequest.shape.instruments,
};

/** What is varied. */
const space = {
  /** Values of each varied parameter: `2..100`, `2..100 step 2`, `5, 10, 20`, `1..1000 log 7`, `all`. */
  ranges: z.record(z.string().max(64), z.string().min(1).max(10_000)),
  /** Values of other parameters; the rest keep their defaults. */
  fixed: s.parameterValues,
  /** Conditions over parameters, such as `fast < slow`. */
  constraints: z.array(expression).max(20),
};

export const sampledSearch = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('grid') }),
  /** So many combinations drawn without repetition. */
  z.strictObject({ kind: z.literal('random'), count: whole(1, 5_000_000), seed }),
]);

export const search = z.discriminatedUnion('kind', [
  ...sampledSearch.options,
  /** Learns from what it has seen where to look next; on one thread. */
  z.strictObject({ kind: z.literal('adaptive'), count: whole(1, 100_000), seed }),
]);

/** Bytes that the results of running work may take in memory; what is done is on the disk. */
const memoryBytes = whole(4_000_000, 1e12);

export const sweepRequest = z.strictObject({
  ...subject,
  ...space,
  search,
  /** What is looked for, the larger the better: a column of the results or a formula over them. */
  objective: expression,
  memoryBytes,
});
export type SweepRequest = z.infer<typeof sweepRequest>;

/** A length of the calendar: `2y`, `6m`, `8w`, `90d`. */
export const span = z.string().regex(/^\d{1,5}[ymwd]$/, {
  message: 'must be a length of the calendar such as 2y, 6m, 8w or 90d',
});

export const windowPlan = z.discriminatedUnion('by', [
  z.strictObject({
    by: z.literal('bars'),
    train: whole(1, 1e9),
    test: whole(1, 1e9),
    gap: whole(0, 1e9),
  }),
  z.strictObject({ by: z.literal('dates'), train: span, test: span, gap: span }),
  /** So many tests of equal length, each chosen on `ratio` times as many bars. */
  z.strictObject({ by: z.literal('count'), windows: whole(1, 1_000), ratio: z.number().gt(0) }),
]);

export const walkForwardRequest = z.strictObject({
  ...subject,
  ...space,
  search: sampledSearch,
  objective: expression,
  windows: windowPlan,
  /** Rolling windows keep their length, anchored ones begin at the first bar. */
  mode: z.enum(['rolling', 'anchored']),
  /** Whether a position lives on over the border of two tests with the same parameters. */
  carry: z.enum(['flat', 'while-unchanged']),
  memoryBytes,
});
export type WalkForwardRequest = z.infer<typeof walkForwardRequest>;

/** The choice among combinations, cross-validated. */
export const crossValidationRequest = z.strictObject({
  ...subject,
  ...space,
  ...crossValidationPlan,
  search: sampledSearch,
  /** Bytes that the returns of all combinations may take. */
  memoryBytes,
});
export type CrossValidationRequest = z.infer<typeof crossValidationRequest>;

export const monteCarloRequest = z.strictObject({
  runId: s.identifier,
  /** Which returns are put into another order: those of closed trades or of bars. */
  of: z.enum(['trades', 'bars']),
  method: z.enum(['shuffle', 'bootstrap', 'blocks']),
  paths: whole(1, 100_000),
  /** Mean length of `blocks`; null for the one that suits the returns. */
  blockLength: z.number().min(1).nullable(),
  /** Ruin is falling to this part of the capital. */
  ruin: z.number().min(0).lt(1),
  seed,
});
export type MonteCarloRequest = z.infer<typeof monteCarloRequest>;

export const auditRequest = z.strictObject({
  /** A strategy of one instrument. */
  run: s.backtestRequest,
  /** How the instrument was picked. */
  universe: z.enum(['point-in-time', 'single', 'current-members', 'unknown']),
  /** Places where the future is taken away, two runs each. */
  cuts: whole(1, 100),
  seed,
});
export type AuditRequest = z.infer<typeof auditRequest>;

/** How long and how large work will be, before it starts. */
export const estimate = z.strictObject({
  /** Combinations before the constraints. */
  size: s.count,
  /** Combinations that will be run. */
  combinations: s.count,
  /** Whether they were counted; a large space is judged by a part of it. */
  exact: z.boolean(),
  bars: s.count,
  /** Bytes of all results on the disk, at most. */
  bytes: s.count,
  seconds: z.number().min(0),
  threads: s.count,
  /** `together` is the quickest; `events` runs every bar of every combination through the matching. */
  path: z.enum(['together', 'alone', 'replayed', 'events']),
  /** Why it is `events`; null otherwise. */
  reason: s.text.nullable(),
  /** Windows of a walk-forward test; null for a sweep. */
  windows: s.count.nullable(),
  /** Splits and paths of a cross-validation. */
  splits: s.count.optional(),
  paths: s.count.optional(),
  /** All of it in one sentence. */
  text: s.text,
  /** Whether it is so long or large that it starts only when that is confirmed. */
  huge: z.boolean(),
});
export type ResearchEstimate = z.infer<typeof estimate>;

/** A parameter that is varied, and the column of the results that holds it. */
export const dimension = z.strictObject({
  name: s.name,
  column: s.name,
  kind: z.enum(['integer', 'real', 'choice', 'boolean']),
  /** Values that it takes. */
  count: s.count,
  /** Texts of a choice: the column holds their places. 1 and 0 are true and false. */
  choices: z.array(z.string()),
});
export type ResearchDimension = z.infer<typeof dimension>;

export const metric = z.strictObject({ name: s.name, title: s.name, unit: s.statistic.shape.unit });

export const researchItem = z.strictObject({
  id: s.identifier,
  kind: z.enum(RESEARCH_KINDS),
  title: s.text,
  state: z.enum(RESEARCH_STATES),
  /** Why it was paused or failed. */
  message: s.text.nullable(),
  createdAt: s.time,
  changedAt: s.time,
  datasetId: s.identifier,
  /** Content hash of the bars. */
  dataHash: z.string(),
  /** Places done and in all: combinations before the constraints, or windows. */
  done: s.count,
  total: s.count,
  /** Rows of results so far. */
  rows: s.count,
  /** The job that works on it in this Renata. */
  jobId: s.identifier.nullable(),
  /** Places a second, and seconds left; null while unknown. */
  rate: z.number().nullable(),
  secondsLeft: z.number().nullable(),
  /** The research or the run that it is about. */
  about: s.identifier.optional(),
});
export type ResearchItem = z.infer<typeof researchItem>;

export const researchDetail = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('sweep'),
    request: sweepRequest,
    dimensions: z.array(dimension),
    metrics: z.array(metric),
    /** Null until it is done. */
    findings: sweepFindings.nullable(),
    /** The best rows so far. */
    page: z.strictObject({
      offset: s.count,
      /** `combination`, the columns of the dimensions, those of the metrics. */
      names: z.array(s.name),
      columns: z.array(s.floats),
    }),
  }),
  z.strictObject({
    kind: z.literal('walk-forward'),
    request: walkForwardRequest,
    dimensions: z.array(dimension),
    findings: walkForwardFindings.nullable(),
    /** The tests joined, and buying and holding over the same bars; null until it is done. */
    curve: z.strictObject({ time: s.floats, equity: s.floats, benchmark: s.floats }).nullable(),
  }),
  z.strictObject({
    kind: z.literal('cross-validation'),
    request: crossValidationRequest,
    dimensions: z.array(dimension),
    findings: crossValidationFindings.nullable(),
    /** Equity of every path and of buying and holding, thinned; null until it is done. */
    curves: z
      .strictObject({ time: s.floats, benchmark: s.floats, paths: z.array(s.floats) })
      .nullable(),
  }),
  z.strictObject({
    kind: z.literal('reality-check'),
    request: realityCheckRequest,
    findings: realityCheckFindings.nullable(),
  }),
  z.strictObject({
    kind: z.literal('random-entry'),
    request: randomEntryRequest,
    findings: randomEntryFindings.nullable(),
  }),
  z.strictObject({
    kind: z.literal('monte-carlo'),
    request: monteCarloRequest,
    findings: monteCarloFindings.nullable(),
  }),
  z.strictObject({
    kind: z.literal('audit'),
    request: auditRequest,
    findings: auditFindings.nullable(),
  }),
]);
export type ResearchDetail = z.infer<typeof researchDetail>;

export const FOLDS = ['best', 'median', 'mean'] as const;

const axis = z.strictObject({
  name: s.name,
  /** Values of the parameter that the results have, ascending; places for a choice. */
  values: s.floats,
  /** The same as texts. */
  labels: z.array(z.string()),
});

const mapAxis = axis.extend({
  /** Where neighbouring values share a cell: the last value of each, as `values` has the first. */
  ends: s.floats.optional(),
});

export const heatmap = z.strictObject({
  x: mapAxis,
  y: mapAxis,
  /** Row by row from the smallest y, as many a row as x has values; NaN where there is no result. */
  values: s.floats,
  /** Results behind each value: combinations that were folded into it. */
  counts: s.floats,
});
export type Heatmap = z.infer<typeof heatmap>;

export const sweepSlice = z.strictObject({
  axis,
  scores: s.floats,
  /** The combination of each point. */
  combinations: s.floats,
});
export type SweepSlice = z.infer<typeof sweepSlice>;

export const trialCount = z.strictObject({
  /** Instrument, timeframe and adjustment. */
  dataset: s.text,
  trials: s.count,
  strategies: s.count,
  /** Trials by what made them: backtests, sweeps, walk-forward tests. */
  sources: z.record(z.string(), s.count),
  first: s.time,
  last: s.time,
});
export type TrialTotals = z.infer<typeof trialCount>;

export const researchId = z.strictObject({ researchId: s.identifier });
export const researchJob = z.strictObject({ jobId: s.identifier, researchId: s.identifier });

const confirmed = {
  /** Starts it even where the estimate says that it is huge. */
  confirmed: z.boolean(),
};

/** Inputs of the calls, where they are more than an id. */
export const inputs = {
  estimate: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('sweep'), request: sweepRequest }),
    z.strictObject({ kind: z.literal('walk-forward'), request: walkForwardRequest }),
    z.strictObject({ kind: z.literal('cross-validation'), request: crossValidationRequest }),
  ]),
  sweepStart: z.strictObject({ request: sweepRequest, ...confirmed }),
  walkForwardStart: z.strictObject({ request: walkForwardRequest, ...confirmed }),
  crossValidationStart: z.strictObject({ request: crossValidationRequest, ...confirmed }),
  get: z.strictObject({
    researchId: s.identifier,
    /** Column or formula that the rows of a sweep are sorted by, largest first; its objective when absent. */
    sort: expression.optional(),
    offset: whole(0, 100_000),
    limit: whole(0, 5_000),
  }),
  heatmap: z.strictObject({
    researchId: s.identifier,
    /** Parameters. */
    x: s.name,
    y: s.name,
    /** A column of the results or a formula over them. */
    metric: expression,
    /** What becomes of all combinations that share a cell: of the other parameters, and of its values. */
    fold: z.enum(FOLDS),
  }),
  slice: z.strictObject({
    researchId: s.identifier,
    /** The combination whose other parameters are kept. */
    combination: s.count,
    parameter: s.name,
    metric: expression,
  }),
} as const;
