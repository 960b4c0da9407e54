import { MS_PER_DAY, parseIsoTime } from '../domain/time.ts';
import { lowerBound } from '../series/columns.ts';
import { maxDrawdown } from '../stats/underwater.ts';

/** A time of stress, from the close of one day to the close of another. */
export interface Crisis {
  readonly name: string;
  readonly from: string;
  readonly to: string;
  /** What the dates are taken from. */
  readonly source: string;
}

const CLOSES = 'S&P 500 closing high and low (S&P Dow Jones Indices)';

/**
 * Times of stress with their dates. Each runs from the last close before it, or from the market's closing
 * high, to the close that the source names or to the market's closing low.
 */
export const CRISES: readonly Crisis[] = [
  {
    name: 'Black Monday',
    from: '1987-10-13',
    to: '1987-10-19',
    source: 'Presidential Task Force on Market Mechanisms (Brady report), January 1988',
  },
  {
    name: 'Russian default and LTCM',
    from: '1998-07-17',
    to: '1998-08-31',
    source: CLOSES,
  },
  { name: 'Dot-com bust', from: '2000-03-24', to: '2002-10-09', source: CLOSES },
  {
    name: '11 September 2001',
    from: '2001-09-10',
    to: '2001-09-21',
    source: 'Last close before the attacks, exchanges shut to 14 September; closing low',
  },
  { name: 'Global financial crisis', from: '2007-10-09', to: '2009-03-09', source: CLOSES },
  {
    name: 'Lehman Brothers',
    from: '2008-09-12',
    to: '2008-11-20',
    source: 'Last close before the bankruptcy filing of 15 September 2008; closing low of the year',
  },
  {
    name: 'Flash crash',
    from: '2010-05-05',
    to: '2010-05-07',
    source: 'CFTC and SEC, Findings regarding the market events of May 6, 2010',
  },
  {
    name: 'US downgrade and euro debt',
    from: '2011-07-22',
    to: '2011-08-08',
    source: 'First close after Standard & Poor’s cut of 5 August 2011; closing high before it',
  },
  {
    name: 'Renminbi devaluation',
    from: '2015-08-17',
    to: '2015-08-25',
    source: 'Closing high after the devaluation of 11 August 2015, closing low of the month',
  },
  {
    name: 'Brexit vote',
    from: '2016-06-23',
    to: '2016-06-27',
    source: 'Referendum of 23 June 2016',
  },
  {
    name: 'Volatility shock 2018',
    from: '2018-01-26',
    to: '2018-02-08',
    source: CLOSES,
  },
  { name: 'Fourth quarter 2018', from: '2018-09-20', to: '2018-12-24', source: CLOSES },
  { name: 'COVID-19', from: '2020-02-19', to: '2020-03-23', source: CLOSES },
  { name: 'Inflation and rates 2022', from: '2022-01-03', to: '2022-10-12', source: CLOSES },
  {
    name: 'US regional banks 2023',
    from: '2023-03-08',
    to: '2023-03-13',
    source: 'FDIC: Silicon Valley Bank closed on 10 March 2023; closing low',
  },
  {
    name: 'Yen carry trade',
    from: '2024-07-31',
    to: '2024-08-05',
    source: 'Bank of Japan rate rise of 31 July 2024; closing low',
  },
  {
    name: 'US tariffs 2025',
    from: '2025-04-02',
    to: '2025-04-08',
    source: 'Announcement of 2 April 2025 after the close; closing low',
  },
];

/** What a curve did in a crisis, as fractions. */
export interface CrisisRow {
  readonly crisis: Crisis;
  readonly strategy: number;
  readonly benchmark: number;
  /** Deepest fall of the strategy inside the period, >= 0. */
  readonly drawdown: number;
}

/** The crises that lie wholly within the data. Days are those of UTC. */
export function crisisRows(
  time: Float64Array,
  equity: Float64Array,
  benchmark: Float64Array,
): CrisisRow[] {
  const rows: CrisisRow[] = [];
  for (const crisis of CRISES) {
    const start = lastBefore(time, parseIsoTime(crisis.from) + MS_PER_DAY);
    const close = parseIsoTime(crisis.to) + MS_PER_DAY;
    const end = lastBefore(time, close);
    const reaches = (time.at(-1) ?? 0) >= close - MS_PER_DAY;
    if (start < 0 || end <= start || !reaches) continue;
    const during = equity.subarray(start, end + 1);
    rows.push({
      crisis,
      strategy: (equity[end] as number) / (equity[start] as number) - 1,
      benchmark: (benchmark[end] as number) / (benchmark[start] as number) - 1,
      drawdown: maxDrawdown(during),
    });
  }
  return rows;
}

/** Index of the last bar before an instant; -1 when there is none. */
function lastBefore(time: Float64Array, instant: number): number {
  return lowerBound(time, instant) - 1;
}
