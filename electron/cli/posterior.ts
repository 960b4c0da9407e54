import type { CovarianceEstimator } from '../../engine/allocation/covariance.ts';
import { posteriorOf } from '../../engine/allocation/posterior.ts';
import type { AllocationMethod } from '../../engine/allocation/request.ts';
import { formatTable } from './table.ts';
import { formatNumber } from './text.ts';

/** What views make of the equilibrium, by symbol. Returns are a year, in excess of the risk-free rate. */
export type PosteriorTable = Readonly<
  Record<
    string,
    {
      readonly market: number;
      readonly equilibrium: number;
      readonly expected: number;
      /** The best weight without any limit; they need not sum to 1. */
      readonly unconstrained: number;
    }
  >
>;

/** The posterior at a bar, of the assets that have a price at each bar of the look-back. */
export function describePosterior(input: {
  readonly method: AllocationMethod;
  readonly assets: readonly string[];
  readonly closes: readonly Float64Array[];
  readonly bar: number;
  readonly lookback: number;
  readonly estimator: CovarianceEstimator;
  readonly periods: number;
}): PosteriorTable | undefined {
  const { method, assets, closes, bar, lookback, estimator, periods } = input;
  if (method.kind !== 'black-litterman') return undefined;
  const windows = closes.map((column) => column.subarray(bar - lookback, bar + 1));
  const present = windows.flatMap((window, i) => (window.every((price) => price > 0) ? [i] : []));
  const names = present.map((i) => assets[i] as string);
  const market = present.map((i) => method.market[i] as number);
  const known = new Set(names);
  const views = method.views.filter(({ weights }) =>
    Object.keys(weights).every((name) => known.has(name)),
  );
  const returns = present.map((i) => {
    const window = windows[i] as Float64Array;
    return window.subarray(1).map((price, k) => price / (window[k] as number) - 1);
  });
  const { equilibrium, expected, unconstrained } = posteriorOf({
    assets: names,
    method: { ...method, market, views },
    returns,
    estimator,
  });
  return Object.fromEntries(
    names.map((name, k) => [
      name,
      {
        market: market[k] as number,
        equilibrium: (equilibrium[k] as number) * periods,
        expected: (expected[k] as number) * periods,
        unconstrained: unconstrained[k] as number,
      },
    ]),
  );
}

/** Last weights with what they come from. */
export function posteriorText(
  posterior: PosteriorTable,
  weights: Readonly<Record<string, number>>,
): string {
  const right = { align: 'right' } as const;
  const percent = (value: number | undefined): string =>
    formatNumber((value ?? Number.NaN) * 100, 2);
  return formatTable(
    [
      { title: 'Last' },
      { title: 'Market [%]', ...right },
      { title: 'Equilibrium return [%]', ...right },
      { title: 'With views [%]', ...right },
      { title: 'Without limits [%]', ...right },
      { title: 'Weight [%]', ...right },
    ],
    Object.entries(weights).map(([name, weight]) => {
      const found = posterior[name];
      return [
        name,
        percent(found?.market),
        percent(found?.equilibrium),
        percent(found?.expected),
        percent(found?.unconstrained),
        percent(weight),
      ];
    }),
  );
}
