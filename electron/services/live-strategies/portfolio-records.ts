import type { Bar } from '../../../engine/domain/bar.ts';
import type { ErrorPayload } from '../../../engine/domain/errors.ts';
import type { Arrival } from '../../../engine/live/drift.ts';
import type { PortfolioInput } from '../../../engine/live/portfolio-code.ts';
import type { PortfolioCall } from '../../../engine/live/portfolio-script.ts';
import type { PortfolioEvent } from '../../../engine/live/portfolio-types.ts';
import type { BarMode } from '../../../engine/live/types.ts';
import type { JournalDraft, JournalEntry } from '../../../engine/ports/journal.ts';
import { entry } from '../trading/order-log.ts';
import { barOf, rowOf, type BarRow } from './records.ts';

/** Moments in one entry of a warm-up. */
const CHUNK = 200;

/** How far a strategy's code has come with its last input, and why it has ended. */
export interface PortfolioEnded {
  readonly calls: readonly PortfolioCall[];
  readonly why: ErrorPayload;
}

export interface MomentRow {
  readonly time: number;
  /** By the row of their instrument. */
  readonly bars: readonly (BarRow | null)[];
}

/** The inputs of a run of several instruments, in the order in which it took them, and when orders left. */
export type PortfolioEntry =
  | { readonly type: 'moments'; readonly moments: readonly MomentRow[]; readonly mode: BarMode }
  | { readonly type: 'portfolio-event'; readonly event: PortfolioEvent }
  /** With the input before it the strategy's code has ended for good; this much of its calls was done. */
  | ({ readonly type: 'portfolio-ended' } & PortfolioEnded)
  | {
      readonly type: 'portfolio-sent';
      readonly instrument: number;
      readonly slot: number;
      readonly attempt: number;
      readonly arrival: Arrival | null;
    };

export function portfolioDraft(id: string, record: PortfolioEntry): JournalDraft {
  return entry('strategy', id, record);
}

export function readPortfolioEntry({ body }: JournalEntry): PortfolioEntry {
  return JSON.parse(body) as PortfolioEntry;
}

/** What was before the run, in pieces that a journal takes. */
export function warmUpMoments(id: string, moments: readonly MomentRow[]): JournalDraft[] {
  const drafts: JournalDraft[] = [];
  for (let from = 0; from < moments.length; from += CHUNK) {
    const part = moments.slice(from, from + CHUNK);
    drafts.push(portfolioDraft(id, { type: 'moments', moments: part, mode: 'warm-up' }));
  }
  return drafts;
}

export function momentRow(time: number, bars: readonly (Bar | null)[]): MomentRow {
  return { time, bars: bars.map((bar) => (bar === null ? null : rowOf(bar))) };
}

export function barsOfMoment({ bars }: MomentRow): readonly (Bar | null)[] {
  return bars.map((row) => (row === null ? null : barOf(row)));
}

/** What the strategy is told with an entry; null for one that is none of its business. */
export function inputOfEntry(record: PortfolioEntry): PortfolioInput | null {
  if (record.type === 'portfolio-event') return { kind: 'event', event: record.event };
  if (record.type !== 'moments') return null;
  const { moments, mode } = record;
  return {
    kind: 'moments',
    mode,
    moments: moments.map((moment) => ({ time: moment.time, bars: barsOfMoment(moment) })),
  };
}
