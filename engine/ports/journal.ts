/** One entry of the journal, as it was written. */
export interface JournalEntry {
  /** 1, 2, 3, … without gaps. */
  readonly sequence: number;
  /** UnixMillis at which it was written. */
  readonly time: number;
  /** What kind of fact it is: `order`, `risk`, `connection`, `case`, `setting`, … */
  readonly kind: string;
  /** What it is about: a ClientOrderId, an account, a limit. */
  readonly subject: string;
  /** JSON of the fact. */
  readonly body: string;
  /** SHA-256, hexadecimal, over the hash before and this entry. */
  readonly hash: string;
}

export interface JournalDraft {
  readonly kind: string;
  readonly subject: string;
  readonly body: string;
}

/** The append-only record that everything live is rebuilt from. */
export interface Journal {
  /** Settles when the entries are on the disk (fsync); all of them or none. Order of calls is kept. */
  append(drafts: readonly JournalDraft[]): Promise<readonly JournalEntry[]>;
  /** Entries from a sequence number on, in order, in pages. */
  read(from: number, limit: number): Promise<readonly JournalEntry[]>;
}
