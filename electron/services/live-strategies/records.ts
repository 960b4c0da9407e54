import type { Bar } from '../../../engine/domain/bar.ts';
import type { LiveRun } from '../../../engine/live/run.ts';
import type { LivePortfolioRun } from '../../../engine/live/portfolio-run.ts';
import {
  liveStrategy,
  type LiveRunState,
  type LiveStrategyRequest,
  type LiveStrategyView,
} from '../../../engine/protocol/live-strategy-schemas.ts';
import type { TradableInstrument } from '../../../engine/ports/instruments.ts';
import type { JournalDraft, JournalEntry } from '../../../engine/ports/journal.ts';
import { entry } from '../trading/order-log.ts';
import type { StrategyText } from '../strategies/library.ts';

/** Subject of the entries that say which runs there are and how they stand. */
export const RUNS = 'live-strategies';

/** How a run stands; the newest entry counts. */
export interface RunRecord {
  readonly id: string;
  readonly state: LiveRunState;
  readonly reason: string;
  readonly time: number;
  /** What became of a run that is over, so that nobody has to play it again to know; absent in old entries. */
  readonly view?: LiveStrategyView;
}

/** What a run is, as it was started. */
interface Started {
  readonly request: LiveStrategyRequest;
  readonly title: string;
  /** The text that it runs; null for strategies of the program itself. */
  readonly text: StrategyText | null;
  /** SHA-256 of the text, hex; empty where there is none. Absent in runs that were begun without it. */
  readonly hash?: string;
  readonly time: number;
}

export interface StartRecord extends Started {
  readonly instrument: TradableInstrument;
}

export interface PortfolioStartRecord extends Started {
  readonly instruments: readonly TradableInstrument[];
}

export type AnyStart = StartRecord | PortfolioStartRecord;

/** A run as it was started, and its books: of one instrument or of several. */
export type RunBody =
  | { readonly several: false; readonly start: StartRecord; readonly core: LiveRun }
  | {
      readonly several: true;
      /** Its instruments are in the order of the core's. */
      readonly start: PortfolioStartRecord;
      readonly core: LivePortfolioRun;
    };

export function instrumentsOf(start: AnyStart): readonly TradableInstrument[] {
  return 'instruments' in start ? start.instruments : [start.instrument];
}

/** Time, open, high, low, close, volume; JSON has no NaN. */
export type BarRow = readonly (number | null)[];

export function stateDraft(record: RunRecord): JournalDraft {
  return entry('strategy', RUNS, record);
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

/** What became of a run; null where its record does not say it as it is told now. */
export function viewIn({ view, state, reason }: RunRecord): LiveStrategyView | null {
  const read = liveStrategy.safeParse({ ...view, state, reason });
  return read.success ? read.data : null;
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
