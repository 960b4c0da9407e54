import type { CodeInput } from '../../../engine/live/code.ts';
import type { CodeMind } from './code-mind.ts';
import { barOf, columnsOfRows, type Ended, type RunEntry } from './records.ts';

/**
 * Lets a mind think again about an entry of a run's journal that the run is about to take again.
 * @param later what was written after it
 */
export async function remember(
  mind: CodeMind,
  entry: RunEntry,
  later: Iterable<RunEntry>,
): Promise<void> {
  const input = inputOf(entry);
  if (input === null) return;
  const ended = endedWith(later);
  // What ended it then need not do so at the same place again; what was done is what counts.
  if (ended === null) await mind.hear(input);
  else mind.end(input, ended.calls, ended.why);
}

function endedWith(later: Iterable<RunEntry>): Ended | null {
  for (const entry of later) {
    // JSON has no NaN.
    if (entry.type === 'code-ended') return JSON.parse(JSON.stringify(entry), withNaN) as Ended;
    if (inputOf(entry) !== null) return null;
  }
  return null;
}

function withNaN(_key: string, value: unknown): unknown {
  return value === null ? Number.NaN : value;
}

function inputOf(entry: RunEntry): CodeInput | null {
  if (entry.type === 'warm-up') return { kind: 'warm', bars: columnsOfRows(entry.bars) };
  if (entry.type === 'bar') return { kind: 'bar', bar: barOf(entry.bar), mode: entry.mode };
  return entry.type === 'event' ? { kind: 'event', event: entry.event } : null;
}
