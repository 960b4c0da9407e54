import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Trip } from './messages.ts';

/** While this file is there, nothing is sent: the watchdog has stopped trading, and nobody has released it. */
const TRIP = 'watchdog-tripped.json';
/**
 * What the watchdog did, a line each. It has a file of its own since the journal belongs to the main
 * process: a main process that hangs may hold the journal's lock, and its ledger would not know what
 * another had written.
 */
const RECORDS = 'watchdog.jsonl';

const trip = z.object({ time: z.number(), reason: z.string() });
const record = z.object({
  /** Unique over all watchdogs of a data directory. */
  id: z.string().max(64),
  time: z.number(),
  account: z.string().max(80),
  text: z.string(),
});
export type WatchdogRecord = z.infer<typeof record>;

export function isTripped(directory: string): boolean {
  return existsSync(join(directory, TRIP));
}

/** null where trading has not been stopped. A file that cannot be read stops it as well. */
export function readTrip(directory: string): Trip | null {
  const path = join(directory, TRIP);
  if (!existsSync(path)) return null;
  try {
    return trip.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    return { time: 0, reason: 'The watchdog stopped trading; why cannot be read.' };
  }
}

/** On the disk when it returns. The first reason stays. */
export function writeTrip(directory: string, reason: Trip): void {
  if (isTripped(directory)) return;
  const path = join(directory, TRIP);
  const draft = `${path}.${process.pid}.new`;
  write(draft, 'w', `${JSON.stringify(reason)}\n`);
  renameSync(draft, path);
}

/** Trading may go on: a person has said so. */
export function clearTrip(directory: string): void {
  rmSync(join(directory, TRIP), { force: true });
}

/** Adds a line; on the disk when it returns. */
export function appendRecord(directory: string, line: WatchdogRecord): void {
  // A line that was torn off by a crash must not swallow the next one.
  const path = join(directory, RECORDS);
  const torn = existsSync(path) && !/(^|\n)$/.test(readFileSync(path, 'utf8').slice(-1));
  write(path, 'a', `${torn ? '\n' : ''}${JSON.stringify(line)}\n`);
}

/** All lines that are whole, oldest first. */
export function readRecords(directory: string): readonly WatchdogRecord[] {
  const path = join(directory, RECORDS);
  if (!existsSync(path)) return [];
  return readFileSync(path, 'utf8')
    .split('\n')
    .flatMap((line) => {
      try {
        return [record.parse(JSON.parse(line))];
      } catch {
        return [];
      }
    });
}

function write(path: string, flag: 'w' | 'a', text: string): void {
  const descriptor = openSync(path, flag, 0o600);
  try {
    writeSync(descriptor, text);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
