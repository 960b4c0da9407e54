import type { StudyStyle } from '../../../engine/domain/study.ts';
import type { CallOutput } from '../../../engine/protocol/contract.ts';
import { PALETTE_SIZE, type OutputLook, type Study } from './study-model.ts';

export type StudyResult = CallOutput<'studies.compute'>;
export type StudyColumn = StudyResult['outputs'][number];

/** One output as it is drawn. */
export interface DrawnOutput {
  /** Unique on the chart. */
  readonly key: string;
  readonly label: string;
  readonly kind: StudyColumn['kind'];
  readonly style: StudyStyle;
  /** `study-1` or `#rrggbb`; `null` where the sign decides. */
  readonly colour: string | null;
  readonly width: number;
  /** Whether it is left out of the pane. */
  readonly hidden: boolean;
  /** Whether the legend shows its value. */
  readonly listed: boolean;
  /** Whether its numbers are on the scale of its pane; others keep to the pane's foot. */
  readonly onScale: boolean;
  readonly time: Float64Array;
  readonly values: Float64Array;
}

/** The outputs of a study with the user's look on top of the indicator's. */
export function drawnOutputs(study: Study, result: StudyResult, onPrice: boolean): DrawnOutput[] {
  const looks = result.outputs.map(({ name }) => study.looks[name] ?? {});
  const styles = result.outputs.map(({ style }, i) => looks[i]?.style ?? style);
  // Marks stand at bars or beside another output; alone in a pane they become columns.
  const mayMark = onPrice || styles.some((style) => style !== 'marks');
  let next = study.colour - 1;
  return result.outputs.map((output, i) => {
    const { name, label, kind, values } = output;
    const look = looks[i] ?? {};
    const wanted = styles[i] ?? output.style;
    const style = wanted === 'marks' && !mayMark ? 'histogram' : wanted;
    const bySign = style === 'histogram' || (style === 'marks' && kind !== 'boolean');
    const own = `study-${(next % PALETTE_SIZE) + 1}`;
    if (!bySign) next += 1;
    return {
      key: `${study.id} ${name}`,
      label,
      kind,
      style,
      colour: look.colour ?? (bySign ? null : own),
      width: look.width ?? 1,
      hidden: study.hidden || (look.hidden ?? hiddenAtFirst(output, onPrice)),
      listed: !study.hidden && look.hidden !== true,
      onScale: !onPrice || (kind !== 'integer' && style !== 'histogram'),
      time: result.time,
      values,
    };
  });
}

/** Counts beside prices, such as bars since a pivot, are values for the legend and for rules. */
export function hiddenAtFirst(
  { kind, style }: Pick<StudyColumn, 'kind' | 'style'>,
  onPrice: boolean,
): boolean {
  return onPrice && kind === 'integer' && style !== 'marks' && style !== 'step';
}

export function isShown(
  look: OutputLook,
  output: Pick<StudyColumn, 'kind' | 'style'>,
  onPrice: boolean,
): boolean {
  return !(look.hidden ?? hiddenAtFirst(output, onPrice));
}

/** One bar that a pattern or condition marks. */
export interface StudyMark {
  readonly time: number;
  /** 1 up, -1 down, 0 a condition without direction. */
  readonly sign: -1 | 0 | 1;
  /** Patterns of twice the strength are drawn larger. */
  readonly strong: boolean;
  readonly colour: string | null;
  readonly text: string;
}

const STRONG = 200;

/**
 * The marks of a column: bars whose value is neither zero nor missing. A column of ones and zeros is a
 * condition without direction. One that is never zero is a state, such as the direction of a trend:
 * only its changes are marked.
 */
export function marksOf(output: DrawnOutput, text: string): StudyMark[] {
  const { values, time, colour, kind } = output;
  const marks: StudyMark[] = [];
  const condition = kind === 'boolean' || values.every((value) => !(value < 0 || value > 1));
  const state = !condition && !values.includes(0);
  let before = Number.NaN;
  for (let i = 0; i < values.length; i += 1) {
    const value = values[i] as number;
    const last = before;
    before = value;
    if (!Number.isFinite(value) || value === 0) continue;
    if (state && (value === last || Number.isNaN(last))) continue;
    const sign = condition ? 0 : value > 0 ? 1 : -1;
    const strong = Math.abs(value) >= STRONG;
    marks.push({ time: time[i] as number, sign, strong, colour, text });
  }
  return marks;
}

/** A point of a series; without a value it is only a place in time. */
export interface Point {
  readonly time: number;
  readonly value?: number;
  readonly color?: string;
  readonly lineColor?: string;
  readonly topColor?: string;
  readonly bottomColor?: string;
  readonly topLineColor?: string;
  readonly bottomLineColor?: string;
  readonly topFillColor1?: string;
  readonly topFillColor2?: string;
  readonly bottomFillColor1?: string;
  readonly bottomFillColor2?: string;
}

const SECOND = 1_000;
const NONE = 'transparent';
/** The colours of a point of every kind of series that connects its points. */
const GAP = {
  color: NONE,
  lineColor: NONE,
  topColor: NONE,
  bottomColor: NONE,
  topLineColor: NONE,
  bottomLineColor: NONE,
  topFillColor1: NONE,
  topFillColor2: NONE,
  bottomFillColor1: NONE,
  bottomFillColor2: NONE,
} as const;

/**
 * The points of a series. A line would run on over missing values: it leaves the last point before them
 * in no colour.
 * @param colours of a histogram by sign, strong while it grows and faint while it shrinks
 */
export function pointsOf(
  { time, values, style, colour }: DrawnOutput,
  colours: { readonly up: string; readonly down: string },
): Point[] {
  const bySign = style === 'histogram' && colour === null;
  const connected = style === 'line' || style === 'step' || style === 'area';
  let before = 0;
  return Array.from(time, (stamp, i) => {
    const seconds = Math.floor(stamp / SECOND);
    const value = values[i] as number;
    if (!Number.isFinite(value)) return { time: seconds };
    if (bySign) {
      const shrinks = Math.abs(value) < Math.abs(before);
      before = value;
      const base = value >= 0 ? colours.up : colours.down;
      return { time: seconds, value, color: shrinks ? `${base}80` : base };
    }
    const gap = connected && i + 1 < values.length && !Number.isFinite(values[i + 1]);
    return gap ? { time: seconds, value, ...GAP } : { time: seconds, value };
  });
}

const NO_VALUES = new Float64Array(0);

/** An output that keeps its place in the chart while its values are not there. */
export function withoutValues(output: DrawnOutput): DrawnOutput {
  return { ...output, time: NO_VALUES, values: NO_VALUES };
}

/** Decimals that tell a column's values apart: 2 for an RSI, more for small ones. */
export function digitsOf(values: Float64Array): number {
  let largest = 0;
  for (const value of values.subarray(-500)) {
    if (Number.isFinite(value)) largest = Math.max(largest, Math.abs(value));
  }
  if (largest >= 1 || largest === 0) return 2;
  return Math.min(8, 2 - Math.floor(Math.log10(largest)));
}

const COMPACT = new Intl.NumberFormat('en-US', { notation: 'compact', maximumFractionDigits: 2 });
const LARGE = 1_000_000;

/** A value at the crosshair as the legend writes it. */
export function formatValue(value: number, { kind, values }: DrawnOutput): string {
  if (!Number.isFinite(value)) return 'n/a';
  if (kind === 'boolean') return value === 1 ? 'yes' : 'no';
  if (Math.abs(value) >= LARGE) return COMPACT.format(value);
  if (kind === 'integer') return value.toLocaleString('en-US');
  const digits = digitsOf(values);
  return value.toLocaleString('en-US', {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
}
