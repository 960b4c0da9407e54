import {
  AreaSeries,
  createChart,
  LineSeries,
  type IChartApi,
  type ISeriesApi,
  type MouseEventHandler,
  type Time,
  type UTCTimestamp,
} from 'lightweight-charts';
import { useEffect, useRef, useState } from 'react';
import type { Run } from '../../../engine/protocol/schemas.ts';
import { chartOptions } from '../../components/chart-theme.ts';
import { drawdownOf } from '../../components/curves.ts';
import { formatAmount, formatDate } from '../../components/format.ts';
import { token, useAppearance } from '../../components/theme.ts';
import { showWhole } from '../../components/whole-chart.ts';

/** Points of one curve: more would not be seen. The last one is always kept. */
const MOST_POINTS = 12_000;

interface Point {
  readonly time: UTCTimestamp;
  readonly value: number;
}

/** What the legend says of one moment. */
interface Moment {
  readonly time: number;
  readonly equity: number;
  readonly benchmark: number;
  readonly drawdown: number;
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

function percent(value: number): string {
  return `${value.toFixed(1)} %`;
}

/** Equity against buying and holding, and the drawdown below it on the same time axis. */
export function EquityChart({ run }: { run: Run }) {
  const container = useRef<HTMLDivElement>(null);
  const appearance = useAppearance();
  const [moment, setMoment] = useState<Moment | null>(null);
  useEffect(() => {
    if (container.current === null) return undefined;
    const chart: IChartApi = createChart(container.current, chartOptions());
    // The legend says which is which and how they end: labels at the scale would lie on the curves.
    const quiet = { priceLineVisible: false, lastValueVisible: false, lineWidth: 1 } as const;
    const inMoney = { type: 'custom', formatter: formatAmount, minMove: 0.01 } as const;
    const benchmark = chart.addSeries(LineSeries, {
      ...quiet,
      color: token('muted'),
      priceFormat: inMoney,
    });
    benchmark.setData(points(run.time, (i) => run.benchmark[i] as number));
    const equity = chart.addSeries(LineSeries, {
      ...quiet,
      color: token('accent'),
      lineWidth: 2,
      priceFormat: inMoney,
    });
    const curve = points(run.time, (i) => run.equity[i] as number);
    equity.setData(curve);
    const depth = drawdownOf(run.equity);
    const area = chart.addSeries(
      AreaSeries,
      {
        ...quiet,
        lineColor: token('down'),
        // Its own colour without opacity: `transparent` is black, and grey on a light panel.
        topColor: `${token('down')}00`,
        bottomColor: token('volume-down'),
        invertFilledArea: true,
        priceFormat: { type: 'custom', formatter: percent },
      },
      1,
    );
    area.setData(points(run.time, (i) => depth[i] as number));
    const [top, bottom] = chart.panes();
    top?.setStretchFactor(3);
    bottom?.setStretchFactor(1);
    const unfit = showWhole(chart, container.current, curve.length);

    const end = run.time.length - 1;
    const last: Moment | null =
      end < 0
        ? null
        : {
            time: run.time[end] as number,
            equity: run.equity[end] as number,
            benchmark: run.benchmark[end] as number,
            drawdown: depth[end] as number,
          };
    setMoment(last);
    const onMove: MouseEventHandler<Time> = ({ time, seriesData }) => {
      const at = (series: ISeriesApi<'Line' | 'Area'>): number | undefined =>
        (seriesData.get(series) as Point | undefined)?.value;
      const [value, held, fall] = [at(equity), at(benchmark), at(area)];
      const known = value !== undefined && held !== undefined && fall !== undefined;
      setMoment(
        typeof time === 'number' && known
          ? { time: time * 1_000, equity: value, benchmark: held, drawdown: fall }
          : last,
      );
    };
    chart.subscribeCrosshairMove(onMove);
    return () => {
      unfit();
      chart.remove();
    };
  }, [run, appearance]);
  return (
    <div className="equity">
      <div className="equity-legend" data-testid="equity-legend">
        <Entry name="Equity" kind="own" value={moment && formatAmount(moment.equity)} />
        <Entry name="Buy & hold" kind="held" value={moment && formatAmount(moment.benchmark)} />
        <Entry name="Drawdown" kind="fall" value={moment && percent(moment.drawdown)} />
        <span className="muted">{moment === null ? '' : formatDate(moment.time)}</span>
      </div>
      <div className="equity-area">
        <div
          ref={container}
          className="chart"
          data-testid="equity-chart"
          aria-label="Equity and drawdown"
          role="img"
        />
      </div>
    </div>
  );
}

function Entry({ name, kind, value }: { name: string; kind: string; value: string | null }) {
  return (
    <span className="equity-entry">
      <i className={kind} aria-hidden />
      <span className="muted">{name}</span> {value}
    </span>
  );
}
