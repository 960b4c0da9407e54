import type { EventPayload } from '../../../engine/protocol/contract.ts';
import type { ResearchContext } from './context.ts';

/** Time between two events of one piece of work, ms. */
const TELL_MS = 250;

/** Tells of a piece of work at most a few times a second, and of its last change always. */
export function calmed({
  onChanged,
  now,
}: Pick<ResearchContext, 'onChanged' | 'now'>): ResearchContext['onChanged'] {
  const told = new Map<string, number>();
  const waiting = new Set<string>();
  return (payload: EventPayload<'research.changed'>) => {
    const { researchId } = payload;
    const wait = (told.get(researchId) ?? -Infinity) + TELL_MS - now();
    if (wait <= 0) {
      told.set(researchId, now());
      onChanged(payload);
    } else if (!waiting.has(researchId)) {
      waiting.add(researchId);
      setTimeout(() => {
        waiting.delete(researchId);
        told.set(researchId, now());
        onChanged(payload);
      }, wait).unref();
    }
  };
}
