import { RenataError } from '../domain/errors.ts';
import { checkAlgorithm } from './plan.ts';
import type { AlgorithmState } from './types.ts';

/** The state as text, to be kept. */
export function snapshot(state: AlgorithmState): string {
  return JSON.stringify(state);
}

/** @throws RenataError BAD_INPUT for a text that is no snapshot of an algorithm */
export function restore(text: string): AlgorithmState {
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch {
    throw noSnapshot();
  }
  if (!isState(found)) throw noSnapshot();
  checkAlgorithm(found.order);
  return found;
}

function isState(value: unknown): value is AlgorithmState {
  if (typeof value !== 'object' || value === null) return false;
  const state = value as Partial<AlgorithmState>;
  return (
    state.version === 1 &&
    typeof state.order === 'object' &&
    typeof state.status === 'string' &&
    typeof state.reason === 'string' &&
    Array.isArray(state.plan) &&
    Array.isArray(state.working) &&
    typeof state.target === 'string' &&
    typeof state.counting === 'boolean' &&
    [state.slice, state.volume, state.children, state.failures, state.last].every(Number.isFinite)
  );
}

function noSnapshot(): RenataError {
  return new RenataError(
    'BAD_INPUT',
    'snapshot: this is not the state of an execution algorithm; give the text that was saved.',
    { details: { parameter: 'snapshot' } },
  );
}
