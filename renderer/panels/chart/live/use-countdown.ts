import { useEffect } from 'react';
import { timeframeMillis, type Timeframe } from '../../../../engine/domain/timeframe.ts';
import { countdown } from '../../../components/trading/words.ts';
import type { PriceChart } from '../price-chart.ts';

const SECOND = 1_000;

/** Writes beside the last price how long its bar still forms. */
export function useCountdown(chart: PriceChart | null, running: boolean, timeframe: string): void {
  useEffect(() => {
    if (chart === null || !running) return undefined;
    const length = timeframeMillis(timeframe as Timeframe);
    const write = (): void => {
      const bar = chart.lastBar();
      chart.setLastTitle(bar === undefined ? '' : countdown(bar.time + length, Date.now()));
    };
    write();
    const timer = setInterval(write, SECOND);
    return () => {
      clearInterval(timer);
      if (!chart.isRemoved) chart.setLastTitle('');
    };
  }, [chart, running, timeframe]);
}
