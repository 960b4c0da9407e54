import { parentPort, workerData } from 'node:worker_threads';
import { toErrorPayload } from '../../engine/domain/errors.ts';
import { join } from 'node:path';
import { asRenataError, STORE_FILE } from './database.ts';
import { JOURNAL_FILE, journalHandlers } from './journal-role.ts';
import { readerHandlers } from './reader-role.ts';
import type { CallControl, CallMessage, ThreadMessage, ThreadStart } from './thread-protocol.ts';
import { writerHandlers } from './writer-role.ts';

/** Entry of a storage thread: opens the store in its role and answers calls. */

type Handler = (input: unknown, control: CallControl) => unknown;

const start = workerData as ThreadStart;
const port = parentPort;
if (port === null) throw new Error('The storage thread has to be started as a worker thread.');

const post = (message: ThreadMessage): void => {
  port.postMessage(message);
};
const payload = (error: unknown) =>
  toErrorPayload(
    asRenataError(
      error,
      join(start.directory, start.role === 'journal' ? JOURNAL_FILE : STORE_FILE),
    ),
  );

async function openRole(): Promise<unknown> {
  switch (start.role) {
    case 'writer':
      return writerHandlers(start);
    case 'reader':
      return readerHandlers(start);
    case 'journal':
      return journalHandlers(start);
  }
}

try {
  const handlers = (await openRole()) as Readonly<Record<string, Handler>>;
  port.on('message', (message: CallMessage) => {
    void answer(handlers, message);
  });
  post({ kind: 'ready' });
} catch (error) {
  post({ kind: 'failed', error: payload(error) });
}

async function answer(
  handlers: Readonly<Record<string, Handler>>,
  message: CallMessage,
): Promise<void> {
  const { id, name, input, cancel, wantsProgress } = message;
  const flag = cancel === null ? null : new Int32Array(cancel);
  const control: CallControl = {
    onProgress: (progress) => {
      if (wantsProgress) post({ kind: 'progress', id, progress });
    },
    isCancelled: () => flag !== null && Atomics.load(flag, 0) === 1,
  };
  try {
    const output = await handlers[name]?.(input, control);
    post({ kind: 'result', id, output });
  } catch (error) {
    post({ kind: 'error', id, error: payload(error) });
  }
}
