import { parentPort, workerData } from 'node:worker_threads';
import { toErrorPayload } from '../engine/domain/errors.ts';
import type { CodeAnswer, CodeInput } from '../engine/live/code.ts';
import type { PortfolioAnswer, PortfolioInput } from '../engine/live/portfolio-code.ts';
import type { CodeThreadMessage, CodeThreadStart, ThreadWork } from '../engine/live/thread.ts';
import { CONTROL_BEAT } from '../engine/protocol/tasks.ts';
import { LiveCodeRun } from './live-code.ts';
import { PortfolioCodeRun } from './live-portfolio.ts';
import { beat } from './strategies.ts';

/** Entry of the thread of one strategy in code that runs live: answers each input with what was done. */

const { work, control } = workerData as CodeThreadStart;
const port = parentPort;
if (port === null)
  throw new Error('A strategy that runs live has to be started as a worker thread.');

interface Run {
  hear(input: CodeInput | PortfolioInput): CodeAnswer | PortfolioAnswer;
}

function open(given: ThreadWork): Promise<Run> {
  const onCall = (): void => beat(control);
  return given.kind === 'one'
    ? LiveCodeRun.open(given.start, onCall)
    : PortfolioCodeRun.open(given.start, onCall);
}

const post = (message: CodeThreadMessage): void => port.postMessage(message);

beat(control);
try {
  const run = await open(work);
  Atomics.store(control, CONTROL_BEAT, 0);
  port.on('message', (input: CodeInput | PortfolioInput) => {
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
