import { useCallback, useEffect, useRef, useState } from 'react';
import type { Adjustment, BarColumns } from '../../../engine/domain/bar.ts';
import { toErrorPayload, type ErrorPayload } from '../../../engine/domain/errors.ts';
import { useWorkstation, workstation, type Indicator } from '../../client/store.ts';
import type { StudyResult } from './study-look.ts';
import { expressionOf, type Study } from './study-model.ts';

/** The bars that studies are computed over. */
export interface BarsQuery {
  /** null where the live bars are all that there are. */
  readonly datasetId: string | null;
  readonly adjustment: Adjustment;
  /** Changes with the data. */
  readonly version: string;
  readonly maxPoints: number;
  /** Closed bars that follow the stored ones. */
  readonly live: LiveTail | null;
}

export interface LiveTail {
  /** Names their instrument and timeframe. */
  readonly name: string;
  readonly bars: BarColumns;
  readonly timeframe: string;
  readonly calendar: string;
}

/** What a request says of its bars. */
export function barsOf({ datasetId, adjustment, live }: BarsQuery) {
  if (live === null) return { datasetId, adjustment };
  const { bars, timeframe, calendar } = live;
  return { datasetId, adjustment, live: { bars, timeframe, calendar } };
}

export interface Computed {
  /** What was asked; another request makes it out of date. */
  readonly key: string;
  /** The bars that the result is over, as `barsKey` names them. */
  readonly over: string;
  /** The last result, shown until the next one is there. */
  readonly result: StudyResult | null;
  readonly error: ErrorPayload | null;
  readonly pending: boolean;
}

/** Names bars by what they are, whatever their version and number. */
export function barsKey(query: BarsQuery | null): string {
  if (query === null) return '';
  return `${query.datasetId ?? query.live?.name ?? ''} ${query.adjustment}`;
}

/** Pause in typing after which an edited study is computed. */
const EDIT_DELAY_MS = 120;
const SLOT = `window-${Math.random().toString(36).slice(2, 10)}`;

function requestOf(study: Study, indicators: readonly Indicator[], query: BarsQuery) {
  const { source } = study;
  const id = source.kind === 'indicator' ? source.indicator : '';
  const { maxPoints } = query;
  return {
    expression: expressionOf(
      study,
      indicators.find((indicator) => indicator.id === id),
    ),
    parameters: source.kind === 'expression' ? { ...source.parameters } : {},
    ...barsOf(query),
    start: null,
    end: null,
    maxPoints,
  };
}

/** Computes studies in the pool and keeps their results by study. */
export function useComputed(
  studies: readonly Study[],
  indicators: readonly Indicator[] | null,
  query: BarsQuery | null,
): ReadonlyMap<string, Computed> {
  const [computed, setComputed] = useState<ReadonlyMap<string, Computed>>(new Map());
  const connection = useWorkstation((state) => state.connection);
  const asked = useRef(new Map<string, string>());
  const arrived = useRef(new Map<string, (known: Computed | undefined) => Computed>());
  const flush = useRef<ReturnType<typeof setTimeout>>(undefined);

  // Answers that come together are shown together.
  const tell = useCallback((id: string, next: (known: Computed | undefined) => Computed): void => {
    arrived.current.set(id, next);
    flush.current ??= setTimeout(() => {
      flush.current = undefined;
      const news = [...arrived.current];
      arrived.current.clear();
      setComputed((before) => {
        const after = new Map(before);
        for (const [key, make] of news) {
          if (asked.current.has(key)) after.set(key, make(before.get(key)));
        }
        return after;
      });
    }, 0);
  }, []);

  useEffect(() => {
    if (indicators === null || query === null || connection !== 'open') return undefined;
    const timers: ReturnType<typeof setTimeout>[] = [];
    for (const study of studies) {
      const request = requestOf(study, indicators, query);
      // The version names the live bars as well.
      const { live: _, ...named } = { live: undefined, ...request };
      const key = JSON.stringify([named, query.version]);
      const over = barsKey(query);
      const before = asked.current.get(study.id);
      if (before === key) continue;
      const ask = (): void => {
        asked.current.set(study.id, key);
        tell(study.id, (known) => ({
          key,
          over,
          result: null,
          error: null,
          ...known,
          pending: true,
        }));
        const current = (): boolean => asked.current.get(study.id) === key;
        workstation()
          .call('studies.compute', { ...request, slot: `${SLOT}-${study.id}` })
          .then((result) => {
            if (current())
              tell(study.id, () => ({ key, over, result, error: null, pending: false }));
          })
          .catch((thrown: unknown) => {
            if (!current()) return;
            const error = toErrorPayload(thrown);
            // Asked again once the connection is back.
            if (error.retryable) asked.current.set(study.id, '');
            const result = null;
            tell(study.id, () => ({ key, over, result, error, pending: false }));
          });
      };
      if (before === undefined) ask();
      else timers.push(setTimeout(ask, EDIT_DELAY_MS));
    }
    for (const id of asked.current.keys()) {
      if (!studies.some((study) => study.id === id)) asked.current.delete(id);
    }
    return () => timers.forEach(clearTimeout);
  }, [studies, indicators, query, connection, tell]);

  useEffect(() => () => clearTimeout(flush.current), []);
  return computed;
}
