import { Random } from '../../../engine/backtest/random.ts';
import { timeZone } from '../../../engine/domain/time-zone.ts';
import { timeframe } from '../../../engine/domain/timeframe.ts';
import { readFileName, readLayout, readRow } from '../../../electron/adapters/csv/rows.ts';
import { barsOf } from '../../../electron/adapters/yahoo/history.ts';
import { rulesOf } from '../../../electron/adapters/yahoo/naming.ts';
import { chartShape, quoteShape, searchShape } from '../../../electron/adapters/yahoo/schemas.ts';
import { VenueError } from '../../../engine/ports/venue-error.ts';
import { junkText, pick, spoilt, spoiltText, textOf, type Fuzzed } from './spoil.ts';

const HEADS = [
  'time,open,high,low,close,volume',
  'time;bid;ask;bid_size',
  'date\ttime\tprice\tsize',
];
const ROWS = [
  ['2024-01-02T15:00:00Z', '99', '99.5', '98.5', '99.2', '1000'],
  ['1704207600', '99', '99.02', '5'],
  ['2024-01-02', '10:00:00', '99.01', '100'],
];

/** Rows of watched CSV files: each is read as sound values, or refused in one sentence. */
export async function fuzzCsv(messages: number, seed: number): Promise<Fuzzed> {
  const random = new Random(seed);
  const zone = timeZone('America/New_York');
  let taken = 0;
  const began = performance.now();
  for (let n = 0; n < messages; n += 1) {
    const at = Math.floor(random.uniform() * HEADS.length);
    const head =
      random.uniform() < 0.1 ? spoiltText(HEADS[at] as string, random) : (HEADS[at] as string);
    if (n % 50 === 0) readFileName(`${junkText(random).slice(0, 300)}.csv`, 'TEST');
    const layout = readLayout(head);
    if (typeof layout === 'string') continue;
    const cells = [...(ROWS[at] as string[])];
    for (let k = Math.floor(random.uniform() * 3); k >= 0; k -= 1)
      cells[Math.floor(random.uniform() * cells.length)] = junkText(random);
    const row = readRow(spoiltText(cells.join(layout.separator), random), layout, zone);
    if (typeof row === 'string') {
      if (row.length === 0 || row.length > 400)
        throw new Error(`a refusal of ${row.length} characters`);
      continue;
    }
    taken += 1;
    const values =
      layout.kind === 'quote' ? [] : [...row.values].filter(([name]) => name !== 'volume');
    const sound =
      Number.isFinite(row.time) &&
      values.every(([name, value]) => name === 'size' || Number.isFinite(value));
    const [open, high, low, close] = ['open', 'high', 'low', 'close'].map((name) =>
      row.values.get(name),
    );
    const ordered =
      layout.kind !== 'bar' ||
      ((high as number) >= Math.max(open as number, close as number) &&
        (low as number) <= Math.min(open as number, close as number));
    if (!sound || !ordered) throw new Error(`taken: ${cells.join('|')}`);
  }
  return { border: 'csv', messages, taken, seconds: (performance.now() - began) / 1000 };
}

const QUOTE = {
  symbol: 'AAPL',
  quoteType: 'EQUITY',
  exchange: 'NMS',
  exchangeTimezoneName: 'America/New_York',
  currency: 'USD',
  priceHint: 2,
  regularMarketTime: 1_704_207_600,
  regularMarketPrice: 99,
  bid: 98.9,
  ask: 99.1,
};
const CHART = {
  meta: {
    symbol: 'AAPL',
    exchangeTimezoneName: 'America/New_York',
    currentTradingPeriod: { regular: { end: 1_704_229_200 } },
  },
  timestamp: [1_704_205_800, 1_704_205_860, 1_704_205_920],
  indicators: {
    quote: [
      {
        open: [99, 99.1, 99.2],
        high: [99.5, 99.2, 99.4],
        low: [98.9, 99, 99.1],
        close: [99.1, 99.2, 99.3],
        volume: [100, 200, null],
      },
    ],
  },
};

/** Answers of Yahoo: refused by the schema, or read as sound bars and rules. */
export async function fuzzYahoo(messages: number, seed: number): Promise<Fuzzed> {
  const random = new Random(seed);
  let taken = 0;
  const began = performance.now();
  for (let n = 0; n < messages; n += 1) {
    const which = n % 3;
    const said = spoilt(
      pick(random, [[QUOTE], [CHART], [{ quotes: [{ symbol: 'AAPL' }] }]][which] as unknown[]),
      random,
    );
    let value: unknown;
    try {
      value = JSON.parse(spoiltText(textOf(said), random));
    } catch {
      continue;
    }
    if (which === 0) {
      const quote = quoteShape.safeParse(value);
      if (!quote.success) continue;
      const rules = rulesOf(quote.data);
      if (rules !== null && !rules.ticks.every(({ tickSize }) => Number(tickSize) > 0))
        throw new Error(`rules of ${textOf(value)}`);
      taken += 1;
    } else if (which === 1) {
      const chart = chartShape.safeParse(value);
      if (!chart.success) continue;
      try {
        let before = Number.NEGATIVE_INFINITY;
        for (const bar of barsOf(chart.data, timeframe(pick(random, ['1m', '1d'])))) {
          const { time, open, high, low, close } = bar;
          const sound =
            time > before &&
            high >= Math.max(open, close) &&
            low <= Math.min(open, close) &&
            Number.isFinite(high - low);
          if (!sound) throw new Error(`bars of ${textOf(value)}`);
          before = time;
        }
        taken += 1;
      } catch (error) {
        if (!(error instanceof VenueError)) throw error;
      }
    } else if (searchShape.safeParse(value).success) taken += 1;
  }
  return { border: 'yahoo', messages, taken, seconds: (performance.now() - began) / 1000 };
}
