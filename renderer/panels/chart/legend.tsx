import {
  AlertTriangle,
  ArrowDown,
  ArrowUp,
  Eye,
  EyeOff,
  Settings2,
  X,
  type LucideIcon,
} from 'lucide-react';
import { useEffect, useState, useSyncExternalStore, type KeyboardEvent } from 'react';
import type { BarColumns } from '../../../engine/domain/bar.ts';
import { formatCount, formatPercent, formatPrice, formatTime } from '../../components/format.ts';
import type { PriceChart } from './price-chart.ts';
import { cssColour } from './markers.ts';
import type { PaneBox } from './study-layer.ts';
import { formatValue, type DrawnOutput } from './study-look.ts';
import { PRICE_PANE, type Study } from './study-model.ts';

/** What the chart is of. */
export interface ChartSubject {
  readonly symbol: string;
  readonly timeframe: string;
}

/** A study as its legend row shows it. */
export interface StudyRow {
  readonly study: Study;
  readonly title: string;
  readonly outputs: readonly DrawnOutput[];
  readonly pending: boolean;
  /** Why it is not drawn. */
  readonly problem: string | null;
}

export interface LegendPane {
  readonly id: string;
  readonly rows: readonly StudyRow[];
}

export interface StudyActions {
  edit(id: string): void;
  toggle(id: string): void;
  remove(id: string): void;
  /** Moves a pane up (-1) or down (1). */
  move(pane: string, by: -1 | 1): void;
  /** Makes a pane higher or lower by a factor. */
  resize(pane: string, factor: number): void;
}

interface LegendsProps {
  readonly chart: PriceChart;
  readonly subject: ChartSubject | undefined;
  readonly bars: BarColumns;
  readonly intraday: boolean;
  readonly panes: readonly LegendPane[];
  readonly boxes: ReadonlyMap<string, PaneBox>;
  readonly actions: StudyActions;
}

const NO_BAR = {
  time: Number.NaN,
  open: Number.NaN,
  high: Number.NaN,
  low: Number.NaN,
  close: Number.NaN,
  volume: 0,
};
/** Height of a row, as the style sheet has it. */
export const ROW_HEIGHT = 18;
const STEP = 1.15;

/** Values at the crosshair in the top left corner of every pane. */
export function Legends(props: LegendsProps) {
  const { chart, bars, panes, boxes } = props;
  const [hovered, setHovered] = useState<number | null>(null);
  useEffect(() => chart.onCrosshair(setHovered), [chart]);
  // Studies are over closed bars: beside the bar that forms, and while they are computed anew, stand their
  // newest values.
  const at = hovered === null ? undefined : bars.time[hovered];
  // What has no pane yet, because it is being computed or cannot be, is listed with the price.
  const homeless = panes
    .filter(({ id }) => id !== PRICE_PANE && !boxes.has(id))
    .flatMap(({ rows }) => rows);
  const placed = panes.filter(({ id }) => id === PRICE_PANE || boxes.has(id));
  return (
    <>
      {placed.map((pane, place) => {
        const box = boxes.get(pane.id) ?? { top: 0, height: 400 };
        const price = pane.id === PRICE_PANE;
        const rows = price ? [...pane.rows, ...homeless] : pane.rows;
        return (
          <div
            key={pane.id}
            className="legend"
            role="group"
            aria-label={price ? 'Price' : `Pane ${place + 1}`}
            data-testid={price ? 'chart-legend' : `legend-${pane.id}`}
            style={{ top: box.top + 4, maxHeight: Math.max(ROW_HEIGHT, box.height - 8) }}
          >
            {price ? <PriceRows {...props} hovered={hovered} /> : null}
            {rows.map((row, i) => (
              <Row
                key={row.study.id}
                row={row}
                time={at ?? Number.POSITIVE_INFINITY}
                pane={pane.id}
                first={place === 0}
                last={place === placed.length - 1}
                arrows={i === 0 && !price && placed.length > 1}
                actions={props.actions}
              />
            ))}
          </div>
        );
      })}
    </>
  );
}

function PriceRows(props: LegendsProps & { readonly hovered: number | null }) {
  const { chart, subject, intraday, hovered } = props;
  // Moves with the market, apart from everything else here.
  useSyncExternalStore(chart.onBars, chart.lastBar);
  const index = hovered === null || hovered >= chart.count ? chart.count - 1 : hovered;
  const bar = chart.barAt(index);
  const { time, open, high, low, close, volume } = bar ?? NO_BAR;
  const before = chart.barAt(index - 1)?.close ?? Number.NaN;
  const change = close / before - 1;
  const cell = (label: string, value: number) => (
    <span>
      <em>{label}</em> {formatPrice(value)}
    </span>
  );
  return (
    <>
      <div className="legend-row">
        <strong>
          {subject?.symbol} · {subject?.timeframe}
        </strong>{' '}
        <span className="muted">
          {formatTime(time)}
          {intraday ? ' UTC' : ''}
        </span>
      </div>
      <div className="legend-row">
        {cell('O', open)}
        {cell('H', high)}
        {cell('L', low)}
        {cell('C', close)}
        <span className={change >= 0 ? 'up' : 'down'}>{formatPercent(change)}</span>
        <span>
          <em>V</em> {formatCount(Math.round(volume))}
        </span>
      </div>
    </>
  );
}

interface RowProps {
  readonly row: StudyRow;
  readonly time: number;
  readonly pane: string;
  readonly first: boolean;
  readonly last: boolean;
  readonly arrows: boolean;
  readonly actions: StudyActions;
}

function Row({ row, time, pane, first, last, arrows, actions }: RowProps) {
  const { study, title, outputs, pending, problem } = row;
  const { id, hidden } = study;
  function onKeyDown(event: KeyboardEvent): void {
    const by = event.key === 'ArrowUp' ? -1 : event.key === 'ArrowDown' ? 1 : undefined;
    if (event.key === 'Delete') actions.remove(id);
    else if (by === undefined || !event.altKey) return;
    else if (event.shiftKey) actions.resize(pane, by < 0 ? STEP : 1 / STEP);
    else actions.move(pane, by);
    event.preventDefault();
    event.stopPropagation();
  }
  return (
    <div
      className={hidden ? 'legend-row study off' : 'legend-row study'}
      role="group"
      aria-label={title}
      data-testid={`study-${id}`}
      onKeyDown={onKeyDown}
    >
      <button
        type="button"
        className="legend-title clip"
        title={`${title}: Enter edits, Delete removes${arrows ? ', Alt with ↑ or ↓ moves the pane, with Shift too changes its height' : ''}`}
        aria-keyshortcuts="Delete Alt+ArrowUp Alt+ArrowDown Alt+Shift+ArrowUp Alt+Shift+ArrowDown"
        onClick={() => actions.edit(id)}
      >
        {title}
      </button>
      {problem === null ? null : (
        <span className="legend-problem clip" role="alert" title={problem}>
          <AlertTriangle size={11} aria-hidden /> {problem}
        </span>
      )}
      {pending && outputs.length === 0 && problem === null ? (
        <span className="muted" aria-busy>
          computing …
        </span>
      ) : null}
      {outputs
        .filter((output) => output.listed)
        .map((output) => (
          <Value key={output.key} output={output} time={time} many={outputs.length > 1} />
        ))}
      <span className="legend-actions">
        <Action
          icon={hidden ? EyeOff : Eye}
          label={`${hidden ? 'Show' : 'Hide'} ${title}`}
          onClick={() => actions.toggle(id)}
        />
        <Action icon={Settings2} label={`Edit ${title}`} onClick={() => actions.edit(id)} />
        {arrows && !first ? (
          <Action
            icon={ArrowUp}
            label={`Move the pane of ${title} up`}
            onClick={() => actions.move(pane, -1)}
          />
        ) : null}
        {arrows && !last ? (
          <Action
            icon={ArrowDown}
            label={`Move the pane of ${title} down`}
            onClick={() => actions.move(pane, 1)}
          />
        ) : null}
        <Action icon={X} label={`Remove ${title}`} onClick={() => actions.remove(id)} />
      </span>
    </div>
  );
}

/** The value at a bar, in the colour that it is drawn in. */
function Value({
  output,
  time,
  many,
}: {
  readonly output: DrawnOutput;
  readonly time: number;
  readonly many: boolean;
}) {
  const value = valueAt(output, time);
  const bySign = output.colour === null;
  const colour = bySign
    ? `var(--${value > 0 ? 'up' : value < 0 ? 'down' : 'muted'})`
    : cssColour(output.colour);
  const arrow =
    output.style === 'marks' && bySign ? (value > 0 ? '▲ ' : value < 0 ? '▼ ' : '') : '';
  return (
    <span className="legend-value" style={{ color: colour }}>
      {many ? <em>{output.label} </em> : null}
      {arrow}
      {formatValue(value, output)}
    </span>
  );
}

/** The studies may have been computed over fewer or more bars than are shown: they meet by time. */
function valueAt({ time, values }: DrawnOutput, stamp: number): number {
  let low = 0;
  let high = time.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((time[middle] as number) < stamp) low = middle + 1;
    else high = middle;
  }
  if (stamp === Number.POSITIVE_INFINITY) return values.at(-1) ?? Number.NaN;
  return time[low] === stamp ? (values[low] as number) : Number.NaN;
}

function Action({
  icon: Icon,
  label,
  onClick,
}: {
  readonly icon: LucideIcon;
  readonly label: string;
  readonly onClick: () => void;
}) {
  return (
    <button
      type="button"
      className="legend-action"
      aria-label={label}
      title={label}
      onClick={onClick}
    >
      <Icon size={12} aria-hidden />
    </button>
  );
}
