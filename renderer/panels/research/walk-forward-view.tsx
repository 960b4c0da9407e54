import { Download } from 'lucide-react';
import type { ResearchDetail, ResearchItem } from '../../../engine/protocol/research-schemas.ts';
import { download, toCsv } from '../../components/csv.ts';
import { formatCount, formatStatistic } from '../../components/format.ts';
import { fileName } from './export-rows.ts';
import { Finished } from './finished.tsx';
import { deflatedText, probabilityText } from './texts.ts';
import { PaceChart, StitchedChart } from './walk-charts.tsx';
import { WindowsPicture } from './windows-picture.tsx';

type WalkDetail = Extract<ResearchDetail, { kind: 'walk-forward' }>;

const SHOWN = ['Return [%]', 'CAGR [%]', 'Sharpe Ratio', 'Max. Drawdown [%]'];

/** A walk-forward test: its windows, what each chose, and the tests joined to one curve. */
export function WalkForwardView({
  item,
  version,
}: {
  readonly item: ResearchItem;
  readonly version: number;
}) {
  return (
    <Finished
      item={item}
      version={version}
      kind="walk-forward"
      reading="Reading the windows …"
      running={`Window ${formatCount(item.done)} of ${formatCount(item.total)} …`}
      unfinished="Resume it to see the tests joined to one curve and what every window chose."
    >
      {(findings, detail) => <WalkResult item={item} findings={findings} detail={detail} />}
    </Finished>
  );
}

interface WalkResultProps {
  readonly item: ResearchItem;
  readonly findings: NonNullable<WalkDetail['findings']>;
  readonly detail: WalkDetail;
}

function WalkResult({ item, findings, detail }: WalkResultProps) {
  const { curve, request, dimensions } = detail;
  return (
    <div className="walk" data-testid="walk-view">
      <WalkHeadline item={item} findings={findings} detail={detail} />
      <div className="walk-charts">
        <figure>
          {curve === null ? null : (
            <StitchedChart curve={curve} steps={findings.steps} capital={request.settings.cash} />
          )}
        </figure>
        <figure>
          <PaceChart steps={findings.steps} />
        </figure>
      </div>
      <div className="walk-windows">
        <WindowsPicture steps={findings.steps} dimensions={dimensions} />
      </div>
    </div>
  );
}

function WalkHeadline({ item, findings, detail }: WalkResultProps) {
  const { efficiency, profitable, stability, deflated, statistics, candidates, steps } = findings;
  return (
    <div className="headline-row">
      <dl className="headline" data-testid="walk-headline">
        <div title="Growth out of sample over that in sample; 1 keeps all of it">
          <dt>Efficiency</dt>
          <dd className={efficiency >= 0.5 ? '' : 'warning'}>
            {Number.isFinite(efficiency) ? efficiency.toFixed(2) : 'n/a'}
          </dd>
        </div>
        <div title="Part of the tests that made money">
          <dt>Tests won</dt>
          <dd>{probabilityText(profitable)}</dd>
        </div>
        <div title="Part of the windows that chose the parameters of the one before">
          <dt>Same choice</dt>
          <dd>{probabilityText(stability)}</dd>
        </div>
        {SHOWN.map((name) => {
          const found = statistics.find((each) => each.name === name);
          if (found === undefined) return null;
          return (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{formatStatistic(found.value, found.unit)}</dd>
            </div>
          );
        })}
        {deflated === null ? null : (
          <div title={deflatedText(deflated)}>
            <dt>Deflated Sharpe</dt>
            <dd className={deflated.probability >= 0.95 ? '' : 'warning'}>
              {probabilityText(deflated.probability)}
            </dd>
          </div>
        )}
        <div>
          <dt>Windows</dt>
          <dd>
            {formatCount(steps.length)} × {formatCount(candidates)}
          </dd>
        </div>
      </dl>
      <button type="button" className="button" onClick={() => saveWindows(item, detail)}>
        <Download size={13} aria-hidden /> CSV
      </button>
    </div>
  );
}

function saveWindows(item: ResearchItem, { findings, dimensions }: WalkDetail): void {
  const names = dimensions.map(({ name }) => name);
  const day = (time: number): string => new Date(time).toISOString();
  const rows = (findings?.steps ?? []).map((step, k) => [
    k + 1,
    day(step.train.firstTime),
    day(step.train.lastTime),
    day(step.test.firstTime),
    day(step.test.lastTime),
    ...names.map((name) => {
      const value = step.combination === null ? '' : (step.parameters[name] ?? '');
      return typeof value === 'boolean' ? String(value) : value;
    }),
    step.inSampleScore,
    step.outOfSampleScore,
    step.inSampleReturn,
    step.outOfSampleReturn,
  ]);
  const header = [
    'window',
    'train_first',
    'train_last',
    'test_first',
    'test_last',
    ...names,
    'in_sample_score',
    'out_of_sample_score',
    'in_sample_return',
    'out_of_sample_return',
  ];
  download(`${fileName(item.title)}.csv`, toCsv(header, rows));
}
