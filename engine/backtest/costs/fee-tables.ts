import { parseIsoTime } from '../../domain/time.ts';

/**
 * Published fees as data. Each table names its source and the day on which it was read; the rates of
 * brokers and venues are those of that day for the whole run, those of regulators follow their dates.
 */

export interface Source {
  readonly url: string;
  /** Day the figures were taken from, `YYYY-MM-DD`. */
  readonly asOf: string;
}

/** A rate and the first day on which it holds. */
export interface DatedRate {
  readonly from: number;
  readonly rate: number;
  /** Most for one sale; Infinity without. */
  readonly cap: number;
}

const since = (date: string, rate: number, cap = Number.POSITIVE_INFINITY): DatedRate => ({
  from: parseIsoTime(date),
  rate,
  cap,
});

/** Section 31 fee of the SEC: part of the value of a sale of US shares. Before the first date the first rate is taken. */
export const SEC_FEE: {
  readonly sources: readonly Source[];
  readonly rates: readonly DatedRate[];
} = {
  sources: [
    {
      url: 'https://www.finra.org/rules-guidance/notices/information-notice-030314',
      asOf: '2014-03-03',
    },
    {
      url: 'https://www.finra.org/rules-guidance/notices/information-notice-20250424',
      asOf: '2025-04-24',
    },
  ],
  rates: [
    since('2020-02-18', 22.1e-6),
    since('2021-02-25', 5.1e-6),
    since('2022-05-14', 22.9e-6),
    since('2023-02-27', 8e-6),
    since('2024-05-22', 27.8e-6),
    since('2025-05-14', 0),
  ],
};

/** Trading Activity Fee of FINRA: for each share sold, with a cap for each sale. */
export const TAF_FEE: {
  readonly sources: readonly Source[];
  readonly rates: readonly DatedRate[];
} = {
  sources: [
    {
      url: 'https://www.finra.org/rules-guidance/guidance/trading-activity-fee',
      asOf: '2025-06-30',
    },
    { url: 'https://alpaca.markets/support/regulatory-fees', asOf: '2025-08-31' },
  ],
  rates: [
    since('2012-07-01', 0.000119, 5.95),
    since('2022-01-01', 0.00013, 6.49),
    since('2023-01-01', 0.000145, 7.27),
    since('2024-01-01', 0.000166, 8.3),
  ],
};

/** First day on which the Consolidated Audit Trail was passed on to customers. */
export const CAT_FROM = parseIsoTime('2024-09-01');

export interface ShareTier {
  /** Shares of a month up to which the rate holds. */
  readonly upTo: number;
  readonly perShare: number;
}

/** Shares and ETFs in the United States, in USD. */
export const IBKR = {
  source: {
    url: 'https://www.interactivebrokers.com/en/pricing/commissions-stocks.php?re=amer',
    asOf: '2025-03-31',
  },
  fixed: { perShare: 0.005, minimum: 1 },
  tiered: {
    tiers: [
      { upTo: 300_000, perShare: 0.0035 },
      { upTo: 3_000_000, perShare: 0.002 },
      { upTo: 20_000_000, perShare: 0.0015 },
      { upTo: 100_000_000, perShare: 0.001 },
      { upTo: Number.POSITIVE_INFINITY, perShare: 0.0005 },
    ] satisfies readonly ShareTier[],
    minimum: 0.35,
    /** NSCC and DTC, for each share, and at most this part of the value. */
    clearingPerShare: 0.0002,
    clearingMost: 0.005,
    /** Parts of the commission that NYSE and FINRA take. */
    nysePassThrough: 0.000175,
    finraPassThrough: 0.000563,
    /** Exchange fees differ by venue: the most that Rule 610(c) of Regulation NMS allows for taking. */
    takerPerShare: 0.003,
  },
  /** An order of less than a share. */
  minimumFractional: 0.01,
  /** Most for an order, as a part of its value. It goes before the minimum. */
  most: 0.01,
  catPerShare: 0.000072,
} as const;

/** No commission; fees of regulators are summed over a day and rounded up to the cent. */
export const ALPACA = {
  source: { url: 'https://docs.alpaca.markets/docs/regulatory-fees', asOf: '2025-08-31' },
  catPerShare: 0.0000265,
} as const;

/** Spot; parts of the value by VIP level. The level is given, since it also counts BNB that is held. */
export const BINANCE = {
  source: { url: 'https://www.binance.com/en/fee/schedule', asOf: '2025-12-31' },
  levels: [
    { maker: 0.001, taker: 0.001 },
    { maker: 0.0009, taker: 0.001 },
    { maker: 0.0008, taker: 0.001 },
    { maker: 0.00042, taker: 0.0006 },
    { maker: 0.00042, taker: 0.00054 },
    { maker: 0.00036, taker: 0.00048 },
    { maker: 0.0003, taker: 0.00042 },
    { maker: 0.00024, taker: 0.00036 },
    { maker: 0.00018, taker: 0.0003 },
    { maker: 0.00012, taker: 0.00024 },
  ],
  bnbDiscount: 0.25,
} as const;
