import { useMemo, useState } from 'react';
import type {
  NeighbourhoodRow,
  PlateauAnswer,
  ResearchDimension,
} from '../../../engine/protocol/research-schemas.ts';
import { Plot } from '../../components/plot/plot.tsx';
import { ErrorState, Loading } from '../../components/states.tsx';
import { Histogram } from './histogram.tsx';
import { parametersText } from './sweep-headline.tsx';
import { plateauText } from './texts.ts';
import { useAnswer } from './use-research.ts';

const RADII = [1, 2, 3] as const;

interface PlateauSectionProps {
  readonly researchId: string;
  readonly dimensions: readonly ResearchDimension[];
}

/** The best of a sweep among its neighbours, beside the most stable neighbourhood. */
export function PlateauSection({ researchId, dimensions }: PlateauSectionProps) {
  const [radius, setRadius] = useState<number>(RADII[0]);
  const answer = useAnswer('sweeps.plateau', { researchId, radius }, 0);
  const found = answer.data;
  return (
    <section data-testid="plateau">
      <div className="row">
        <h4>Plateau or peak</h4>
        <span className="spacer" />
        <label className="inline">
          Neighbours within
          <select
            value={radius}
            data-testid="plateau-radius"
            onChange={(event) => setRadius(Number(event.target.value))}
          >
            {RADII.map((each) => (
              <option key={each} value={each}>
                {each === 1 ? '1 place' : `${each} places`}
              </option>
            ))}
          </select>
        </label>
      </div>
      {answer.error !== null ? (
        <ErrorState error={answer.error} onRetry={answer.retry} />
      ) : found === null ? (
        <Loading label="Looking around the best …" />
      ) : (
        <Found found={found} dimensions={dimensions} />
      )}
    </section>
  );
}

function Found({
  found,
  dimensions,
}: {
  readonly found: PlateauAnswer;
  readonly dimensions: readonly ResearchDimension[];
}) {
  const { best, plateau, histogram } = found;
  const same = best.row.combination === plateau.row.combination;
  const names = dimensions.map(({ name }) => name);
  return (
    <>
      <p data-testid="plateau-verdict">
        {best.neighbours === 0
          ? 'The best has no neighbours, so nothing can be told of what surrounds it.'
          : plateauText({ bestStability: best.stability, stability: plateau.stability })}
      </p>
      <table className="plateau-table">
        <thead>
          <tr>
            <th>Which</th>
            <th>Parameters</th>
            <th className="num">Score</th>
            <th className="num">Neighbours</th>
            <th className="num">Their mean</th>
            <th className="num">Worst</th>
            <th className="num">Stability</th>
          </tr>
        </thead>
        <tbody>
          <Around title="★ Best" at={best} names={names} />
          <Around title="◆ Most stable" at={plateau} names={names} />
        </tbody>
      </table>
      <Histogram
        label="Scores of all combinations"
        histogram={histogram}
        marks={[
          ...(same ? [] : [{ name: '◆ Most stable', value: plateau.row.score }]),
          { name: '★ Best', value: best.row.score, strong: true },
        ]}
        unit="combinations"
        format={score}
        testId="plateau-histogram"
      />
      <div className="slices">
        {found.slices.map((slice) => (
          <Along key={slice.name} slice={slice} same={same} />
        ))}
      </div>
    </>
  );
}

function Around({
  title,
  at,
  names,
}: {
  readonly title: string;
  readonly at: NeighbourhoodRow;
  readonly names: readonly string[];
}) {
  const varied = Object.fromEntries(names.map((name) => [name, at.row.parameters[name]]));
  return (
    <tr>
      <td>{title}</td>
      <td>{parametersText(varied)}</td>
      <td className="num">{score(at.row.score)}</td>
      <td className="num">{at.neighbours}</td>
      <td className="num">{score(at.mean)}</td>
      <td className="num">{score(at.least)}</td>
      <td className="num">{Number.isFinite(at.stability) ? at.stability.toFixed(2) : 'n/a'}</td>
    </tr>
  );
}

/** Scores along one parameter: through the best, through the plateau and of all others on average. */
function Along({
  slice,
  same,
}: {
  readonly slice: PlateauAnswer['slices'][number];
  readonly same: boolean;
}) {
  const { name, labels } = slice;
  const lines = useMemo(
    () => [
      { name: 'mean of all', values: slice.mean, colour: 'muted', dashed: true },
      ...(same ? [] : [{ name: 'most stable', values: slice.plateau, colour: 'study-2' }]),
      { name: 'best', values: slice.best, colour: 'accent', dots: slice.best.length <= 60 },
    ],
    [slice, same],
  );
  // Texts of choices are told by the place of their value.
  const text = (value: number): string =>
    labels[slice.values.indexOf(value)] ?? String(Number(value.toPrecision(6)));
  return (
    <figure className="slice">
      <figcaption>
        <span>
          along <strong>{name}</strong>
        </span>
      </figcaption>
      <div className="slice-plot">
        <Plot
          label={`Score along ${name}`}
          nameX={name}
          x={slice.values}
          lines={lines}
          formatX={text}
          formatY={score}
          testId={`plateau-${name}`}
        />
      </div>
    </figure>
  );
}

function score(value: number): string {
  return Number.isFinite(value) ? value.toFixed(3) : 'n/a';
}
