import { LineType, type AutoscaleInfo, type LineWidth, type SeriesType } from 'lightweight-charts';
import { token } from '../../components/theme.ts';
import type { CloudEdges } from './cloud.ts';
import { cssColour } from './markers.ts';
import { digitsOf, type DrawnOutput } from './study-look.ts';

const LARGE = 1_000_000;
/** Height of a legend's row, pixels. */
const LEGEND_ROW = 16;

/** Two areas of one study are the edges of what lies between them. */
export function edgesOf(outputs: readonly DrawnOutput[]): CloudEdges | undefined {
  const [first, second, ...more] = outputs.filter(({ style }) => style === 'area');
  if (first === undefined || second === undefined || more.length > 0) return undefined;
  const none = new Float64Array(first.values.length).fill(Number.NaN);
  const hidden = first.hidden || second.hidden;
  return {
    time: first.time,
    first: hidden ? none : first.values,
    second: second.values,
    above: `${token('up')}2e`,
    below: `${token('down')}2e`,
  };
}

/** What an output is drawn as; the edges of a cloud are lines, areas below the price begin at zero. */
export function seriesType(
  { style }: DrawnOutput,
  cloudy: boolean,
  belowPrice: boolean,
): 'Line' | 'Area' | 'Baseline' | 'Histogram' {
  if (style === 'area') return cloudy ? 'Line' : belowPrice ? 'Baseline' : 'Area';
  return style === 'histogram' ? 'Histogram' : 'Line';
}

/** @param pane number of the pane for a new series; absent for one that is there already */
export function optionsOf(output: DrawnOutput, type: SeriesType, pane: number | undefined): object {
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
    ...(pane === undefined || pane === 0 ? {} : { autoscaleInfoProvider: belowLegend }),
  };
  const lineWidth = width as LineWidth;
  switch (style) {
    case 'histogram':
      return { ...common, color: css, base: 0 };
    case 'area':
      if (type === 'Line') return { ...common, color: css, lineWidth };
      if (type === 'Baseline') return { ...common, ...fromZero(css), lineWidth };
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

/** Keeps the lines of a pane below the row of its legend. */
function belowLegend(usual: () => AutoscaleInfo | null): AutoscaleInfo | null {
  const info = usual();
  return info === null ? null : { ...info, margins: { above: LEGEND_ROW, below: 0 } };
}

/** An area between its line and zero, on both sides of it. */
function fromZero(css: string): object {
  return {
    baseValue: { type: 'price', price: 0 },
    topLineColor: css,
    topFillColor1: `${css}40`,
    topFillColor2: `${css}0a`,
    bottomLineColor: css,
    bottomFillColor1: `${css}0a`,
    bottomFillColor2: `${css}40`,
  };
}
