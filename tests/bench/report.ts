/**
 * Benchmark of reports: the tear sheet of the S&P 500's SMA cross and that of a million minute bars. Before
 * anything is timed the documents are read back strictly and their main figures are compared with the
 * run’s.
 */
import { buyAndHoldEquity } from '../../engine/backtest/benchmark.ts';
import { runBacktest } from '../../engine/backtest/run.ts';
import { DEFAULT_SETTINGS } from '../../engine/domain/backtest.ts';
import type { BarColumns } from '../../engine/domain/bar.ts';
import { change } from '../../engine/report/figures.ts';
import type { ReportRun } from '../../engine/report/subject.ts';
import { tearSheet } from '../../engine/report/tear-sheet.ts';
import { between, randomWalk, spx } from '../unit/engine/backtest/bars.ts';
import { readStrictly } from '../unit/engine/report/well-formed.ts';

export interface ReportBench {
  readonly bars: number;
  readonly trades: number;
  readonly bytes: number;
  /** The first sheet, before the code is warm. */
  readonly firstMs: number;
  /** Median of five more. */
  readonly medianMs: number;
}

const MILLION = 1_000_000;
const SESSION = 390;

function minuteBars(): BarColumns {
  const bars = randomWalk(MILLION, 7, 0.0005);
  const start = Date.UTC(2014, 0, 2, 14, 30);
  return {
    ...bars,
    time: bars.time.map(
      (_, i) => start + Math.floor(i / SESSION) * 86_400_000 + (i % SESSION) * 60_000,
    ),
  };
}

function runOf(bars: BarColumns, timeframe: string): ReportRun {
  const parameters = { fast: 10, slow: 30 };
  const settings = DEFAULT_SETTINGS;
  const result = runBacktest({ strategy: 'sma-cross', parameters, settings, bars });
  return {
    summary: {
      id: 'bench',
      createdAt: 0,
      request: {
        strategy: 'sma-cross',
        parameters,
        datasetId: 'BENCH.LOCAL@1d',
        adjustment: 'raw',
        start: null,
        end: null,
        settings,
      },
      symbol: 'BENCH',
      timeframe,
      dataHash: '',
      barCount: bars.time.length,
      firstTime: bars.time[0] ?? 0,
      lastTime: bars.time.at(-1) ?? 0,
      orderHash: result.orderHash,
      statistics: result.statistics,
    },
    time: bars.time,
    equity: result.equity,
    benchmark: buyAndHoldEquity(bars, settings),
    position: result.position,
    orders: result.orders,
    trades: result.trades,
  };
}

function measure(bars: BarColumns, timeframe: string): ReportBench {
  const run = runOf(bars, timeframe);
  const make = (): string => tearSheet({ run, bars, version: 'bench', zone: 'America/New_York' });
  const started = performance.now();
  const document = make();
  const firstMs = performance.now() - started;
  readStrictly(document);
  const gain = run.summary.statistics.find(({ name }) => name === 'Return [%]')?.value ?? 0;
  if (!document.includes(change(gain / 100)) || !document.includes(run.summary.orderHash)) {
    throw new Error('the tear sheet does not show the figures of its run');
  }
  const times = Array.from({ length: 5 }, () => {
    const from = performance.now();
    if (make() !== document) throw new Error('the same run gave another tear sheet');
    return performance.now() - from;
  }).toSorted((a, b) => a - b);
  return {
    bars: bars.time.length,
    trades: run.trades.count,
    bytes: Buffer.byteLength(document),
    firstMs,
    medianMs: times[2] as number,
  };
}

export function run(): Promise<{ readonly spx: ReportBench; readonly million: ReportBench }> {
  return Promise.resolve({
    spx: measure(between(spx(), '2005-01-01', '2019-12-31'), '1d'),
    million: measure(minuteBars(), '1m'),
  });
}
