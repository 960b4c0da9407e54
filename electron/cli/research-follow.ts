import { RenataError } from '../../engine/domain/errors.ts';
import type { ResearchItem } from '../../engine/protocol/research-schemas.ts';
import { suggestion } from '../services/nearest-name.ts';
import type { Session } from './session.ts';
import type { Terminal } from './terminal.ts';
import { formatNumber, NOT_AVAILABLE } from './text.ts';

/** Kinds whose work goes on where it was; the others begin anew. */
const KEPT: ReadonlySet<ResearchItem['kind']> = new Set(['sweep', 'walk-forward']);

/** Waits for research and tells how to go on when it did not come to its end. @returns its id */
export async function follow(
  session: Session,
  terminal: Terminal,
  { jobId, researchId }: { readonly jobId: string; readonly researchId: string },
): Promise<string> {
  try {
    return await session.finished(jobId);
  } catch (error) {
    const items = await session.workstation.research.list();
    const item = items.find(({ id }) => id === researchId);
    if (item !== undefined) {
      session.stays('the research stays in the store');
      const resume = `renata research resume ${researchId.slice(0, 8)}`;
      terminal.note(
        KEPT.has(item.kind)
          ? `${formatNumber(item.done)} of ${formatNumber(item.total)} are done and kept; go on with: ${resume}`
          : `nothing is kept of it but its request; begin it again with: ${resume}`,
      );
    }
    throw error;
  }
}

/** Fewest letters of an id that name it. */
const LEAST_LETTERS = 4;

/**
 * Research by its id or the first letters of it.
 * @throws RenataError NOT_FOUND, or BAD_INPUT when the letters fit several
 */
export async function findResearch(session: Session, name: string): Promise<ResearchItem> {
  const items = await session.call('research.list', {});
  const fitting = items.filter(
    ({ id }) => id === name || (name.length >= LEAST_LETTERS && id.startsWith(name)),
  );
  const [found] = fitting;
  if (found !== undefined && fitting.length === 1) return found;
  const ids = items.map(({ id }) => id.slice(0, 8));
  throw new RenataError(
    found === undefined ? 'NOT_FOUND' : 'BAD_INPUT',
    found === undefined
      ? `research: there is no "${name}".${suggestion(name, ids)} List it with renata research list.`
      : `research: ${fitting.length} ids begin with "${name}"; write more of it.`,
    { details: { parameter: 'id' } },
  );
}

/** `12.3%` of a part. */
export function percent(part: number): string {
  return Number.isFinite(part) ? `${formatNumber(part * 100, 1)}%` : NOT_AVAILABLE;
}
