import { parseIsoTime } from '../../domain/time.ts';

/**
 * Published fees as data. Each table names its sources; the rates of brokers and venues are those of the
 * day on which they were read for the whole run, those of regulators follow their dates.
 */

/**
 * How a figure is known: read in a copy of the words of who sets the fee, or in the account of others who
 * cite those words.
 */
export type Basis = 'published' | 'reported';

export interface Source {
  /** The page of who sets the fee. */
  readonly url: string;
  /** Day on which a copy of it, or the account of it, was read and compared, `YYYY-MM-DD`. */
  readonly asOf: string;
  readonly basis: Basis;
  /** What was read. */
  readonly note: string;
}

/** A rate and the first day on which it holds. */
export interface DatedRate {
  readonly from: number;
  readonly rate: number;
  /** Most for one sale; Infinity without. */
  readonly cap: number;
  /** How the rate together with its first day is known. */
  readonly basis: Basis;
}

const since = (
  date: string,
  rate: number,
  basis: Basis,
  cap = Number.POSITIVE_INFINITY,
): DatedRate => ({ from: parseIsoTime(date), rate, cap, basis });

/** Day on which all sources below were read. */
const READ = '2026-11-25';

/** Section 31 fee of the SEC: part of the value of a sale of US shares. Before the first date the first rate is taken. */
export const SEC_FEE: {
  readonly sources: readonly Source[];
  readonly rates: readonly DatedRate[];
} = {
  sources: [
    {
      url: 'https://www.finra.org/rules-guidance/notices/information-notice-030314',
      asOf: READ,
      basis: 'published',
      note: '22.10 dollars a million from March 18, 2014; notices of 2014-10-07 and 2016-03-15 for what held then',
    },
    {
      url: 'https://www.finra.org/rules-guidance/notices/information-notice-050718',
      asOf: READ,
      basis: 'published',
      note: '13.00 from May 22, 2018, 23.10 before; the notice of 2021-02-16 has 5.10 from February 25, 2021, 22.10 before',
    },
    {
      url: 'https://www.finra.org/rules-guidance/notices/information-notice-20250424',
      asOf: READ,
      basis: 'reported',
      note: '0.00 from May 14, 2025, 27.80 before; press on the notices of 2019, 2020 and 2023',
    },
    {
      url: 'https://www.sec.gov/rules-regulations/fee-rate-advisories/2026-2',
      asOf: READ,
      basis: 'reported',
      note: '20.60 from April 4, 2026: order 34-104909 of February 27, 2026 (91 FR 10643), cited alike by many',
    },
  ],
  rates: [
    // Another rate held from February 14, 2015 to February 15, 2016; it was not found, so this one is taken.
    since('2014-03-18', 22.1e-6, 'published'),
    since('2016-02-16', 21.8e-6, 'reported'),
    since('2017-07-04', 23.1e-6, 'reported'),
    since('2018-05-22', 13e-6, 'published'),
    since('2019-04-16', 20.7e-6, 'reported'),
    since('2020-02-18', 22.1e-6, 'reported'),
    since('2021-02-25', 5.1e-6, 'published'),
    since('2022-05-14', 22.9e-6, 'reported'),
    since('2023-02-27', 8e-6, 'reported'),
    since('2024-05-22', 27.8e-6, 'reported'),
    since('2025-05-14', 0, 'reported'),
    since('2026-04-04', 20.6e-6, 'reported'),
  ],
};

/** Trading Activity Fee of FINRA: for each share sold, with a cap for each sale. */
export const TAF_FEE: {
  readonly sources: readonly Source[];
  readonly rates: readonly DatedRate[];
} = {
  sources: [
    {
      url: 'https://www.finra.org/rules-guidance/notices/11-27',
      asOf: READ,
      basis: 'published',
      note: '0.000090, cap 4.50, from July 1, 2011; notice 12-06 has 0.000095, cap 4.75, from March 1, 2012',
    },
    {
      url: 'https://alpaca.markets/support/regulatory-fees',
      asOf: READ,
      basis: 'published',
      note: '0.000166, cap 8.30, as passed on in 2024 and 2025; brokers of 2023 had 0.000145, cap 7.27',
    },
    {
      url: 'https://www.finra.org/rules-guidance/rule-filings/sr-finra-2024-019/fee-adjustment-schedule',
      asOf: READ,
      basis: 'reported',
      note: '0.000195, cap 9.79, from 2026 on; SR-FINRA-2026-020 keeps it to the end of 2028 instead of the steps planned',
    },
    {
      url: 'https://www.sec.gov/files/rules/sro/finra/2026/34-106409.pdf',
      asOf: READ,
      basis: 'reported',
      note: 'SR-FINRA-2026-021: nothing for sales from October 1 to December 31, 2026',
    },
  ],
  rates: [
    since('2011-07-01', 0.00009, 'published', 4.5),
    since('2012-03-01', 0.000095, 'published', 4.75),
    since('2012-07-01', 0.000119, 'reported', 5.95),
    since('2022-01-01', 0.00013, 'reported', 6.49),
    since('2023-01-01', 0.000145, 'reported', 7.27),
    since('2024-01-01', 0.000166, 'reported', 8.3),
    since('2026-01-01', 0.000195, 'reported', 9.79),
    since('2026-10-01', 0, 'reported'),
    since('2027-01-01', 0.000195, 'reported', 9.79),
  ],
};

// The Consolidated Audit Trail is paid for each share bought or sold, since September 2024, and passed on
// by each broker at a rate of its own.
/** Trades of December 2025 to April 2026 were not charged. */
const CAT_PAUSE = since('2025-12-01', 0, 'reported');
/** 0.000001 of CAT Fee 2026-1 and 0.000002 of Historical CAT Assessment 1A; both brokers list 0.000003. */
const CAT_2026 = since('2026-05-01', 0.000003, 'reported');

export interface ShareTier {
  /** Shares of a month up to which the rate holds. */
  readonly upTo: number;
  readonly perShare: number;
}

/** Shares and ETFs in the United States, in USD. */
export const IBKR = {
  source: {
    url: 'https://www.interactivebrokers.com/en/pricing/commissions-stocks.php?re=amer',
    asOf: READ,
    basis: 'published',
    note: 'a copy of the time of the Section 31 fee of 27.80 (May 2024 to May 2025); accounts of October 2026 have the same commissions',
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
  cat: [since('2024-09-01', 0.000072, 'published'), CAT_PAUSE, CAT_2026],
} as const;

/** No commission; fees of regulators are summed over a day and rounded up to the cent. */
export const ALPACA = {
  source: {
    url: 'https://docs.alpaca.markets/docs/regulatory-fees',
    asOf: READ,
    basis: 'published',
    note: 'sums of a day rounded up; audit trail 0.000046, for a time 0.000053, with CAT Fee 2025-2 0.0000265; schedule of September 2026 as reported',
  },
  cat: [
    since('2024-09-01', 0.000046, 'published'),
    since('2025-07-01', 0.0000265, 'reported'),
    CAT_PAUSE,
    CAT_2026,
  ],
} as const;

/** Spot; parts of the value by VIP level. The level is given, since it also counts BNB that is held. */
export const BINANCE = {
  source: {
    url: 'https://www.binance.com/en/fee/schedule',
    asOf: READ,
    basis: 'reported',
    note: 'two tables of others that agree in every level; the page itself could not be read',
  },
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
