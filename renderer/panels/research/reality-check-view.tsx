import type {
  RealityCheckFindings,
  RealityCheckRequest,
  ResearchItem,
} from '../../../engine/protocol/research-schemas.ts';
import { formatCount, formatPercent } from '../../components/format.ts';
import { Finished } from './finished.tsx';
import { Histogram } from './histogram.tsx';
import { parametersText } from './sweep-headline.tsx';
import { probabilityText, realityText } from './texts.ts';

interface RealityCheckViewProps {
  readonly item: ResearchItem;
  readonly version: number;
}

/** Whether the best of a sweep beats its benchmark by more than the choice explains. */
export function RealityCheckView({ item, version }: RealityCheckViewProps) {
  return (
    <Finished
      item={item}
      version={version}
      kind="reality-check"
      reading="Reading the reality check …"
      running={`Running ${formatCount(item.total)} combinations again, then comparing them …`}
      unfinished="Start it again from the findings of the sweep."
    >
      {(findings, detail) => (
        <div className="findings" data-testid="reality-view">
          <RealityCheckResult findings={findings} request={detail.request} />
        </div>
      )}
    </Finished>
  );
}

/** The result, as its own view and among the findings of its sweep. */
export function RealityCheckResult({
  findings,
  request,
}: {
  readonly findings: RealityCheckFindings;
  readonly request: RealityCheckRequest;
}) {
  const { best, statistic, histogram, spaConsistent, spaLower, spaUpper, notes } = findings;
  const against = request.against === 'zero' ? 'nothing' : 'buying and holding';
  return (
    <section>
      <h4>Reality check against {against}</h4>
      <p data-testid="reality-verdict">{realityText(findings, request.against)}</p>
      <Histogram
        label="The best of the combinations, and what it is when chance alone decides"
        histogram={histogram}
        marks={[{ name: 'The best', value: statistic, strong: true }]}
        unit="samples without any edge"
        format={(value) => value.toFixed(4)}
        testId="reality-histogram"
      />
      <dl>
        <Figure name="White’s p-value" value={findings.pValue.toFixed(3)} />
        <Figure
          name="Hansen’s SPA p-value"
          value={`${spaConsistent.toFixed(3)} (${spaLower.toFixed(3)} to ${spaUpper.toFixed(3)})`}
        />
        <Figure name="Highest mean" value={parametersText(best.parameters)} />
        <Figure name={`A year above ${against}`} value={formatPercent(best.yearly)} />
        <Figure name={`Combinations above ${against}`} value={probabilityText(findings.above)} />
        <Figure
          name="Samples, blocks"
          value={`${formatCount(findings.samples)}, ${findings.blockLength.toFixed(1)} returns`}
        />
      </dl>
      {notes.map((note) => (
        <p key={note} className="muted">
          {note}
        </p>
      ))}
    </section>
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
