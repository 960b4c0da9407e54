import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { ADJUSTMENTS, type Adjustment, type BarColumns } from '../../../engine/domain/bar.ts';
import { useSaved } from '../../client/saved.ts';
import { useWorkstation, type Dataset } from '../../client/store.ts';
import { useQuote, useTrading } from '../../client/trading-store.ts';
import { ImportButton } from '../../components/import-button.tsx';
import { EmptyState, ErrorState, Loading } from '../../components/states.tsx';
import { symbolOf } from '../../components/trading/words.ts';
import { useAppearance } from '../../components/theme.ts';
import './chart.css';
import './live/live.css';
import { ChartToolbar } from './chart-toolbar.tsx';
import { FIRST_MODE, parseMode, type ChartMode } from './live/chart-mode.ts';
import type { Change, LiveSeries } from './live/live-series.ts';
import { liveWords } from './live/live-state.ts';
import { TradingOnChart } from './live/trading-on-chart.tsx';
import { useCountdown } from './live/use-countdown.ts';
import { useLiveBars } from './live/use-live-bars.ts';
import { PriceChart } from './price-chart.ts';
import { runMarks } from './run-marks.ts';
import { StudiesOnChart } from './studies-on-chart.tsx';
import type { BarsQuery } from './use-computed.ts';
import { useStoredBars } from './use-stored-bars.ts';

/** How far an adjustment goes; stored bars can only be shown at least as adjusted as they are. */
function offered(dataset: Dataset | undefined): readonly Adjustment[] {
  const stored = dataset?.current.provenance.adjustment ?? 'raw';
  return ADJUSTMENTS.slice(ADJUSTMENTS.indexOf(stored));
}

/** Prices of a stored series or of the ticket's instrument, as they are made, with studies and orders. */
export function ChartPanel() {
  const datasets = useWorkstation((state) => state.datasets);
  const datasetId = useWorkstation((state) => state.datasetId);
  const wantedAdjustment = useWorkstation((state) => state.adjustment);
  const run = useWorkstation((state) => state.run);
  const place = useWorkstation((state) => state.place);
  const online = useWorkstation(({ connection }) => connection === 'open');
  const linked = useTrading((state) => state.instrument);
  const appearance = useAppearance();
  const [mode, setMode, loaded] = useSaved<ChartMode>('chart.live', FIRST_MODE, parseMode);
  const container = useRef<HTMLDivElement>(null);
  const [chart, setChart] = useState<PriceChart | null>(null);
  const [bars, setBars] = useState<BarColumns | null>(null);
  const [choosing, setChoosing] = useState(false);
  const [logarithmic, setLogarithmic] = useState(false);

  const dataset = datasets?.find(({ id }) => id === datasetId);
  const choices = offered(dataset);
  const adjustment = choices.includes(wantedAdjustment) ? wantedAdjustment : (choices[0] ?? 'raw');
  const version = dataset?.current.contentHash ?? '';
  const { symbol } = mode;
  const instrument = symbol ? linked : (dataset?.instrumentId ?? null);
  const timeframe = symbol ? mode.timeframe : (dataset?.timeframe ?? '');
  const intraday = /[smh]$/.test(timeframe);
  const subject =
    instrument === null
      ? undefined
      : { symbol: symbol ? symbolOf(instrument) : (dataset?.symbol ?? ''), timeframe };

  const stored = useStoredBars(datasetId, adjustment, version);
  const isRead = stored.key === `${datasetId} ${adjustment}`;
  const base = symbol ? null : stored.bars;
  const lastStored = base?.time.at(-1);
  const wanted =
    !loaded ||
    instrument === null ||
    !(symbol || (mode.follow && isRead && lastStored !== undefined))
      ? null
      : { instrument, timeframe, from: symbol ? null : (lastStored ?? null) };

  // What is drawn: bars of another subject are never continued.
  const key = symbol ? `live ${instrument ?? ''} ${timeframe}` : stored.key;
  const drawn = useRef({ key: '', base, intraday });
  const drawAll = useCallback(
    (series: LiveSeries): void => {
      if (chart === null) return;
      const known = series.over(drawn.current.base);
      chart.setBars(known, drawn.current.intraday, drawn.current.key === key, series.forming);
      drawn.current.key = key;
      setBars(known);
    },
    [chart, key],
  );
  const draw = useCallback(
    (series: LiveSeries, change: Change): void => {
      if (chart === null || drawn.current.key !== key) return;
      if (change.kind === 'end' && chart.extend(change.bars)) return;
      drawAll(series);
    },
    [chart, key, drawAll],
  );
  const live = useLiveBars(wanted, draw);
  const { series } = live;

  useEffect(() => {
    if (container.current === null) return undefined;
    const made = new PriceChart(container.current);
    setChart(made);
    return () => {
      setChart(null);
      made.remove();
    };
  }, []);
  useEffect(() => chart?.restyle(), [chart, appearance]);
  useEffect(() => chart?.setLogarithmic(logarithmic), [chart, logarithmic]);
  const { readMore, readMost } = stored;
  useEffect(() => chart?.onOldest(readMore), [chart, readMore]);

  // Stored bars come and go; those of now are drawn as they come, and made columns now and then.
  useEffect(() => {
    if (chart === null || (!symbol && stored.bars === null)) return;
    drawn.current = { ...drawn.current, base, intraday };
    drawAll(series);
    document.documentElement.dataset['renataReady'] = 'true';
  }, [chart, symbol, base, stored.bars, intraday, series, drawAll]);
  useEffect(() => {
    if (chart === null || live.version === 0 || drawn.current.key !== key) return;
    const known = series.over(drawn.current.base);
    chart.settle(known);
    setBars(known);
  }, [chart, key, series, live.version]);

  // Whoever chooses a series or a place elsewhere wants to see it.
  const chosen = useRef(datasetId);
  useEffect(() => {
    const before = chosen.current;
    chosen.current = datasetId;
    if (before !== null && before !== datasetId && symbol) setMode({ ...mode, symbol: false });
  }, [datasetId, symbol, mode, setMode]);

  const length = bars?.time.length ?? 0;
  const source = live.state.kind === 'live' ? live.state : undefined;
  const calendar = source?.calendar ?? dataset?.calendar ?? 'none';
  const query = useMemo<BarsQuery | null>(() => {
    if (length === 0 || (symbol ? source === undefined : datasetId === null)) return null;
    const tail = series.closed.length === 0 ? null : series.over(null);
    return {
      datasetId: symbol ? null : datasetId,
      adjustment,
      version: `${version} ${live.key} ${live.version}`,
      maxPoints: length,
      live: tail === null ? null : { name: key, bars: tail, timeframe, calendar },
    };
    // The version rises with the bars of the series.
  }, [
    length,
    symbol,
    source,
    datasetId,
    adjustment,
    version,
    live.key,
    live.version,
    series,
    key,
    timeframe,
    calendar,
  ]);

  const marks = useMemo(() => (symbol ? [] : runMarks(run, datasetId)), [symbol, run, datasetId]);
  useEffect(() => chart?.setTrades(marks), [chart, marks, length]);
  const seen = useRef(place);
  useEffect(() => {
    if (place === null || chart === null) return;
    if (symbol && seen.current !== place) setMode({ ...mode, symbol: false });
    else if (!symbol && !chart.show(place.time, place.until)) readMost();
    seen.current = place;
  }, [chart, place, length, symbol, mode, setMode, readMost]);

  const quote = useQuote(live.state.kind === 'live' ? instrument : null);
  const words = liveWords(live.state, quote, online, Date.now());
  const stale = words?.stale ?? false;
  useEffect(() => chart?.setStale(stale), [chart, stale]);
  useEffect(() => chart?.setLive(source !== undefined), [chart, source]);
  useCountdown(chart, live.state.kind === 'live' && !stale && intraday, timeframe);

  const savePicture = useCallback(() => {
    chart?.picture().toBlob((blob) => {
      if (blob === null) return;
      const link = document.createElement('a');
      link.href = URL.createObjectURL(blob);
      link.download = `${subject?.symbol ?? 'chart'}-${timeframe}.png`;
      link.click();
      URL.revokeObjectURL(link.href);
    });
  }, [chart, subject?.symbol, timeframe]);

  return (
    <section className="panel" aria-label="Chart" data-testid="chart-panel">
      <ChartToolbar
        datasets={datasets}
        dataset={dataset}
        choices={choices}
        adjustment={adjustment}
        linked={linked}
        mode={mode}
        live={live.state}
        words={words}
        empty={symbol ? instrument === null : datasets?.length === 0}
        logarithmic={logarithmic}
        onMode={(part) => setMode({ ...mode, ...part })}
        onIndicators={() => setChoosing(true)}
        onLogarithmic={() => setLogarithmic(!logarithmic)}
        onDate={(time) => {
          if (chart?.show(time, time) === false) readMost();
        }}
        onPicture={savePicture}
      />
      <div className="chart-area">
        <div
          ref={container}
          className="chart"
          data-testid="chart-canvas"
          data-closed={length}
          data-first={bars?.time[0]}
          data-last={bars?.time.at(-1)}
        />
        {chart === null ? null : (
          <StudiesOnChart
            chart={chart}
            subject={subject}
            bars={bars}
            intraday={intraday}
            query={query}
            choosing={choosing}
            onChoosing={setChoosing}
          />
        )}
        {chart === null || instrument === null ? null : (
          <TradingOnChart
            chart={chart}
            instrument={instrument}
            timeframe={timeframe}
            version={bars}
          />
        )}
        <Cover
          symbol={symbol ? (subject?.symbol ?? '') : null}
          without={datasets?.length === 0}
          read={stored.bars !== null}
          error={stored.error}
          live={live}
          onRetry={symbol ? live.retry : stored.retry}
        />
      </div>
    </section>
  );
}

interface CoverProps {
  /** The ticket's instrument where the chart shows that; empty where there is none. */
  readonly symbol: string | null;
  readonly without: boolean;
  readonly read: boolean;
  readonly error: ReturnType<typeof useStoredBars>['error'];
  readonly live: ReturnType<typeof useLiveBars>;
  readonly onRetry: () => void;
}

/** What stands in place of bars while there are none. */
function Cover({ symbol, without, read, error, live, onRetry }: CoverProps) {
  const { state, series } = live;
  const content =
    symbol === '' ? (
      <EmptyState
        title="No symbol chosen"
        hint="The chart shows the instrument of the ticket: choose one there or in Quotes."
      />
    ) : symbol !== null ? (
      series.last !== undefined ? null : state.kind === 'none' ? (
        <ErrorState
          error={{
            code: 'UNAVAILABLE',
            message: `No bars of ${symbol}: ${state.why}`,
            retryable: true,
          }}
          onRetry={onRetry}
        />
      ) : state.kind === 'live' ? (
        <EmptyState
          title={`No bars of ${symbol} yet`}
          hint={state.note === '' ? 'The first one comes with the next trade.' : state.note}
        />
      ) : (
        <Loading label="Reading bars …" />
      )
    ) : error !== null ? (
      <ErrorState error={error} onRetry={onRetry} />
    ) : without ? (
      <EmptyState
        title="No data yet"
        hint="The chart shows the bars of a CSV or Parquet file; it may also be dropped on the Data panel."
      >
        <ImportButton primary />
      </EmptyState>
    ) : read ? null : (
      <Loading label="Reading bars …" />
    );
  return content === null ? null : <div className="cover">{content}</div>;
}
