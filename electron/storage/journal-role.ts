import { appendFileSync, closeSync, existsSync, fsyncSync, openSync, readFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { Database as Connection } from 'better-sqlite3';
import { RenataError } from '../../engine/domain/errors.ts';
import type { JournalDraft, JournalEntry } from '../../engine/ports/journal.ts';
import { asRenataError } from './database.ts';
import { makeFolder } from './make-folder.ts';
import type { CallControl, ThreadStart } from './thread-protocol.ts';

export const JOURNAL_FILE = 'journal.sqlite';
/** Heads of the chain, kept apart from it, so that a journal that was cut off is noticed. */
export const ANCHOR_FILE = 'journal.anchors';
/** "RNTJ": tells a journal from any other SQLite file. */
const APPLICATION_ID = 0x524e_544a;
const SCHEMA = 1;
/** Entries between two anchors. */
const ANCHOR_EVERY = 1000;
/** What the first entry's hash is made over. */
const GENESIS = '0'.repeat(64);
const PAGE = 2000;

/** Result of checking the whole chain. */
export interface JournalCheck {
  readonly entries: number;
  /** Hash of the last entry; of nothing when there is none. */
  readonly head: string;
  /** What is wrong first, and at which entry; null when all is well. */
  readonly fault: { readonly sequence: number; readonly what: string } | null;
}

interface Row {
  readonly sequence: number;
  readonly time: number;
  readonly kind: string;
  readonly subject: string;
  readonly body: string;
  readonly hash: string;
}

/** The journal's own thread: one connection that only ever appends. */
export function journalHandlers(start: ThreadStart) {
  const path = join(start.directory, JOURNAL_FILE);
  const anchorPath = join(start.directory, ANCHOR_FILE);
  const connection = openJournal(start.directory, path);
  const insert = connection.prepare<[number, number, string, string, string, string]>(
    'INSERT INTO entries (sequence, time, kind, subject, body, hash) VALUES (?, ?, ?, ?, ?, ?)',
  );
  const last = connection.prepare<[], Row>('SELECT * FROM entries ORDER BY sequence DESC LIMIT 1');
  const page = connection.prepare<[number, number], Row>(
    'SELECT * FROM entries WHERE sequence >= ? ORDER BY sequence LIMIT ?',
  );
  const about = connection.prepare<[string, number], Row>(
    'SELECT * FROM entries WHERE subject = ? ORDER BY sequence LIMIT ?',
  );

  const write = connection.transaction((drafts: readonly JournalDraft[], time: number) => {
    // Read inside of the transaction: another process may have written since.
    const head = last.get();
    let sequence = head?.sequence ?? 0;
    let hash = head?.hash ?? GENESIS;
    return drafts.map(({ kind, subject, body }): JournalEntry => {
      sequence += 1;
      hash = entryHash(hash, { sequence, time, kind, subject, body });
      insert.run(sequence, time, kind, subject, body, hash);
      return { sequence, time, kind, subject, body, hash };
    });
  });

  function anchor(entry: Pick<JournalEntry, 'sequence' | 'hash'>): void {
    appendFileSync(anchorPath, `${entry.sequence} ${entry.hash}\n`, { mode: 0o600 });
    const descriptor = openSync(anchorPath, 'r+');
    try {
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  }

  return {
    /** All of the drafts or none; on the disk when it returns. */
    append: (drafts: readonly JournalDraft[]): JournalEntry[] => {
      // IMMEDIATE: the head must not change between reading and writing it.
      const entries = write.immediate(drafts, Date.now());
      const marked = entries.find(({ sequence }) => sequence % ANCHOR_EVERY === 0);
      if (marked !== undefined) anchor(marked);
      return entries;
    },
    read: ({ from, limit }: { readonly from: number; readonly limit: number }): JournalEntry[] =>
      page.all(from, limit),
    about: ({
      subject,
      limit,
    }: {
      readonly subject: string;
      readonly limit: number;
    }): JournalEntry[] => about.all(subject, limit),
    head: (): Pick<JournalEntry, 'sequence' | 'hash'> =>
      last.get() ?? { sequence: 0, hash: GENESIS },
    verify: (_input: undefined, control: CallControl): JournalCheck =>
      verify(
        (from) => page.all(from, PAGE),
        readAnchors(anchorPath),
        control,
        last.get()?.sequence ?? 0,
      ),
    close: (): void => {
      if (!connection.open) return;
      const head = last.get();
      if (head !== undefined && head.sequence % ANCHOR_EVERY !== 0) anchor(head);
      connection.close();
    },
  };
}

/** Hash over the hash before and every field, each with its length, so that no two entries run together. */
export function entryHash(before: string, entry: Omit<JournalEntry, 'hash'>): string {
  const hash = createHash('sha256').update(before);
  for (const field of [
    String(entry.sequence),
    String(entry.time),
    entry.kind,
    entry.subject,
    entry.body,
  ]) {
    hash.update(`\n${Buffer.byteLength(field)}:`).update(field);
  }
  return hash.digest('hex');
}

/**
 * @throws RenataError STORE_DAMAGED: unlike the history store, a damaged journal is never set aside by
 * itself, since orders may be working that only it knows of
 */
function openJournal(directory: string, path: string): Connection {
  let connection: Connection | undefined;
  try {
    makeFolder(directory);
    connection = new Database(path, { timeout: 5000 });
    const tables = connection
      .prepare<[], { count: number }>('SELECT count(*) AS count FROM sqlite_schema')
      .get()?.count;
    const version = Number(connection.pragma('user_version', { simple: true }));
    const owner = Number(connection.pragma('application_id', { simple: true }));
    if (tables !== 0 && owner !== APPLICATION_ID) {
      throw new RenataError(
        'STORE_DAMAGED',
        `${path} is a database of another program; move it away.`,
      );
    }
    if (version > SCHEMA) {
      throw new RenataError(
        'CONFLICT',
        `The journal ${path} was written by a newer Renata; update Renata or choose another data directory.`,
      );
    }
    connection.pragma('journal_mode = WAL');
    // FULL syncs the log on every commit: what was journaled survives the machine losing power.
    connection.pragma('synchronous = FULL');
    if (tables === 0) {
      connection.exec(`
        BEGIN IMMEDIATE;
        CREATE TABLE IF NOT EXISTS entries (
          sequence INTEGER PRIMARY KEY,
          time INTEGER NOT NULL,
          kind TEXT NOT NULL,
          subject TEXT NOT NULL,
          body TEXT NOT NULL,
          hash TEXT NOT NULL
        ) STRICT;
        CREATE INDEX IF NOT EXISTS entries_subject ON entries (subject, sequence);
        CREATE TRIGGER IF NOT EXISTS entries_keep BEFORE UPDATE ON entries
          BEGIN SELECT raise(ABORT, 'the journal is append-only'); END;
        CREATE TRIGGER IF NOT EXISTS entries_stay BEFORE DELETE ON entries
          BEGIN SELECT raise(ABORT, 'the journal is append-only'); END;
        PRAGMA application_id = ${APPLICATION_ID};
        PRAGMA user_version = ${SCHEMA};
        COMMIT;
      `);
    }
    return connection;
  } catch (error) {
    connection?.close();
    const known = asRenataError(error, path);
    if (known.code !== 'STORE_DAMAGED' || error instanceof RenataError) throw known;
    throw new RenataError(
      'STORE_DAMAGED',
      `The order journal ${path} is damaged (${error instanceof Error ? error.message : String(error)}); restore a copy of it, or move it away and reconcile with your brokers before trading.`,
      { cause: error },
    );
  }
}

function readAnchors(path: string): ReadonlyMap<number, string> {
  if (!existsSync(path)) return new Map();
  const lines = readFileSync(path, 'utf8').split('\n');
  const pairs = lines.map((line) => /^(\d{1,15}) ([0-9a-f]{64})$/.exec(line));
  return new Map(
    pairs.flatMap((match) => (match === null ? [] : [[Number(match[1]), match[2] as string]])),
  );
}

function verify(
  read: (from: number) => readonly Row[],
  anchors: ReadonlyMap<number, string>,
  control: CallControl,
  total: number,
): JournalCheck {
  let head = GENESIS;
  let count = 0;
  const fault = (sequence: number, what: string): JournalCheck => ({
    entries: count,
    head,
    fault: { sequence, what },
  });
  for (;;) {
    if (control.isCancelled()) throw new RenataError('CANCELLED', 'The check was cancelled.');
    const rows = read(count + 1);
    if (rows.length === 0) break;
    for (const row of rows) {
      if (row.sequence !== count + 1) return fault(count + 1, 'the entry is missing');
      const expected = entryHash(head, row);
      if (row.hash !== expected)
        return fault(row.sequence, 'the entry was changed, or one before it was');
      head = row.hash;
      count = row.sequence;
      const anchored = anchors.get(count);
      if (anchored !== undefined && anchored !== head) {
        return fault(count, 'the journal was written anew: its hash is not the one that was noted');
      }
    }
    control.onProgress({ stage: 'verify', done: count, total, bars: 0 });
  }
  const furthest = Math.max(0, ...anchors.keys());
  if (furthest > count)
    return fault(count + 1, `entries up to ${furthest} were noted and are missing`);
  return { entries: count, head, fault: null };
}
