import { useState, type KeyboardEvent, type PointerEvent } from 'react';
import type { HistogramOf } from '../../../engine/protocol/research-schemas.ts';
import { formatCount } from '../../components/format.ts';

export interface HistogramMark {
  readonly name: string;
  readonly value: number;
  /** The one that the others are compared with. */
  readonly strong?: boolean;
}

interface HistogramProps {
  readonly label: string;
  readonly histogram: HistogramOf;
  readonly marks: readonly HistogramMark[];
  /** What is counted, such as `random strategies`. */
  readonly unit: string;
  readonly format: (value: number) => string;
  readonly testId?: string;
}

/** How often values fall into bins, and where some of them stand; bins are read at the pointer or by arrows. */
export function Histogram({ label, histogram, marks, unit, format, testId }: HistogramProps) {
  const [at, setAt] = useState<number | null>(null);
  const { low, high, counts } = histogram;
  const most = Math.max(1, ...counts);
  const total = counts.reduce((sum, count) => sum + count, 0);
  const placed = marks.filter(({ value }) => Number.isFinite(value));
  if (total === 0) return <p className="muted">There is nothing to draw.</p>;
  const left = (value: number): number => (high > low ? ((value - low) / (high - low)) * 100 : 50);
  const edge = (bin: number): number => low + ((high - low) * bin) / counts.length;
  const texts = placed.map(({ name, value }) => `${name} ${format(value)}`);
  const binText =
    at === null
      ? null
      : `${format(edge(at))} to ${format(edge(at + 1))}: ${formatCount(counts[at] ?? 0)} of ${formatCount(total)} ${unit}`;

  function onKeyDown(event: KeyboardEvent): void {
    const from = at ?? -1;
    const next =
      event.key === 'ArrowLeft'
        ? from - 1
        : event.key === 'ArrowRight'
          ? from + 1
          : event.key === 'Home'
            ? 0
            : event.key === 'End'
              ? counts.length - 1
              : null;
    if (next === null) return;
    setAt(Math.min(counts.length - 1, Math.max(0, next)));
    event.preventDefault();
  }

  function onPointerMove(event: PointerEvent<HTMLDivElement>): void {
    const bounds = event.currentTarget.getBoundingClientRect();
    const bin = Math.floor(((event.clientX - bounds.left) / bounds.width) * counts.length);
    setAt(Math.min(counts.length - 1, Math.max(0, bin)));
  }

  return (
    <div className="histogram">
      <p className="histogram-legend" aria-hidden>
        {placed.map(({ name, value, strong }) => (
          <span key={name} className={strong === true ? 'strong' : ''}>
            <i className={strong === true ? 'mark strong' : 'mark'} /> {name} {format(value)}
          </span>
        ))}
        <span className="spacer" />
        <span>{binText}</span>
      </p>
      <div
        className="histogram-bars"
        role="slider"
        aria-roledescription="histogram"
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={counts.length - 1}
        aria-valuenow={Math.max(0, at ?? 0)}
        aria-valuetext={[...texts, ...(binText === null ? [] : [binText])].join('; ')}
        tabIndex={0}
        data-testid={testId}
        onKeyDown={onKeyDown}
        onPointerMove={onPointerMove}
        onPointerLeave={() => setAt(null)}
        onBlur={() => setAt(null)}
      >
        {counts.map((count, bin) => (
          <i
            // The place of a bin is what it is.
            // oxlint-disable-next-line react/no-array-index-key
            key={bin}
            className={bin === at ? 'bin chosen' : 'bin'}
            style={{ height: count === 0 ? 0 : `max(1px, ${(count / most) * 100}%)` }}
          />
        ))}
        {placed.map(({ name, value, strong }) => (
          <b
            key={name}
            className={strong === true ? 'mark strong' : 'mark'}
            style={{ left: `${left(value)}%` }}
          />
        ))}
      </div>
      <p className="histogram-axis" aria-hidden>
        <span>{format(low)}</span>
        <span>{format((low + high) / 2)}</span>
        <span>{format(high)}</span>
      </p>
    </div>
  );
}
