import type {
  ResearchDimension,
  ResearchItem,
  SweepFindings,
} from '../../../engine/protocol/research-schemas.ts';
import type { BacktestRequest } from '../../../engine/protocol/schemas.ts';
import { RandomSection, RealitySection } from './honesty-sections.tsx';
import { PlateauSection } from './plateau-section.tsx';
import { deflatedText, durationText, probabilityText } from './texts.ts';

interface FindingsProps {
  readonly item: ResearchItem;
  readonly findings: SweepFindings;
  readonly dimensions: readonly ResearchDimension[];
  /** The backtest of the best combination; null where it cannot be run here. */
  readonly best: BacktestRequest | null;
}

/** What a finished sweep says of its own best, in sentences, and what can be asked of it. */
export function Findings({ item, findings, dimensions, best }: FindingsProps) {
  const { deflated, overfitting, notes, seconds } = findings;
  return (
    <div className="findings" data-testid="sweep-findings">
      <PlateauSection researchId={item.id} dimensions={dimensions} />
      {deflated === null ? null : (
        <section>
          <h4>Luck</h4>
          <p>{deflatedText(deflated)}</p>
          <dl>
            <Figure name="Sharpe ratio of a bar" value={number(deflated.sharpe, 4)} />
            <Figure
              name="Expected of the best without any edge"
              value={number(deflated.benchmark, 4)}
            />
            <Figure
              name="Independent trials"
              value={`${number(deflated.independent, 1)} of ${deflated.trials}`}
            />
          </dl>
        </section>
      )}
      {overfitting === null ? null : (
        <section>
          <h4>Overfitting</h4>
          <p>
            In {probabilityText(overfitting.probability)} of {overfitting.splits} splits the
            combination that was best in one half of the data was below the median in the other.
          </p>
          <dl>
            <Figure
              name="Probability of loss"
              value={probabilityText(overfitting.probabilityOfLoss)}
            />
            <Figure name="Slope out of sample on in sample" value={number(overfitting.slope)} />
            <Figure name="Combinations compared" value={String(overfitting.trials)} />
          </dl>
        </section>
      )}
      <RealitySection item={item} />
      <RandomSection request={best} />
      {notes.length === 0 ? null : (
        <section>
          <h4>Notes</h4>
          <ul>
            {notes.map((note) => (
              <li key={note}>{note}</li>
            ))}
          </ul>
        </section>
      )}
      <p className="muted">It took {durationText(seconds)}.</p>
    </div>
  );
}

function Figure({ name, value }: { readonly name: string; readonly value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function number(value: number | undefined, digits = 3): string {
  return value !== undefined && Number.isFinite(value) ? value.toFixed(digits) : 'n/a';
}
