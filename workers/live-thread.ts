import { parentPort, workerData } from 'node:worker_threads';
import { toErrorPayload } from '../engine/domain/errors.ts';
import type { CodeInput } from '../engine/live/code.ts';
import type { CodeThreadMessage, CodeThreadStart } from '../engine/live/thread.ts';
import { CONTROL_BEAT } from '../engine/protocol/tasks.ts';
import { LiveCodeRun } from './live-code.ts';
import { beat } from './strategies.ts';

/** Entry of the thread of one strategy in code that runs live: answers each input with what was done. */

const { work, control } = workerData as CodeThreadStart;
const port = parentPort;
if (port === null)
  throw new Error('A strategy that runs live has to be started as a worker thread.');

const post = (message: CodeThreadMessage): void => port.postMessage(message);

beat(control);
try {
  const run = await LiveCodeRun.open(work, () => beat(control));
  Atomics.store(control, CONTROL_BEAT, 0);
  port.on('message', (input: CodeInput) => {
    beat(control);
    const answer = run.hear(input);
    Atomics.store(control, CONTROL_BEAT, 0);
    post({ kind: 'answer', answer });
  });
  post({ kind: 'ready' });
} catch (error) {
  Atomics.store(control, CONTROL_BEAT, 0);
  post({ kind: 'failed', error: toErrorPayload(error) });
}
