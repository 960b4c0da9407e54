import type { BacktestResult } from '../domain/backtest.ts';

/** What the audit looks at in a run; any backtest result has it. */
export type AuditRun = Pick<
  BacktestResult,
  'orders' | 'trades' | 'plots' | 'position' | 'ambiguous'
>;

export const AUDIT_CHECKS = [
  'repeatability',
  'look-ahead',
  'warm-up',
  'stale-fills',
  'same-bar',
  'data-gaps',
  'survivorship',
  'costs',
  'sample',
  'trials',
] as const;
export type AuditCheck = (typeof AUDIT_CHECKS)[number];

/** `fatal` makes the result worthless, `serious` doubtful, `warning` a little better than life; `note` is no fault. */
export type Severity = 'fatal' | 'serious' | 'warning' | 'note';

export interface Finding {
  readonly check: AuditCheck;
  readonly severity: Severity;
  /** One sentence: what was found and where. */
  readonly message: string;
  /** The numbers behind it; bars count from 0. */
  readonly evidence: Readonly<Record<string, number | string>>;
}

/** Part of something in whole percent, and not 0 % or 100 % unless it is exactly that. */
export function percentText(part: number): string {
  const whole = Math.round(part * 100);
  if (whole === 0 && part > 0) return 'under 1 %';
  if (whole === 100 && part < 1) return 'over 99 %';
  return `${whole} %`;
}

export function countText(count: number, one: string, many: string): string {
  return count === 1 ? `one ${one}` : `${count} ${many}`;
}
