import {
  createChart,
  LineSeries,
  LineStyle,
  PriceScaleMode,
  type IChartApi,
  type UTCTimestamp,
} from 'lightweight-charts';
import { useEffect, useRef } from 'react';
import type { Comparison } from '../../../engine/protocol/schemas.ts';
import { chartOptions } from '../../components/chart-theme.ts';
import { drawdownOf } from '../../components/curves.ts';
import { token, useAppearance } from '../../components/theme.ts';

type ComparedRun = Comparison['runs'][number];

interface CompareChartProps {
  readonly runs: readonly ComparedRun[];
  /** Ids of runs that are left out. */
  readonly hidden: readonly string[];
  readonly log: boolean;
}

/** The colour of the run at a place; the legend and the tables use the same. */
export function runColour(index: number): string {
  return `study-${(index % 8) + 1}`;
}

/** Every second run is dashed, so that no two neighbours differ by their colour alone. */
function styleOf(index: number): LineStyle {
  return index % 2 === 0 ? LineStyle.Solid : LineStyle.Dashed;
}

const percent = (value: number): string => `${value.toFixed(1)} %`;
const times = (value: number): string => `${value.toFixed(2)} ×`;

function points(
  time: Float64Array,
  values: Float64Array,
): { readonly time: UTCTimestamp; readonly value: number }[] {
  return Array.from(time, (each, i) => ({
    time: (each / 1_000) as UTCTimestamp,
    value: values[i] as number,
  }));
}

/** Growth of the starting cash of every run, and how far each is below its peak. */
export function CompareChart({ runs, hidden, log }: CompareChartProps) {
  const container = useRef<HTMLDivElement>(null);
  const appearance = useAppearance();
  useEffect(() => {
    if (container.current === null) return undefined;
    const chart: IChartApi = createChart(container.current, chartOptions());
    runs.forEach((run, index) => {
      if (hidden.includes(run.id)) return;
      const look = {
        color: token(runColour(index)),
        lineStyle: styleOf(index),
        priceLineVisible: false,
        title: String(index + 1),
      } as const;
      const growth = chart.addSeries(LineSeries, {
        ...look,
        lineWidth: 2,
        priceFormat: { type: 'custom', minMove: 0.01, formatter: times },
      });
      growth.setData(points(run.time, run.growth));
      const depth = chart.addSeries(
        LineSeries,
        {
          ...look,
          lineWidth: 1,
          lastValueVisible: false,
          priceFormat: { type: 'custom', minMove: 0.1, formatter: percent },
        },
        1,
      );
      depth.setData(points(run.time, drawdownOf(run.growth, 1)));
    });
    const [top, bottom] = chart.panes();
    top?.setStretchFactor(3);
    bottom?.setStretchFactor(1);
    chart
      .priceScale('right', 0)
      .applyOptions({ mode: log ? PriceScaleMode.Logarithmic : PriceScaleMode.Normal });
    chart.timeScale().fitContent();
    return () => chart.remove();
  }, [runs, hidden, log, appearance]);
  return (
    <div
      ref={container}
      className="chart"
      data-testid="compare-chart"
      aria-label="Growth and drawdown of the runs"
      role="img"
    />
  );
}
