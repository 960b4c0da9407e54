import type { SweepFindings } from '../../../engine/protocol/research-schemas.ts';
import { parametersText } from './sweep-headline.tsx';
import { deflatedText, durationText, plateauText, probabilityText } from './texts.ts';

/** What a finished sweep says of its own best, in sentences. */
export function Findings({ findings }: { readonly findings: SweepFindings }) {
  const { best, plateau, deflated, overfitting, notes, seconds } = findings;
  return (
    <div className="findings" data-testid="sweep-findings">
      {plateau === null ? null : (
        <section>
          <h4>Plateau or peak</h4>
          <p>{plateauText(plateau)}</p>
          <dl>
            <Figure name="Best" value={best === null ? 'n/a' : parametersText(best.parameters)} />
            <Figure name="Score of the best" value={number(best?.score)} />
            <Figure name="Middle of the plateau" value={parametersText(plateau.row.parameters)} />
            <Figure name="Score of the middle" value={number(plateau.row.score)} />
            <Figure
              name="Mean of its neighbours"
              value={`${number(plateau.mean)} of ${plateau.neighbours}`}
            />
          </dl>
        </section>
      )}
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
