import {
  createSeriesMarkers,
  LineStyle,
  type IPriceLine,
  type ISeriesMarkersPluginApi,
  type SeriesMarker,
  type Time,
} from 'lightweight-charts';
import { token } from '../../../components/theme.ts';
import { stamp } from '../markers.ts';
import type { PriceChart } from '../price-chart.ts';
import { barAt, type FillMark, type TradingLine } from './trading-marks.ts';

const STYLES = {
  solid: LineStyle.Solid,
  dashed: LineStyle.Dashed,
  dotted: LineStyle.SparseDotted,
} as const;
const TONES = { buy: 'up', sell: 'down', position: 'accent', doubt: 'warning' } as const;
/** Colours of text on a label. */
const ON_TONES = {
  buy: 'on-up',
  sell: 'on-down',
  position: 'on-accent',
  doubt: 'background',
} as const;

/** Draws what an account has to do with a price: orders, the position, fills. What did not change is left alone. */
export class TradingLayer {
  private readonly chart: PriceChart;
  private readonly marks: ISeriesMarkersPluginApi<Time>;
  private drawn = new Map<string, { readonly line: IPriceLine; readonly text: string }>();
  private lines: readonly TradingLine[] = [];
  private fills: readonly FillMark[] = [];
  private length = 0;

  constructor(chart: PriceChart) {
    this.chart = chart;
    this.marks = createSeriesMarkers(chart.candles, []);
  }

  showLines(lines: readonly TradingLine[]): void {
    this.lines = lines;
    const { candles } = this.chart;
    const before = this.drawn;
    this.drawn = new Map();
    for (const each of lines) {
      const text = JSON.stringify(each);
      const known = before.get(each.key);
      before.delete(each.key);
      if (known?.text === text) {
        this.drawn.set(each.key, known);
        continue;
      }
      if (known !== undefined) candles.removePriceLine(known.line);
      const colour = token(TONES[each.tone]);
      const line = candles.createPriceLine({
        price: each.price,
        title: each.title,
        color: colour,
        lineWidth: 1,
        lineStyle: STYLES[each.style],
        axisLabelVisible: true,
        axisLabelColor: colour,
        axisLabelTextColor: token(ON_TONES[each.tone]),
      });
      this.drawn.set(each.key, { line, text });
    }
    for (const { line } of before.values()) candles.removePriceLine(line);
  }

  /** @param length milliseconds of a bar */
  showFills(fills: readonly FillMark[], length: number): void {
    this.fills = fills;
    this.length = length;
    const times = Array.from(
      { length: this.chart.count },
      (_, i) => this.chart.barAt(i)?.time ?? 0,
    );
    const [up, down] = [token('up'), token('down')];
    const placed = fills.flatMap(({ time, buy, text }): SeriesMarker<Time>[] => {
      const bar = barAt(times, time, length);
      if (bar === undefined) return [];
      return [
        {
          time: stamp(bar),
          position: buy ? 'belowBar' : 'aboveBar',
          shape: buy ? 'arrowUp' : 'arrowDown',
          color: buy ? up : down,
          size: 0.8,
          text,
        },
      ];
    });
    this.marks.setMarkers(placed);
  }

  /** Takes the colours of the theme anew. */
  restyle(): void {
    const { lines } = this;
    this.showLines([]);
    this.showLines(lines);
    this.showFills(this.fills, this.length);
  }

  remove(): void {
    if (this.chart.isRemoved) return;
    this.showLines([]);
    this.marks.detach();
  }
}
