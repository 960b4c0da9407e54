import { decimal, decimalOf, isPositive, roundToStep } from '../../../engine/domain/decimal.ts';
import type { OrderCheck, RiskCheck } from '../../../engine/protocol/live-schemas.ts';

/** One bar: a limit and what the order would make of it. */
export interface HeadroomRow {
  readonly key: string;
  readonly title: string;
  readonly scope: string;
  readonly passed: boolean;
  /** Part of the limit that would be used; more than 1 is over it. */
  readonly used: number | null;
  readonly value: string;
  readonly limit: string;
  readonly message: string;
  readonly level: 'free' | 'near' | 'over';
}

/** From this part of a limit on, it is near. */
const NEAR = 0.8;

/** Bars of all limits with a number, those that refuse first, then the fullest. */
export function headroomRows(check: OrderCheck): readonly HeadroomRow[] {
  return check.checks
    .filter(({ used, passed }) => used !== null || !passed)
    .map(rowOf)
    .toSorted((a, b) => Number(a.passed) - Number(b.passed) || (b.used ?? 2) - (a.used ?? 2));
}

/** How many checks pass that have no number to show. */
export function quietPasses(check: OrderCheck): number {
  return check.checks.filter(({ used, passed }) => used === null && passed).length;
}

function rowOf(check: RiskCheck, index: number): HeadroomRow {
  const { code, title, scope, passed, used, value, limit, message } = check;
  return {
    key: `${code}|${scope}|${index}`,
    title,
    scope: scope === 'global' ? '' : scope,
    passed,
    used,
    value: value === null ? '' : figureOf(code, value),
    limit: limit === null ? '' : figureOf(code, limit),
    message,
    level: !passed ? 'over' : used !== null && used >= NEAR ? 'near' : 'free',
  };
}

/** Limits that are parts of something read as percentages. */
const PARTS: ReadonlySet<string> = new Set(['PRICE_COLLAR', 'MAX_DRAWDOWN']);

function figureOf(code: string, text: string): string {
  return PARTS.has(code) ? `${shortFigure(String(Number(text) * 100))} %` : shortFigure(text);
}

/** `251234.567 USD` as `251,235 USD`, `0.05123` as `0.0512`: four digits say enough beside a bar. */
export function shortFigure(text: string): string {
  const [figure = '', ...unit] = text.split(' ');
  const value = Number(figure);
  if (figure === '' || !Number.isFinite(value)) return text;
  const size = Math.abs(value);
  const shown =
    size >= 1000
      ? value.toLocaleString('en-US', { maximumFractionDigits: 0 })
      : value.toLocaleString('en-US', { maximumSignificantDigits: 4 });
  return [shown, ...unit].join(' ');
}

/** Width of a bar in percent; what is over the limit fills it. */
export function barWidth(used: number | null): number {
  if (used === null || !Number.isFinite(used)) return 100;
  return Math.min(100, Math.max(0, used * 100));
}

/** The size that would pass, when another one than the present is of use. */
export function sizeOffered(check: OrderCheck): string | undefined {
  const { largest, quantity } = check;
  if (largest === null || Number(largest) <= 0 || largest === quantity) return undefined;
  return largest;
}

/** Digits of a size that is offered. */
const OFFERED_DIGITS = 3;

/**
 * The largest size with three digits, rounded down to whole lots: prices move on while it is taken, and
 * what passes to the last digit now is too much a moment later.
 */
export function sizeToTake(largest: string, lotSize: string | undefined): string {
  const exponent = Math.floor(Math.log10(Number(largest)));
  const step = decimalOf(10 ** (exponent - OFFERED_DIGITS + 1));
  let size = roundToStep(decimal(largest), step, 'towards-zero');
  if (lotSize !== undefined) size = roundToStep(size, decimal(lotSize), 'towards-zero');
  return isPositive(size) ? size : largest;
}
