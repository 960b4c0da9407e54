import type { Bar } from '../../../engine/domain/bar.ts';
import type { ErrorPayload } from '../../../engine/domain/errors.ts';
import type { AnyCall, LiveInput, MomentBars } from '../../../engine/live/code.ts';
import type { Arrival } from '../../../engine/live/drift.ts';
import type { PortfolioEvent } from '../../../engine/live/portfolio-types.ts';
import type { BarMode, LiveEvent } from '../../../engine/live/types.ts';
import type { JournalDraft, JournalEntry } from '../../../engine/ports/journal.ts';
import { entry } from '../trading/order-log.ts';
import { barOf, rowOf, type AnyStart, type BarRow } from './records.ts';

/** An order left for the venue. */
export interface Sent {
  readonly instrument: number;
  readonly slot: number;
  readonly attempt: number;
  /** The market then. */
  readonly arrival: Arrival | null;
}

/** How far a strategy's code has come with its last input, and why it has ended. */
export interface Ended {
  readonly calls: readonly AnyCall[];
  readonly why: ErrorPayload;
}

/** What a run writes: its inputs in the order in which it took them, and what is known of them besides. */
export type Written =
  | LiveInput
  | { readonly kind: 'start'; readonly start: AnyStart }
  | ({ readonly kind: 'sent' } & Sent)
  /** With the input before it the strategy's code has ended for good; this much of its calls was done. */
  | ({ readonly kind: 'ended' } & Ended);

type AfterStart = Exclude<Written, { readonly kind: 'start' }>;

interface StartEntry {
  readonly type: 'start';
  readonly start: AnyStart;
}

/** As the journal has it of a run of one instrument. */
type OneEntry =
  | { readonly type: 'warm-up'; readonly bars: readonly BarRow[] }
  | { readonly type: 'bar'; readonly bar: BarRow; readonly mode: BarMode }
  | { readonly type: 'event'; readonly event: LiveEvent }
  | ({ readonly type: 'code-ended' } & Ended)
  | ({ readonly type: 'sent' } & Omit<Sent, 'instrument'>);

interface MomentRow {
  readonly time: number;
  /** By the row of their instrument. */
  readonly bars: readonly (BarRow | null)[];
}

/** As it has it of a run of several. */
type SeveralEntry =
  | { readonly type: 'moments'; readonly moments: readonly MomentRow[]; readonly mode: BarMode }
  | { readonly type: 'portfolio-event'; readonly event: PortfolioEvent }
  | ({ readonly type: 'portfolio-ended' } & Ended)
  | ({ readonly type: 'portfolio-sent' } & Sent);

/** Bars in one entry of what was before a run. */
const CHUNK = 500;

/** @param several instruments */
export function draftOf(id: string, several: boolean, written: Written): JournalDraft {
  if (written.kind === 'start')
    return entry('strategy', id, { type: 'start', start: written.start });
  return entry('strategy', id, several ? severalEntry(written) : oneEntry(written));
}

/** What was before a run, in pieces that a journal takes. */
export function pastOf(moments: readonly MomentBars[]): LiveInput[] {
  const inputs: LiveInput[] = [];
  const count = Math.max(1, Math.floor(CHUNK / (moments[0]?.bars.length ?? 1)));
  for (let from = 0; from < moments.length; from += count) {
    const part = moments.slice(from, from + count);
    inputs.push({ kind: 'moments', moments: part, mode: 'warm-up' });
  }
  return inputs;
}

function oneEntry(written: AfterStart): OneEntry {
  switch (written.kind) {
    case 'moments': {
      const { moments, mode } = written;
      const bars = moments.flatMap((each) => each.bars.flatMap((bar) => (bar ? [rowOf(bar)] : [])));
      const [bar] = bars;
      return bars.length === 1 && bar !== undefined
        ? { type: 'bar', bar, mode }
        : { type: 'warm-up', bars };
    }
    case 'event': {
      const { event } = written;
      if (event.kind === 'order') return { type: 'event', event: event.event };
      if (event.kind === 'close') return { type: 'event', event };
      throw new TypeError('A run of one instrument has nothing that waits for money.');
    }
    case 'ended':
      return { type: 'code-ended', calls: written.calls, why: written.why };
    case 'sent': {
      const { slot, attempt, arrival } = written;
      return { type: 'sent', slot, attempt, arrival };
    }
  }
}

function severalEntry(written: AfterStart): SeveralEntry {
  switch (written.kind) {
    case 'moments': {
      const moments = written.moments.map(({ time, bars }) => ({
        time,
        bars: bars.map((bar) => (bar === null ? null : rowOf(bar))),
      }));
      return { type: 'moments', moments, mode: written.mode };
    }
    case 'event':
      return { type: 'portfolio-event', event: written.event };
    case 'ended':
      return { type: 'portfolio-ended', calls: written.calls, why: written.why };
    case 'sent': {
      const { kind: _, ...sent } = written;
      return { type: 'portfolio-sent', ...sent };
    }
  }
}

export function readWritten({ body }: JournalEntry): Written {
  const record = JSON.parse(body) as StartEntry | OneEntry | SeveralEntry;
  switch (record.type) {
    case 'start':
      return { kind: 'start', start: record.start };
    case 'warm-up':
      return momentsOf('warm-up', record.bars.map(barOf));
    case 'bar':
      return momentsOf(record.mode, [barOf(record.bar)]);
    case 'moments': {
      const moments = record.moments.map(({ time, bars }) => ({
        time,
        bars: bars.map((row) => (row === null ? null : barOf(row))),
      }));
      return { kind: 'moments', moments, mode: record.mode };
    }
    case 'event': {
      const { event } = record;
      if (event.kind === 'close') return { kind: 'event', event };
      return { kind: 'event', event: { kind: 'order', instrument: 0, event } };
    }
    case 'portfolio-event':
      return { kind: 'event', event: record.event };
    case 'sent':
    case 'portfolio-sent': {
      const { type: _, ...sent } = record;
      return 'instrument' in sent
        ? { kind: 'sent', ...sent }
        : { kind: 'sent', instrument: 0, ...sent };
    }
    case 'code-ended':
    case 'portfolio-ended': {
      const { calls, why } = JSON.parse(body, withNaN) as Ended;
      return { kind: 'ended', calls, why };
    }
  }
}

/** Bars of one instrument. */
function momentsOf(mode: BarMode, bars: readonly Bar[]): LiveInput {
  return { kind: 'moments', moments: bars.map((bar) => ({ time: bar.time, bars: [bar] })), mode };
}

function withNaN(_key: string, value: unknown): unknown {
  return value === null ? Number.NaN : value;
}

export function isInput(written: Written): written is LiveInput {
  return written.kind === 'moments' || written.kind === 'event';
}

/** Whether the strategy's code ended with an input; orders that left meanwhile may lie between. */
export function endedAfter(written: readonly Written[], at: number): Ended | null {
  for (let next = at + 1; next < written.length; next += 1) {
    const each = written[next] as Written;
    if (each.kind === 'ended') return each;
    if (isInput(each)) return null;
  }
  return null;
}

/** Key of an order by its instrument, slot and attempt. */
export function placeOf({ instrument, slot, attempt }: Omit<Sent, 'arrival'>): string {
  return `${instrument}.${slot}.${attempt}`;
}
