import { z } from 'zod';
import { combinationRow } from './research-findings.ts';
import * as s from './schemas.ts';

/** How far a result can be trusted: what is asked, and what was found. */

const number = z.number().or(z.nan());
const seed = z.number().int().min(0).max(0xffff_ffff);
const whole = (least: number, most: number) => z.number().int().min(least).max(most);

/** Scores that a stretch of returns can be given. Ratios are of a year; `growth` is yearly, compound. */
export const VALIDATION_SCORES = ['sharpe', 'sortino', 'growth'] as const;
export type ValidationScore = (typeof VALIDATION_SCORES)[number];

/** Most splits of a cross-validation. */
export const MOST_SPLITS = 1_000;

/** How bars are cut for a cross-validation; beside what is run and what is varied. */
export const crossValidationPlan = {
  score: z.enum(VALIDATION_SCORES),
  /** Groups of bars of nearly equal length. */
  folds: whole(2, 50),
  /** Groups that are tested at a time; 1 is k-fold with one path, more is combinatorial with several. */
  testFolds: whole(1, 49),
  /** Bars before and after a test that are not chosen on; null for the longest look-back of any combination. */
  purge: whole(0, 1e9).nullable(),
  /** Bars after a test that are left out besides. */
  embargo: whole(0, 1e9),
};

export const realityCheckRequest = z.strictObject({
  /** The sweep whose combinations are all run again. */
  sweepId: s.identifier,
  /** What the returns are measured above: buying and holding under the same costs, or nothing. */
  against: z.enum(['buy-and-hold', 'zero']),
  /** Samples of the bootstrap. */
  samples: whole(100, 20_000),
  /** Mean length of its blocks; null for the one that suits the returns. */
  blockLength: z.number().min(1).max(1e6).nullable(),
  seed,
});
export type RealityCheckRequest = z.infer<typeof realityCheckRequest>;

export const randomEntryRequest = z.strictObject({
  runId: s.identifier,
  /** Random strategies. */
  samples: whole(100, 100_000),
  seed,
});
export type RandomEntryRequest = z.infer<typeof randomEntryRequest>;

const range = z.strictObject({
  from: s.count,
  /** One after the last. */
  to: s.count,
  firstTime: s.time,
  lastTime: s.time,
});
export type RangeOfBars = z.infer<typeof range>;

export const crossValidationSplit = z.strictObject({
  /** Numbers of the groups that are tested. */
  groups: z.array(s.count),
  test: z.array(range),
  train: z.array(range),
  /** Null when none had a score, and nothing was traded. */
  combination: s.count.nullable(),
  parameters: s.parameterValues,
  inSample: number,
  outOfSample: number,
  /** Compound return of the chosen one over all tested bars, a fraction. */
  outOfSampleReturn: number,
  /** Its rank in the test among all combinations, from 0 to 1; a half is the median. */
  rank: number,
});
export type CrossValidationSplit = z.infer<typeof crossValidationSplit>;

export const validationPath = z.strictObject({
  /** The split that each group's test is taken from. */
  splits: z.array(s.count),
  score: number,
  /** Fractions; the drawdown is >= 0. */
  growth: number,
  maxDrawdown: number,
  sharpe: number,
});
export type ValidationPath = z.infer<typeof validationPath>;

export const crossValidationFindings = z.strictObject({
  candidates: s.count,
  bars: s.count,
  /** Bars that were purged on each side of a test. */
  purge: s.count,
  /** Longest trade of any combination, in bars. */
  longestTrade: s.count,
  groups: z.array(range),
  splits: z.array(crossValidationSplit),
  paths: z.array(validationPath),
  /** Yearly Sharpe ratios of the paths. Paths share bars, so their spread says less than it seems. */
  sharpe: z.strictObject({
    mean: number,
    deviation: number,
    least: number,
    median: number,
    most: number,
    /** Part of the paths that is below 0. */
    negative: number,
  }),
  /** Part of the splits whose choice was at or below the median of the test. */
  belowMedian: number,
  /** What buying and holding made of the same bars. */
  benchmark: z.strictObject({ growth: number, maxDrawdown: number, sharpe: number }),
  /** By combinatorially symmetric halves of all bars; null where it has no meaning. */
  overfitting: z
    .strictObject({
      probability: number,
      probabilityOfLoss: number,
      slope: number,
      blocks: s.count,
      splits: s.count,
    })
    .nullable(),
  notes: z.array(s.text),
  seconds: z.number().min(0),
});
export type CrossValidationFindings = z.infer<typeof crossValidationFindings>;

const histogram = z.strictObject({ low: number, high: number, counts: z.array(s.count) });
export type HistogramOf = z.infer<typeof histogram>;

export const realityCheckFindings = z.strictObject({
  /** Combinations that were compared: all of the sweep. */
  strategies: s.count,
  periods: s.count,
  /** The highest mean return above the benchmark, which need not be the best by the sweep's objective. */
  best: z.strictObject({
    combination: s.count,
    parameters: s.parameterValues,
    /** Mean a period, and a year of it, as fractions. */
    mean: number,
    yearly: number,
  }),
  statistic: number,
  pValue: z.number(),
  spaStatistic: number,
  spaLower: z.number(),
  /** Hansen's result; the other two bound it. */
  spaConsistent: z.number(),
  spaUpper: z.number(),
  blockLength: z.number(),
  samples: s.count,
  /** Of White's statistic in samples without any edge. */
  histogram,
  /** Part of the combinations that made more than the benchmark. */
  above: z.number(),
  notes: z.array(s.text),
  seconds: z.number().min(0),
});
export type RealityCheckFindings = z.infer<typeof realityCheckFindings>;

const standing = z.strictObject({
  actual: number,
  /** Part of the random strategies below it. */
  percentile: number,
  average: number,
  quantiles: z.array(number),
  histogram,
});
export type RandomStandingRow = z.infer<typeof standing>;

export const randomEntryFindings = z.strictObject({
  quantiles: z.array(z.number()),
  /** Compound growth, 1 is none. */
  growth: standing,
  /** Yearly. */
  sharpe: standing,
  trades: s.count,
  /** Trades that were open at the end and are left out. */
  open: s.count,
  /** Part of the bars that the trades hold. */
  exposure: z.number(),
  /** Cost of a side as a fraction of its value. */
  costPerSide: z.number(),
  /** Price of a bar that all trades go in and out at. */
  at: z.enum(['open', 'close']),
  samples: s.count,
  notes: z.array(s.text),
  seconds: z.number().min(0),
});
export type RandomEntryFindings = z.infer<typeof randomEntryFindings>;

export const plateauRequest = z.strictObject({
  researchId: s.identifier,
  /** A column of the results or a formula; the sweep's objective when absent. */
  metric: z.string().min(1).max(s.MAX_EXPRESSION).optional(),
  /** Places that a neighbour may be away in every parameter. */
  radius: whole(1, 10),
});
export type PlateauRequest = z.infer<typeof plateauRequest>;

export const neighbourhood = z.strictObject({
  row: combinationRow,
  neighbours: s.count,
  /** Of the neighbours' scores; one that failed counts as the worst of all. */
  mean: number,
  least: number,
  spread: number,
  /** 1 is a plateau, 0 a lone peak. */
  stability: number,
});
export type NeighbourhoodRow = z.infer<typeof neighbourhood>;

export const plateau = z.strictObject({
  metric: z.string(),
  radius: s.count,
  rows: s.count,
  /** The highest score. */
  best: neighbourhood,
  /** The highest mean of a score with its neighbours'. */
  plateau: neighbourhood,
  /** Of all scores. */
  histogram,
  slices: z.array(
    z.strictObject({
      name: s.name,
      /** All values that the results have, ascending, and as texts. */
      values: z.array(z.number()),
      labels: z.array(z.string()),
      /** Score with all other parameters as those of the best; NaN where there is none. */
      best: z.array(number),
      /** The same for the middle of the plateau. */
      plateau: z.array(number),
      /** Mean over all other parameters. */
      mean: z.array(number),
    }),
  ),
});
export type PlateauAnswer = z.infer<typeof plateau>;
