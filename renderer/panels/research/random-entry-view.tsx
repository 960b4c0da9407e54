import type {
  RandomEntryFindings,
  ResearchItem,
} from '../../../engine/protocol/research-schemas.ts';
import { formatCount, formatPercent } from '../../components/format.ts';
import { Finished } from './finished.tsx';
import { Histogram } from './histogram.tsx';
import { probabilityText, randomText } from './texts.ts';

interface RandomEntryViewProps {
  readonly item: ResearchItem;
  readonly version: number;
}

/** A run among random entries with the same holding times and sides. */
export function RandomEntryView({ item, version }: RandomEntryViewProps) {
  return (
    <Finished
      item={item}
      version={version}
      kind="random-entry"
      reading="Reading the comparison …"
      running="Entering at random …"
      unfinished="Start it again from the form."
    >
      {(findings) => (
        <div className="findings" data-testid="random-view">
          <RandomEntryResult findings={findings} />
        </div>
      )}
    </Finished>
  );
}

/** The result, as its own view and among the findings of a sweep. */
export function RandomEntryResult({ findings }: { readonly findings: RandomEntryFindings }) {
  const { growth, sharpe, trades, exposure, costPerSide, at, samples, notes } = findings;
  return (
    <section>
      <h4>Random entries</h4>
      <p data-testid="random-verdict">{randomText(findings)}</p>
      <div className="histograms">
        <figure>
          <figcaption>
            Return <span className="muted">above {probabilityText(growth.percentile)}</span>
          </figcaption>
          <Histogram
            label="Return of random strategies and of the run"
            histogram={shifted(growth.histogram)}
            marks={[
              { name: 'Random mean', value: growth.average - 1 },
              { name: 'The run', value: growth.actual - 1, strong: true },
            ]}
            unit="random strategies"
            format={percent}
            testId="random-growth"
          />
        </figure>
        <figure>
          <figcaption>
            Sharpe ratio <span className="muted">above {probabilityText(sharpe.percentile)}</span>
          </figcaption>
          <Histogram
            label="Sharpe ratio of random strategies and of the run"
            histogram={sharpe.histogram}
            marks={[
              { name: 'Random mean', value: sharpe.average },
              { name: 'The run', value: sharpe.actual, strong: true },
            ]}
            unit="random strategies"
            format={(value) => value.toFixed(2)}
            testId="random-sharpe"
          />
        </figure>
      </div>
      <dl>
        <Figure name="Trades" value={formatCount(trades)} />
        <Figure name="Bars held" value={probabilityText(exposure)} />
        <Figure name="Cost of a side" value={`${(costPerSide * 10_000).toFixed(1)} bps`} />
        <Figure name="Random strategies" value={formatCount(samples)} />
      </dl>
      <p className="muted">
        All go in and out at the {at} of a bar with all money, the run’s own trades too, so that
        only the choice of the moments is compared. Holding times and sides are the run’s own.
      </p>
      {notes.map((note) => (
        <p key={note} className="muted">
          {note}
        </p>
      ))}
    </section>
  );
}

/** Growth as a return. */
function shifted(histogram: RandomEntryFindings['growth']['histogram']) {
  return { ...histogram, low: histogram.low - 1, high: histogram.high - 1 };
}

function percent(value: number): string {
  return Math.abs(value) >= 10 ? `${(value * 100).toFixed(0)} %` : formatPercent(value);
}

function Figure({ name, value }: { readonly name: string; readonly value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}
