import { ChevronDown, ChevronRight } from 'lucide-react';
import { useState } from 'react';
import type { Comparison } from '../../../engine/protocol/schemas.ts';
import { formatStatistic } from '../../components/format.ts';
import { runColour } from './compare-chart.tsx';
import { differenceText, rankOf, shownStatistics, type Rank } from './compare-model.ts';

/** The number of a run in its colour. */
export function RunMark({ index }: { index: number }) {
  return (
    <span className="run-mark" style={{ color: `var(--${runColour(index)})` }}>
      {index + 1}
    </span>
  );
}

/** Least widths in pixels; the table scrolls sideways below them, its names stay. */
const NAMES = 150;
const COLUMN = 108;

interface ComparisonTableProps {
  readonly comparison: Comparison;
  /** Leaves out statistics that are alike. */
  readonly onlyDifferent: boolean;
}

/** What was asked differently of the runs, and their figures: one column a run. */
export function ComparisonTable({ comparison, onlyDifferent }: ComparisonTableProps) {
  const { runs } = comparison;
  return (
    <table className="compared" style={{ minWidth: NAMES + COLUMN * runs.length }}>
      <thead>
        <tr>
          <th scope="col">
            <span className="hidden">Name</span>
          </th>
          {runs.map(({ id, title }, index) => (
            <th key={id} scope="col" className="num" title={title}>
              <RunMark index={index} />
              <span className="hidden">{title}</span>
            </th>
          ))}
        </tr>
      </thead>
      <Differences comparison={comparison} />
      <Statistics comparison={comparison} onlyDifferent={onlyDifferent} />
    </table>
  );
}

function Differences({ comparison }: { comparison: Comparison }) {
  const { runs, differences } = comparison;
  const [open, setOpen] = useState(true);
  const none = differences.length === 0;
  return (
    <tbody data-testid="compare-differences">
      <tr className="group">
        <th colSpan={runs.length + 1} scope="rowgroup">
          {none ? (
            'Same strategy, parameters, data and settings'
          ) : (
            <button type="button" aria-expanded={open} onClick={() => setOpen(!open)}>
              {open ? (
                <ChevronDown size={12} aria-hidden />
              ) : (
                <ChevronRight size={12} aria-hidden />
              )}
              What differs ({differences.length})
            </button>
          )}
        </th>
      </tr>
      {(open ? differences : []).map(({ name, values }) => (
        <tr key={name}>
          <th scope="row" title={name}>
            {name}
          </th>
          {values.map((value, i) => (
            <td key={runs[i]?.id ?? i} className="num asked" title={value}>
              {differenceText(name, value)}
            </td>
          ))}
        </tr>
      ))}
    </tbody>
  );
}

/** The best and the worst of a row carry a mark and a word. */
function Statistics({ comparison, onlyDifferent }: ComparisonTableProps) {
  const { runs } = comparison;
  return (
    <tbody data-testid="compare-statistics">
      <tr className="group">
        <th colSpan={runs.length + 1} scope="rowgroup">
          Statistics <span className="muted">▲ best ▽ worst</span>
        </th>
      </tr>
      {shownStatistics(comparison.statistics, onlyDifferent).map((statistic) => (
        <tr key={statistic.name}>
          <th scope="row" title={statistic.name}>
            {statistic.name}
          </th>
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
  );
}

function Cell({ text, rank }: { text: string; rank: Rank }) {
  if (rank === null) return <td className="num">{text}</td>;
  return (
    <td className={`num ${rank}`} title={rank}>
      <span aria-hidden>{rank === 'best' ? '▲' : '▽'}</span>
      <span className="hidden">{rank} </span>
      {text}
    </td>
  );
}
