import { z } from 'zod';
import * as s from './schemas.ts';

/** What finished research has found. */

const number = z.number().or(z.nan());

/** One combination with its results. */
export const combinationRow = z.strictObject({
  combination: s.count,
  parameters: s.parameterValues,
  /** Of the objective; NaN where it is not defined. */
  score: number,
  metrics: z.record(z.string(), number),
});
export type CombinationRow = z.infer<typeof combinationRow>;

/** How a Sharpe ratio stands against all that was ever tried on the data. All are of one bar, not annual. */
export const deflated = z.strictObject({
  sharpe: number,
  /** Largest that so many trials without any edge are expected to reach. */
  benchmark: number,
  /** Probability that the true one is above that. */
  probability: number,
  trials: s.count,
  /** Independent ones that they stand for. */
  independent: z.number(),
});
export type Deflated = z.infer<typeof deflated>;

export const sweepFindings = z.strictObject({
  /** Null when no combination has a score. */
  best: combinationRow.nullable(),
  /** The middle of the best plateau, and how its neighbours and those of the best hold up. */
  plateau: z
    .strictObject({
      row: combinationRow,
      neighbours: s.count,
      /** Mean score of the neighbours. */
      mean: number,
      /** 1 is a plateau, 0 a lone peak. */
      stability: number,
      /** The same for the best combination. */
      bestStability: number,
    })
    .nullable(),
  /** The best combination, deflated by the ledger; null when it never traded. */
  deflated: deflated.nullable(),
  /** Probability of backtest overfitting over a choice of the combinations; null where it has no meaning. */
  overfitting: z
    .strictObject({
      probability: number,
      probabilityOfLoss: number,
      slope: number,
      /** Combinations whose returns were compared. */
      trials: s.count,
      splits: s.count,
    })
    .nullable(),
  /** What could not be told, and why. */
  notes: z.array(s.text),
  seconds: z.number().min(0),
});
export type SweepFindings = z.infer<typeof sweepFindings>;

const barRange = z.strictObject({
  from: s.count,
  to: s.count,
  firstTime: s.time,
  lastTime: s.time,
});

export const walkForwardStep = z.strictObject({
  train: barRange,
  test: barRange,
  /** Null when none had a score, and nothing was traded. */
  combination: s.count.nullable(),
  parameters: s.parameterValues,
  inSampleScore: number,
  outOfSampleScore: number,
  /** Returns of the chosen parameters over the whole range, as fractions. */
  inSampleReturn: number,
  outOfSampleReturn: number,
});
export type WalkForwardStepRow = z.infer<typeof walkForwardStep>;

export const walkForwardFindings = z.strictObject({
  candidates: s.count,
  steps: z.array(walkForwardStep),
  /** Of the tests joined to one curve. */
  statistics: z.array(s.statistic),
  /** Growth out of sample over that in sample; NaN unless the latter is above 0. */
  efficiency: number,
  /** Part of the tests that made money. */
  profitable: number,
  /** Part of the windows that chose the parameters of the one before. */
  stability: number,
  deflated: deflated.nullable(),
  /** What has to be known of the bars that were run on. */
  notes: z.array(s.text).optional(),
  seconds: z.number().min(0),
});
export type WalkForwardFindings = z.infer<typeof walkForwardFindings>;

const band = z.strictObject({ quantiles: z.array(number), actual: number, percentile: number });

export const monteCarloFindings = z.strictObject({
  quantiles: z.array(z.number()),
  /** Returns into the path at each point. */
  steps: z.array(s.count),
  /** `equity[q][point]`, over the capital. */
  equity: z.array(z.array(z.number())),
  actualEquity: z.array(z.number()),
  growth: band,
  cagr: band,
  /** As fractions >= 0. */
  maxDrawdown: band,
  ruinProbability: z.number(),
  lossProbability: z.number(),
  blockLength: z.number(),
  paths: s.count,
  returns: s.count,
  seconds: z.number().min(0),
});
export type MonteCarloFindings = z.infer<typeof monteCarloFindings>;

export const auditFindings = z.strictObject({
  grade: z.enum(['A', 'B', 'C', 'D', 'F']),
  /** Worst first. */
  findings: z.array(
    z.strictObject({
      check: s.name,
      severity: z.enum(['fatal', 'serious', 'warning', 'note']),
      message: s.text,
      evidence: z.record(z.string(), z.union([z.string(), number])),
    }),
  ),
  passed: z.array(s.name),
  deflated: deflated.nullable(),
  notes: z.array(s.text).optional(),
  seconds: z.number().min(0),
});
export type AuditFindings = z.infer<typeof auditFindings>;
