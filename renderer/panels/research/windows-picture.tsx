import { memo } from 'react';
import type {
  ResearchDimension,
  WalkForwardStepRow,
} from '../../../engine/protocol/research-schemas.ts';
import { showPlace } from '../../client/store.ts';
import { formatDate, formatPercent } from '../../components/format.ts';
import { changedFrom, stretchOf, timeSpan, yearMarks } from './walk-model.ts';

interface WindowsPictureProps {
  readonly steps: readonly WalkForwardStepRow[];
  readonly dimensions: readonly ResearchDimension[];
}

/** Every window as one line: where it trained and tested, what it chose and what came of it. */
export const WindowsPicture = memo(function WindowsPicture({
  steps,
  dimensions,
}: WindowsPictureProps) {
  const span = timeSpan(steps);
  if (span === null) return null;
  return (
    <table className="windows" data-testid="walk-windows">
      <thead>
        <tr>
          <th className="num">#</th>
          <th className="windows-track">
            <div className="track">
              {yearMarks(span, 5).map(({ year, left }) => (
                <span key={year} style={{ left: `${left}%` }}>
                  {year}
                </span>
              ))}
            </div>
          </th>
          {dimensions.map(({ name }) => (
            <th key={name} className="num">
              {name}
            </th>
          ))}
          <th className="num inside">In-sample score</th>
          <th className="num">Test score</th>
          <th className="num inside">In-sample return</th>
          <th className="num">Test return</th>
          <th>Test</th>
        </tr>
      </thead>
      <tbody>
        {steps.map((step, k) => (
          <WindowRow
            key={step.test.from}
            step={step}
            number={k + 1}
            changed={changedFrom(steps, k)}
            span={span}
            dimensions={dimensions}
          />
        ))}
      </tbody>
    </table>
  );
});

interface WindowRowProps {
  readonly step: WalkForwardStepRow;
  readonly number: number;
  readonly changed: boolean;
  readonly span: { readonly first: number; readonly last: number };
  readonly dimensions: readonly ResearchDimension[];
}

function WindowRow({ step, number, changed, span, dimensions }: WindowRowProps) {
  const train = stretchOf(step.train, span);
  const test = stretchOf(step.test, span);
  const gained = step.outOfSampleReturn >= 0;
  return (
    <tr>
      <td className="num muted">{number}</td>
      <td className="windows-track">
        <div
          className="track"
          role="img"
          aria-label={`Trained ${formatDate(step.train.firstTime)} to ${formatDate(step.train.lastTime)}, tested to ${formatDate(step.test.lastTime)}`}
        >
          <i className="train" style={{ left: `${train.left}%`, width: `${train.width}%` }} />
          <i
            className={gained ? 'test gained' : 'test lost'}
            style={{ left: `${test.left}%`, width: `${test.width}%` }}
          />
        </div>
      </td>
      {dimensions.map(({ name }) => (
        <td key={name} className={changed ? 'num strong' : 'num muted'}>
          {step.combination === null ? '–' : String(step.parameters[name] ?? '')}
        </td>
      ))}
      <td className="num inside">{score(step.inSampleScore)}</td>
      <td className="num">{score(step.outOfSampleScore)}</td>
      <td className="num inside">{formatPercent(step.inSampleReturn)}</td>
      <td className={gained ? 'num up' : 'num down'}>{formatPercent(step.outOfSampleReturn)}</td>
      <td>
        <button
          type="button"
          className="link"
          title="Show the test on the chart"
          onClick={() => showPlace(step.test.firstTime, step.test.lastTime)}
        >
          {formatDate(step.test.firstTime)} – {formatDate(step.test.lastTime)}
        </button>
      </td>
    </tr>
  );
}

function score(value: number): string {
  return Number.isFinite(value) ? value.toFixed(3) : 'n/a';
}
