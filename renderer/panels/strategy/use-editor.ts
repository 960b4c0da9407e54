import { useCallback, useEffect, useRef, useState } from 'react';
import { toErrorPayload, type ErrorPayload } from '../../../engine/domain/errors.ts';
import type { CallOutput } from '../../../engine/protocol/contract.ts';
import { useSaved } from '../../client/saved.ts';
import { refreshStrategies, workstation } from '../../client/store.ts';
import {
  copyOf,
  isDirty,
  newDocument,
  NOTHING_OPEN,
  openText,
  parseState,
  type EditorState,
  type Opened,
} from './editor-state.ts';

export type Fetched = CallOutput<'strategies.get'>;
type Place = Pick<Fetched['entry'], 'id' | 'origin'>;

export interface Editor {
  readonly state: EditorState;
  readonly loaded: boolean;
  /** What the workstation told of the strategy that is open; null for a new one and while it is read. */
  readonly fetched: Fetched | null;
  readonly failure: ErrorPayload | null;
  readonly dirty: boolean;
  readonly busy: boolean;
  change(opened: Opened): void;
  setView(view: EditorState['view']): void;
  open(place: Place): Promise<void>;
  create(): void;
  duplicate(): void;
  /** Resolves to the id under which it was saved, or to null where it could not be. */
  save(writeOver?: boolean): Promise<string | null>;
  remove(): Promise<void>;
  dismiss(): void;
}

/** The strategy that is open and what can be done with it; it comes back as it was left. */
export function useEditor(): Editor {
  const [state, setState, loaded] = useSaved('strategy.editor', NOTHING_OPEN, parseState);
  const [fetched, setFetched] = useState<Fetched | null>(null);
  const [failure, setFailure] = useState<ErrorPayload | null>(null);
  const [busy, setBusy] = useState(false);
  const latest = useRef(state);
  useEffect(() => {
    latest.current = state;
  }, [state]);
  const { opened } = state;

  const set = useCallback(
    (part: Partial<EditorState>): void => {
      latest.current = { ...latest.current, ...part };
      setState(latest.current);
    },
    [setState],
  );

  const open = useCallback(
    async (place: Place): Promise<void> => {
      setFailure(null);
      try {
        const got = await workstation().call('strategies.get', {
          id: place.id,
          origin: place.origin,
        });
        const { entry, text, hash } = got;
        const language = got.language === 'yaml' || got.language === 'json' ? got.language : null;
        const next = openText({
          id: entry.id,
          origin: entry.origin,
          language: text === null ? null : language,
          hash,
          text: text ?? '',
        });
        setFetched(got);
        // A form over a text that cannot be read would be empty.
        const { view } = latest.current;
        set({ opened: next, view: next.problem !== null && view === 'form' ? 'yaml' : view });
      } catch (thrown) {
        setFailure(toErrorPayload(thrown));
      }
    },
    [set],
  );

  // What was open is read anew, unless it holds changes that are not saved.
  const restored = useRef(false);
  useEffect(() => {
    if (!loaded || restored.current) return;
    restored.current = true;
    const before = latest.current.opened;
    if (before === null || before.id === null) return;
    const { id, origin } = before;
    if (!isDirty(before)) {
      void open({ id, origin });
      return;
    }
    workstation()
      .call('strategies.get', { id, origin })
      .then(setFetched)
      .catch(() => undefined);
  }, [loaded, open]);

  async function save(writeOver = false): Promise<string | null> {
    if (opened === null || opened.language === null) return null;
    const { id, hash, language, text } = opened;
    setBusy(true);
    setFailure(null);
    try {
      const done = await workstation().call('strategies.save', {
        id,
        hash: writeOver ? null : hash,
        language,
        text,
      });
      // What was typed meanwhile stays.
      const now = latest.current.opened ?? opened;
      set({ opened: { ...now, id: done.id, hash: done.hash, saved: text } });
      await refreshStrategies();
      setFetched(await workstation().call('strategies.get', { id: done.id, origin: 'user' }));
      return done.id;
    } catch (thrown) {
      setFailure(toErrorPayload(thrown));
      return null;
    } finally {
      setBusy(false);
    }
  }

  function show(next: Opened | null): void {
    setFetched(null);
    setFailure(null);
    set({ opened: next, ...(next === null ? {} : { view: 'form' as const }) });
  }

  return {
    state,
    loaded,
    fetched,
    failure,
    dirty: isDirty(opened),
    busy,
    change: (next) => set({ opened: next }),
    setView: (view) => set({ view }),
    open,
    create: () => show(newDocument()),
    duplicate: () => opened !== null && show(copyOf(opened)),
    save,
    async remove() {
      if (opened === null) return;
      if (opened.id === null) {
        show(null);
        return;
      }
      try {
        await workstation().call('strategies.delete', { id: opened.id });
        await refreshStrategies();
        show(null);
      } catch (thrown) {
        setFailure(toErrorPayload(thrown));
      }
    },
    dismiss: () => setFailure(null),
  };
}
