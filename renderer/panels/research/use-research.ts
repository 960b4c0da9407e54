import { useEffect, useRef, useState } from 'react';
import { create } from 'zustand';
import { toErrorPayload, type ErrorPayload } from '../../../engine/domain/errors.ts';
import type { CallInput, CallName, CallOutput } from '../../../engine/protocol/contract.ts';
import type { ResearchItem } from '../../../engine/protocol/research-schemas.ts';
import { useWorkstation, workstation } from '../../client/store.ts';

/** Past and present research, and how often each has changed. */
interface ResearchState {
  readonly items: readonly ResearchItem[] | null;
  readonly error: ErrorPayload | null;
  /** Counts up for each research when something about it changed. */
  readonly versions: Readonly<Record<string, number>>;
}

export const useResearch = create<ResearchState>(() => ({
  items: null,
  error: null,
  versions: {},
}));

/** Answers are asked for at most so often while work runs. */
const REFRESH_MS = 400;

const changed = new Set<string>();
let timer: ReturnType<typeof setTimeout> | undefined;
let subscribed = false;

export async function refreshResearch(): Promise<void> {
  try {
    const items = await workstation().call('research.list', {});
    useResearch.setState({ items, error: null });
  } catch (error) {
    useResearch.setState({ error: toErrorPayload(error) });
  }
}

function flush(): void {
  timer = undefined;
  const versions = { ...useResearch.getState().versions };
  for (const id of changed) versions[id] = (versions[id] ?? 0) + 1;
  changed.clear();
  useResearch.setState({ versions });
  void refreshResearch();
}

/** Follows the research of the workstation from now on. */
export function useFollowedResearch(): void {
  const connection = useWorkstation((state) => state.connection);
  useEffect(() => {
    if (subscribed) return;
    subscribed = true;
    workstation().on('research.changed', ({ researchId }) => {
      changed.add(researchId);
      timer ??= setTimeout(flush, REFRESH_MS);
    });
  }, []);
  useEffect(() => {
    if (connection === 'open') void refreshResearch();
  }, [connection]);
}

export interface Answer<Name extends CallName> {
  readonly data: CallOutput<Name> | null;
  readonly error: ErrorPayload | null;
  readonly busy: boolean;
  readonly retry: () => void;
}

/**
 * The answer of a call, asked again when the input or the version changes. Never more than one call at a
 * time: what changes meanwhile is asked once afterwards. The last answer stays until the next is there,
 * unless the input is another or the call has failed for good.
 * @param input plain values, compared by what they say; null asks nothing
 */
export function useAnswer<Name extends CallName>(
  name: Name,
  input: CallInput<Name> | null,
  version: string | number,
): Answer<Name> {
  const key = input === null ? '' : JSON.stringify(input);
  const [answer, setAnswer] = useState<{
    readonly key: string;
    readonly data: CallOutput<Name> | null;
    readonly error: ErrorPayload | null;
  }>({ key: '', data: null, error: null });
  const [attempt, setAttempt] = useState(0);
  const [busy, setBusy] = useState(false);
  const wanted = useRef<string | null>(null);
  const asking = useRef(false);
  const mounted = useRef(true);

  useEffect(() => {
    mounted.current = true;
    return () => {
      mounted.current = false;
    };
  }, []);

  useEffect(() => {
    if (key === '') return;
    wanted.current = key;
    if (asking.current) return;
    asking.current = true;
    setBusy(true);
    void (async () => {
      // What arrives while a call is on its way takes the place of what was wanted before.
      while (wanted.current !== null && mounted.current) {
        const askedKey = wanted.current;
        wanted.current = null;
        try {
          const data = await workstation().call(name, JSON.parse(askedKey) as CallInput<Name>);
          if (mounted.current) setAnswer({ key: askedKey, data, error: null });
        } catch (thrown) {
          const error = toErrorPayload(thrown);
          if (mounted.current) {
            setAnswer((before) => ({
              key: askedKey,
              data: error.retryable && before.key === askedKey ? before.data : null,
              error,
            }));
          }
        }
      }
      asking.current = false;
      if (mounted.current) setBusy(false);
    })();
  }, [name, key, version, attempt]);

  const current = answer.key === key;
  return {
    data: current ? answer.data : null,
    error: current ? answer.error : null,
    busy,
    retry: () => setAttempt((before) => before + 1),
  };
}

/** The value once it has not changed for a moment. */
export function useSettled<Value>(value: Value, delayMs: number): Value {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const wait = setTimeout(() => setSettled(value), delayMs);
    return () => clearTimeout(wait);
  }, [value, delayMs]);
  return settled;
}
