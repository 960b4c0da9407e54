import type { BarColumns } from '../../../engine/domain/bar.ts';
import type { Dataset } from '../../client/store.ts';
import { formatCount, formatPercent, formatPrice, formatTime } from '../../components/format.ts';
import type { DrawnStudy } from './studies.ts';

interface LegendProps {
  readonly dataset: Dataset | undefined;
  readonly bars: BarColumns;
  /** Bar under the crosshair; the last one when there is none. */
  readonly hovered: number | null;
  readonly drawn: readonly DrawnStudy[];
  readonly intraday: boolean;
}

/** Values at the crosshair, top left. */
export function Legend({ dataset, bars, hovered, drawn, intraday }: LegendProps) {
  const index = hovered ?? bars.time.length - 1;
  const close = bars.close[index] ?? Number.NaN;
  const before = bars.close[index - 1] ?? Number.NaN;
  const change = close / before - 1;
  const cell = (label: string, value: number) => (
    <span>
      <em>{label}</em> {formatPrice(value)}
    </span>
  );
  return (
    <div className="legend" data-testid="chart-legend">
      <div>
        <strong>
          {dataset?.symbol} · {dataset?.timeframe}
        </strong>{' '}
        <span className="muted">
          {formatTime(bars.time[index] ?? Number.NaN)}
          {intraday ? ' UTC' : ''}
        </span>
      </div>
      <div className="legend-values">
        {cell('O', bars.open[index] ?? Number.NaN)}
        {cell('H', bars.high[index] ?? Number.NaN)}
        {cell('L', bars.low[index] ?? Number.NaN)}
        {cell('C', close)}
        <span className={change >= 0 ? 'up' : 'down'}>{formatPercent(change)}</span>
        <span>
          <em>V</em> {formatCount(Math.round(bars.volume[index] ?? 0))}
        </span>
      </div>
      {drawn.map(({ title, lines }, k) => (
        <div key={`${k}-${title}`} className="legend-values">
          <span className="muted">{title}</span>
          {lines.map(({ key, label, colour, values }) => (
            <span key={key} style={{ color: colour }}>
              {lines.length > 1 ? `${label} ` : ''}
              {formatPrice(values[index] ?? Number.NaN)}
            </span>
          ))}
        </div>
      ))}
    </div>
  );
}
