import type {
  CrossValidationFindings,
  CrossValidationSplit,
} from '../../../engine/protocol/research-schemas.ts';
import type { Stretch } from './walk-model.ts';

/** A part of the bars in a picture of a split. */
export interface SplitPart extends Stretch {
  readonly kind: 'train' | 'test' | 'embargo';
}

interface Bars {
  readonly from: number;
  readonly to: number;
}

/**
 * What is drawn of a split from the back to the front, in percent of all bars. What nothing covers was purged;
 * an embargo lies behind a test and what is purged after it.
 */
export function partsOf(
  { test, train }: { readonly test: readonly Bars[]; readonly train: readonly Bars[] },
  bars: number,
  purge: number,
  embargo: number,
): readonly SplitPart[] {
  const stretch = ({ from, to }: Bars): Stretch => ({
    left: (from / bars) * 100,
    width: ((Math.min(to, bars) - from) / bars) * 100,
  });
  const behind = test
    .map(({ to }) => ({ from: to + purge, to: Math.min(to + purge + embargo, bars) }))
    .filter(({ from, to }) => to > from);
  return [
    ...behind.map((range) => ({ kind: 'embargo' as const, ...stretch(range) })),
    ...train.map((range) => ({ kind: 'train' as const, ...stretch(range) })),
    ...test.map((range) => ({ kind: 'test' as const, ...stretch(range) })),
  ];
}

/** Whether what was chosen carries over to bars that it was not chosen on, in one sentence. */
export function choiceText({ belowMedian, splits }: CrossValidationFindings): string {
  if (!Number.isFinite(belowMedian)) return 'No combination could be chosen on any split.';
  const part = `in ${(belowMedian * 100).toFixed(0)} % of ${splits.length} splits the chosen one was no better than the median afterwards`;
  if (belowMedian >= 0.5) return `The choice does not carry over: ${part}.`;
  if (belowMedian >= 0.25) return `The choice carries over in part: ${part}.`;
  return `The choice carries over: ${part}.`;
}

/** How the paths stand to nothing and to buying and holding. */
export function pathsText({ paths, benchmark, sharpe }: CrossValidationFindings): string {
  const known = paths.filter(({ sharpe: ratio }) => Number.isFinite(ratio));
  if (known.length === 0) return 'No path traded.';
  const beating = known.filter((path) => path.sharpe > benchmark.sharpe).length;
  const losing = Math.round(sharpe.negative * known.length);
  const all = known.length === 1 ? 'The one path' : `Of ${known.length} paths`;
  const lost = losing === 0 ? 'none loses' : losing === 1 ? 'one loses' : `${losing} lose`;
  const beat = beating === 0 ? 'none has' : beating === 1 ? 'one has' : `${beating} have`;
  if (known.length === 1) {
    return `${all} has a Sharpe ratio of ${sharpe.mean.toFixed(2)}, buying and holding ${benchmark.sharpe.toFixed(2)}.`;
  }
  return `${all} ${lost}; ${beat} a better Sharpe ratio than buying and holding.`;
}

/** `1, 4`: folds as people count them. */
export function foldsText({ groups }: Pick<CrossValidationSplit, 'groups'>): string {
  return groups.map((group) => group + 1).join(', ');
}
