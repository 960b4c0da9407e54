import { useEffect, useState } from 'react';
import { toErrorPayload, type ErrorPayload } from '../../../engine/domain/errors.ts';
import { workstation } from '../../client/store.ts';
import type { Draft } from './draft.ts';
import type { Opened } from './editor-state.ts';
import { allProblems, type FieldProblem } from './problems.ts';

/** What the last check found, and of what. */
export interface Check {
  readonly problems: readonly FieldProblem[];
  /** The form as it was checked: messages belong to its texts. */
  readonly draft: Draft;
  readonly text: string;
  readonly parameterCount: number;
  readonly lookback: number | null;
  /** Why nothing could be checked. */
  readonly failure: ErrorPayload | null;
}

/** Typing has paused. */
const CHECK_DELAY_MS = 250;

/** Checks a document a moment after its last change; what was found before stays until then. */
export function useCheck(opened: Opened | null): Check | null {
  const [check, setCheck] = useState<Check | null>(null);
  const { text, draft, problem, language } = opened ?? {};
  useEffect(() => {
    if (text === undefined || draft === undefined || language === null) {
      setCheck(null);
      return undefined;
    }
    let current = true;
    const nothing = { draft, text, parameterCount: 0, lookback: null, failure: null };
    const timer = setTimeout(() => {
      if (problem !== null && problem !== undefined) {
        setCheck({ ...nothing, problems: [] });
        return;
      }
      workstation()
        .call('strategies.problems', { text })
        .then(({ problems, parameters, lookback }) => {
          if (!current) return;
          const parameterCount = parameters.length;
          const found = allProblems(draft, problems);
          setCheck({ ...nothing, problems: found, parameterCount, lookback });
        })
        .catch((thrown: unknown) => {
          if (current) setCheck({ ...nothing, problems: [], failure: toErrorPayload(thrown) });
        });
    }, CHECK_DELAY_MS);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [text, draft, problem, language]);
  return check;
}
