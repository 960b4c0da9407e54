import type { CombinationRow, ResearchItem } from '../../../engine/protocol/research-schemas.ts';
import { formatCount, formatStatistic } from '../../components/format.ts';
import type { SweepDetail } from './rows-grid.tsx';
import { deflatedText, probabilityText, trialsText } from './texts.ts';
import { useAnswer } from './use-research.ts';

const SHOWN = ['sharpe', 'cagr', 'max_drawdown', 'trades'];

interface SweepHeadlineProps {
  readonly item: ResearchItem;
  readonly detail: SweepDetail;
  /** The best so far, by the sweep's own objective. */
  readonly best: Pick<CombinationRow, 'parameters' | 'metrics'> | null;
  /** Parameters whose best value is the first or last that was tried. */
  readonly edges: readonly string[];
  readonly version: number;
}

/** The best with what is left of it after all that was tried. */
export function SweepHeadline({ item, detail, best, edges, version }: SweepHeadlineProps) {
  const trials = useAnswer(
    'trials.count',
    { datasetId: item.datasetId },
    `${version} ${item.state}`,
  );
  const { findings, metrics } = detail;
  const [totals] = trials.data ?? [];
  const plateau = findings?.plateau ?? null;
  const deflated = findings?.deflated ?? null;
  const overfitting = findings?.overfitting ?? null;
  return (
    <dl className="headline" data-testid="sweep-headline">
      {best === null ? null : (
        <>
          <div>
            <dt>{item.state === 'done' ? 'Best' : 'Best so far'}</dt>
            <dd data-testid="sweep-best">{parametersText(best.parameters)}</dd>
          </div>
          {edges.length === 0 ? null : (
            <div title="The best value is the first or the last that was tried; a better one may lie beyond">
              <dt>At the edge of</dt>
              <dd className="warning">{edges.join(', ')}</dd>
            </div>
          )}
          {SHOWN.map((name) => {
            const metric = metrics.find((each) => each.name === name);
            if (metric === undefined) return null;
            return (
              <div key={name}>
                <dt>{metric.title}</dt>
                <dd>{formatStatistic(best.metrics[name] ?? Number.NaN, metric.unit)}</dd>
              </div>
            );
          })}
        </>
      )}
      {deflated === null ? null : (
        <div title={deflatedText(deflated)} data-testid="sweep-deflated">
          <dt>Deflated Sharpe</dt>
          <dd className={deflated.probability >= 0.95 ? '' : 'warning'}>
            {probabilityText(deflated.probability)}
          </dd>
        </div>
      )}
      {plateau === null ? null : (
        <div title="1 is a plateau, 0 a lone peak: how the neighbours of the best hold up">
          <dt>Stability</dt>
          <dd className={plateau.bestStability >= 0.5 ? '' : 'warning'}>
            {Number.isFinite(plateau.bestStability) ? plateau.bestStability.toFixed(2) : 'n/a'}
          </dd>
        </div>
      )}
      {overfitting === null ? null : (
        <div title="Probability that the choice of the best does not carry over to unseen data">
          <dt>Overfitting</dt>
          <dd className={overfitting.probability < 0.5 ? '' : 'warning'}>
            {probabilityText(overfitting.probability)}
          </dd>
        </div>
      )}
      {totals === undefined ? null : (
        <div title={`${totals.dataset}: ${trialsText(totals)}`} data-testid="sweep-trials">
          <dt>Trials on this data</dt>
          <dd>{formatCount(totals.trials)}</dd>
        </div>
      )}
    </dl>
  );
}

/** `fast 20, slow 50` */
export function parametersText(parameters: Readonly<Record<string, unknown>>): string {
  return Object.entries(parameters)
    .map(([name, value]) => `${name} ${String(value)}`)
    .join(', ');
}
