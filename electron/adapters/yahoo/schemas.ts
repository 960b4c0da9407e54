import { z } from 'zod';

/** Times come as dates, or as seconds since 1970. */
const instant = z.union([
  z.date().transform((date) => date.getTime()),
  // Beyond these years there are no dates.
  z
    .number()
    .min(-62_135_596_800)
    .max(253_402_300_799)
    .transform((seconds) => seconds * 1000),
]);
const text = z.string().max(512);

/** What is used of a quote; Yahoo sends much more, and leaves out what it does not know. */
export const quoteShape = z.object({
  symbol: z.string().min(1).max(64),
  quoteType: text,
  exchange: text.optional(),
  exchangeTimezoneName: text.optional(),
  /** Minutes. */
  exchangeDataDelayedBy: z
    .number()
    .min(0)
    .max(24 * 60)
    .optional(),
  currency: z.string().max(16).optional(),
  longName: text.optional(),
  shortName: text.optional(),
  priceHint: z.number().int().min(0).max(10).optional(),
  marketState: text.optional(),
  regularMarketTime: instant.optional(),
  regularMarketPrice: z.number().optional(),
  regularMarketOpen: z.number().optional(),
  regularMarketDayHigh: z.number().optional(),
  regularMarketDayLow: z.number().optional(),
  regularMarketVolume: z.number().optional(),
  bid: z.number().optional(),
  ask: z.number().optional(),
  gmtOffSetMilliseconds: z.number().optional(),
});
export type YahooQuote = z.infer<typeof quoteShape>;

const column = z.array(z.number().nullable());
export const chartShape = z.object({
  meta: z.object({
    symbol: z.string().max(64),
    exchangeTimezoneName: text,
    currentTradingPeriod: z.object({ regular: z.object({ end: instant }) }).optional(),
  }),
  timestamp: z.array(instant).optional(),
  indicators: z.object({
    quote: z
      .array(
        z.object({
          open: column.optional(),
          high: column.optional(),
          low: column.optional(),
          close: column.optional(),
          volume: column.optional(),
        }),
      )
      .max(1),
  }),
});
export type YahooChart = z.infer<typeof chartShape>;

export const searchShape = z.object({
  quotes: z.array(
    z.object({
      symbol: z.string().min(1).max(64).optional(),
      isYahooFinance: z.boolean().optional(),
    }),
  ),
});
