import type { AlgorithmView } from '../../../engine/protocol/execution-schemas.ts';
import { symbolOf } from '../../components/trading/words.ts';

/** Filled part of the quantity, 0 to 1. */
export function progressOf({ filled, quantity }: AlgorithmView): number {
  const part = Number(filled) / Number(quantity);
  return Number.isFinite(part) ? Math.min(1, Math.max(0, part)) : 0;
}

/** Part of the time that is over, 0 to 1. */
export function timeOf({ start, end }: AlgorithmView, now: number): number {
  return Math.min(1, Math.max(0, (now - start) / (end - start)));
}

export const hasEnded = ({ status }: AlgorithmView): boolean => status === 'done';
export const canPause = ({ status }: AlgorithmView): boolean =>
  status === 'waiting' || status === 'working';
export const canResume = ({ status }: AlgorithmView): boolean => status === 'paused';
export const canStop = ({ status }: AlgorithmView): boolean =>
  status !== 'done' && status !== 'cancelling';

/** Those that are wanted, newest first. */
export function listed(
  all: ReadonlyMap<string, AlgorithmView>,
  running: boolean,
): readonly AlgorithmView[] {
  return [...all.values()]
    .filter((view) => !running || !hasEnded(view))
    .toSorted((a, b) => b.decidedAt - a.decidedAt || (a.id < b.id ? 1 : -1));
}

export function algorithmText({ method, side, quantity, instrument }: AlgorithmView): string {
  return `${method.toUpperCase()} ${side} ${quantity} ${symbolOf(instrument)}`;
}
