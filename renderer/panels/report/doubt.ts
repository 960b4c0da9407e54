import { noteOfDoubt } from '../../../engine/protocol/run-notes.ts';
import type { Run } from '../../../engine/protocol/schemas.ts';

/** What the order of prices inside bars leaves open in a run. */
export interface Doubt {
  /** Trades that depend on it, and all trades. */
  readonly count: number;
  readonly trades: number;
  /** Final equity as it was booked, and with each of those trades at its best and at its worst. */
  readonly booked: number;
  readonly best: number;
  readonly worst: number;
}

type Doubted = Pick<Run, 'ambiguous' | 'trades' | 'equity'>;

/** Sizes of later trades are taken as they were booked; `null` when no trade depends on it. */
export function doubtOf({ ambiguous, trades, equity }: Doubted): Doubt | null {
  if (ambiguous === undefined || ambiguous.count === 0) return null;
  const booked = equity.at(-1) ?? Number.NaN;
  const { count, trade } = ambiguous;
  const gap = (values: Float64Array): number =>
    trade.reduce((sum, row, i) => sum + (values[i] as number) - (trades.pnl[row] as number), 0);
  return {
    count,
    trades: trades.count,
    booked,
    best: booked + gap(ambiguous.best),
    worst: booked + gap(ambiguous.worst),
  };
}

/** The notes of a run besides the one that a doubt already says. */
export function otherNotes({ summary }: Pick<Run, 'summary'>, doubt: Doubt | null): string[] {
  const said = doubt === null ? undefined : noteOfDoubt(doubt.count, doubt.trades);
  return (summary.notes ?? []).filter((note) => note !== said);
}
