import { Camera, CandlestickChart, CalendarSearch } from 'lucide-react';
import type { Adjustment } from '../../../engine/domain/bar.ts';
import { selectAdjustment, selectDataset, type Dataset } from '../../client/store.ts';
import { Chip } from '../../components/trading/state-chip.tsx';
import { symbolOf } from '../../components/trading/words.ts';
import { LIVE_TIMEFRAMES, type ChartMode } from './live/chart-mode.ts';
import type { LiveState, LiveWords } from './live/live-state.ts';

interface ChartToolbarProps {
  readonly datasets: readonly Dataset[] | null;
  readonly dataset: Dataset | undefined;
  readonly choices: readonly Adjustment[];
  readonly adjustment: Adjustment;
  /** The instrument of the ticket. */
  readonly linked: string | null;
  readonly mode: ChartMode;
  readonly live: LiveState;
  readonly words: LiveWords | null;
  readonly empty: boolean;
  readonly logarithmic: boolean;
  readonly onMode: (part: Partial<ChartMode>) => void;
  readonly onIndicators: () => void;
  readonly onLogarithmic: () => void;
  readonly onDate: (time: number) => void;
  readonly onPicture: () => void;
}

/** What the chart is of, whether it follows the market, and its tools. */
export function ChartToolbar(props: ChartToolbarProps) {
  const { mode, linked, empty, words, live, logarithmic, onMode } = props;
  const offered = linked !== null || mode.symbol;
  return (
    <div className="toolbar chart-toolbar">
      {offered ? (
        <div className="segments" role="group" aria-label="What the chart shows">
          <button
            type="button"
            aria-pressed={!mode.symbol}
            data-testid="chart-stored"
            onClick={() => onMode({ symbol: false })}
          >
            Stored
          </button>
          <button
            type="button"
            aria-pressed={mode.symbol}
            title="The instrument of the ticket and the quotes, with the bars of its source"
            data-testid="chart-symbol"
            onClick={() => onMode({ symbol: true })}
          >
            {linked === null ? 'Symbol' : symbolOf(linked)}
          </button>
        </div>
      ) : null}
      {mode.symbol ? (
        <select
          aria-label="Length of bars"
          data-testid="chart-timeframe"
          value={mode.timeframe}
          onChange={(event) => onMode({ timeframe: event.target.value })}
        >
          {LIVE_TIMEFRAMES.map((each) => (
            <option key={each}>{each}</option>
          ))}
        </select>
      ) : (
        <StoredFields {...props} />
      )}
      <button
        type="button"
        className="button"
        data-testid="chart-indicators"
        aria-keyshortcuts="/"
        disabled={empty}
        onClick={props.onIndicators}
      >
        <CandlestickChart size={13} aria-hidden /> Indicators <kbd>/</kbd>
      </button>
      <button
        type="button"
        className="button"
        aria-pressed={logarithmic}
        disabled={empty}
        onClick={props.onLogarithmic}
      >
        Log
      </button>
      {mode.symbol ? null : (
        <button
          type="button"
          className="button"
          aria-pressed={mode.follow && live.kind === 'live'}
          disabled={empty || (mode.follow && live.kind !== 'live')}
          title={
            live.kind === 'none'
              ? live.why
              : 'Continues the stored bars with those of now, where a connected source has them'
          }
          data-testid="chart-live"
          onClick={() => onMode({ follow: !mode.follow })}
        >
          Live
        </button>
      )}
      <label className="go-to">
        <CalendarSearch size={13} aria-hidden />
        <input
          type="date"
          aria-label="Go to date"
          disabled={empty}
          onChange={(event) => {
            const time = Date.parse(`${event.target.value}T00:00:00Z`);
            if (Number.isFinite(time)) props.onDate(time);
          }}
        />
      </label>
      <span className="spacer" />
      {words === null || (live.kind === 'none' && !mode.symbol) ? null : (
        <span
          className="chart-live"
          role="status"
          title={words.title}
          data-testid="chart-live-state"
          data-stale={words.stale}
        >
          <Chip tone={words.tone}>{words.word}</Chip>
        </span>
      )}
      <button
        type="button"
        className="icon-button"
        aria-label="Save picture"
        disabled={empty}
        onClick={props.onPicture}
      >
        <Camera size={14} aria-hidden />
      </button>
    </div>
  );
}

function StoredFields({ datasets, dataset, choices, adjustment }: ChartToolbarProps) {
  const without = datasets?.length === 0;
  return (
    <>
      <select
        aria-label="Dataset"
        className="series-select"
        data-testid="chart-dataset"
        value={dataset?.id ?? ''}
        disabled={without}
        onChange={(event) => selectDataset(event.target.value)}
      >
        {without ? <option value="">No data</option> : null}
        {datasets?.map(({ id, symbol, timeframe }) => (
          <option key={id} value={id}>
            {symbol} {timeframe}
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
    </>
  );
}
