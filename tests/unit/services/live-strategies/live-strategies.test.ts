import { describe, expect, it, onTestFinished } from 'vitest';
import { sliceColumns } from '../../../../engine/series/columns.ts';
import { spx } from '../../engine/backtest/bars.ts';
import { Floor, type FloorOptions } from './floor.ts';

const WARM_UP = 300;
const BARS = sliceColumns(spx(), 0, 520);

async function floorOf(change: Partial<FloorOptions> = {}): Promise<Floor> {
  const floor = await Floor.open({ bars: BARS, warmUp: WARM_UP, ...change });
  onTestFinished(() => floor.end());
  return floor;
}

describe('a strategy on the paper venue', () => {
  it.each(['sma-cross', 'rsi-reversion', 'bollinger-breakout', 'macd-trend', 'atr-stop', 'donchian-breakout', 'rsi2-reversion'])(
    '%s: gives the orders and fills of a backtest over the same bars',
    async (strategy) => {
      const floor = await floorOf({ slippageBps: 2, commission: { percent: 0.05, perShare: 0, minimum: 1 } });
      const { id } = await floor.strategies.start(floor.request(strategy));
      await floor.quiet();
      while (floor.next < BARS.time.length) await floor.bar();
      const report = await floor.strategies.report(id);
      for (const row of report.orders) if (Math.abs(row.drift.total) > 1e-3 || row.live?.bar !== row.model?.bar) console.log(JSON.stringify(row));
      console.log(strategy, report.orders.length, report.drift, floor.defects.slice(0, 3), floor.notices.slice(0, 3));
      expect(report.run.state).toBe('running');
    },
  );
});
