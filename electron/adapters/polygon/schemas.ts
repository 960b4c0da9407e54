import { z } from 'zod';

const finite = z.number().refine(Number.isFinite);
const text = z.string().max(512);
const orNull = <Value>(schema: z.ZodType<Value>) => schema.nullish().transform((v) => v ?? null);

/** Times with nanoseconds are more than a double holds; what is lost must not be a millisecond. */
export const nanoseconds = finite.transform((value) => Math.floor(value / 1e6 + 0.0005));

const bar = z.object({ t: finite, o: finite, h: finite, l: finite, c: finite, v: finite });
export type RawBar = z.infer<typeof bar>;
/** `DELAYED` is what plans without real-time prices are told. */
const fine = z.enum(['OK', 'DELAYED']);

export const aggregatesSchema = z.object({
  status: fine,
  adjusted: z.boolean(),
  results: z
    .array(bar)
    .nullish()
    .transform((v) => v ?? []),
  next_url: orNull(z.string().max(8192)),
});

const tickerFields = {
  ticker: z.string().min(1).max(64),
  name: text,
  market: z.string(),
  active: z
    .boolean()
    .nullish()
    .transform((v) => v ?? true),
  primary_exchange: orNull(z.string().max(16)),
  type: orNull(z.string().max(16)),
  currency_name: orNull(text),
  currency_symbol: orNull(text),
  base_currency_symbol: orNull(text),
};
export const tickersSchema = z.object({
  status: fine,
  results: z
    .array(z.object(tickerFields))
    .nullish()
    .transform((v) => v ?? []),
});
export const tickerSchema = z.object({ status: fine, results: z.object(tickerFields) });
export type PolygonTicker = z.infer<typeof tickerSchema>['results'];

export const contractSchema = z.object({
  status: fine,
  results: z.object({
    ticker: z.string().min(3).max(64),
    underlying_ticker: text,
    contract_type: z.string().max(16),
    expiration_date: z.string().regex(/^\d{4}-\d{2}-\d{2}$/),
    strike_price: finite,
    shares_per_contract: finite.positive(),
  }),
});
export type PolygonContract = z.infer<typeof contractSchema>['results'];

export const lastQuoteSchema = z.object({
  status: fine,
  results: z.object({
    p: finite.nonnegative().default(0),
    s: finite.nonnegative().default(0),
    P: finite.nonnegative().default(0),
    S: finite.nonnegative().default(0),
    t: nanoseconds,
    q: finite,
  }),
});
export const lastTradeSchema = z.object({
  status: fine,
  results: z.object({
    p: finite.positive(),
    s: finite.nonnegative().default(0),
    i: z.string().max(64),
    x: finite,
    r: orNull(finite),
    c: z.array(finite).default([]),
    t: nanoseconds,
    q: finite,
  }),
});
export const lastCryptoSchema = z.object({
  status: z.literal('success'),
  last: z.object({
    price: finite.positive(),
    size: finite.nonnegative(),
    exchange: finite,
    timestamp: finite,
    conditions: z.array(finite).default([]),
  }),
});
const snapshotBar = bar.omit({ t: true });
export const snapshotSchema = z.object({
  status: fine,
  ticker: z.object({
    ticker: z.string(),
    updated: nanoseconds.optional(),
    day: snapshotBar.optional(),
    min: bar.optional(),
  }),
});

export const conditionsSchema = z.object({
  status: fine,
  results: z.array(
    z.object({
      id: z.number().int(),
      update_rules: z
        .object({ consolidated: z.object({ updates_open_close: z.boolean() }) })
        .optional(),
    }),
  ),
  next_url: orNull(z.string().max(8192)),
});

export const marketStatusSchema = z.object({ market: z.string().optional() });
