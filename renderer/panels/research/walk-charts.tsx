import { createChart, LineSeries, LineStyle, type UTCTimestamp } from 'lightweight-charts';
import { useEffect, useMemo, useRef } from 'react';
import type { WalkForwardStepRow } from '../../../engine/protocol/research-schemas.ts';
import { chartOptions } from '../../components/chart-theme.ts';
import { Plot } from '../../components/plot/plot.tsx';
import { token, useAppearance } from '../../components/theme.ts';
import { promisedCurve, yearly } from './walk-model.ts';

/** Points of one curve: more would not be seen. The last one is always kept. */
const MOST_POINTS = 12_000;

interface Curve {
  readonly time: Float64Array;
  readonly equity: Float64Array;
  readonly benchmark: Float64Array;
}

export function points(
  time: Float64Array,
  values: Float64Array,
): { readonly time: UTCTimestamp; readonly value: number }[] {
  const stride = Math.max(1, Math.ceil(time.length / MOST_POINTS));
  const list: { time: UTCTimestamp; value: number }[] = [];
  for (let i = 0; i < time.length; i += 1) {
    const value = values[i] as number;
    if ((i % stride !== 0 && i !== time.length - 1) || !Number.isFinite(value)) continue;
    list.push({ time: ((time[i] as number) / 1_000) as UTCTimestamp, value });
  }
  return list;
}

const wholePercent = (part: number): string =>
  Number.isFinite(part) ? `${(part * 100).toFixed(1)} %` : 'n/a';

interface StitchedChartProps {
  readonly curve: Curve;
  readonly steps: readonly WalkForwardStepRow[];
  readonly capital: number;
}

/** The tests joined, buying and holding, and what the training periods promised. */
export function StitchedChart({ curve, steps, capital }: StitchedChartProps) {
  const container = useRef<HTMLDivElement>(null);
  const appearance = useAppearance();
  useEffect(() => {
    if (container.current === null) return undefined;
    const chart = createChart(container.current, chartOptions());
    const quiet = { priceLineVisible: false, lineWidth: 1 } as const;
    const { time } = curve;
    chart
      .addSeries(LineSeries, { ...quiet, color: token('muted'), title: 'Buy & hold' })
      .setData(points(time, curve.benchmark));
    chart
      .addSeries(LineSeries, {
        ...quiet,
        color: token('study-2'),
        lineStyle: LineStyle.Dashed,
        title: 'In-sample pace',
      })
      .setData(points(time, promisedCurve(steps, capital, time.length)));
    chart
      .addSeries(LineSeries, {
        ...quiet,
        color: token('accent'),
        lineWidth: 2,
        title: 'Out of sample',
      })
      .setData(points(time, curve.equity));
    chart.timeScale().fitContent();
    return () => chart.remove();
  }, [curve, steps, capital, appearance]);
  return (
    <div
      ref={container}
      className="chart"
      role="img"
      aria-label="Equity out of sample, in-sample pace, buy and hold"
      data-testid="walk-curve"
    />
  );
}

/** Yearly return of each window's choice in training and in its test. */
export function PaceChart({ steps }: { readonly steps: readonly WalkForwardStepRow[] }) {
  const { x, lines } = useMemo(
    () => ({
      x: steps.map((_, k) => k + 1),
      lines: [
        {
          name: 'In sample',
          values: steps.map(({ inSampleReturn, train }) => yearly(inSampleReturn, train)),
          colour: 'study-2',
          dashed: true,
          dots: true,
        },
        {
          name: 'Out of sample',
          values: steps.map(({ outOfSampleReturn, test }) => yearly(outOfSampleReturn, test)),
          colour: 'accent',
          width: 2,
          dots: true,
        },
      ],
    }),
    [steps],
  );
  return (
    <Plot
      label="Yearly return by window, in and out of sample"
      nameX="Window"
      wholeX
      x={x}
      lines={lines}
      level={0}
      formatX={String}
      formatY={wholePercent}
      testId="walk-pace"
    />
  );
}
