import { Camera, CandlestickChart, CalendarSearch } from 'lucide-react';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { ADJUSTMENTS, type Adjustment, type BarColumns } from '../../../engine/domain/bar.ts';
import { toErrorPayload, type ErrorPayload } from '../../../engine/domain/errors.ts';
import {
  selectAdjustment,
  selectDataset,
  useWorkstation,
  workstation,
  type Dataset,
} from '../../client/store.ts';
import { ImportButton } from '../../components/import-button.tsx';
import { EmptyState, ErrorState, Loading } from '../../components/states.tsx';
import { formatQuantity, formatPrice } from '../../components/format.ts';
import { useAppearance } from '../../components/theme.ts';
import './chart.css';
import { PriceChart, type TradeMark } from './price-chart.ts';
import { StudiesOnChart } from './studies-on-chart.tsx';
import type { BarsQuery } from './use-computed.ts';

/** Bars shown at first, how many more each look into the past brings, and the most that are kept. */
const FIRST_POINTS = 6_000;
const MORE_POINTS = 10_000;
const MOST_POINTS = 60_000;

/** How far an adjustment goes; stored bars can only be shown at least as adjusted as they are. */
function offered(dataset: Dataset | undefined): readonly Adjustment[] {
  const stored = dataset?.current.provenance.adjustment ?? 'raw';
  return ADJUSTMENTS.slice(ADJUSTMENTS.indexOf(stored));
}

export function ChartPanel() {
  const datasets = useWorkstation((state) => state.datasets);
  const datasetId = useWorkstation((state) => state.datasetId);
  const wantedAdjustment = useWorkstation((state) => state.adjustment);
  const run = useWorkstation((state) => state.run);
  const place = useWorkstation((state) => state.place);
  const appearance = useAppearance();
  const container = useRef<HTMLDivElement>(null);
  const [chart, setChart] = useState<PriceChart | null>(null);
  const [bars, setBars] = useState<BarColumns | null>(null);
  const [total, setTotal] = useState(0);
  const [points, setPoints] = useState(FIRST_POINTS);
  const [error, setError] = useState<ErrorPayload | null>(null);
  const [attempt, setAttempt] = useState(0);
  const [choosing, setChoosing] = useState(false);
  const [logarithmic, setLogarithmic] = useState(false);
  const dataset = datasets?.find(({ id }) => id === datasetId);
  const choices = offered(dataset);
  const adjustment = choices.includes(wantedAdjustment) ? wantedAdjustment : (choices[0] ?? 'raw');
  const without = datasets?.length === 0;
  const version = dataset?.current.contentHash ?? '';
  const timeframe = dataset?.timeframe ?? '';
  const intraday = /[smh]$/.test(timeframe);
  const shownKey = useRef('');
  const failed = useRef(false);

  useEffect(() => {
    if (container.current === null) return undefined;
    const made = new PriceChart(container.current);
    setChart(made);
    made.onOldest(() => setPoints((now) => Math.min(now + MORE_POINTS, MOST_POINTS)));
    return () => {
      setChart(null);
      made.remove();
    };
  }, []);

  useEffect(() => chart?.restyle(), [chart, appearance]);
  useEffect(() => chart?.setLogarithmic(logarithmic), [chart, logarithmic]);
  useEffect(() => setPoints(FIRST_POINTS), [datasetId]);

  // Reading more than there is brings nothing new.
  const asked = total > 0 && points > total && (bars?.time.length ?? 0) >= total ? total : points;
  useEffect(() => {
    if (datasetId === null || chart === null) return undefined;
    let current = true;
    workstation()
      .call('data.bars', { datasetId, start: null, end: null, adjustment, maxPoints: asked })
      .then((answer) => {
        if (!current) return;
        const key = `${datasetId} ${adjustment}`;
        chart.setBars(answer.bars, intraday, shownKey.current === key);
        shownKey.current = key;
        setBars(answer.bars);
        setTotal(answer.totalBars);
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
  }, [chart, datasetId, adjustment, version, asked, intraday, attempt]);

  // What was asked while the connection was lost is asked again once it is back.
  const connection = useWorkstation((state) => state.connection);
  useEffect(() => {
    if (connection === 'open' && failed.current) setAttempt((count) => count + 1);
  }, [connection]);

  const length = bars?.time.length ?? 0;
  const query = useMemo<BarsQuery | null>(
    () =>
      datasetId === null || length === 0
        ? null
        : { datasetId, adjustment, version, maxPoints: length },
    [datasetId, adjustment, version, length],
  );

  const marks = useMemo<readonly TradeMark[]>(() => {
    if (run === null) return [];
    const { trades, instruments } = run;
    const several = instruments?.findIndex((each) => each.datasetId === datasetId);
    if (several === -1) return [];
    if (several === undefined && run.summary.request.datasetId !== datasetId) return [];
    return Array.from(trades.size).flatMap((size, i) => {
      if (several !== undefined && trades.instrument?.[i] !== several) return [];
      const amount = formatQuantity(Math.abs(size));
      const entry = {
        time: trades.entryTime[i] as number,
        buy: size > 0,
        text: `${amount} @ ${formatPrice(trades.entryPrice[i] as number)}`,
      };
      if (trades.open[i] === 1) return [entry];
      const exit = {
        time: trades.exitTime[i] as number,
        buy: size < 0,
        text: `${amount} @ ${formatPrice(trades.exitPrice[i] as number)}`,
      };
      return [entry, exit];
    });
  }, [run, datasetId]);
  useEffect(() => chart?.setTrades(marks), [chart, marks, length]);

  useEffect(() => {
    if (place === null || chart === null) return;
    if (!chart.show(place.time, place.until)) setPoints(MOST_POINTS);
  }, [chart, place, length]);

  const savePicture = useCallback(() => {
    chart?.picture().toBlob((blob) => {
      if (blob === null) return;
      const link = document.createElement('a');
      link.href = URL.createObjectURL(blob);
      link.download = `${dataset?.symbol ?? 'chart'}-${timeframe}.png`;
      link.click();
      URL.revokeObjectURL(link.href);
    });
  }, [chart, dataset, timeframe]);

  return (
    <section className="panel" aria-label="Chart" data-testid="chart-panel">
      <div className="toolbar">
        <select
          aria-label="Dataset"
          data-testid="chart-dataset"
          value={datasetId ?? ''}
          disabled={without}
          onChange={(event) => selectDataset(event.target.value)}
        >
          {without ? <option value="">No data</option> : null}
          {datasets?.map(({ id, symbol, timeframe: length_ }) => (
            <option key={id} value={id}>
              {symbol} {length_}
            </option>
          ))}
        </select>
        <select
          aria-label="Adjustment"
          value={adjustment}
          disabled={without || choices.length < 2 || dataset?.hasAdjustments === false}
          onChange={(event) => selectAdjustment(event.target.value as Adjustment)}
        >
          {choices.map((choice) => (
            <option key={choice}>{choice}</option>
          ))}
        </select>
        <button
          type="button"
          className="button"
          data-testid="chart-indicators"
          aria-keyshortcuts="/"
          disabled={without}
          onClick={() => setChoosing(true)}
        >
          <CandlestickChart size={13} aria-hidden /> Indicators <kbd>/</kbd>
        </button>
        <button
          type="button"
          className="button"
          aria-pressed={logarithmic}
          disabled={without}
          onClick={() => setLogarithmic(!logarithmic)}
        >
          Log
        </button>
        <label className="go-to">
          <CalendarSearch size={13} aria-hidden />
          <input
            type="date"
            aria-label="Go to date"
            disabled={without}
            onChange={(event) => {
              const time = Date.parse(`${event.target.value}T00:00:00Z`);
              if (Number.isFinite(time) && chart?.show(time, time) === false)
                setPoints(MOST_POINTS);
            }}
          />
        </label>
        <span className="spacer" />
        <button
          type="button"
          className="icon-button"
          aria-label="Save picture"
          disabled={without}
          onClick={savePicture}
        >
          <Camera size={14} aria-hidden />
        </button>
      </div>
      <div className="chart-area">
        <div ref={container} className="chart" data-testid="chart-canvas" />
        {chart === null ? null : (
          <StudiesOnChart
            chart={chart}
            dataset={dataset}
            bars={bars}
            intraday={intraday}
            query={query}
            choosing={choosing}
            onChoosing={setChoosing}
          />
        )}
        {error !== null ? (
          <div className="cover">
            <ErrorState error={error} onRetry={() => setAttempt(attempt + 1)} />
          </div>
        ) : datasets?.length === 0 ? (
          <div className="cover">
            <EmptyState
              title="No data yet"
              hint="The chart shows the bars of a CSV or Parquet file; it may also be dropped on the Data panel."
            >
              <ImportButton primary />
            </EmptyState>
          </div>
        ) : bars === null ? (
          <div className="cover">
            <Loading label="Reading bars …" />
          </div>
        ) : null}
      </div>
    </section>
  );
}
