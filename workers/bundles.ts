import { constants, deflateRawSync, inflateRawSync } from 'node:zlib';
import type { BundleTask, BundleTasks, OpenedBundle } from '../engine/protocol/bundle-tasks.ts';
import { REPORT_PART, STRATEGY_PART } from '../engine/protocol/run-bundle.ts';
import type { TaskAnswer } from '../engine/protocol/tasks.ts';
import { readBundle, textOf, unpackBars } from '../engine/report/bundle.ts';
import { makeBundle } from '../engine/report/make-bundle.ts';
import type { Deflate } from '../engine/report/zip.ts';
import { answer, stopIfCancelled, type TaskCall } from './task.ts';

const DEFLATE: Deflate = {
  // A fixed level and strategy, so that the same Node gives the same bytes.
  pack: (bytes) => deflateRawSync(bytes, { level: 6, strategy: constants.Z_DEFAULT_STRATEGY }),
  unpack(bytes, length) {
    const unpacked = inflateRawSync(bytes, { maxOutputLength: Math.max(1, length) });
    if (unpacked.length !== length) throw new RangeError('another length than was announced');
    return unpacked;
  },
};

export function writeBundle({
  input,
  control,
}: TaskCall<BundleTask>): TaskAnswer<BundleTasks['writeBundle']['output']> {
  return answer(() => {
    stopIfCancelled(control);
    return makeBundle(input, DEFLATE);
  });
}

export function openBundle({
  input,
  control,
}: TaskCall<BundleTasks['openBundle']['input']>): TaskAnswer<OpenedBundle> {
  return answer(() => {
    stopIfCancelled(control);
    const { manifest, hash, parts } = readBundle(input.file, DEFLATE);
    const { data } = manifest;
    const names = [data.part, ...data.others.map(({ part }) => part)];
    const bars = names.flatMap((name) => {
      const bytes = name === null ? undefined : parts.get(name);
      return name === null || bytes === undefined ? [] : [[name, unpackBars(bytes)] as const];
    });
    const text = (name: string): string | null => {
      const bytes = parts.get(name);
      return bytes === undefined ? null : textOf(bytes);
    };
    return {
      manifest,
      hash,
      report: readable(() => text(REPORT_PART)),
      strategyText: text(STRATEGY_PART),
      bars: Object.fromEntries(bars),
    };
  });
}

/** A report that is no text is not shown; what counts is checked without it. */
function readable(work: () => string | null): string | null {
  try {
    return work();
  } catch {
    return null;
  }
}
