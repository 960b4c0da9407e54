import { useCallback, useEffect, useState } from 'react';
import { toErrorPayload, type ErrorPayload } from '../../../engine/domain/errors.ts';
import type { AlgorithmView } from '../../../engine/protocol/execution-schemas.ts';
import { workstation } from '../../client/store.ts';

const MOST = 500;

export interface Algorithms {
  /** null until they have been read. */
  readonly all: ReadonlyMap<string, AlgorithmView> | null;
  readonly failure: ErrorPayload | null;
  readonly read: () => void;
  /** Puts what a call has answered into the list. */
  readonly tell: (view: AlgorithmView) => void;
}

/** Algorithms of all accounts, followed while the panel is there. */
export function useAlgorithms(): Algorithms {
  const [all, setAll] = useState<ReadonlyMap<string, AlgorithmView> | null>(null);
  const [failure, setFailure] = useState<ErrorPayload | null>(null);
  const put = useCallback((views: readonly AlgorithmView[]) => {
    setAll(
      (before) => new Map([...(before ?? []), ...views.map((view) => [view.id, view] as const)]),
    );
  }, []);
  const read = useCallback(() => {
    workstation()
      .call('algorithms.list', { account: null, running: false, limit: MOST })
      .then(
        (views) => {
          put(views);
          setFailure(null);
        },
        (error: unknown) => setFailure(toErrorPayload(error)),
      );
  }, [put]);
  useEffect(() => {
    const end = workstation().on('algorithms.changed', ({ algorithms }) => put(algorithms));
    let open = false;
    // After the carrier was away, what was missed is read anew.
    const endState = workstation().onState((state) => {
      if (state === 'open' && !open) read();
      open = state === 'open';
    });
    read();
    return () => {
      end();
      endState();
    };
  }, [put, read]);
  const tell = useCallback((view: AlgorithmView) => put([view]), [put]);
  return { all, failure, read, tell };
}
