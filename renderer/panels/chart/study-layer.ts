import {
  AreaSeries,
  BaselineSeries,
  createSeriesMarkers,
  HistogramSeries,
  LineSeries,
  LineStyle,
  type IChartApi,
  type IPaneApi,
  type IPriceLine,
  type ISeriesApi,
  type ISeriesMarkersPluginApi,
  type SeriesType,
  type Time,
} from 'lightweight-charts';
import { token } from '../../components/theme.ts';
import { Cloud } from './cloud.ts';
import { markersOf } from './markers.ts';
import { edgesOf, optionsOf, seriesType } from './series-options.ts';
import { marksOf, pointsOf, type DrawnOutput } from './study-look.ts';
import { PRICE_PANE } from './study-model.ts';

/** A pane with what is drawn in it, from top to bottom. */
export interface DrawnPane {
  readonly id: string;
  readonly height: number;
  /** The outputs of each study. */
  readonly studies: readonly (readonly DrawnOutput[])[];
  readonly levels: readonly number[];
}

/** Where a pane lies inside of the chart, in pixels. */
export interface PaneBox {
  readonly top: number;
  readonly height: number;
}

interface DrawnSeries {
  readonly series: ISeriesApi<SeriesType>;
  readonly type: SeriesType;
  output: DrawnOutput;
}

const SERIES = {
  Line: LineSeries,
  Area: AreaSeries,
  Baseline: BaselineSeries,
  Histogram: HistogramSeries,
} as const;
/** Heights that differ by less are the same: pixels are whole. */
const SAME_PIXELS = 3;

/** Draws studies into a chart: series, levels and panes. What did not change is left alone. */
export class StudyLayer {
  private readonly chart: IChartApi;
  private readonly container: HTMLElement;
  private readonly onBoxes: (boxes: ReadonlyMap<string, PaneBox>) => void;
  private readonly onDragged: (pixels: ReadonlyMap<string, number>) => void;
  private readonly observer: ResizeObserver;
  private drawn = new Map<string, DrawnSeries>();
  private lines: { series: ISeriesApi<SeriesType>; line: IPriceLine }[] = [];
  private clouds = new Map<string, Cloud>();
  private marks = new Map<string, ISeriesMarkersPluginApi<Time>>();
  private panes: readonly DrawnPane[] = [{ id: PRICE_PANE, height: 1, studies: [], levels: [] }];
  private structure = '';
  private boxes = new Map<string, PaneBox>();
  private frame = 0;
  private dragging = false;

  /**
   * @param onBoxes hears where the panes lie whenever that changes
   * @param onDragged hears the heights after the user has moved a separator
   */
  constructor(
    chart: IChartApi,
    container: HTMLElement,
    onBoxes: (boxes: ReadonlyMap<string, PaneBox>) => void,
    onDragged: (pixels: ReadonlyMap<string, number>) => void,
  ) {
    this.chart = chart;
    this.container = container;
    this.onBoxes = onBoxes;
    this.onDragged = onDragged;
    this.observer = new ResizeObserver(() => this.measure());
    this.observer.observe(container);
    container.addEventListener('pointerdown', this.begin);
    window.addEventListener('pointerup', this.end);
  }

  remove(): void {
    cancelAnimationFrame(this.frame);
    this.observer.disconnect();
    this.container.removeEventListener('pointerdown', this.begin);
    window.removeEventListener('pointerup', this.end);
  }

  /** Takes the colours of the theme anew. */
  restyle(): void {
    this.structure = '';
    this.draw(this.panes);
  }

  draw(panes: readonly DrawnPane[]): void {
    this.panes = panes;
    const structure = JSON.stringify(
      panes.map(({ id, studies, levels }) => [
        id,
        levels,
        studies.map((outputs) => outputs.map(({ key, style, onScale }) => [key, style, onScale])),
      ]),
    );
    if (structure === this.structure) this.update();
    else this.rebuild();
    this.structure = structure;
    this.applyHeights();
  }

  private update(): void {
    for (const pane of this.panes) {
      for (const outputs of pane.studies) {
        for (const output of outputs) {
          const known = this.drawn.get(output.key);
          if (known !== undefined) this.show(known, output);
        }
        this.addExtras(pane, outputs);
      }
    }
  }

  private rebuild(): void {
    for (const { series, line } of this.lines) series.removePriceLine(line);
    this.lines = [];
    for (const { series } of this.drawn.values()) this.chart.removeSeries(series);
    this.drawn = new Map();
    this.clouds = new Map();
    this.marks = new Map();
    let index = 0;
    for (const pane of this.panes) {
      if (pane.id !== PRICE_PANE) index += 1;
      const at = pane.id === PRICE_PANE ? 0 : index;
      for (const outputs of pane.studies) {
        const cloudy = edgesOf(outputs) !== undefined;
        for (const output of outputs) this.add(output, at, cloudy);
        this.addExtras(pane, outputs);
      }
      this.addLevels(pane);
    }
    this.structure = '';
    this.awaitPanes();
  }

  private add(output: DrawnOutput, pane: number, cloudy: boolean): void {
    // Marks have no series of their own.
    if (output.style === 'marks') return;
    const type = seriesType(output, cloudy, pane > 0);
    const definition = SERIES[type];
    const scale = output.onScale ? {} : { priceScaleId: 'foot' };
    const series = this.chart.addSeries(definition, scale, pane) as ISeriesApi<SeriesType>;
    if (!output.onScale) {
      series.priceScale().applyOptions({ scaleMargins: { top: 0.84, bottom: 0 } });
    }
    const drawn: DrawnSeries = { series, type, output };
    this.drawn.set(output.key, drawn);
    this.show(drawn, output, pane, true);
  }

  private show(drawn: DrawnSeries, output: DrawnOutput, pane?: number, fresh = false): void {
    const before = drawn.output;
    drawn.output = output;
    drawn.series.applyOptions(optionsOf(output, drawn.type, pane));
    const same =
      before.values === output.values &&
      before.time === output.time &&
      before.colour === output.colour;
    if (same && !fresh) return;
    const points = pointsOf(output, { up: token('up'), down: token('down') });
    drawn.series.setData(points as { time: Time; value: number }[]);
  }

  /** The space between two areas, and marks beside the other outputs of a pane below the price. */
  private addExtras({ id }: DrawnPane, outputs: readonly DrawnOutput[]): void {
    const edges = edgesOf(outputs);
    const first = outputs.find(({ key }) => this.drawn.has(key));
    const host = first === undefined ? undefined : this.drawn.get(first.key)?.series;
    if (first === undefined || host === undefined) return;
    if (edges !== undefined) {
      const cloud = this.clouds.get(first.key) ?? new Cloud(edges);
      if (this.clouds.has(first.key)) cloud.show(edges);
      else host.attachPrimitive(cloud);
      this.clouds.set(first.key, cloud);
    }
    if (id === PRICE_PANE) return;
    const marked = outputs.filter(({ style, hidden }) => style === 'marks' && !hidden);
    const known = this.marks.get(first.key);
    if (marked.length === 0 && known === undefined) return;
    const markers = markersOf(
      marked.flatMap((output) => marksOf(output, '')),
      { named: false, onSeries: true },
    ).toSorted((a, b) => (a.time as number) - (b.time as number));
    if (known === undefined) this.marks.set(first.key, createSeriesMarkers(host, markers));
    else known.setMarkers(markers);
  }

  private addLevels({ studies, levels }: DrawnPane): void {
    const outputs = studies.flat();
    const first = outputs.map(({ key }) => this.drawn.get(key)).find((each) => each !== undefined);
    if (first === undefined) return;
    for (const price of levels) {
      const line = first.series.createPriceLine({
        price,
        color: token('muted'),
        lineWidth: 1,
        lineStyle: LineStyle.Dashed,
        axisLabelVisible: false,
      });
      this.lines.push({ series: first.series, line });
    }
  }

  private applyHeights(): void {
    const panes = this.inOrder();
    this.panes.forEach(({ id, height }) => panes.get(id)?.setStretchFactor(height));
  }

  /** The chart's panes by our names. */
  private inOrder(): Map<string, IPaneApi<Time>> {
    const found = new Map<string, IPaneApi<Time>>();
    const price = this.chart.panes().find((pane) => this.isPrice(pane));
    const others = this.chart.panes().filter((pane) => pane !== price);
    let next = 0;
    for (const { id } of this.panes) {
      const pane = id === PRICE_PANE ? price : others[next];
      if (id !== PRICE_PANE) next += 1;
      if (pane !== undefined) found.set(id, pane);
    }
    return found;
  }

  private isPrice(pane: IPaneApi<Time>): boolean {
    return pane.getSeries().some((series) => series.seriesType() === 'Candlestick');
  }

  /** The elements of new panes exist after the chart's next frame only. */
  private awaitPanes(): void {
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => {
      const panes = this.chart.panes();
      if (panes.some((pane) => pane.getHTMLElement() === null)) {
        this.awaitPanes();
        return;
      }
      const price = panes.find((pane) => this.isPrice(pane));
      const place = this.panes.findIndex(({ id }) => id === PRICE_PANE);
      if (price !== undefined && place >= 0 && place < panes.length) price.moveTo(place);
      this.observer.disconnect();
      this.observer.observe(this.container);
      for (const pane of this.chart.panes()) {
        const cell = pane.getHTMLElement()?.querySelector('canvas')?.parentElement;
        if (cell !== null && cell !== undefined) this.observer.observe(cell);
      }
      this.frame = requestAnimationFrame(() => this.measure());
    });
  }

  private measure(): void {
    const origin = this.container.getBoundingClientRect().top;
    const boxes = new Map<string, PaneBox>();
    for (const [id, pane] of this.inOrder()) {
      const box = pane.getHTMLElement()?.getBoundingClientRect();
      if (box !== undefined) boxes.set(id, { top: box.top - origin, height: box.height });
    }
    const same =
      boxes.size === this.boxes.size &&
      [...boxes].every(([id, { top, height }]) => {
        const known = this.boxes.get(id);
        return known?.top === top && known.height === height;
      });
    if (same) return;
    this.boxes = boxes;
    this.onBoxes(boxes);
  }

  private readonly begin = (): void => {
    this.dragging = true;
  };

  private readonly end = (): void => {
    if (!this.dragging) return;
    this.dragging = false;
    const pixels = new Map([...this.boxes].map(([id, { height }]) => [id, height]));
    const sum = [...pixels.values()].reduce((total, height) => total + height, 0);
    const wanted = this.panes.reduce((total, { height }) => total + height, 0);
    const moved = this.panes.some(
      ({ id, height }) =>
        Math.abs((pixels.get(id) ?? 0) - (height / wanted) * sum) > SAME_PIXELS * this.panes.length,
    );
    if (moved && pixels.size === this.panes.length) this.onDragged(pixels);
  };
}
