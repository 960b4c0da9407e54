import { createHash } from 'node:crypto';
import type { JournalDraft, JournalEntry } from '../../engine/ports/journal.ts';
import type { OrderJournal } from '../../electron/storage/journal.ts';

/** A journal that lasts as long as the test; it can be told to fail. */
export class MemoryJournal implements OrderJournal {
  readonly entries: JournalEntry[];
  failing = false;

  constructor(entries: readonly JournalEntry[] = []) {
    this.entries = [...entries];
  }

  async append(drafts: readonly JournalDraft[]): Promise<readonly JournalEntry[]> {
    if (this.failing) throw new Error('disk full');
    const added = drafts.map((draft, i): JournalEntry => {
      const sequence = this.entries.length + i + 1;
      const hash = createHash('sha256').update(`${sequence}${draft.body}`).digest('hex');
      return { ...draft, sequence, time: 0, hash };
    });
    this.entries.push(...added);
    return added;
  }

  async read(from: number, limit: number): Promise<readonly JournalEntry[]> {
    return this.entries.slice(from - 1, from - 1 + limit);
  }

  async about(subject: string, limit: number): Promise<readonly JournalEntry[]> {
    return this.entries.filter((entry) => entry.subject === subject).slice(0, limit);
  }

  async head() {
    return this.entries.at(-1) ?? { sequence: 0, hash: '' };
  }

  async verify() {
    return { entries: this.entries.length, head: '', fault: null };
  }

  async close(): Promise<void> {}
}
