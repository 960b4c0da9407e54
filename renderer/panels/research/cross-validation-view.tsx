import { Download } from 'lucide-react';
import type { ResearchDetail, ResearchItem } from '../../../engine/protocol/research-schemas.ts';
import { download, toCsv } from '../../components/csv.ts';
import { formatCount } from '../../components/format.ts';
import { fileName } from './export-rows.ts';
import { Finished } from './finished.tsx';
import { PathsChart, PathStrip } from './paths-chart.tsx';
import { choiceText, foldsText, pathsText } from './split-model.ts';
import { SplitsPicture } from './splits-picture.tsx';
import { probabilityText } from './texts.ts';

type CrossDetail = Extract<ResearchDetail, { kind: 'cross-validation' }>;
type Findings = NonNullable<CrossDetail['findings']>;

/** A cross-validation: its splits, the paths they make and whether the choice carries over. */
export function CrossValidationView({
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
      kind="cross-validation"
      reading="Reading the splits …"
      running={`Combination ${formatCount(item.done)} of ${formatCount(item.total)}; then they are chosen among …`}
      unfinished="Resume it to begin it again: nothing but its request was kept."
    >
      {(findings, detail) => (
        <div className="walk" data-testid="cross-view">
          <Headline item={item} findings={findings} detail={detail} />
          <div className="walk-charts">
            <figure>{detail.curves === null ? null : <PathsChart curves={detail.curves} />}</figure>
            <figure className="cross-verdict">
              <p data-testid="cross-verdict">
                <strong>{choiceText(findings)}</strong>
              </p>
              <p>{pathsText(findings)}</p>
              <PathStrip findings={findings} />
              {findings.notes.length === 0 ? null : (
                <ul className="notes">
                  {findings.notes.map((note) => (
                    <li key={note}>{note}</li>
                  ))}
                </ul>
              )}
            </figure>
          </div>
          <div className="walk-windows">
            <SplitsPicture
              findings={findings}
              request={detail.request}
              dimensions={detail.dimensions}
            />
          </div>
        </div>
      )}
    </Finished>
  );
}

interface HeadlineProps {
  readonly item: ResearchItem;
  readonly findings: Findings;
  readonly detail: CrossDetail;
}

function Headline({ item, findings, detail }: HeadlineProps) {
  const { sharpe, belowMedian, overfitting, splits, paths, candidates, benchmark } = findings;
  return (
    <div className="headline-row">
      <dl className="headline" data-testid="cross-headline">
        <Figure
          name="Mean Sharpe of paths"
          text={ratio(sharpe.mean)}
          warn={!(sharpe.mean > benchmark.sharpe)}
        />
        <Figure name="Buy & hold" text={ratio(benchmark.sharpe)} />
        <Figure
          name="Losing paths"
          text={probabilityText(sharpe.negative)}
          warn={sharpe.negative > 0.25}
        />
        <Figure
          name="Choice below median"
          text={probabilityText(belowMedian)}
          warn={belowMedian >= 0.5}
        />
        {overfitting === null ? null : (
          <Figure
            name="Overfitting"
            text={probabilityText(overfitting.probability)}
            warn={overfitting.probability >= 0.5}
          />
        )}
        <Figure name="Combinations" text={formatCount(candidates)} />
        <Figure
          name="Splits, paths"
          text={`${formatCount(splits.length)}, ${formatCount(paths.length)}`}
        />
      </dl>
      <button
        type="button"
        className="button"
        data-testid="cross-export"
        onClick={() => saveSplits(item, detail)}
      >
        <Download size={13} aria-hidden /> CSV
      </button>
    </div>
  );
}

function Figure({ name, text, warn = false }: { name: string; text: string; warn?: boolean }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd className={warn ? 'warning' : ''}>{text}</dd>
    </div>
  );
}

function ratio(value: number): string {
  return Number.isFinite(value) ? value.toFixed(2) : 'n/a';
}

function saveSplits(item: ResearchItem, { findings, dimensions }: CrossDetail): void {
  const names = dimensions.map(({ name }) => name);
  const rows = (findings?.splits ?? []).map((split) => [
    foldsText(split).replaceAll(', ', ' '),
    ...names.map((name) => String(split.parameters[name] ?? '')),
    split.inSample,
    split.outOfSample,
    split.outOfSampleReturn,
    split.rank,
  ]);
  const header = [
    'tested_folds',
    ...names,
    'in_sample_score',
    'out_of_sample_score',
    'out_of_sample_return',
    'rank',
  ];
  download(`${fileName(item.title)}.csv`, toCsv(header, rows));
}
