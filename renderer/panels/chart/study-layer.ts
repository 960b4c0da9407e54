import {
  AreaSeries,
  HistogramSeries,
  LineSeries,
  LineStyle,
  LineType,
  type IChartApi,
  type IPaneApi,
  type IPriceLine,
  type ISeriesApi,
  type LineWidth,
  type SeriesType,
  type Time,
} from 'lightweight-charts';
import { token } from '../../components/theme.ts';
import { digitsOf, pointsOf, type DrawnOutput } from './study-look.ts';
import { PRICE_PANE } from './study-model.ts';

/** A pane with what is drawn in it, from top to bottom. */
export interface DrawnPane {
  readonly id: string;
  readonly height: number;
  readonly outputs: readonly DrawnOutput[];
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

const LARGE = 1_000_000;
/** Heights that differ by less are the same: pixels are whole. */
const SAME_PIXELS = 3;

/** A colour of the palette or of the user, as the canvas needs it. */
export function cssColour(colour: string | null): string {
  if (colour === null) return token('text');
  return colour.startsWith('study-') ? token(colour) : colour;
}

/** Draws studies into a chart: series, levels and panes. What did not change is left alone. */
export class StudyLayer {
  private readonly chart: IChartApi;
  private readonly container: HTMLElement;
  private readonly onBoxes: (boxes: ReadonlyMap<string, PaneBox>) => void;
  private readonly onDragged: (pixels: ReadonlyMap<string, number>) => void;
  private readonly observer: ResizeObserver;
  private drawn = new Map<string, DrawnSeries>();
  private lines: { series: ISeriesApi<SeriesType>; line: IPriceLine }[] = [];
  private panes: readonly DrawnPane[] = [{ id: PRICE_PANE, height: 1, outputs: [], levels: [] }];
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
      panes.map(({ id, outputs, levels }) => [
        id,
        levels,
        outputs.map(({ key, style }) => [key, style]),
      ]),
    );
    if (structure === this.structure) this.update();
    else this.rebuild();
    this.structure = structure;
    this.applyHeights();
  }

  private update(): void {
    for (const output of this.panes.flatMap(({ outputs }) => outputs)) {
      const known = this.drawn.get(output.key);
      if (known !== undefined) this.show(known, output);
    }
  }

  private rebuild(): void {
    for (const { series, line } of this.lines) series.removePriceLine(line);
    this.lines = [];
    for (const { series } of this.drawn.values()) this.chart.removeSeries(series);
    this.drawn = new Map();
    let index = 0;
    for (const pane of this.panes) {
      if (pane.id !== PRICE_PANE) index += 1;
      const at = pane.id === PRICE_PANE ? 0 : index;
      for (const output of pane.outputs) this.add(output, at);
      this.addLevels(pane);
    }
    this.structure = '';
    this.awaitPanes();
  }

  private add(output: DrawnOutput, pane: number): void {
    // Marks are markers of the price series, which is not ours.
    if (output.style === 'marks') return;
    const type = seriesType(output);
    const definition = { Line: LineSeries, Area: AreaSeries, Histogram: HistogramSeries }[type];
    const series = this.chart.addSeries(definition, {}, pane) as ISeriesApi<SeriesType>;
    const drawn: DrawnSeries = { series, type, output };
    this.drawn.set(output.key, drawn);
    this.show(drawn, output, pane, true);
  }

  private show(drawn: DrawnSeries, output: DrawnOutput, pane?: number, fresh = false): void {
    const before = drawn.output;
    drawn.output = output;
    drawn.series.applyOptions(optionsOf(output, pane));
    const same =
      before.values === output.values &&
      before.time === output.time &&
      before.colour === output.colour;
    if (same && !fresh) return;
    const points = pointsOf(output, { up: token('up'), down: token('down') });
    drawn.series.setData(points as { time: Time; value: number }[]);
  }

  private addLevels({ outputs, levels }: DrawnPane): void {
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

function seriesType({ style }: DrawnOutput): 'Line' | 'Area' | 'Histogram' {
  if (style === 'area') return 'Area';
  return style === 'histogram' ? 'Histogram' : 'Line';
}

function optionsOf(output: DrawnOutput, pane: number | undefined): object {
  const { style, colour, width, values, hidden } = output;
  const css = cssColour(colour);
  let largest = 0;
  for (const value of values.subarray(-200)) largest = Math.max(largest, Math.abs(value) || 0);
  const digits = digitsOf(values);
  const common = {
    visible: !hidden,
    priceLineVisible: false,
    crosshairMarkerVisible: false,
    priceFormat:
      largest >= LARGE
        ? { type: 'volume' }
        : { type: 'price', precision: digits, minMove: 10 ** -digits },
    // Labels of many averages would hide the price's own.
    ...(pane === undefined ? {} : { lastValueVisible: pane > 0 && style !== 'histogram' }),
  };
  const lineWidth = width as LineWidth;
  switch (style) {
    case 'histogram':
      return { ...common, color: css, base: 0 };
    case 'area':
      return {
        ...common,
        lineColor: css,
        topColor: `${css}40`,
        bottomColor: `${css}0a`,
        lineWidth,
      };
    case 'dots':
      return {
        ...common,
        color: css,
        lineVisible: false,
        pointMarkersVisible: true,
        pointMarkersRadius: width + 0.5,
      };
    case 'step':
      return { ...common, color: css, lineWidth, lineType: LineType.WithSteps };
    case 'line':
    case 'marks':
      return { ...common, color: css, lineWidth, lineType: LineType.Simple };
  }
}
