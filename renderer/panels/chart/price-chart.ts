import {
  CandlestickSeries,
  createChart,
  createSeriesMarkers,
  HistogramSeries,
  LineSeries,
  PriceScaleMode,
  type IChartApi,
  type ISeriesApi,
  type ISeriesMarkersPluginApi,
  type SeriesMarker,
  type Time,
  type UTCTimestamp,
} from 'lightweight-charts';
import type { BarColumns } from '../../../engine/domain/bar.ts';
import { chartOptions } from '../../components/chart-theme.ts';
import { token } from '../../components/theme.ts';

/** One drawn line of a study: values by bar time. */
export interface StudyLine {
  readonly key: string;
  readonly colour: string;
  /** 0 is the price pane. */
  readonly pane: number;
  readonly histogram: boolean;
  readonly time: Float64Array;
  readonly values: Float64Array;
}

export interface TradeMark {
  readonly time: number;
  readonly buy: boolean;
  readonly text: string;
}

const SECOND = 1_000;
/** Bars around a place that is jumped to. */
const PLACE_MARGIN = 60;

function stamp(time: number): UTCTimestamp {
  return Math.floor(time / SECOND) as UTCTimestamp;
}

/** The price chart, apart from React: candles, volume, studies, trade marks. */
export class PriceChart {
  readonly chart: IChartApi;
  private readonly candles: ISeriesApi<'Candlestick'>;
  private readonly volume: ISeriesApi<'Histogram'>;
  private readonly marks: ISeriesMarkersPluginApi<Time>;
  private studies: ISeriesApi<'Line' | 'Histogram'>[] = [];
  private bars: BarColumns | undefined;
  private trades: readonly TradeMark[] = [];

  constructor(container: HTMLElement) {
    this.chart = createChart(container, chartOptions());
    this.candles = this.chart.addSeries(CandlestickSeries, { borderVisible: false });
    this.volume = this.chart.addSeries(HistogramSeries, {
      priceScaleId: 'volume',
      priceFormat: { type: 'volume' },
      lastValueVisible: false,
      priceLineVisible: false,
    });
    this.volume.priceScale().applyOptions({ scaleMargins: { top: 0.84, bottom: 0 } });
    this.candles.priceScale().applyOptions({ scaleMargins: { top: 0.08, bottom: 0.2 } });
    this.marks = createSeriesMarkers(this.candles, []);
    this.restyle();
  }

  /** Takes the colours of the theme anew. */
  restyle(): void {
    this.chart.applyOptions(chartOptions());
    const [up, down] = [token('up'), token('down')];
    this.candles.applyOptions({
      upColor: up,
      downColor: down,
      wickUpColor: up,
      wickDownColor: down,
    });
    if (this.bars !== undefined) this.drawVolume(this.bars);
    this.drawMarks();
  }

  /** Shows bars; with `keepView` the bars on the screen stay where they are. */
  setBars(bars: BarColumns, intraday: boolean, keepView: boolean): void {
    const range = keepView ? this.chart.timeScale().getVisibleRange() : null;
    this.bars = bars;
    this.chart.applyOptions({ timeScale: { timeVisible: intraday, secondsVisible: false } });
    this.candles.setData(
      Array.from(bars.time, (time, i) => ({
        time: stamp(time),
        open: bars.open[i] as number,
        high: bars.high[i] as number,
        low: bars.low[i] as number,
        close: bars.close[i] as number,
      })),
    );
    const last = bars.close.at(-1) ?? 1;
    const precision = last >= 1 ? 2 : Math.min(8, 2 - Math.floor(Math.log10(last)));
    this.candles.applyOptions({
      priceFormat: { type: 'price', precision, minMove: 10 ** -precision },
    });
    this.drawVolume(bars);
    this.drawMarks();
    if (range !== null) this.chart.timeScale().setVisibleRange(range);
    else this.showLast();
  }

  /** The newest year or so. */
  showLast(): void {
    const count = this.bars?.time.length ?? 0;
    this.chart
      .timeScale()
      .setVisibleLogicalRange({ from: Math.max(0, count - 260), to: count + 4 });
  }

  setStudies(lines: readonly StudyLine[]): void {
    for (const series of this.studies) this.chart.removeSeries(series);
    this.studies = lines.map((line) => {
      const data = Array.from(line.time, (time, i) => {
        const value = line.values[i] as number;
        // A missing value is a place without a point: the line has a gap there.
        return Number.isFinite(value) ? { time: stamp(time), value } : { time: stamp(time) };
      });
      const options = {
        color: line.colour,
        priceLineVisible: false,
        lastValueVisible: false,
      } as const;
      const series = line.histogram
        ? this.chart.addSeries(HistogramSeries, options, line.pane)
        : this.chart.addSeries(
            LineSeries,
            { ...options, lineWidth: 1, crosshairMarkerVisible: false },
            line.pane,
          );
      series.setData(data);
      return series;
    });
    this.chart.panes().forEach((pane, index) => pane.setStretchFactor(index === 0 ? 3 : 1));
  }

  setTrades(trades: readonly TradeMark[]): void {
    this.trades = trades;
    this.drawMarks();
  }

  setLogarithmic(on: boolean): void {
    const mode = on ? PriceScaleMode.Logarithmic : PriceScaleMode.Normal;
    this.candles.priceScale().applyOptions({ mode });
  }

  /** Hears the number of the bar under the crosshair, or `null`. */
  onCrosshair(listener: (bar: number | null) => void): void {
    this.chart.subscribeCrosshairMove(({ logical, point }) => {
      const inside = point !== undefined && logical !== undefined;
      const count = this.bars?.time.length ?? 0;
      listener(inside && logical >= 0 && logical < count ? Math.round(logical) : null);
    });
  }

  /** Hears when the oldest bars come into view. */
  onOldest(listener: () => void): void {
    this.chart.timeScale().subscribeVisibleLogicalRangeChange((range) => {
      if (range !== null && range.from < 10) listener();
    });
  }

  /** Brings a span of time into view; false when the bars do not reach there. */
  show(from: number, to: number): boolean {
    const time = this.bars?.time;
    if (time === undefined || time.length === 0 || from < (time[0] as number)) return false;
    const after = (t: number): number => {
      const index = time.findIndex((bar) => bar >= t);
      return index < 0 ? time.length - 1 : index;
    };
    this.chart
      .timeScale()
      .setVisibleLogicalRange({ from: after(from) - PLACE_MARGIN, to: after(to) + PLACE_MARGIN });
    return true;
  }

  picture(): HTMLCanvasElement {
    return this.chart.takeScreenshot(true, false);
  }

  remove(): void {
    this.chart.remove();
  }

  private drawVolume(bars: BarColumns): void {
    const [up, down] = [token('volume-up'), token('volume-down')];
    this.volume.setData(
      Array.from(bars.time, (time, i) => ({
        time: stamp(time),
        value: bars.volume[i] as number,
        color: (bars.close[i] as number) >= (bars.open[i] as number) ? up : down,
      })),
    );
  }

  private drawMarks(): void {
    const bars = this.bars;
    if (bars === undefined || bars.time.length === 0) return;
    const [first, last] = [bars.time[0] as number, bars.time.at(-1) as number];
    const [up, down] = [token('up'), token('down')];
    const marks: SeriesMarker<Time>[] = this.trades
      .filter(({ time }) => time >= first && time <= last)
      .toSorted((a, b) => a.time - b.time)
      .map(({ time, buy, text }) => ({
        time: stamp(time),
        position: buy ? 'belowBar' : 'aboveBar',
        shape: buy ? 'arrowUp' : 'arrowDown',
        color: buy ? up : down,
        size: 0.8,
        text: this.trades.length <= 40 ? text : '',
      }));
    this.marks.setMarkers(marks);
  }
}
