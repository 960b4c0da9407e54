import {
  createChart,
  LineSeries,
  PriceScaleMode,
  type IChartApi,
  type ISeriesApi,
  type UTCTimestamp,
} from 'lightweight-charts';
import { useEffect, useRef } from 'react';
import type { Comparison } from '../../../engine/protocol/schemas.ts';
import { chartOptions } from '../../components/chart-theme.ts';
import { drawdownOf } from '../../components/curves.ts';
import { token, useAppearance } from '../../components/theme.ts';
import { showWhole } from '../../components/whole-chart.ts';

type ComparedRun = Comparison['runs'][number];

interface CompareChartProps {
  readonly runs: readonly ComparedRun[];
  /** Ids of runs that are left out. */
  readonly hidden: readonly string[];
  readonly log: boolean;
  /** The run that stands out; null where none does. */
  readonly lit: string | null;
}

/** Many curves are thinner. */
const widthOf = (count: number): 1 | 2 => (count > 3 ? 1 : 2);

/** The colour of the run at a place; the legend and the tables use the same. */
export function runColour(index: number): string {
  return `study-${(index % 8) + 1}`;
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
export function CompareChart({ runs, hidden, log, lit }: CompareChartProps) {
  const container = useRef<HTMLDivElement>(null);
  const lines = useRef(new Map<string, ISeriesApi<'Line'>>());
  const appearance = useAppearance();
  useEffect(() => {
    if (container.current === null) return undefined;
    const chart: IChartApi = createChart(container.current, chartOptions());
    const drawn = new Map<string, ISeriesApi<'Line'>>();
    lines.current = drawn;
    runs.forEach((run, index) => {
      if (hidden.includes(run.id)) return;
      const look = {
        color: token(runColour(index)),
        priceLineVisible: false,
        title: String(index + 1),
      } as const;
      const growth = chart.addSeries(LineSeries, {
        ...look,
        lineWidth: widthOf(runs.length),
        priceFormat: { type: 'custom', minMove: 0.01, formatter: times },
      });
      growth.setData(points(run.time, run.growth));
      drawn.set(run.id, growth);
      const depth = chart.addSeries(
        LineSeries,
        {
          ...look,
          title: '',
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
    const shown = runs.filter(({ id }) => !hidden.includes(id));
    const moments = new Set(shown.flatMap(({ time }) => [...time]));
    const end = showWhole(chart, container.current, moments.size);
    return () => {
      end();
      chart.remove();
    };
  }, [runs, hidden, log, appearance]);
  // The number at its end and this tell the curves apart besides their colours.
  useEffect(() => {
    for (const [id, line] of lines.current) {
      line.applyOptions({ lineWidth: lit === null ? widthOf(runs.length) : id === lit ? 3 : 1 });
    }
  }, [lit, runs, hidden, log, appearance]);
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
