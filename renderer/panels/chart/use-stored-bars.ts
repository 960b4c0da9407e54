import { useCallback, useEffect, useRef, useState } from 'react';
import type { Adjustment, BarColumns } from '../../../engine/domain/bar.ts';
import { toErrorPayload, type ErrorPayload } from '../../../engine/domain/errors.ts';
import { useWorkstation, workstation } from '../../client/store.ts';

/** Bars shown at first, how many more each look into the past brings, and the most that are kept. */
const FIRST_POINTS = 6_000;
const MORE_POINTS = 10_000;
const MOST_POINTS = 60_000;

export interface StoredBars {
  /** null until they have been read; those of the dataset before are kept until then. */
  readonly bars: BarColumns | null;
  /** Names what `bars` are of. */
  readonly key: string;
  readonly error: ErrorPayload | null;
  readonly retry: () => void;
  /** Reads further into the past. */
  readonly readMore: () => void;
  readonly readMost: () => void;
}

/** Bars of a dataset, more of them as the user looks back. */
export function useStoredBars(
  datasetId: string | null,
  adjustment: Adjustment,
  version: string,
): StoredBars {
  const [read, setRead] = useState<{ bars: BarColumns; total: number; key: string } | null>(null);
  const [points, setPoints] = useState(FIRST_POINTS);
  const [error, setError] = useState<ErrorPayload | null>(null);
  const [attempt, setAttempt] = useState(0);
  const failed = useRef(false);
  useEffect(() => setPoints(FIRST_POINTS), [datasetId]);

  // Reading more than there is brings nothing new.
  const total = read?.total ?? 0;
  const asked =
    total > 0 && points > total && (read?.bars.time.length ?? 0) >= total ? total : points;
  useEffect(() => {
    if (datasetId === null) return undefined;
    let current = true;
    workstation()
      .call('data.bars', { datasetId, start: null, end: null, adjustment, maxPoints: asked })
      .then((answer) => {
        if (!current) return;
        const key = `${datasetId} ${adjustment}`;
        setRead({ bars: answer.bars, total: answer.totalBars, key });
        setError(null);
        failed.current = false;
        document.documentElement.dataset['renataReady'] = 'true';
      })
      .catch((thrown: unknown) => {
        if (!current) return;
        setError(toErrorPayload(thrown));
        failed.current = true;
      });
    return () => {
      current = false;
    };
  }, [datasetId, adjustment, version, asked, attempt]);

  // What was asked while the connection was lost is asked again once it is back.
  const connection = useWorkstation((state) => state.connection);
  useEffect(() => {
    if (connection === 'open' && failed.current) setAttempt((count) => count + 1);
  }, [connection]);

  const retry = useCallback(() => setAttempt((count) => count + 1), []);
  const readMore = useCallback(
    () => setPoints((now) => Math.min(now + MORE_POINTS, MOST_POINTS)),
    [],
  );
  const readMost = useCallback(() => setPoints(MOST_POINTS), []);
  return { bars: read?.bars ?? null, key: read?.key ?? '', error, retry, readMore, readMost };
}
