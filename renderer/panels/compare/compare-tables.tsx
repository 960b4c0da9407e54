import type { Comparison } from '../../../engine/protocol/schemas.ts';
import { formatStatistic } from '../../components/format.ts';
import { runColour } from './compare-chart.tsx';
import { differenceText, rankOf, shownStatistics } from './compare-model.ts';

/** The number of a run in its colour. */
export function RunMark({ index }: { index: number }) {
  return (
    <span className="run-mark" style={{ color: `var(--${runColour(index)})` }}>
      {index + 1}
    </span>
  );
}

function Head({ runs, label }: { runs: Comparison['runs']; label: string }) {
  return (
    <thead>
      <tr>
        <th scope="col">{label}</th>
        {runs.map(({ id, title }, index) => (
          <th key={id} scope="col" className="num" title={title}>
            <RunMark index={index} />
          </th>
        ))}
      </tr>
    </thead>
  );
}

/** What was asked differently of the runs. */
export function Differences({ comparison }: { comparison: Comparison }) {
  const { runs, differences } = comparison;
  if (differences.length === 0) {
    return (
      <p className="note" data-testid="compare-differences">
        Same strategy, parameters, data and settings.
      </p>
    );
  }
  return (
    <table className="compared" data-testid="compare-differences">
      <Head runs={runs} label="Asked" />
      <tbody>
        {differences.map(({ name, values }) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            {values.map((value, i) => (
              <td key={runs[i]?.id ?? i} className="num" title={value}>
                {differenceText(name, value)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Statistics side by side; the best and the worst of a row carry a mark and a word. */
export function Statistics({
  comparison,
  onlyDifferent,
}: {
  readonly comparison: Comparison;
  readonly onlyDifferent: boolean;
}) {
  const { runs } = comparison;
  return (
    <table className="compared" data-testid="compare-statistics">
      <Head runs={runs} label="Statistic" />
      <tbody>
        {shownStatistics(comparison.statistics, onlyDifferent).map((statistic) => (
          <tr key={statistic.name}>
            <th scope="row">{statistic.name}</th>
            {statistic.values.map((value, i) => (
              <Cell
                key={runs[i]?.id ?? i}
                text={formatStatistic(value, statistic.unit)}
                rank={rankOf(statistic, i)}
              />
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Cell({ text, rank }: { text: string; rank: ReturnType<typeof rankOf> }) {
  if (rank === null) return <td className="num">{text}</td>;
  return (
    <td className={`num ${rank}`} title={rank}>
      <span aria-hidden>{rank === 'best' ? '▲' : '▽'}</span>
      <span className="hidden">{rank} </span>
      {text}
    </td>
  );
}
