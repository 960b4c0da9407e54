import type { AlgorithmView } from '../../../engine/protocol/execution-schemas.ts';
import type { Tone } from './words.ts';

const NAMES: Readonly<Record<AlgorithmView['status'], string>> = {
  waiting: 'Waiting',
  working: 'Working',
  paused: 'Paused',
  finishing: 'Finishing',
  cancelling: 'Stopping',
  done: 'Ended',
};

const TONES: Readonly<Record<AlgorithmView['status'], Tone>> = {
  waiting: 'waiting',
  working: 'working',
  paused: 'doubt',
  finishing: 'working',
  cancelling: 'waiting',
  done: 'ended',
};

/** How an algorithm stands, in a word and its tone. */
export function standingOf(view: AlgorithmView): { readonly name: string; readonly tone: Tone } {
  if (view.denied) return { name: 'Denied', tone: 'bad' };
  if (view.status !== 'done') return { name: NAMES[view.status], tone: TONES[view.status] };
  return view.remainder === '0'
    ? { name: 'Filled', tone: 'good' }
    : { name: 'Remainder', tone: 'doubt' };
}
