import { parseIsoTime } from '../../domain/time.ts';

/**
 * Published fees as data. Every rate has the first day on which it holds or, where that is not known, the
 * first on which it is known to have held; a fill pays what held on its day, and before the first day of
 * a table its first rate.
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

/** Section 31 fee of the SEC: part of the value of a sale of US shares. */
export const SEC_FEE: {
  readonly sources: readonly Source[];
  readonly rates: readonly DatedRate[];
} = {
  sources: [
    {
      url: 'https://www.finra.org/rules-guidance/notices/information-notice-031008',
      asOf: READ,
      basis: 'published',
      note: '5.60 dollars a million from April 1, 2008, 11.00 before',
    },
    {
      url: 'https://www.sec.gov/news/press-release/2012-2012-232htm',
      asOf: READ,
      basis: 'published',
      note: '22.40 in November 2012, until the appropriation of 2013',
    },
    {
      url: 'https://www.finra.org/rules-guidance/notices/information-notice-030314',
      asOf: READ,
      basis: 'published',
      note: '22.10 from March 18, 2014, 17.40 before; notice of 2016-03-15 for the 21.80 that held then',
    },
    {
      url: 'https://regulations.justia.com/regulations/fedreg/2015/01/21/2015-00858.html',
      asOf: READ,
      basis: 'reported',
      note: 'order 34-74057 of January 15, 2015 (80 FR 2978); press on the notice of January 20: from 22.10 to 18.40',
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
      note: '0.00 from May 14, 2025 (order 34-102779, 90 FR 15492), 27.80 before; press on the notices of 2019, 2020 and 2023',
    },
    {
      url: 'https://www.sec.gov/rules-regulations/fee-rate-advisories/2026-2',
      asOf: READ,
      basis: 'reported',
      note: '20.60 from April 4, 2026: order 34-104909 of February 27, 2026 (91 FR 10643), cited alike by many',
    },
    {
      url: 'https://www.sec.gov/rules-regulations/fee-rate-advisories',
      asOf: READ,
      basis: 'reported',
      note: 'a dated list of all advisories from 2007 to 2023 made by others, and parts of two more to 2025, have every rate and day here',
    },
  ],
  rates: [
    since('2007-03-17', 15.3e-6, 'reported'),
    since('2008-01-25', 11e-6, 'reported'),
    since('2008-04-01', 5.6e-6, 'published'),
    since('2009-04-10', 25.7e-6, 'reported'),
    since('2010-01-15', 12.7e-6, 'reported'),
    since('2010-04-01', 16.9e-6, 'reported'),
    since('2011-01-21', 19.2e-6, 'reported'),
    since('2012-02-21', 18e-6, 'reported'),
    since('2012-04-01', 22.4e-6, 'reported'),
    since('2013-05-25', 17.4e-6, 'reported'),
    since('2014-03-18', 22.1e-6, 'published'),
    since('2015-02-14', 18.4e-6, 'reported'),
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
      note: '0.000090, cap 4.50, from July 1, 2011, 0.000075, cap 3.75, before; notice 12-06 has 0.000095, cap 4.75, from March 1, 2012',
    },
    {
      url: 'https://alpaca.markets/support/regulatory-fees',
      asOf: READ,
      basis: 'published',
      note: '0.000166, cap 8.30, as passed on in 2024 and 2025; brokers of 2023 had 0.000145, cap 7.27',
    },
    {
      url: 'https://regulations.justia.com/regulations/fedreg/2020/10/20/2020-23141.html',
      asOf: READ,
      basis: 'reported',
      note: 'SR-FINRA-2020-032 (85 FR 66592): the steps of 2022, 2023 and 2024, and what held from 2012 on, in two dated lists of others that agree',
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
    since('2004-11-01', 0.000075, 'reported', 3.75),
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

/** Shares and ETFs in the United States, in USD. What has no date of its own is alike in every copy. */
export const IBKR = {
  source: {
    url: 'https://www.interactivebrokers.com/en/pricing/commissions-stocks.php?re=amer',
    asOf: READ,
    basis: 'published',
    note: 'copies dated by the Section 31 fee in them: 21.80 (2016 to 2017) and 20.70 (2019) in the words of introducing brokers, 8.00 (2023) and 27.80 (2024) of the broker itself; accounts of October 2026 have the same commissions',
  },
  /** The oldest copy. */
  from: parseIsoTime('2016-02-16'),
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
    finraPassThrough: [
      since('2016-02-16', 0.00056, 'reported'),
      since('2024-05-22', 0.000563, 'published'),
    ],
    /** Exchange fees differ by venue: the most that Rule 610(c) of Regulation NMS allows for taking. */
    takerPerShare: 0.003,
  },
  /** An order of less than a share. */
  minimumFractional: 0.01,
  /** Most for an order, as a part of its value. It goes before the minimum. Between the copies it changed. */
  most: [since('2016-02-16', 0.005, 'reported'), since('2019-04-16', 0.01, 'reported')],
  cat: [since('2024-09-01', 0.000072, 'published'), CAT_PAUSE, CAT_2026],
} as const;

/** No commission; fees of regulators are summed over a day and rounded up to the cent. */
export const ALPACA = {
  /** Sums of a day, as the broker announced them; before, as if they had been. */
  from: parseIsoTime('2021-04-26'),
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

/** Parts of the value that one level pays. */
export interface VenueLevel {
  readonly maker: number;
  readonly taker: number;
}

/** The levels 0 to 9 from a day on. */
export interface DatedLevels {
  readonly from: number;
  readonly basis: Basis;
  readonly levels: readonly VenueLevel[];
}

const level = (maker: number, taker: number): VenueLevel => ({
  maker: maker / 10_000,
  taker: taker / 10_000,
});
/** Those of everybody and of the two lowest levels have not changed. */
const LOW_LEVELS = [level(10, 10), level(9, 10), level(8, 10)];
const LOWEST = level(2, 4);

/** Spot. The level is given, since it also counts BNB that is held. */
export const BINANCE: {
  readonly sources: readonly Source[];
  readonly levels: readonly [DatedLevels, ...DatedLevels[]];
  /** What is taken off a fee that is paid in BNB. */
  readonly bnbDiscount: readonly DatedRate[];
} = {
  sources: [
    {
      url: 'https://www.binance.com/en/support/announcement/88ee9834fef947de96e01b77e888414e',
      asOf: READ,
      basis: 'published',
      note: 'levels from December 21, 2021, all of them as the fees before in the next announcement',
    },
    {
      url: 'https://www.binance.com/en/support/announcement/40669f3da342426c87b083b659673316',
      asOf: READ,
      basis: 'published',
      note: 'from June 1, 2022, 08:00 UTC: level 9 for all from level 4 on',
    },
    {
      url: 'https://youtocoin.com/sk/exchange/announcement/1583',
      asOf: READ,
      basis: 'published',
      note: 'a translated copy of the announcement for June 7, 2023: 40 % off what held before June 2022, from level 3 on; the announcement of 2024-07-11 and four tables of others agree. A promotion for levels 5 to 8 from July 18 to October 18, 2024 is left out',
    },
    {
      url: 'https://www.binance.com/en/fee/schedule',
      asOf: READ,
      basis: 'reported',
      note: 'press of July 19, 2018: paid in BNB half off until July 20, 2018, a quarter since',
    },
  ],
  levels: [
    {
      from: parseIsoTime('2021-12-21'),
      basis: 'published',
      levels: [
        ...LOW_LEVELS,
        level(7, 10),
        level(7, 9),
        level(6, 8),
        level(5, 7),
        level(4, 6),
        level(3, 5),
        LOWEST,
      ],
    },
    {
      from: parseIsoTime('2022-06-01'),
      basis: 'published',
      levels: [...LOW_LEVELS, level(7, 10), LOWEST, LOWEST, LOWEST, LOWEST, LOWEST, LOWEST],
    },
    {
      from: parseIsoTime('2023-06-07'),
      basis: 'published',
      levels: [
        ...LOW_LEVELS,
        level(4.2, 6),
        level(4.2, 5.4),
        level(3.6, 4.8),
        level(3, 4.2),
        level(2.4, 3.6),
        level(1.8, 3),
        level(1.2, 2.4),
      ],
    },
  ],
  bnbDiscount: [since('2017-07-20', 0.5, 'reported'), since('2018-07-20', 0.25, 'reported')],
};
