import type { OrderState } from '../../../engine/domain/order.ts';
import { STATE_NAMES, STATE_TONES, TONE_MARKS, type Tone } from './words.ts';

/** A word with a mark and a colour that say what it means. */
export function Chip({ tone, children }: { readonly tone: Tone; readonly children: string }) {
  return (
    <span className={`chip tone-${tone}`}>
      <span aria-hidden>{TONE_MARKS[tone]}</span> {children}
    </span>
  );
}

export function StateChip({ state }: { readonly state: OrderState }) {
  return <Chip tone={STATE_TONES[state]}>{STATE_NAMES[state]}</Chip>;
}
