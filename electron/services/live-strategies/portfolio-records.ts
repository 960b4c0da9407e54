import type { Bar } from '../../../engine/domain/bar.ts';
import type { ErrorPayload } from '../../../engine/domain/errors.ts';
import type { Arrival } from '../../../engine/live/drift.ts';
import type { PortfolioInput } from '../../../engine/live/portfolio-code.ts';
import type { PortfolioCall } from '../../../engine/live/portfolio-script.ts';
import type { PortfolioEvent } from '../../../engine/live/portfolio-types.ts';
import type { BarMode } from '../../../engine/live/types.ts';
import type { TradableInstrument } from '../../../engine/ports/instruments.ts';
import type { JournalDraft, JournalEntry } from '../../../engine/ports/journal.ts';
import { entry } from '../trading/order-log.ts';
import { barOf, rowOf, type BarRow, type RunEntry, type StartRecord } from './records.ts';

/** Moments in one entry of a warm-up. */
const CHUNK = 200;

/** How far a strategy's code has come with its last input, and why it has ended. */
export interface PortfolioEnded {
  readonly calls: readonly PortfolioCall[];
  readonly why: ErrorPayload;
}

/** What a run is, as it was started. */
export interface PortfolioStartRecord extends Omit<StartRecord, 'instrument'> {
  readonly instruments: readonly TradableInstrument[];
}

export interface MomentRow {
  readonly time: number;
  /** By the row of their instrument. */
  readonly bars: readonly (BarRow | null)[];
}

/** The inputs of a run of several instruments, in the order in which it took them, and when orders left. */
export type PortfolioEntry =
  | { readonly type: 'start'; readonly start: PortfolioStartRecord }
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

/** How a run of one instrument or of several began; null where an entry does not say it. */
export function readStart({ body }: JournalEntry): StartRecord | PortfolioStartRecord | null {
  const record = JSON.parse(body) as RunEntry | PortfolioEntry;
  return record.type === 'start' ? record.start : null;
}

/** What was before the run, in pieces that a journal takes. */
export function warmUpMoments(moments: readonly MomentRow[]): PortfolioEntry[] {
  const entries: PortfolioEntry[] = [];
  for (let from = 0; from < moments.length; from += CHUNK) {
    entries.push({ type: 'moments', moments: moments.slice(from, from + CHUNK), mode: 'warm-up' });
  }
  return entries;
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

/** Key of an order by its instrument, slot and attempt. */
export function placeOf(
  row: number,
  { slot, attempt }: { readonly slot: number; readonly attempt: number },
): string {
  return `${row}.${slot}.${attempt}`;
}
