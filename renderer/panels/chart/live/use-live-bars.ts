import { useEffect, useMemo, useRef, useState } from 'react';
import { BarWatch } from '../../../client/bar-watch.ts';
import { workstation } from '../../../client/store.ts';
import { useTrading } from '../../../client/trading-store.ts';
import { LiveSeries, type Change } from './live-series.ts';
import type { LiveState } from './live-state.ts';

export interface LiveBars {
  readonly state: LiveState;
  readonly series: LiveSeries;
  /** Names the series: another one has other bars. */
  readonly key: string;
  /** Rises at most twice a second with the closed bars: what is computed over them need not run with the market. */
  readonly version: number;
  /** Asks again. */
  readonly retry: () => void;
}

interface Wanted {
  readonly instrument: string;
  readonly timeframe: string;
  readonly from: number | null;
}

const CALM_MS = 500;
const OFF: LiveState = { kind: 'off' };
const ASKING: LiveState = { kind: 'asking' };

/**
 * Follows the bars of an instrument as they are made.
 * @param wanted null while there is nothing to follow
 * @param draw hears what has changed, at most 60 times a second
 */
export function useLiveBars(
  wanted: Wanted | null,
  draw: (series: LiveSeries, change: Change) => void,
): LiveBars {
  const instrument = wanted?.instrument ?? '';
  const timeframe = wanted?.timeframe ?? '';
  const from = wanted?.from ?? null;
  const key = wanted === null ? '' : `${instrument} ${timeframe} ${from ?? ''}`;
  // Bars of another instrument are never drawn under the name of this one.
  const series = useMemo(() => {
    void key;
    return new LiveSeries();
  }, [key]);
  const [told, setTold] = useState<{ readonly key: string; readonly state: LiveState }>();
  const [version, setVersion] = useState(0);
  const watch = useRef<BarWatch>(undefined);
  const drawing = useRef(draw);
  useEffect(() => {
    drawing.current = draw;
  }, [draw]);

  useEffect(() => {
    if (key === '') return undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let known = series.version;
    const hear = (change: Change): void => {
      if (change.kind !== 'none') drawing.current(series, change);
      if (series.version === known || timer !== undefined) return;
      timer = setTimeout(() => {
        timer = undefined;
        known = series.version;
        setVersion((count) => count + 1);
      }, CALM_MS);
    };
    const made = new BarWatch(
      workstation(),
      { instrument, timeframe, from },
      {
        onAnswer: ({ source, calendar, replayed, note, bars, forming }) => {
          const change = series.begin({ bars, forming }, replayed);
          known = series.version;
          setVersion((count) => count + 1);
          setTold({ key, state: { kind: 'live', source, calendar, replayed, note } });
          hear(change);
        },
        onBars: ({ closed, forming }) => hear(series.take({ bars: closed, forming })),
        // What is known stays drawn; it only does not go on.
        onFailure: ({ message }) => setTold({ key, state: { kind: 'none', why: message } }),
      },
    );
    watch.current = made;
    return () => {
      clearTimeout(timer);
      watch.current = undefined;
      made.end();
    };
  }, [key, series, instrument, timeframe, from]);

  const state = key === '' ? OFF : told?.key === key ? told.state : ASKING;
  // A source that has come may have it; a replay that has begun anew is in another time.
  const sources = useTrading(({ connections }) =>
    (connections ?? [])
      .filter(({ state: { phase } }) => phase === 'ready' || phase === 'degraded')
      .map(({ id }) => id)
      .join(),
  );
  const again = state.kind === 'none' || (state.kind === 'live' && state.replayed);
  const before = useRef(sources);
  useEffect(() => {
    const changed = before.current !== sources;
    before.current = sources;
    if (changed && again) watch.current?.ask();
  }, [sources, again]);

  return { state, series, key, version, retry: () => watch.current?.ask() };
}
