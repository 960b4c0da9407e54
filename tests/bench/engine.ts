import { pathToFileURL } from 'node:url';
import { Random } from '../../engine/backtest/random.ts';
import { runBacktest } from '../../engine/backtest/run.ts';
import { DEFAULT_SETTINGS, type BacktestSettings } from '../../engine/domain/backtest.ts';
import type { BarColumns } from '../../engine/domain/bar.ts';
import { computeIndicator, DEFINITIONS } from '../../engine/indicators/registry.ts';
import { allocateColumns } from '../../engine/series/columns.ts';

const BARS = 1_000_000;
const RUNS = 7;

/** The event-driven SMA cross and the indicators on a million bars; results are compared first. */
export async function run(): Promise<unknown> {
  const bars = randomWalk(BARS);
  const settings: BacktestSettings = { ...DEFAULT_SETTINGS, fill: 'next-open' };
  const task = { strategy: 'sma-cross', parameters: { fast: 10, slow: 30 }, settings, bars };
  const result = runBacktest(task);
  const trades = plainSmaCross(bars, 10, 30, settings.cash, result.equity);
  if (trades !== result.trades.count) {
    throw new Error(`the plain loop made ${trades} trades and the engine ${result.trades.count}`);
  }
  const seconds = await medianSeconds(() => runBacktest(task));
  const indicators: Record<string, number> = {};
  for (const { id } of DEFINITIONS) {
    const each = await medianSeconds(() => computeIndicator(id, {}, bars));
    indicators[id] = Number(((each * 1e9) / BARS).toFixed(2));
  }
  return {
    checked: 'every equity mark and the number of trades equal those of a plain loop of 40 lines',
    smaCross: {
      bars: BARS,
      orders: result.orders.count,
      trades: result.trades.count,
      barsPerSecond: Math.round(BARS / seconds),
      wantedBarsPerSecond: 2_000_000,
    },
    indicatorNanosecondsPerBar: indicators,
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
