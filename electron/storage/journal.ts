import { resolve } from 'node:path';
import type { Journal, JournalDraft, JournalEntry } from '../../engine/ports/journal.ts';
import type { JournalCheck } from './journal-role.ts';
import { StoreThread } from './store-thread.ts';
import type { JobOptions } from './store-types.ts';

export type { JournalCheck } from './journal-role.ts';

/** The journal as the main process has it. */
export interface OrderJournal extends Journal {
  /** Entries about one subject, in order. */
  about(subject: string, limit: number): Promise<readonly JournalEntry[]>;
  head(): Promise<Pick<JournalEntry, 'sequence' | 'hash'>>;
  /** Computes the whole chain anew. */
  verify(job?: JobOptions): Promise<JournalCheck>;
  close(): Promise<void>;
}

interface Waiting {
  readonly drafts: readonly JournalDraft[];
  readonly resolve: (entries: readonly JournalEntry[]) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Opens the order journal on a thread of its own.
 * @throws RenataError STORE_DAMAGED, CONFLICT for one of a newer Renata, UNAVAILABLE where it cannot be opened
 */
export async function openJournal(options: {
  readonly directory: string;
  readonly threadUrl: URL;
}): Promise<OrderJournal> {
  const thread = await StoreThread.start(options.threadUrl, {
    role: 'journal',
    directory: resolve(options.directory),
    calendarsDirectory: '',
    automaticBackups: false,
  });
  let waiting: Waiting[] = [];
  let writing: Promise<void> | null = null;
  let closed: Promise<void> | null = null;

  /** What comes while the disk is busy goes with the next commit: one sync serves many orders. */
  async function writeAll(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      try {
        const entries = await thread.call(
          'append',
          batch.flatMap(({ drafts }) => drafts),
        );
        let from = 0;
        for (const { drafts, resolve: settle } of batch) {
          settle(entries.slice(from, from + drafts.length));
          from += drafts.length;
        }
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    writing = null;
  }

  return {
    append: (drafts) => {
      const { promise, resolve: settle, reject } = Promise.withResolvers<readonly JournalEntry[]>();
      waiting.push({ drafts, resolve: settle, reject });
      writing ??= writeAll();
      return promise;
    },
    read: (from, limit) => thread.call('read', { from, limit }),
    about: (subject, limit) => thread.call('about', { subject, limit }),
    head: () => thread.call('head', undefined),
    verify: (job) => thread.call('verify', undefined, job),
    close: () => {
      closed ??= (async () => {
        await writing;
        await thread.call('close', undefined);
        await thread.stop();
      })();
      return closed;
    },
  };
}
