import { RenataError } from '../../../engine/domain/errors.ts';
import type { SweepSubject } from '../../../engine/protocol/research-tasks.ts';
import type { TrialReturns } from '../../../engine/protocol/validation-tasks.ts';
import type { ResearchContext } from './context.ts';

/** Slices that a thread has at least, so that those that end early can take from the others. */
const SLICES_A_THREAD = 4;
const MOST_SLICE = 256;

export interface ReturnsWork {
  readonly context: ResearchContext;
  readonly subject: SweepSubject;
  /** Numbers of combinations. */
  readonly list: Float64Array;
  /** Periods that the returns of each are gathered into; as many as bars, or fewer. */
  readonly length: number;
  readonly signal: AbortSignal;
  /** Told of the combinations that are done in all, in whatever order. */
  readonly onProgress: (done: number) => void;
  /** Takes the Sharpe ratios of a bar of combinations that are done. */
  readonly onDone?: (sharpes: Float64Array) => Promise<void>;
}

export interface GatheredReturns {
  readonly returns: TrialReturns;
  /** Varied parameters of each, as the columns of a sweep have them, row by row. */
  readonly codes: Float64Array;
  readonly longestTrade: number;
}

/**
 * Runs combinations on all threads and gathers their returns on shared memory.
 * @throws RenataError what a strategy threw; CANCELLED once the signal is aborted
 */
export async function gatherReturns(work: ReturnsWork): Promise<GatheredReturns> {
  const { context, subject, list, length, signal, onProgress, onDone } = work;
  const { compute } = context;
  const count = list.length;
  const bytes = count * length * Float64Array.BYTES_PER_ELEMENT;
  const into = { values: new Float64Array(new SharedArrayBuffer(bytes)), length };
  const size = Math.max(
    1,
    Math.min(MOST_SLICE, Math.ceil(count / (SLICES_A_THREAD * compute.threads))),
  );
  const width = Object.keys(subject.space.ranges).length;
  const codes = new Float64Array(count * width);
  const own = new AbortController();
  const stop = (): void => own.abort();
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  let next = 0;
  let done = 0;
  let longestTrade = 0;
  let telling: Promise<void> = Promise.resolve();

  async function lane(): Promise<void> {
    while (next < count) {
      const from = next;
      const to = Math.min(count, from + size);
      next = to;
      let part = 0;
      const tell = (more: number): void => {
        done += more - part;
        part = more;
        onProgress(done);
      };
      const output = await compute.run(
        'trialReturns',
        { subject, list, from, to, into },
        {
          signal: own.signal,
          onProgress: (progress) =>
            tell((progress.done / Math.max(1, progress.total)) * (to - from)),
        },
      );
      if (output.failure !== null) throw RenataError.fromPayload(output.failure);
      codes.set(output.codes, from * width);
      longestTrade = Math.max(longestTrade, output.longestTrade);
      tell(to - from);
      telling = telling.then(() => onDone?.(output.sharpes));
      await telling;
    }
  }

  try {
    const lanes = Array.from({ length: Math.max(1, compute.threads) }, async () => {
      try {
        await lane();
      } catch (error) {
        // One that fails ends the others, whose being cancelled is no news.
        stop();
        throw error;
      }
    });
    const thrown = (await Promise.allSettled(lanes)).flatMap((result) =>
      result.status === 'rejected' ? [result.reason as unknown] : [],
    );
    const cancelled = (error: unknown): boolean =>
      error instanceof RenataError && error.code === 'CANCELLED';
    if (thrown.length > 0) throw thrown.find((error) => !cancelled(error)) ?? thrown[0];
    return { returns: into, codes, longestTrade };
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
