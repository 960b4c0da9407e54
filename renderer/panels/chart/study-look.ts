import type { StudyStyle } from '../../../engine/domain/study.ts';
import type { CallOutput } from '../../../engine/protocol/contract.ts';
import { PALETTE_SIZE, type Study } from './study-model.ts';

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
  readonly hidden: boolean;
  readonly time: Float64Array;
  readonly values: Float64Array;
}

/** The outputs of a study with the user's look on top of the indicator's. */
export function drawnOutputs(study: Study, result: StudyResult, onPrice: boolean): DrawnOutput[] {
  let next = study.colour - 1;
  return result.outputs.map(({ name, label, kind, style: usual, values }) => {
    const look = study.looks[name] ?? {};
    const wanted = look.style ?? usual;
    // Marks stand at bars of the price; in a pane without any they become columns.
    const style = wanted === 'marks' && !onPrice ? 'histogram' : wanted;
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
      hidden: study.hidden || look.hidden === true,
      time: result.time,
      values,
    };
  });
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

/** The marks of a column: bars whose value is neither zero nor missing. */
export function marksOf(output: DrawnOutput, text: string): StudyMark[] {
  const marks: StudyMark[] = [];
  const { values, time, colour, kind } = output;
  for (let i = 0; i < values.length; i += 1) {
    const value = values[i] as number;
    if (!Number.isFinite(value) || value === 0) continue;
    const sign = kind === 'boolean' ? 0 : value > 0 ? 1 : -1;
    const strong = Math.abs(value) >= 200;
    marks.push({ time: time[i] as number, sign, strong, colour, text });
  }
  return marks;
}

/** A point of a series; without a value it leaves a gap. */
export interface Point {
  readonly time: number;
  readonly value?: number;
  readonly color?: string;
}

const SECOND = 1_000;

/** @param colours of a histogram by sign, strong while it grows and faint while it shrinks */
export function pointsOf(
  { time, values, style, colour }: DrawnOutput,
  colours: { readonly up: string; readonly down: string },
): Point[] {
  const bySign = style === 'histogram' && colour === null;
  let before = 0;
  return Array.from(time, (stamp, i) => {
    const seconds = Math.floor(stamp / SECOND);
    const value = values[i] as number;
    if (!Number.isFinite(value)) return { time: seconds };
    if (!bySign) return { time: seconds, value };
    const shrinks = Math.abs(value) < Math.abs(before);
    before = value;
    const base = value >= 0 ? colours.up : colours.down;
    return { time: seconds, value, color: shrinks ? `${base}80` : base };
  });
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
