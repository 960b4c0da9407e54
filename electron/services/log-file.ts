import { appendFileSync } from 'node:fs';
import { appendFile, rename, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { makeFolder } from '../storage/make-folder.ts';

export interface LogFileOptions {
  /** Size at which a file is put aside, bytes. */
  readonly maxBytes: number;
  /** Files kept besides the current one, as `name.1`, `name.2`, … */
  readonly kept: number;
}

export const DEFAULT_LOG_LIMITS: LogFileOptions = { maxBytes: 1024 * 1024, kept: 3 };

/** Lines that wait while the disk is slow; more are dropped and counted. */
const MAX_WAITING = 2_000;

/** A log file of bounded size, written off the main thread's path. */
export interface LogFile {
  /** Takes one or more whole lines. */
  write(lines: string): void;
  /** Writes what waits, at once; for the moment before a crash. */
  flushSync(): void;
  close(): Promise<void>;
}

export function openLogFile(path: string, options: LogFileOptions = DEFAULT_LOG_LIMITS): LogFile {
  let waiting: string[] = [];
  let dropped = 0;
  let writing: Promise<void> | undefined;
  let size: number | undefined;

  function take(): string {
    const lines = waiting.join('');
    waiting = [];
    if (dropped === 0) return lines;
    const note = `{"level":40,"msg":"${dropped} log lines were dropped"}\n`;
    dropped = 0;
    return lines + note;
  }

  async function drain(): Promise<void> {
    while (waiting.length > 0) {
      const lines = take();
      try {
        size ??= await sizeOf(path);
        const bytes = Buffer.byteLength(lines);
        if (size > 0 && size + bytes > options.maxBytes) {
          await putAside(path, options.kept);
          size = 0;
        }
        await appendFile(path, lines);
        size += bytes;
      } catch {
        // A full or read-only disk must not take the workstation down with it.
        size = undefined;
      }
    }
    writing = undefined;
  }

  return {
    write(lines) {
      if (waiting.length >= MAX_WAITING) {
        dropped += 1;
        return;
      }
      waiting.push(lines);
      writing ??= drain();
    },
    flushSync() {
      try {
        makeFolder(dirname(path));
        appendFileSync(path, take());
      } catch {
        // See above.
      }
    },
    async close() {
      await writing;
    },
  };
}

async function sizeOf(path: string): Promise<number> {
  makeFolder(dirname(path));
  return (await stat(path).catch(() => undefined))?.size ?? 0;
}

async function putAside(path: string, kept: number): Promise<void> {
  for (let number = kept; number >= 1; number -= 1) {
    const from = number === 1 ? path : `${path}.${number - 1}`;
    await rename(from, `${path}.${number}`).catch(() => undefined);
  }
}
