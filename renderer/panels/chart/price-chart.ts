import {
  CandlestickSeries,
  createChart,
  createSeriesMarkers,
  HistogramSeries,
  LineStyle,
  PriceScaleMode,
  type AutoscaleInfo,
  type CandlestickData,
  type HistogramData,
  type IChartApi,
  type ISeriesApi,
  type ISeriesMarkersPluginApi,
  type LogicalRange,
  type MouseEventHandler,
  type SeriesMarker,
  type Time,
} from 'lightweight-charts';
import type { Bar, BarColumns } from '../../../engine/domain/bar.ts';
import { barOfRow } from '../../../engine/series/live-bars.ts';
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
/** Bars that are shown at first. */
const SHOWN = 260;
/** Bars of room beside the newest; words of orders and fills stand there. */
const ROOM = { stored: 4, live: 40 } as const;
/** Bars around a place that is jumped to. */
const PLACE_MARGIN = 60;

/** The price chart, apart from React: candles, volume, studies, trade marks. */
export class PriceChart {
  readonly chart: IChartApi;
  readonly container: HTMLElement;
  /** The prices; lines of orders hang on them. */
  readonly candles: ISeriesApi<'Candlestick'>;
  private readonly volume: ISeriesApi<'Histogram'>;
  private readonly marks: ISeriesMarkersPluginApi<Time>;
  private bars: BarColumns | undefined;
  /** Bars after those: closed ones that are not among them yet, and those that form. */
  private tail: Bar[] = [];
  private readonly listeners = new Set<() => void>();
  private trades: readonly TradeMark[] = [];
  private studyMarks: readonly StudyMark[] = [];
  isRemoved = false;
  private room: number = ROOM.stored;
  private toShowLast = false;
  private named = false;
  private stale = false;
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
    this.chart.timeScale().subscribeSizeChange((width) => {
      if (width > 0 && this.toShowLast) this.showLast();
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
    this.drawVolume();
    this.drawMarks();
    this.setStale(this.stale);
  }

  /** Bars that are drawn. */
  get count(): number {
    return (this.bars?.time.length ?? 0) + this.tail.length;
  }

  barAt(index: number): Bar | undefined {
    const { bars } = this;
    const length = bars?.time.length ?? 0;
    if (index >= length) return this.tail[index - length];
    return bars === undefined || index < 0 ? undefined : barOfRow(bars, index);
  }

  /** Hears whenever bars have changed. Returns the function that ends it. */
  readonly onBars = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** The newest bar; another object whenever it has changed. */
  readonly lastBar = (): Bar | undefined => this.tail.at(-1);

  /**
   * Bars at the end that are new or have changed, in order; a view that shows the last one goes along.
   * @returns false where they do not follow what is drawn
   */
  extend(bars: readonly Bar[]): boolean {
    const settled = this.bars?.time.at(-1) ?? Number.NEGATIVE_INFINITY;
    const from = this.tail.at(-1)?.time ?? settled;
    const first = bars[0]?.time ?? Number.POSITIVE_INFINITY;
    if (first < from || first <= settled) return false;
    for (const bar of bars) {
      const last = this.tail.at(-1);
      if (last?.time === bar.time) this.tail[this.tail.length - 1] = bar;
      else this.tail.push(bar);
      this.candles.update(candleOf(bar));
      this.volume.update(this.volumeOf(bar));
    }
    for (const listener of this.listeners) listener();
    return true;
  }

  /** Bars that are drawn already, now as columns: the first of those that `extend` has drawn have closed. */
  settle(bars: BarColumns): void {
    const last = bars.time.at(-1) ?? Number.NEGATIVE_INFINITY;
    this.bars = bars;
    this.tail = this.tail.filter(({ time }) => time > last);
    this.drawMarks();
  }

  /** Whether the last price is one of the past. */
  setStale(stale: boolean): void {
    this.stale = stale;
    this.candles.applyOptions({
      priceLineColor: stale ? token('muted') : '',
      priceLineStyle: stale ? LineStyle.SparseDotted : LineStyle.Dashed,
    });
  }

  /** Whether bars go on: fills are written beside the newest ones then. */
  setLive(live: boolean): void {
    const room = live ? ROOM.live : ROOM.stored;
    if (room === this.room) return;
    const range = this.chart.timeScale().getVisibleLogicalRange();
    const atEnd = range !== null && Math.abs(range.to - this.count - this.room) < 1;
    this.room = room;
    if (atEnd) this.showLast();
  }

  /** What stands beside the last price. */
  setLastTitle(title: string): void {
    this.candles.applyOptions({ title });
  }

  /**
   * Shows bars; with `keepView` the bars on the screen stay where they are.
   * @param forming bars after them that have not closed yet
   */
  setBars(
    bars: BarColumns,
    intraday: boolean,
    keepView: boolean,
    forming: readonly Bar[] = [],
  ): void {
    const before = this.count;
    const scale = this.chart.timeScale();
    const range = keepView ? scale.getVisibleRange() : null;
    const places = keepView ? scale.getVisibleLogicalRange() : null;
    this.bars = bars;
    this.tail = [...forming];
    if (!keepView) this.clearStudies();
    this.chart.applyOptions({ timeScale: { timeVisible: intraday, secondsVisible: false } });
    this.candles.setData(Array.from({ length: this.count }, (_, i) => candleOf(this.barOf(i))));
    const last = this.tail.at(-1)?.close ?? bars.close.at(-1) ?? 1;
    const precision = last >= 1 ? 2 : Math.min(8, 2 - Math.floor(Math.log10(last)));
    this.candles.applyOptions({
      priceFormat: { type: 'price', precision, minMove: 10 ** -precision },
    });
    this.drawVolume();
    this.drawMarks();
    // A view that reaches the newest bar goes along with it, and keeps the room beside it.
    const more = this.count - before;
    if (places !== null && before > 0 && places.to >= before - 1)
      scale.setVisibleLogicalRange({ from: places.from + more, to: places.to + more });
    else if (range !== null) scale.setVisibleRange(range);
    else this.showLast();
    for (const listener of this.listeners) listener();
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

  /** The newest bars: of days, a year or so. */
  showLast(): void {
    const { count } = this;
    // A chart that has no size yet would forget what it is to show.
    this.toShowLast = this.chart.timeScale().width() === 0;
    if (count === 0 || this.toShowLast) return;
    this.chart
      .timeScale()
      .setVisibleLogicalRange({ from: Math.max(0, count - SHOWN), to: count + this.room });
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
      listener(inside && logical >= 0 && logical < this.count ? Math.round(logical) : null);
    };
    this.chart.subscribeCrosshairMove(handler);
    return () => this.chart.unsubscribeCrosshairMove(handler);
  }

  /** Hears when the oldest bars come into view. Returns the function that ends it. */
  onOldest(listener: () => void): () => void {
    const handler = (range: LogicalRange | null): void => {
      if (range !== null && range.from < 10) listener();
    };
    const scale = this.chart.timeScale();
    scale.subscribeVisibleLogicalRangeChange(handler);
    return () => {
      if (!this.isRemoved) scale.unsubscribeVisibleLogicalRangeChange(handler);
    };
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
    this.isRemoved = true;
    this.chart.remove();
  }

  private barOf(index: number): Bar {
    return this.barAt(index) as Bar;
  }

  private volumeOf({ time, open, close, volume }: Bar): HistogramData {
    const color = token(close >= open ? 'volume-up' : 'volume-down');
    return { time: stamp(time), value: volume, color };
  }

  private drawVolume(): void {
    if (this.bars === undefined) return;
    const [up, down] = [token('volume-up'), token('volume-down')];
    this.volume.setData(
      Array.from({ length: this.count }, (_, i) => {
        const { time, open, close, volume } = this.barOf(i);
        return { time: stamp(time), value: volume, color: close >= open ? up : down };
      }),
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
    if (bars === undefined || this.count === 0) return;
    const [first, last] = [this.barOf(0).time, this.barOf(this.count - 1).time];
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

function candleOf({ time, open, high, low, close }: Bar): CandlestickData {
  return { time: stamp(time), open, high, low, close };
}
