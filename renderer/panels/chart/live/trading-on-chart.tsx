import { useEffect, useMemo, useState } from 'react';
import { timeframeMillis, type Timeframe } from '../../../../engine/domain/timeframe.ts';
import { useTrading } from '../../../client/trading-store.ts';
import { useAppearance } from '../../../components/theme.ts';
import type { PriceChart } from '../price-chart.ts';
import { TradingLayer } from './trading-layer.ts';
import { fillMarks, tradingLines } from './trading-marks.ts';

interface TradingOnChartProps {
  readonly chart: PriceChart;
  readonly instrument: string;
  readonly timeframe: string;
  /** Changes with the bars that fills are placed on. */
  readonly version: unknown;
}

/** Orders, position and last fills of the ticket's account, drawn where they are. Says them to those who cannot see. */
export function TradingOnChart({ chart, instrument, timeframe, version }: TradingOnChartProps) {
  const accounts = useTrading((state) => state.accounts);
  const chosen = useTrading((state) => state.account);
  const orders = useTrading((state) => state.orders);
  const positions = useTrading((state) => state.positions);
  const fills = useTrading((state) => state.fills);
  const appearance = useAppearance();
  const [layer, setLayer] = useState<TradingLayer | null>(null);
  const account = (accounts?.find(({ id }) => id === chosen) ?? accounts?.[0])?.id ?? '';
  const lines = useMemo(
    () => tradingLines(orders?.values() ?? [], positions ?? [], { account, instrument }),
    [orders, positions, account, instrument],
  );
  const marks = useMemo(
    () => fillMarks(fills ?? [], { account, instrument }),
    [fills, account, instrument],
  );

  useEffect(() => {
    const made = new TradingLayer(chart);
    setLayer(made);
    return () => {
      setLayer(null);
      made.remove();
    };
  }, [chart]);
  useEffect(() => layer?.showLines(lines), [layer, lines]);
  useEffect(
    () => layer?.showFills(marks, timeframeMillis(timeframe as Timeframe)),
    [layer, marks, timeframe, version],
  );
  useEffect(() => layer?.restyle(), [layer, appearance]);

  return (
    <ul className="hidden" aria-label="Orders and position on the chart" data-testid="chart-lines">
      {lines.map(({ key, title, price }) => (
        <li key={key}>
          {title} @ {price}
        </li>
      ))}
    </ul>
  );
}
