import { extentOf, type Trace } from './downsample.ts';
import { figure } from './figures.ts';
import { markup, NOTHING, raw, type Markup, type Part } from './markup.ts';
import {
  logTicks,
  niceTicks,
  scaleOf,
  tickDigits,
  timeTicks,
  type Scale,
  type Tick,
} from './scale.ts';

/** Pictures are drawn in these widths and scaled by the page; text keeps its size at full width. */
export const WIDE = 1_072;
export const HALF = 524;

const MARGIN = { left: 6, right: 58, top: 8, bottom: 20 } as const;
/** Room that an axis label needs. */
const TICK_WIDTH = 76;
const TICK_HEIGHT = 30;
/** From this ratio of the largest to the smallest on, equal rises should look equal. */
const LOG_RATIO = 8;

export interface PictureOptions {
  /** Distinguishes the ids of its title and description. */
  readonly id: string;
  readonly title: string;
  /** What a reader who cannot see it should know. */
  readonly description: string;
  readonly width: number;
  readonly height: number;
}

/** An accessible picture with its marks. */
export function picture(options: PictureOptions, marks: readonly Part[]): Markup {
  const { id, title, description, width, height } = options;
  return markup`<svg viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="${id}-t ${id}-d">
    <title id="${id}-t">${title}</title>
    <desc id="${id}-d">${description}</desc>
    ${marks}
  </svg>`;
}

/** The rectangle in which values are drawn. */
export interface Area {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

export function areaOf(width: number, height: number, left: number = MARGIN.left): Area {
  return {
    left,
    right: width - MARGIN.right,
    top: MARGIN.top,
    bottom: height - MARGIN.bottom,
  };
}

export interface ValueAxis {
  readonly scale: Scale;
  readonly ticks: readonly Tick[];
}

export interface ValueAxisOptions {
  readonly label?: (value: number, digits: number) => string;
  /** Values that the axis has to hold besides the columns'. */
  readonly include?: readonly number[];
  /** Whether a wide range of positive values is drawn on a log scale. */
  readonly mayBeLog?: boolean;
}

/** An upright axis for some columns, with room around them and round marks. */
export function valueAxis(
  area: Area,
  columns: readonly ArrayLike<number>[],
  { label = figure, include = [], mayBeLog = false }: ValueAxisOptions = {},
): ValueAxis {
  const { low, high } = extentOf(...columns, include) ?? { low: 0, high: 1 };
  const count = Math.max(3, Math.floor((area.bottom - area.top) / TICK_HEIGHT));
  const log = mayBeLog && low > 0 && high / low >= LOG_RATIO;
  const [from, to] = log ? [low / 1.05, high * 1.05] : padded(low, high, include);
  const scale = scaleOf(from, to, area.bottom, area.top, log ? 'log' : 'linear');
  const values = log ? logTicks(from, to, count) : niceTicks(from, to, count);
  // In the label's own unit a percentage has two decimals fewer.
  const digits = tickDigits(values);
  return { scale, ticks: values.map((value) => ({ value, label: label(value, digits) })) };
}

function padded(low: number, high: number, include: readonly number[]): [number, number] {
  if (low === high) {
    const room = low === 0 ? 1 : Math.abs(low) * 0.05;
    return [low - room, high + room];
  }
  const room = (high - low) * 0.04;
  // An axis that has to hold a base line stops at it.
  return [include.includes(low) ? low : low - room, include.includes(high) ? high : high + room];
}

export function percentLabel(value: number, digits: number): string {
  return `${figure(value * 100, Math.max(0, digits - 2))}%`;
}

export function plainLabel(value: number, digits: number): string {
  return figure(value, digits);
}

/**
 * `1.2M` for large amounts, so that the axis stays narrow. Marks are round values, which have few decimals
 * in any unit; all of them are written, or marks that are close together would look the same.
 */
export function moneyLabel(value: number, digits: number): string {
  const size = Math.abs(value);
  for (const [unit, name] of [
    [1e9, 'B'],
    [1e6, 'M'],
    [1e3, 'k'],
  ] as const) {
    if (size >= unit) return `${figure(value / unit, 9).replace(/\.?0+$/, '')}${name}`;
  }
  return figure(value, digits);
}

/** Faint lines and labels of an upright axis, labels on the right. */
export function drawValueAxis(area: Area, { scale, ticks }: ValueAxis): Markup {
  const lines = ticks.map(({ value }) => {
    const y = px(scale.at(value));
    return `M${area.left} ${y}H${area.right}`;
  });
  return markup`<path class="grid" d="${raw(lines.join(''))}" />${ticks.map(
    ({ value, label }) =>
      markup`<text class="tick" x="${area.right + 6}" y="${px(scale.at(value) + 3.5)}"
          >${label}</text
        >`,
  )}`;
}

/** The line of zero, or of another value that means something. */
export function baseLine(area: Area, { scale }: ValueAxis, value = 0): Markup {
  if (value < scale.low || value > scale.high) return NOTHING;
  return markup`<path class="base" d="M${area.left} ${px(scale.at(value))}H${area.right}" />`;
}

/** A level axis on which bars stand side by side, each `1 / count` of it wide. */
export function barScale(area: Area, count: number): Scale {
  return scaleOf(-0.5, Math.max(count, 1) - 0.5, area.left, area.right);
}

export function drawTimeAxis(area: Area, scale: Scale, time: Float64Array): Markup {
  const most = Math.max(2, Math.floor((area.right - area.left) / TICK_WIDTH));
  return drawLevelAxis(area, scale, timeTicks(time, most));
}

export function drawLevelAxis(area: Area, scale: Scale, ticks: readonly Tick[]): Markup {
  const lines = ticks.map(({ value }) => `M${px(scale.at(value))} ${area.top}V${area.bottom}`);
  return markup`<path class="grid" d="${raw(lines.join(''))}" />${ticks.map(({ value, label }) => {
    const x = Math.min(Math.max(scale.at(value), area.left + 12), area.right - 12);
    return markup`<text class="tick mid" x="${px(x)}" y="${area.bottom + 14}">${label}</text>`;
  })}`;
}

/** Path data of a line through a trace. */
export function linePath(x: Scale, y: Scale, { indices, values }: Trace): string {
  let path = '';
  let move = true;
  for (const [i, index] of indices.entries()) {
    if (index < 0) {
      move = true;
      continue;
    }
    path += `${move ? 'M' : 'L'}${px(x.at(index))} ${px(y.at(values[i] as number))}`;
    move = false;
  }
  return path;
}

export function drawLine(x: Scale, y: Scale, trace: Trace, name: string): Markup {
  const path = linePath(x, y, trace);
  return path === '' ? NOTHING : markup`<path class="line ${name}" d="${raw(path)}" />`;
}

/** A line whose distance from `base` is filled; gaps are left open. */
export function drawArea(x: Scale, y: Scale, trace: Trace, name: string, base = 0): Markup {
  const { indices, values } = trace;
  const ground = px(y.at(base));
  let path = '';
  let inside = false;
  for (const [i, index] of indices.entries()) {
    if (index < 0) {
      path += inside ? `V${ground}Z` : '';
      inside = false;
      continue;
    }
    const at = px(x.at(index));
    const height = px(y.at(values[i] as number));
    path += inside ? `L${at} ${height}` : `M${at} ${ground}V${height}`;
    inside = true;
  }
  if (path === '') return NOTHING;
  return markup`<path class="area ${name}" d="${raw(inside ? `${path}V${ground}Z` : path)}" />`;
}

/** An upright bar from `base` to a value; at least one pixel high, so that a small one shows. */
export function barPath(left: number, right: number, y: Scale, value: number, base = 0): string {
  if (!Number.isFinite(value) || value === base) return '';
  const ground = y.at(base);
  const end = y.at(value);
  const height = Math.abs(end - ground) < 1 ? Math.sign(end - ground) : end - ground;
  return `M${px(left)} ${px(ground)}V${px(ground + height)}H${px(right)}V${px(ground)}Z`;
}

/** A coordinate with a tenth of a pixel, the shortest way. */
export function px(value: number): string {
  return String(Math.round(value * 10) / 10);
}

export interface LegendEntry {
  /** Class of the mark that it explains. */
  readonly name: string;
  readonly text: string;
}

export function legend(entries: readonly LegendEntry[]): Markup {
  return markup`<ul class="legend">
    ${entries.map(({ name, text }) => markup`<li><i class="key ${name}"></i>${text}</li>`)}
  </ul>`;
}
