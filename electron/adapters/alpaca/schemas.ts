import { z } from 'zod';
import { decimal, isNegative, isPositive, type Decimal } from '../../../engine/domain/decimal.ts';
import { unixMillis, type UnixMillis } from '../../../engine/domain/time.ts';

/** Numbers come as text; the exact value is kept. */
const exact = z.string().transform((value, context): Decimal => {
  try {
    return decimal(value);
  } catch {
    context.addIssue({ code: 'custom', message: 'no decimal number' });
    return z.NEVER;
  }
});
/** Sizes: the side gives the direction. */
const units = exact.refine(isPositive, 'no positive number');
const filled = exact.refine((value) => !isNegative(value), 'a negative number');
/** RFC 3339 with up to nine digits of a second; the part below a millisecond is dropped. */
export const instant = z.string().transform((value, context): UnixMillis => {
  const time = Date.parse(value);
  if (Number.isNaN(time)) {
    context.addIssue({ code: 'custom', message: 'no date and time' });
    return z.NEVER;
  }
  return unixMillis(time);
});
const orNull = <Value>(schema: z.ZodType<Value>) => schema.nullish().transform((v) => v ?? null);

export const STATUSES = [
  'new',
  'partially_filled',
  'filled',
  'done_for_day',
  'canceled',
  'expired',
  'replaced',
  'pending_cancel',
  'pending_replace',
  'accepted',
  'pending_new',
  'accepted_for_bidding',
  'stopped',
  'rejected',
  'suspended',
  'calculated',
  'held',
] as const;
export type AlpacaStatus = (typeof STATUSES)[number];

const ownOrder = {
  id: z.uuid(),
  client_order_id: z.string(),
  symbol: z
    .string()
    .nullish()
    .transform((v) => v ?? ''),
  asset_class: z
    .string()
    .nullish()
    .transform((v) => v ?? ''),
  status: z.enum(STATUSES),
  side: z
    .string()
    .nullish()
    .transform((v) => v ?? ''),
  type: z.string(),
  order_class: z
    .string()
    .nullish()
    .transform((v) => v ?? ''),
  time_in_force: z.string(),
  qty: orNull(units),
  notional: orNull(exact),
  filled_qty: filled,
  filled_avg_price: orNull(z.string()),
  limit_price: orNull(exact),
  stop_price: orNull(exact),
  trail_price: orNull(exact),
  trail_percent: orNull(exact),
  extended_hours: z
    .boolean()
    .nullish()
    .transform((v) => v ?? false),
  replaced_by: orNull(z.uuid()),
  replaces: orNull(z.uuid()),
  created_at: instant,
  updated_at: orNull(instant),
};
const leg = z.object(ownOrder);
export const orderSchema = z.object({
  ...ownOrder,
  legs: z
    .array(leg)
    .nullish()
    .transform((v) => v ?? []),
});
export type AlpacaOrder = z.infer<typeof orderSchema>;
export type AlpacaLeg = z.infer<typeof leg>;
export const ordersSchema = z.array(orderSchema);

export const accountSchema = z.object({
  id: z.string(),
  account_number: z.string().min(1),
  status: z.string(),
  currency: z.string().default('USD'),
  cash: exact,
  equity: exact,
  buying_power: exact,
  initial_margin: exact,
  maintenance_margin: exact,
  trading_blocked: z.boolean().default(false),
  account_blocked: z.boolean().default(false),
  trade_suspended_by_user: z.boolean().default(false),
});
export type AlpacaAccount = z.infer<typeof accountSchema>;

export const positionsSchema = z.array(
  z.object({
    symbol: z.string(),
    asset_class: z.string(),
    qty: exact,
    side: z.enum(['long', 'short']),
    avg_entry_price: orNull(exact),
  }),
);

export const assetSchema = z.object({
  id: z.string(),
  class: z.string(),
  exchange: z.string(),
  symbol: z.string().min(1),
  name: z.string(),
  status: z.string(),
  tradable: z.boolean(),
  marginable: z.boolean(),
  shortable: z.boolean(),
  borrow_status: z.string().optional(),
  easy_to_borrow: z.boolean().optional(),
  fractionable: z.boolean(),
});
export type AlpacaAsset = z.infer<typeof assetSchema>;
export const assetsSchema = z.array(assetSchema);

export const activitiesSchema = z.array(
  z.object({
    id: z.string().min(1),
    activity_type: z.string(),
    order_id: z.uuid(),
    symbol: z.string(),
    side: z.string(),
    qty: exact,
    price: exact,
    cum_qty: exact,
    transaction_time: instant,
  }),
);
export type AlpacaActivity = z.infer<typeof activitiesSchema>[number];

export const canceledSchema = z.array(z.object({ id: z.string(), status: z.number() }));
export const nothing = z.unknown();

export const errorSchema = z.object({
  code: z.number().optional(),
  message: z.string().optional(),
});

const bar = z.object({
  t: instant,
  o: z.number(),
  h: z.number(),
  l: z.number(),
  c: z.number(),
  v: z.number(),
});
export const barsSchema = z.object({
  bars: z.record(z.string(), z.array(bar)).nullable(),
  next_page_token: z.string().nullable(),
});
export const latestQuotesSchema = z.object({
  quotes: z.record(
    z.string(),
    z.object({ t: instant, bp: z.number(), bs: z.number(), ap: z.number(), as: z.number() }),
  ),
});

/** One message of the stream of order updates; `data` is read by the stream's name. */
export const envelopeSchema = z.object({ stream: z.string(), data: z.unknown() });
export const authorizationSchema = z.object({ status: z.string() });
export const listeningSchema = z.object({ streams: z.array(z.string()).optional() });
export const updateSchema = z.object({
  event: z.string(),
  execution_id: z.string().optional(),
  previous_execution_id: z.string().optional(),
  timestamp: instant.optional(),
  price: exact.optional(),
  qty: units.optional(),
  reason: z.string().optional(),
  order: orderSchema,
});
export type AlpacaUpdate = z.infer<typeof updateSchema>;
