import { z } from 'zod';
import { ORDER_SIDES } from '../domain/order.ts';
import { ALGORITHM_STATUS, CATCH_UP, CHILD_STYLES } from '../domain/algorithm.ts';
import { decimalText, orderCheck } from './live-schemas.ts';
import { count, identifier, slippageModel, text, time } from './schemas.ts';

/** Shapes of execution algorithms and of execution quality in the contract. */

const slices = z.number().int().min(1).max(10_000);
const part = z.number().gt(0).max(1);
const notNegative = z.number().min(0).max(1e15);

export const algorithmMethod = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('twap'), slices }),
  /** The curve itself, or a stored dataset that it is measured from. */
  z.strictObject({
    kind: z.literal('vwap'),
    curve: z.array(notNegative).min(1).max(10_000).optional(),
    slices: slices.optional(),
    dataset: identifier.optional(),
  }),
  z.strictObject({ kind: z.literal('pov'), rate: part }),
  z.strictObject({ kind: z.literal('iceberg'), display: decimalText }),
  z.strictObject({
    kind: z.literal('peg'),
    to: z.enum(['bid', 'mid', 'ask']),
    offset: decimalText,
  }),
  z.strictObject({
    kind: z.literal('shortfall'),
    slices,
    riskAversion: notNegative,
    volatility: notNegative,
    temporaryImpact: notNegative,
    permanentImpact: notNegative,
  }),
]);
export type AlgorithmMethodText = z.infer<typeof algorithmMethod>;

/** An order that is to be worked over time. What is absent is as docs/execution.md says. */
export const algorithmTicket = z.strictObject({
  account: identifier,
  instrument: identifier,
  side: z.enum(ORDER_SIDES),
  quantity: decimalText,
  method: algorithmMethod,
  /** At once when absent. */
  start: time.optional(),
  /** Milliseconds that it works. */
  duration: z
    .number()
    .int()
    .min(1000)
    .max(7 * 86_400_000),
  limitPrice: decimalText.optional(),
  participation: part.optional(),
  smallest: decimalText.optional(),
  catchUp: z.enum(CATCH_UP).optional(),
  style: z.enum(CHILD_STYLES).optional(),
  every: z.number().int().min(0).max(3_600_000).optional(),
  finish: z.enum(['leave', 'take']).optional(),
  jitter: z.number().min(0).lt(1).optional(),
  seed: z.number().int().min(0).max(0xffff_ffff).optional(),
});
export type AlgorithmTicket = z.infer<typeof algorithmTicket>;

/** How an algorithm stands. */
export const algorithm = z.strictObject({
  id: identifier,
  account: identifier,
  instrument: identifier,
  method: z.enum(['twap', 'vwap', 'pov', 'iceberg', 'peg', 'shortfall']),
  side: z.enum(ORDER_SIDES),
  quantity: decimalText,
  limitPrice: decimalText.nullable(),
  participation: part.nullable(),
  start: time,
  end: time,
  status: z.enum(ALGORITHM_STATUS),
  /** Why it is paused, was denied, or left units; empty otherwise. */
  reason: text,
  denied: z.boolean(),
  filled: decimalText,
  /** In children that work. */
  working: decimalText,
  remainder: decimalText,
  children: count,
  averagePrice: decimalText.nullable(),
  decisionPrice: decimalText.nullable(),
  /** Fills as a part of the market's volume; null before any. */
  marketShare: z.number().nullable(),
  decidedAt: time,
});
export type AlgorithmView = z.infer<typeof algorithm>;

export const algorithmPreview = z.strictObject({
  /** Empty for methods that only answer to the market. */
  schedule: z.array(z.strictObject({ from: time, to: time, quantity: decimalText })).max(10_000),
  /** What the method does, where there is no schedule. */
  note: text,
  /** What the risk gate says of the whole. */
  check: orderCheck,
});
export type AlgorithmPreview = z.infer<typeof algorithmPreview>;

export const QUALITY_GROUPS = ['order', 'hour', 'size', 'venue', 'algorithm'] as const;

const number = z.number().nullable();
const cost = z.strictObject({ bps: number, money: number });

export const qualityRow = z.strictObject({
  key: z.string().max(128),
  currency: z.string().max(16),
  orders: count,
  quantity: z.number(),
  filled: z.number(),
  notional: z.number(),
  slippage: z.strictObject({ decision: cost, arrival: cost, mid: cost, vwap: cost }),
  commission: cost,
  shortfall: cost,
});
export type QualityRowView = z.infer<typeof qualityRow>;

export const qualityRequest = z.strictObject({
  by: z.enum(QUALITY_GROUPS),
  /** `decisions`: an algorithm is one; `orders`: its children each, and not the whole. */
  of: z.enum(['decisions', 'orders']),
  account: identifier.nullable(),
  since: time.nullable(),
  /** Upper ends of sizes, rising; powers of ten when absent. */
  edges: z.array(z.number().gt(0).max(1e15)).min(1).max(50).optional(),
});

const fit = z.strictObject({ value: number, standardError: number, residual: number });
export const fittedSlippage = z.strictObject({
  samples: count,
  /** Orders that ended with a fill and could not be used, because something was not known. */
  leftOut: count,
  bps: fit,
  coefficient: fit,
  model: slippageModel.nullable(),
});
export type FittedSlippage = z.infer<typeof fittedSlippage>;
