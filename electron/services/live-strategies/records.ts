import { allocateColumns } from '../../../engine/series/columns.ts';
import type { Bar, BarColumns } from '../../../engine/domain/bar.ts';
import type { ErrorPayload } from '../../../engine/domain/errors.ts';
import type { Arrival } from '../../../engine/live/drift.ts';
import type { Call } from '../../../engine/live/script.ts';
import type { BarMode, LiveEvent } from '../../../engine/live/types.ts';
import type {
  LiveRunState,
  LiveStrategyRequest,
} from '../../../engine/protocol/live-strategy-schemas.ts';
import type { TradableInstrument } from '../../../engine/ports/instruments.ts';
import type { JournalDraft, JournalEntry } from '../../../engine/ports/journal.ts';
import { entry } from '../trading/order-log.ts';
import type { StrategyText } from '../strategies/library.ts';

/** Subject of the entries that say which runs there are and how they stand. */
export const RUNS = 'live-strategies';

/** Bars in one entry of a warm-up. */
const CHUNK = 500;

/** How a run stands; the newest entry counts. */
export interface RunRecord {
  readonly id: string;
  readonly state: LiveRunState;
  readonly reason: string;
  readonly time: number;
}

/** What a run is, as it was started. */
export interface StartRecord {
  readonly request: LiveStrategyRequest;
  readonly title: string;
  readonly instrument: TradableInstrument;
  /** The text that it runs; null for strategies of the program itself. */
  readonly text: StrategyText | null;
  /** SHA-256 of the text, hex; empty where there is none. Absent in runs that were begun without it. */
  readonly hash?: string;
  readonly time: number;
}

/** The inputs of a run, in the order in which it took them, and what is known of its orders besides. */
export type RunEntry =
  | { readonly type: 'start'; readonly start: StartRecord }
  | { readonly type: 'warm-up'; readonly bars: readonly BarRow[] }
  | { readonly type: 'bar'; readonly bar: BarRow; readonly mode: BarMode }
  | { readonly type: 'event'; readonly event: LiveEvent }
  /** With the input before it the strategy's code has ended for good; this much of its calls was done. */
  | ({ readonly type: 'code-ended' } & Ended)
  | {
      readonly type: 'sent';
      readonly slot: number;
      readonly attempt: number;
      readonly arrival: Arrival | null;
    };

/** How far a strategy's code has come with its last input, and why it has ended. */
export interface Ended {
  readonly calls: readonly Call[];
  readonly why: ErrorPayload;
}

/** Time, open, high, low, close, volume; JSON has no NaN. */
export type BarRow = readonly (number | null)[];

export function runDraft(id: string, record: RunEntry): JournalDraft {
  return entry('strategy', id, record);
}

export function stateDraft(record: RunRecord): JournalDraft {
  return entry('strategy', RUNS, record);
}

export function readEntry({ body }: JournalEntry): RunEntry {
  return JSON.parse(body) as RunEntry;
}

/** The newest state of every run, in the order in which they were started. */
export function readStates(entries: readonly JournalEntry[]): Map<string, RunRecord> {
  const states = new Map<string, RunRecord>();
  for (const { body } of entries) {
    const record = JSON.parse(body) as RunRecord;
    states.set(record.id, record);
  }
  return states;
}

export function warmUpDrafts(id: string, bars: BarColumns): JournalDraft[] {
  const drafts: JournalDraft[] = [];
  const rows = Array.from(bars.time.keys(), (i) => rowAt(bars, i));
  for (let from = 0; from < rows.length; from += CHUNK) {
    drafts.push(runDraft(id, { type: 'warm-up', bars: rows.slice(from, from + CHUNK) }));
  }
  return drafts;
}

export function rowOf({ time, open, high, low, close, volume }: Bar): BarRow {
  return [time, open, high, low, close, volume].map((value) =>
    Number.isFinite(value) ? value : null,
  );
}

export function barOf(row: BarRow): Bar {
  const at = (i: number): number => row[i] ?? Number.NaN;
  return { time: at(0), open: at(1), high: at(2), low: at(3), close: at(4), volume: at(5) };
}

export function columnsOfRows(rows: readonly BarRow[]): BarColumns {
  const columns = allocateColumns(rows.length);
  rows.forEach((row, i) => {
    const bar = barOf(row);
    columns.time[i] = bar.time;
    columns.open[i] = bar.open;
    columns.high[i] = bar.high;
    columns.low[i] = bar.low;
    columns.close[i] = bar.close;
    columns.volume[i] = bar.volume;
  });
  return columns;
}

function rowAt(bars: BarColumns, i: number): BarRow {
  return rowOf({
    time: bars.time[i] as number,
    open: bars.open[i] as number,
    high: bars.high[i] as number,
    low: bars.low[i] as number,
    close: bars.close[i] as number,
    volume: bars.volume[i] as number,
  });
}
