import { pathToFileURL } from 'node:url';
import { Random } from '../../engine/backtest/random.ts';
import { runPortfolio } from '../../engine/backtest/portfolio-run.ts';
import type { PortfolioInstrument } from '../../engine/backtest/portfolio-types.ts';
import { playStrategy, runBacktest } from '../../engine/backtest/run.ts';
import { findStrategy } from '../../engine/backtest/strategies.ts';
import { DEFAULT_SETTINGS, type BacktestSettings } from '../../engine/domain/backtest.ts';
import type { BarColumns } from '../../engine/domain/bar.ts';
import { allocateColumns } from '../../engine/series/columns.ts';

const BARS = 1_000_000;
const RUNS = 7;

/** The event-driven SMA cross on a million bars; results are compared first. */
export async function run(): Promise<unknown> {
  const bars = randomWalk(BARS);
  const settings: BacktestSettings = { ...DEFAULT_SETTINGS, fill: 'next-open' };
  const task = { strategy: 'sma-cross', parameters: { fast: 10, slow: 30 }, settings, bars };
  const result = runBacktest(task);
  const trades = plainSmaCross(bars, 10, 30, settings.cash, result.equity);
  if (trades !== result.trades.count) {
    throw new Error(`the plain loop made ${trades} trades and the engine ${result.trades.count}`);
  }
  const definition = findStrategy('sma-cross');
  const played = await medianSeconds(() => {
    const { simulation } = playStrategy(definition, task);
    const { orders, trades } = simulation;
    return [orders.toColumns(), orders.allFills(), trades.toColumns()];
  });
  const seconds = await medianSeconds(() => runBacktest(task));
  const portfolio = await portfolioBench();
  return {
    checked: 'every equity mark and the number of trades equal those of a plain loop of 40 lines',
    smaCross: {
      bars: BARS,
      orders: result.orders.count,
      trades: result.trades.count,
      /** Indicators, every event, and orders, fills and trades as columns. */
      eventsBarsPerSecond: Math.round(BARS / played),
      wantedEventsBarsPerSecond: 5_000_000,
      /** The same with hash, benchmark and all statistics. */
      barsPerSecond: Math.round(BARS / seconds),
      wantedBarsPerSecond: 5_000_000,
    },
    portfolio,
  };
}

function randomWalk(length: number): BarColumns {
  const bars = allocateColumns(length);
  const random = new Random(7);
  let price = 100;
  for (let i = 0; i < length; i += 1) {
    const open = price;
    price *= Math.exp(random.normal() * 0.001);
    bars.time[i] = 1_500_000_000_000 + i * 60_000;
    bars.open[i] = open;
    bars.close[i] = price;
    bars.high[i] = Math.max(open, price) * (1 + random.uniform() * 0.0005);
    bars.low[i] = Math.min(open, price) * (1 - random.uniform() * 0.0005);
    bars.volume[i] = Math.floor(random.uniform() * 1_000);
  }
  return bars;
}

/** The same rule without an engine; compares every mark and returns the number of trades. */
function plainSmaCross(
  { open, close }: BarColumns,
  fast: number,
  slow: number,
  startCash: number,
  equity: Float64Array,
): number {
  let cash = startCash;
  let units = 0;
  let pending = 0;
  let trades = 0;
  let [sumFast, sumSlow] = [0, 0];
  let before = Number.NaN;
  for (let i = 0; i < close.length; i += 1) {
    if (pending > 0 && units === 0) {
      units = cash / (open[i] as number);
      cash = 0;
      trades += 1;
    } else if (pending < 0 && units > 0) {
      cash = units * (open[i] as number);
      units = 0;
    }
    pending = 0;
    sumFast += (close[i] as number) - (close[i - fast] ?? 0);
    sumSlow += (close[i] as number) - (close[i - slow] ?? 0);
    const now = i + 1 < slow ? Number.NaN : sumFast / fast - sumSlow / slow;
    if (now > 0 && before <= 0) pending = 1;
    if (now < 0 && before >= 0) pending = -1;
    before = now;
    const mark = cash + units * (close[i] as number);
    const mine = equity[i] as number;
    if (!(Math.abs(mine / mark - 1) < 1e-6)) {
      throw new Error(`equity of bar ${i}: ${mine} is not ${mark}`);
    }
  }
  return trades;
}

const INSTRUMENTS = 100;
const YEARS = 20;
const DAYS = YEARS * 252;
/** Part of the equity in each instrument; the rest is cash, so that no buy has to be made smaller. */
const WEIGHT = 0.95 / INSTRUMENTS;

/** A hundred instruments over 20 years of days, set to equal weights on the first close of each month. */
async function portfolioBench(): Promise<unknown> {
  const random = new Random(11);
  const time = weekdays(DAYS);
  const instruments = Array.from({ length: INSTRUMENTS }, (_, k): PortfolioInstrument => {
    const bars = { ...allocateColumns(DAYS), time };
    let price = 20 + k;
    for (let i = 0; i < DAYS; i += 1) {
      const open = price * Math.exp(random.normal() * 0.003);
      price = open * Math.exp(random.normal() * 0.012 + 0.0002);
      bars.open[i] = open;
      bars.close[i] = price;
      bars.high[i] = Math.max(open, price) * 1.002;
      bars.low[i] = Math.min(open, price) * 0.998;
      bars.volume[i] = 1_000_000;
    }
    return { symbol: `S${k}`, bars };
  });
  const settings = { ...DEFAULT_SETTINGS, cash: 1_000_000, currency: 'USD' };
  const once = () =>
    runPortfolio({ instruments, settings }, () => {
      let month = -1;
      return {
        onBar(context) {
          const now = new Date(context.time).getUTCMonth();
          if (now === month) return;
          month = now;
          context.setTargets(Object.fromEntries(context.symbols.map((name) => [name, WEIGHT])));
        },
      };
    });
  const result = once();
  comparePlainPortfolio(instruments, settings.cash, result.equity);
  const seconds = await medianSeconds(once);
  return {
    checked: 'every equity mark equals that of a plain loop',
    instruments: INSTRUMENTS,
    bars: INSTRUMENTS * DAYS,
    orders: result.orders.count,
    trades: result.trades.count,
    seconds: Number(seconds.toFixed(3)),
    wantedSeconds: 1,
  };
}

function weekdays(count: number): Float64Array {
  const time = new Float64Array(count);
  let day = Date.UTC(2000, 0, 3);
  for (let i = 0; i < count; i += 1) {
    time[i] = day;
    do day += 86_400_000;
    while ([0, 6].includes(new Date(day).getUTCDay()));
  }
  return time;
}

/** The same rule without an engine. */
function comparePlainPortfolio(
  instruments: readonly PortfolioInstrument[],
  startCash: number,
  equity: Float64Array,
): void {
  const units = new Float64Array(instruments.length);
  let wanted: Float64Array | null = null;
  let cash = startCash;
  let month = -1;
  const [first] = instruments;
  for (const [i, time] of (first?.bars.time ?? new Float64Array(0)).entries()) {
    let mark = 0;
    for (const [k, { bars }] of instruments.entries()) {
      if (wanted !== null) {
        cash -= ((wanted[k] as number) - (units[k] as number)) * (bars.open[i] as number);
        units[k] = wanted[k] as number;
      }
      mark += (units[k] as number) * (bars.close[i] as number);
    }
    const total = cash + mark;
    const now = new Date(time).getUTCMonth();
    wanted = null;
    if (now !== month) {
      wanted = Float64Array.from(
        instruments,
        ({ bars }) => (total * WEIGHT) / (bars.close[i] as number),
      );
    }
    month = now;
    if (!(Math.abs((equity[i] as number) / total - 1) < 1e-9)) {
      throw new Error(`portfolio equity of day ${i}: ${equity[i]} is not ${total}`);
    }
  }
}

async function medianSeconds(work: () => unknown): Promise<number> {
  work();
  const times: number[] = [];
  for (let k = 0; k < RUNS; k += 1) {
    const started = performance.now();
    work();
    times.push((performance.now() - started) / 1_000);
  }
  return times.toSorted((a, b) => a - b)[RUNS >> 1] as number;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  process.stdout.write(`${JSON.stringify(await run(), null, 2)}\n`);
}
