import { Play } from 'lucide-react';
import { formatStatistic } from '../../components/format.ts';
import { combinationText, type Combination } from './combination.ts';
import type { SweepDetail } from './rows-grid.tsx';

interface ChosenProps {
  readonly detail: SweepDetail;
  readonly chosen: Combination;
  readonly isBest: boolean;
  /** Why it cannot be run; null when it can. */
  readonly refusal: string | null;
  readonly onOpen: () => void;
}

/** The combination that slices go through, with all of its figures. */
export function Chosen({ detail, chosen, isBest, refusal, onOpen }: ChosenProps) {
  return (
    <section className="chosen" aria-label="Chosen combination" data-testid="sweep-chosen">
      <div className="row">
        <strong className="clip">
          {isBest ? '★ ' : ''}
          {combinationText(detail.dimensions, chosen.row)}
        </strong>
        <span className="spacer" />
        <button
          type="button"
          className="button"
          disabled={refusal !== null}
          title={refusal ?? 'Run this combination and show it in the report'}
          data-testid="open-chosen"
          onClick={onOpen}
        >
          <Play size={12} aria-hidden /> Backtest
        </button>
      </div>
      <dl>
        {detail.metrics.map(({ name, title, unit }) => (
          <div key={name}>
            <dt>{title}</dt>
            <dd>{formatStatistic(chosen.row[name] ?? Number.NaN, unit)}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
