import { create } from 'zustand';
import { workstation } from './store.ts';

/** Fewest and most runs that can stand side by side. */
export const FEWEST_COMPARED = 2;
export const MOST_COMPARED = 8;

const DOCUMENT = 'compare';
const SAVE_DELAY_MS = 400;

/** The runs to compare, in the order in which they were chosen, and how their curves are shown. */
export interface Compared {
  readonly runIds: readonly string[];
  /** Runs whose curves are left out. */
  readonly hidden: readonly string[];
  readonly log: boolean;
}

interface ComparedState extends Compared {
  /** Whether what was saved has been read. */
  readonly loaded: boolean;
}

const NONE: Compared = { runIds: [], hidden: [], log: false };

export const useCompared = create<ComparedState>(() => ({ ...NONE, loaded: false }));

let timer: ReturnType<typeof setTimeout> | undefined;
let reading: Promise<void> | undefined;

/** Reads what was saved, once. */
export function loadCompared(): Promise<void> {
  reading ??= workstation()
    .call('workspace.load', { name: DOCUMENT })
    .then(({ json }) => (json === null ? undefined : parseCompared(JSON.parse(json))))
    // A document that cannot be read is as good as none.
    .catch(() => undefined)
    .then((saved) => useCompared.setState({ ...(saved ?? NONE), loaded: true }));
  return reading;
}

export async function changeCompared(
  change: (before: Compared) => Partial<Compared>,
): Promise<void> {
  await loadCompared();
  const before = useCompared.getState();
  useCompared.setState(change(before));
  clearTimeout(timer);
  timer = setTimeout(() => {
    const { runIds, hidden, log } = useCompared.getState();
    workstation()
      .call('workspace.save', { name: DOCUMENT, json: JSON.stringify({ runIds, hidden, log }) })
      .catch(() => undefined);
  }, SAVE_DELAY_MS);
}

/** Adds a run or takes it out; one more than can be compared takes the place of the oldest. */
export function withRun(runIds: readonly string[], id: string): string[] {
  if (runIds.includes(id)) return runIds.filter((each) => each !== id);
  return [...runIds, id].slice(-MOST_COMPARED);
}

/** Checks what was saved earlier. */
export function parseCompared(stored: unknown): Compared | undefined {
  if (typeof stored !== 'object' || stored === null) return undefined;
  const given = stored as Readonly<Record<string, unknown>>;
  const texts = (list: unknown): string[] =>
    Array.isArray(list)
      ? [...new Set(list.filter((each): each is string => typeof each === 'string'))]
      : [];
  return {
    runIds: texts(given['runIds']).slice(0, MOST_COMPARED),
    hidden: texts(given['hidden']).slice(0, MOST_COMPARED),
    log: given['log'] === true,
  };
}
