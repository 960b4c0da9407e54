import { memo } from 'react';
import type {
  CrossValidationFindings,
  CrossValidationRequest,
  CrossValidationSplit,
  ResearchDimension,
} from '../../../engine/protocol/research-schemas.ts';
import { formatCount, formatDate, formatPercent } from '../../components/format.ts';
import { foldsText, partsOf } from './split-model.ts';

/** Splits that are drawn; the file has all of them. */
const MOST_ROWS = 150;

interface SplitsPictureProps {
  readonly findings: CrossValidationFindings;
  readonly request: CrossValidationRequest;
  readonly dimensions: readonly ResearchDimension[];
}

/** Every split as one line: what was chosen on, purged, under embargo and tested, and what came of it. */
export const SplitsPicture = memo(function SplitsPicture({
  findings,
  request,
  dimensions,
}: SplitsPictureProps) {
  const { splits, groups, bars, purge } = findings;
  return (
    <>
      <p className="split-legend" aria-hidden>
        <span>
          <i className="train" /> chosen on
        </span>
        <span>
          <i className="test gained" /> tested, made money
        </span>
        <span>
          <i className="test lost" /> tested, lost
        </span>
        <span>
          <i className="purged" /> purged {formatCount(purge)} bars
        </span>
        {request.embargo === 0 ? null : (
          <span>
            <i className="embargo" /> embargo {formatCount(request.embargo)} bars
          </span>
        )}
      </p>
      <table className="windows splits" data-testid="cross-splits">
        <thead>
          <tr>
            <th className="num">Folds</th>
            <th className="windows-track">
              <div className="track">
                {groups.map((group, k) => (
                  <span
                    key={group.from}
                    style={{ left: `${((group.from + group.to) / 2 / bars) * 100}%` }}
                    title={`${formatDate(group.firstTime)} to ${formatDate(group.lastTime)}`}
                  >
                    {k + 1}
                  </span>
                ))}
              </div>
            </th>
            {dimensions.map(({ name }) => (
              <th key={name} className="num">
                {name}
              </th>
            ))}
            <th className="num">In sample</th>
            <th className="num">Test</th>
            <th className="num">Test return</th>
            <th
              className="num"
              title="Place among all combinations in the test; 50 % is the median"
            >
              Rank
            </th>
          </tr>
        </thead>
        <tbody>
          {splits.slice(0, MOST_ROWS).map((split) => (
            <SplitRow
              key={split.groups.join(' ')}
              split={split}
              findings={findings}
              embargo={request.embargo}
              dimensions={dimensions}
            />
          ))}
        </tbody>
      </table>
      {splits.length > MOST_ROWS ? (
        <p className="muted splits-more">
          … {formatCount(splits.length - MOST_ROWS)} more splits are in the CSV.
        </p>
      ) : null}
    </>
  );
});

interface SplitRowProps {
  readonly split: CrossValidationSplit;
  readonly findings: CrossValidationFindings;
  readonly embargo: number;
  readonly dimensions: readonly ResearchDimension[];
}

function SplitRow({ split, findings, embargo, dimensions }: SplitRowProps) {
  const gained = split.outOfSampleReturn >= 0;
  const low = split.rank <= 0.5;
  return (
    <tr>
      <td className="num muted">{foldsText(split)}</td>
      <td className="windows-track">
        <div
          className="track purged"
          role="img"
          aria-label={`Tested ${split.test
            .map(({ firstTime, lastTime }) => `${formatDate(firstTime)} to ${formatDate(lastTime)}`)
            .join(' and ')}, chosen on the rest`}
        >
          {partsOf(split, findings.bars, findings.purge, embargo).map(({ kind, left, width }) => (
            <i
              key={`${kind} ${left}`}
              className={kind === 'test' ? (gained ? 'test gained' : 'test lost') : kind}
              style={{ left: `${left}%`, width: `${width}%` }}
            />
          ))}
        </div>
      </td>
      {dimensions.map(({ name }) => (
        <td key={name} className="num">
          {split.combination === null ? '–' : String(split.parameters[name] ?? '')}
        </td>
      ))}
      <td className="num">{ratio(split.inSample)}</td>
      <td className="num">{ratio(split.outOfSample)}</td>
      <td className={gained ? 'num up' : 'num down'}>{formatPercent(split.outOfSampleReturn)}</td>
      <td className={low ? 'num warning' : 'num'}>
        {Number.isFinite(split.rank) ? `${(split.rank * 100).toFixed(0)} %` : 'n/a'}
      </td>
    </tr>
  );
}

function ratio(value: number): string {
  return Number.isFinite(value) ? value.toFixed(2) : 'n/a';
}
