import {
  CandlestickSeries,
  createChart,
  createSeriesMarkers,
  HistogramSeries,
  PriceScaleMode,
  type AutoscaleInfo,
  type IChartApi,
  type ISeriesApi,
  type ISeriesMarkersPluginApi,
  type MouseEventHandler,
  type SeriesMarker,
  type Time,
} from 'lightweight-charts';
import type { BarColumns } from '../../../engine/domain/bar.ts';
import { chartOptions } from '../../components/chart-theme.ts';
import { token } from '../../components/theme.ts';
import { markersOf, stamp } from './markers.ts';
import type { StudyMark } from './study-look.ts';

export interface TradeMark {
  readonly time: number;
  readonly buy: boolean;
  readonly text: string;
}

/** Marks on the screen up to which each is named. */
const MOST_NAMED = 24;
/** Largest share of the price pane that its legend keeps free, and the share of the volume. */
const MOST_LEGEND = 0.22;
const VOLUME = 0.13;
/** Bars around a place that is jumped to. */
const PLACE_MARGIN = 60;

/** The price chart, apart from React: candles, volume, studies, trade marks. */
export class PriceChart {
  readonly chart: IChartApi;
  readonly container: HTMLElement;
  private readonly candles: ISeriesApi<'Candlestick'>;
  private readonly volume: ISeriesApi<'Histogram'>;
  private readonly marks: ISeriesMarkersPluginApi<Time>;
  private bars: BarColumns | undefined;
  private trades: readonly TradeMark[] = [];
  private studyMarks: readonly StudyMark[] = [];
  private named = false;
  private legendHeight = 0;

  constructor(container: HTMLElement) {
    this.container = container;
    this.chart = createChart(container, chartOptions());
    this.candles = this.chart.addSeries(CandlestickSeries, { borderVisible: false });
    this.volume = this.chart.addSeries(HistogramSeries, {
      priceScaleId: 'volume',
      priceFormat: { type: 'volume' },
      lastValueVisible: false,
      priceLineVisible: false,
    });
    this.volume.priceScale().applyOptions({ scaleMargins: { top: 0.84, bottom: 0 } });
    // The margins of the scale are those of every pane, so that the price's own are its series'.
    this.candles.priceScale().applyOptions({ scaleMargins: { top: 0.05, bottom: 0.06 } });
    this.candles.applyOptions({
      autoscaleInfoProvider: (usual: () => AutoscaleInfo | null) => {
        const info = usual();
        const height = this.candles.getPane().getHeight();
        const above = Math.min(this.legendHeight, height * MOST_LEGEND);
        return info === null ? null : { ...info, margins: { above, below: height * VOLUME } };
      },
    });
    this.marks = createSeriesMarkers(this.candles, []);
    this.chart.timeScale().subscribeVisibleLogicalRangeChange(() => {
      if (this.named !== this.fewMarks()) this.drawMarks();
    });
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
    if (!keepView) this.clearStudies();
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

  /**
   * Lines over other bars share the time scale, so that places would be counted along their times and
   * move once they go.
   */
  private clearStudies(): void {
    for (const series of this.chart.panes().flatMap((pane) => pane.getSeries())) {
      if (series !== this.candles && series !== this.volume) series.setData([]);
    }
  }

  /** The newest year or so. */
  showLast(): void {
    const count = this.bars?.time.length ?? 0;
    this.chart
      .timeScale()
      .setVisibleLogicalRange({ from: Math.max(0, count - 260), to: count + 4 });
  }

  /** Bars that patterns and conditions mark. */
  setStudyMarks(marks: readonly StudyMark[]): void {
    this.studyMarks = marks;
    this.drawMarks();
  }

  setTrades(trades: readonly TradeMark[]): void {
    this.trades = trades;
    this.drawMarks();
  }

  /** Leaves so many pixels free above the prices, where the pane is high enough for them. */
  setLegendHeight(pixels: number): void {
    this.legendHeight = pixels;
    this.candles.applyOptions({});
  }

  setLogarithmic(on: boolean): void {
    const mode = on ? PriceScaleMode.Logarithmic : PriceScaleMode.Normal;
    this.candles.priceScale().applyOptions({ mode });
  }

  /** Hears the number of the bar under the crosshair, or `null`. Returns the function that ends it. */
  onCrosshair(listener: (bar: number | null) => void): () => void {
    const handler: MouseEventHandler<Time> = ({ logical, point }) => {
      const inside = point !== undefined && logical !== undefined;
      const count = this.bars?.time.length ?? 0;
      listener(inside && logical >= 0 && logical < count ? Math.round(logical) : null);
    };
    this.chart.subscribeCrosshairMove(handler);
    return () => this.chart.unsubscribeCrosshairMove(handler);
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

  /** Whether so few study marks are on the screen that their names do not run into each other. */
  private fewMarks(): boolean {
    const range = this.chart.timeScale().getVisibleLogicalRange();
    const time = this.bars?.time;
    if (range === null || time === undefined || this.studyMarks.length === 0) return false;
    const at = (logical: number): number =>
      time[Math.min(time.length - 1, Math.max(0, Math.round(logical)))] ?? 0;
    const [from, to] = [at(range.from), at(range.to)];
    let count = 0;
    for (const mark of this.studyMarks) if (mark.time >= from && mark.time <= to) count += 1;
    return count <= MOST_NAMED;
  }

  private drawMarks(): void {
    const bars = this.bars;
    if (bars === undefined || bars.time.length === 0) return;
    const [first, last] = [bars.time[0] as number, bars.time.at(-1) as number];
    const [up, down] = [token('up'), token('down')];
    const inside = ({ time }: { time: number }): boolean => time >= first && time <= last;
    this.named = this.fewMarks();
    const trades = this.trades.filter(inside).map(({ time, buy, text }): SeriesMarker<Time> => ({
      time: stamp(time),
      position: buy ? 'belowBar' : 'aboveBar',
      shape: buy ? 'arrowUp' : 'arrowDown',
      color: buy ? up : down,
      size: 0.8,
      text: this.trades.length <= 40 ? text : '',
    }));
    const patterns = markersOf(this.studyMarks.filter(inside), {
      named: this.named,
      onSeries: false,
    });
    this.marks.setMarkers(
      [...trades, ...patterns].toSorted((a, b) => (a.time as number) - (b.time as number)),
    );
  }
}
