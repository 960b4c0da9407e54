import type { ErrorPayload } from '../../engine/domain/errors.ts';
import type { journalHandlers } from './journal-role.ts';
import type { readerHandlers } from './reader-role.ts';
import type { Progress } from './store-types.ts';
import type { writerHandlers } from './writer-role.ts';

/** Messages between the main process and a storage thread. */

/** The writer owns every change; readers only read, each at its own pace; the journal is a store of its own. */
export type ThreadRole = 'writer' | 'reader' | 'journal';

export interface ThreadStart {
  readonly role: ThreadRole;
  readonly directory: string;
  readonly calendarsDirectory: string;
  readonly automaticBackups: boolean;
}

export type Handlers<Role extends ThreadRole> = Role extends 'writer'
  ? Awaited<ReturnType<typeof writerHandlers>>
  : Role extends 'journal'
    ? ReturnType<typeof journalHandlers>
    : ReturnType<typeof readerHandlers>;

export interface CallMessage {
  readonly kind: 'call';
  readonly id: number;
  readonly name: string;
  readonly input: unknown;
  /** Its first 32-bit cell becomes 1 when the caller cancels. */
  readonly cancel: SharedArrayBuffer | null;
  readonly wantsProgress: boolean;
}

export type ThreadMessage =
  | { readonly kind: 'ready' }
  | { readonly kind: 'failed'; readonly error: ErrorPayload }
  | { readonly kind: 'result'; readonly id: number; readonly output: unknown }
  | { readonly kind: 'error'; readonly id: number; readonly error: ErrorPayload }
  | { readonly kind: 'progress'; readonly id: number; readonly progress: Progress };

/** What a handler may use besides its input. */
export interface CallControl {
  readonly onProgress: (progress: Progress) => void;
  readonly isCancelled: () => boolean;
}
