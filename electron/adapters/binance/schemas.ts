import { z } from 'zod';
import { decimal, type Decimal } from '../../../engine/domain/decimal.ts';
import { unixMillis, type UnixMillis } from '../../../engine/domain/time.ts';

/** Amounts come as text; the exact value is kept. */
export const exact = z.string().transform((value, context): Decimal => {
  try {
    return decimal(value);
  } catch {
    context.addIssue({ code: 'custom', message: 'no decimal number' });
    return z.NEVER;
  }
});
const amount = exact.refine((value) => !value.startsWith('-'), { message: 'less than nothing' });
const instant = z
  .int()
  .min(0)
  .max(8.64e15)
  .transform((value): UnixMillis => unixMillis(value));
/** Numbers of orders and trades; one that a double does not hold exactly is not let in. */
const number = z.int().min(0);
const name = z.string().min(1).max(32);
const optional = <Value>(schema: z.ZodType<Value>) => schema.nullish().transform((v) => v ?? null);

export const STATUSES = [
  'NEW',
  'PENDING_NEW',
  'PARTIALLY_FILLED',
  'FILLED',
  'CANCELED',
  'PENDING_CANCEL',
  'REJECTED',
  'EXPIRED',
  'EXPIRED_IN_MATCH',
] as const;
export type BinanceStatus = (typeof STATUSES)[number];

export const errorSchema = z.object({ code: z.int(), msg: z.string().default('') });
export const timeSchema = z.object({ serverTime: z.int().min(1) });
export const nothing = z.unknown();

const filter = z.looseObject({ filterType: z.string() });
export const symbolSchema = z.object({
  symbol: name,
  status: z.string(),
  baseAsset: name,
  quoteAsset: name,
  baseAssetPrecision: z.int().min(0).max(18),
  quoteAssetPrecision: z.int().min(0).max(18),
  orderTypes: z.array(z.string()),
  icebergAllowed: z.boolean().default(false),
  ocoAllowed: z.boolean().default(false),
  isSpotTradingAllowed: z.boolean().default(true),
  filters: z.array(filter),
});
export type BinanceSymbol = z.infer<typeof symbolSchema>;
export const exchangeSchema = z.object({
  rateLimits: z.array(
    z.object({
      rateLimitType: z.string(),
      interval: z.string(),
      intervalNum: z.int().min(1),
      limit: z.int().min(1),
    }),
  ),
  /** Read one by one: a pair that cannot be read must not take the others away. */
  symbols: z.array(z.unknown()),
});

export const accountSchema = z.object({
  uid: z.int().min(0),
  canTrade: z.boolean(),
  accountType: z.string().default('SPOT'),
  updateTime: z.int().default(0),
  balances: z.array(z.object({ asset: name, free: amount, locked: amount })),
});
export type BinanceAccount = z.infer<typeof accountSchema>;

export const tickersSchema = z.array(z.object({ symbol: name, price: exact }));
export const bookTickerSchema = z.object({
  symbol: name,
  bidPrice: z.string(),
  bidQty: z.string(),
  askPrice: z.string(),
  askQty: z.string(),
});

/** Some old orders say that what was paid is not known by an amount below nothing. */
const order = {
  symbol: name,
  orderId: number,
  clientOrderId: z.string(),
  price: amount,
  origQty: amount,
  executedQty: amount,
  cummulativeQuoteQty: exact,
  status: z.enum(STATUSES),
  timeInForce: z.string(),
  type: z.string(),
  side: z.enum(['BUY', 'SELL']),
};
export const orderSchema = z.object({
  ...order,
  stopPrice: amount.optional().transform((v) => v ?? ('0' as Decimal)),
  icebergQty: amount.optional().transform((v) => v ?? ('0' as Decimal)),
  trailingDelta: optional(z.int().min(0)),
  time: instant,
  updateTime: instant,
  /** When it began to work on the book; negative while it has not. */
  workingTime: optional(z.int()),
});
export type BinanceOrder = z.infer<typeof orderSchema>;
export const ordersSchema = z.array(orderSchema);

export const placedSchema = z.object({
  symbol: name,
  orderId: number,
  clientOrderId: z.string(),
  transactTime: instant,
  status: z.enum(STATUSES),
  executedQty: amount,
  cummulativeQuoteQty: exact,
});
export type PlacedOrder = z.infer<typeof placedSchema>;
/** What a cancellation is answered with. A pair is answered otherwise; the stream tells of it. */
export const canceledSchema = z.object({ ...order, transactTime: instant });
export const placedListSchema = z.object({
  orderListId: z.int(),
  orderReports: z.array(placedSchema).min(2),
});

export const tradesSchema = z.array(
  z.object({
    symbol: name,
    id: number,
    orderId: number,
    price: amount,
    qty: amount,
    commission: exact,
    commissionAsset: z.string().max(16),
    time: instant,
    isBuyer: z.boolean(),
    isMaker: z.boolean().default(false),
  }),
);
export type BinanceTrade = z.infer<typeof tradesSchema>[number];

export const listenKeySchema = z.object({ listenKey: z.string().regex(/^[\w-]{8,256}$/) });

/** Price and size are read by whoever keeps the book. */
const level = z.tuple([z.string(), z.string()]).rest(z.unknown());
export const depthSchema = z.object({
  lastUpdateId: number,
  bids: z.array(level),
  asks: z.array(level),
});

/** Times, prices and volumes of one bar, in an order of their own. */
export const klinesSchema = z.array(
  z
    .tuple([
      z.int().min(0),
      z.string(),
      z.string(),
      z.string(),
      z.string(),
      z.string(),
      z.int().min(0),
    ])
    .rest(z.unknown()),
);

/** Answers and events of the WebSocket API come on one socket. */
export const apiAnswerSchema = z.object({
  id: z.union([z.string(), z.number()]).nullable(),
  status: z.int(),
  error: errorSchema.optional(),
  result: z.unknown().optional(),
});
export const apiEventSchema = z.object({
  subscriptionId: z.int().nullish(),
  event: z.looseObject({ e: z.string() }),
});
export const eventSchema = z.looseObject({ e: z.string() });

/** What happened to an order. Letters are Binance's. */
export const executionSchema = z.object({
  s: name,
  c: z.string(),
  C: z.string().nullish(),
  S: z.enum(['BUY', 'SELL']),
  o: z.string(),
  f: z.string(),
  q: amount,
  p: amount,
  P: amount,
  d: optional(z.int().min(0)),
  F: amount,
  x: z.string(),
  X: z.enum(STATUSES),
  r: z.string().default('NONE'),
  i: number,
  l: amount,
  z: amount,
  L: amount,
  n: optional(exact),
  N: optional(z.string().max(16)),
  T: instant,
  t: z.int(),
  m: z.boolean().default(false),
  Z: exact,
  W: optional(z.int()),
});
export type BinanceExecution = z.infer<typeof executionSchema>;

export const accountEventSchema = z.object({
  u: instant,
  B: z.array(z.object({ a: name, f: amount, l: amount })),
});
export type BinanceAccountEvent = z.infer<typeof accountEventSchema>;
