import { buyAndHoldEquity } from '../../../../engine/backtest/benchmark.ts';
import { runBacktest } from '../../../../engine/backtest/run.ts';
import { DEFAULT_SETTINGS, type BacktestSettings } from '../../../../engine/domain/backtest.ts';
import type { BarColumns } from '../../../../engine/domain/bar.ts';
import type { ParameterValues } from '../../../../engine/domain/parameters.ts';
import type { ReportRun } from '../../../../engine/report/subject.ts';

/** A finished SMA cross over bars, as the store would give it. */
export function smaRun(
  bars: BarColumns,
  settings: Partial<BacktestSettings> = {},
  given: { readonly timeframe?: string; readonly parameters?: ParameterValues } = {},
): ReportRun {
  const whole = { ...DEFAULT_SETTINGS, ...settings };
  const parameters = given.parameters ?? { fast: 10, slow: 30 };
  const result = runBacktest({ strategy: 'sma-cross', parameters, settings: whole, bars });
  return {
    summary: {
      id: '3f0c2a52-0000-4000-8000-000000000001',
      createdAt: Date.UTC(2026, 0, 2, 3, 4),
      request: {
        strategy: 'sma-cross',
        parameters,
        datasetId: 'TEST.LOCAL@1d',
        adjustment: 'raw',
        start: null,
        end: null,
        settings: whole,
      },
      symbol: 'TEST',
      timeframe: given.timeframe ?? '1d',
      dataHash: 'd'.repeat(64),
      barCount: bars.time.length,
      firstTime: bars.time[0] ?? 0,
      lastTime: bars.time.at(-1) ?? 0,
      orderHash: result.orderHash,
      statistics: result.statistics,
    },
    time: bars.time,
    equity: result.equity,
    benchmark: buyAndHoldEquity(bars, whole),
    position: result.position,
    orders: result.orders,
    trades: result.trades,
  };
}
