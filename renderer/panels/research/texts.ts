import type {
  Deflated,
  RandomEntryFindings,
  RealityCheckFindings,
  RealityCheckRequest,
  ResearchEstimate,
  ResearchItem,
  SweepFindings,
  TrialTotals,
} from '../../../engine/protocol/research-schemas.ts';
import { formatBytes, formatCount } from '../../components/format.ts';

/** Research in words. */

export const KIND_TITLES = {
  sweep: 'Sweep',
  'walk-forward': 'Walk-forward',
  'cross-validation': 'Cross-validation',
  'reality-check': 'Reality check',
  'monte-carlo': 'Monte Carlo',
  'random-entry': 'Random entries',
  audit: 'Audit',
} as const;

export const STATE_TITLES = {
  running: 'Running',
  paused: 'Paused',
  done: 'Done',
  failed: 'Failed',
} as const;

/** A length of time in its two largest units, one of them when it is short. */
export function durationText(seconds: number): string {
  if (!Number.isFinite(seconds)) return '';
  if (seconds < 1) return 'under 1 s';
  if (seconds < 90) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 90) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** What the main button does: `Run 4,851 backtests`. */
export function startText(kind: string, estimate: ResearchEstimate | null): string {
  switch (kind) {
    case 'sweep':
      if (estimate === null) return 'Run the sweep';
      return `Run ${about(estimate)}${formatCount(estimate.combinations)} ${estimate.combinations === 1 ? 'backtest' : 'backtests'}`;
    case 'walk-forward':
      if (estimate?.windows === null || estimate === null) return 'Run the walk-forward test';
      return `Test ${about(estimate)}${formatCount(estimate.combinations)} × ${formatCount(estimate.windows)} windows`;
    case 'cross-validation':
      if (estimate?.splits === undefined) return 'Run the cross-validation';
      return `Validate ${about(estimate)}${formatCount(estimate.combinations)} × ${formatCount(estimate.splits)} splits`;
    case 'random-entry':
      return 'Compare with random entries';
    case 'monte-carlo':
      return 'Simulate';
    default:
      return 'Audit the run';
  }
}

function about({ exact }: ResearchEstimate): string {
  return exact ? '' : 'about ';
}

/** Combinations, time and size of an estimate, as figures with their names. */
export function estimateFigures(
  estimate: ResearchEstimate,
): readonly { readonly name: string; readonly text: string }[] {
  const refused = estimate.size - estimate.combinations;
  return [
    {
      name: 'Combinations',
      text: `${about(estimate)}${formatCount(estimate.combinations)}${refused > 0 ? ` of ${formatCount(estimate.size)}` : ''}`,
    },
    ...(estimate.windows === null
      ? []
      : [{ name: 'Windows', text: formatCount(estimate.windows) }]),
    ...(estimate.splits === undefined
      ? []
      : [
          { name: 'Splits', text: formatCount(estimate.splits) },
          { name: 'Paths', text: formatCount(estimate.paths ?? 1) },
        ]),
    ...(estimate.windows === null ? [{ name: 'Bars', text: formatCount(estimate.bars) }] : []),
    { name: 'Time', text: durationText(estimate.seconds) },
    ...(estimate.bytes === 0 ? [] : [{ name: 'Results', text: formatBytes(estimate.bytes) }]),
  ];
}

/** How far work has come: `1,234 of 4,851 · 612/s · 6 s left`. */
export function progressText(item: ResearchItem): string {
  const { kind, state, done, total, rate, secondsLeft } = item;
  const unit = kind === 'walk-forward' ? ' windows' : '';
  const parts = [`${formatCount(done)} of ${formatCount(total)}${unit}`];
  if (state === 'running') {
    if (rate !== null && rate > 0) {
      parts.push(rate >= 10 ? `${formatCount(Math.round(rate))}/s` : `${rate.toFixed(1)}/s`);
    }
    if (secondsLeft !== null) parts.push(`${durationText(secondsLeft)} left`);
  }
  return parts.join(' · ');
}

/** A probability in percent; never a flat 0 or 100 that it is not. */
export function probabilityText(part: number): string {
  if (!Number.isFinite(part)) return 'n/a';
  const percent = part * 100;
  if (percent > 0 && percent < 0.1) return 'under 0.1 %';
  if (percent < 100 && percent > 99.9) return 'over 99.9 %';
  return `${percent.toFixed(1)} %`;
}

/** Whether a Sharpe ratio says anything after all that was tried. */
export function deflatedText({ probability, trials }: Deflated): string {
  const tried = `${formatCount(trials)} ${trials === 1 ? 'trial' : 'trials'} on this data`;
  if (!Number.isFinite(probability)) return `After ${tried} it cannot be told from luck.`;
  const chance = probabilityText(probability);
  if (probability >= 0.95) return `After ${tried} it is more than luck at ${chance}.`;
  if (probability >= 0.5) return `After ${tried} it may be luck: ${chance} that it is more.`;
  return `After ${tried} luck explains it better: ${chance} that it is more.`;
}

type Plateau = NonNullable<SweepFindings['plateau']>;

/** What the neighbourhood of the best says. */
export function plateauText(
  plateau: Pick<Plateau, 'bestStability' | 'stability'> & Partial<Plateau>,
): string {
  const { bestStability, stability } = plateau;
  const best = Number.isFinite(bestStability) ? bestStability.toFixed(2) : 'n/a';
  const middle = `The middle of the best plateau has ${Number.isFinite(stability) ? stability.toFixed(2) : 'n/a'}.`;
  if (bestStability >= 0.8) return `The best lies on a plateau: stability ${best}. ${middle}`;
  if (bestStability >= 0.5)
    return `The best stands above its neighbours: stability ${best}. ${middle}`;
  return `The best is a lone peak: stability ${best}. ${middle}`;
}

/** Whether the best of a sweep is more than the choice among so many, in one sentence. */
export function realityText(
  { strategies, spaConsistent, best }: RealityCheckFindings,
  against: RealityCheckRequest['against'],
): string {
  const tried = `${formatCount(strategies)} ${strategies === 1 ? 'combination' : 'combinations'}`;
  const benchmark = against === 'zero' ? 'nothing' : 'buying and holding';
  if (best.mean <= 0) {
    return `None of ${tried} made more than ${benchmark} on average, so there is nothing that chance would have to explain.`;
  }
  const chance = probabilityText(spaConsistent);
  if (spaConsistent <= 0.05) {
    return `The best beats ${benchmark} by more than choosing among ${tried} explains: chance alone does as well in ${chance} of the samples.`;
  }
  if (spaConsistent <= 0.2) {
    return `The best may beat ${benchmark}: after choosing among ${tried}, chance alone does as well in ${chance} of the samples.`;
  }
  return `Nothing shows that the best beats ${benchmark}: after choosing among ${tried}, chance alone does as well in ${chance} of the samples.`;
}

/** Whether the moments of a run's trades were worth anything, in one sentence. */
export function randomText({ growth, sharpe, trades }: RandomEntryFindings): string {
  const counted = `${formatCount(trades)} ${trades === 1 ? 'trade' : 'trades'}`;
  const beaten = `${counted} returned more than ${probabilityText(growth.percentile)} of random ones`;
  const ratio = `a better Sharpe ratio than ${probabilityText(sharpe.percentile)}`;
  const both = `The run’s ${beaten}, with ${ratio}`;
  const least = Math.min(growth.percentile, sharpe.percentile);
  if (least >= 0.95) return `${both}: its moments were worth something.`;
  if (least >= 0.5) return `${both}: chance could have done as well.`;
  return `${both}: its moments were no better than chance.`;
}

export function trialsText(totals: TrialTotals): string {
  const { trials, strategies } = totals;
  return `${formatCount(trials)} ${trials === 1 ? 'trial' : 'trials'} of ${formatCount(strategies)} ${strategies === 1 ? 'strategy' : 'strategies'} so far`;
}
