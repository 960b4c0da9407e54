import {
  AreaSeries,
  createChart,
  LineSeries,
  type IChartApi,
  type UTCTimestamp,
} from 'lightweight-charts';
import { useEffect, useRef } from 'react';
import type { Run } from '../../../engine/protocol/schemas.ts';
import { chartOptions } from '../../components/chart-theme.ts';
import { drawdownOf } from '../../components/curves.ts';
import { token, useAppearance } from '../../components/theme.ts';

/** Points of one curve: more would not be seen. The last one is always kept. */
const MOST_POINTS = 12_000;

interface Point {
  readonly time: UTCTimestamp;
  readonly value: number;
}

function points(time: Float64Array, value: (i: number) => number): Point[] {
  const stride = Math.max(1, Math.ceil(time.length / MOST_POINTS));
  const list: Point[] = [];
  for (let i = 0; i < time.length; i += 1) {
    if (i % stride !== 0 && i !== time.length - 1) continue;
    list.push({ time: ((time[i] as number) / 1_000) as UTCTimestamp, value: value(i) });
  }
  return list;
}

/** Equity against buying and holding, and the drawdown below it on the same time axis. */
export function EquityChart({ run }: { run: Run }) {
  const container = useRef<HTMLDivElement>(null);
  const appearance = useAppearance();
  useEffect(() => {
    if (container.current === null) return undefined;
    const chart: IChartApi = createChart(container.current, chartOptions());
    const quiet = { priceLineVisible: false, lineWidth: 1 } as const;
    const benchmark = chart.addSeries(LineSeries, {
      ...quiet,
      color: token('muted'),
      title: 'Buy & hold',
    });
    benchmark.setData(points(run.time, (i) => run.benchmark[i] as number));
    const equity = chart.addSeries(LineSeries, {
      ...quiet,
      color: token('accent'),
      lineWidth: 2,
      title: 'Equity',
    });
    equity.setData(points(run.time, (i) => run.equity[i] as number));
    const depth = drawdownOf(run.equity);
    const area = chart.addSeries(
      AreaSeries,
      {
        ...quiet,
        lineColor: token('down'),
        topColor: 'transparent',
        bottomColor: token('volume-down'),
        invertFilledArea: true,
        title: 'Drawdown',
        priceFormat: { type: 'custom', formatter: (value: number) => `${value.toFixed(1)} %` },
      },
      1,
    );
    area.setData(points(run.time, (i) => depth[i] as number));
    const [top, bottom] = chart.panes();
    top?.setStretchFactor(3);
    bottom?.setStretchFactor(1);
    chart.timeScale().fitContent();
    return () => chart.remove();
  }, [run, appearance]);
  return (
    <div
      ref={container}
      className="chart"
      data-testid="equity-chart"
      aria-label="Equity and drawdown"
      role="img"
    />
  );
}
