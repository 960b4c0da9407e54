import type { SlippageModel } from '../domain/backtest.ts';

/** What one order or fill has cost, with what the square-root model explains it by. */
export interface SlippageSample {
  /** Adverse change of price as a part of the price: 0.001 is 10 basis points. */
  readonly cost: number;
  /** Deviation of the log returns of the bars before. */
  readonly volatility: number;
  /** Units by the mean volume of a bar. */
  readonly share: number;
}

export interface Fit {
  readonly value: number;
  /** Deviation of the value's estimate; NaN with fewer than 2 samples. */
  readonly standardError: number;
  /** Root of the mean square of what the model leaves unexplained, in basis points. */
  readonly residual: number;
}

export interface SlippageFit {
  readonly samples: number;
  /** The same part of the price for every order, in basis points. */
  readonly bps: Fit;
  /** `coefficient × volatility × √share`. */
  readonly coefficient: Fit;
  /**
   * The model that explains the samples better, to be set in a backtest; null with too few samples, or
   * where orders have cost nothing on average.
   */
  readonly model: SlippageModel | null;
}

/** Fewest samples from which a model is offered. */
export const FEWEST_SAMPLES = 20;

/**
 * Least squares of both models through the origin; samples with a number that is not known are left out.
 * @param window bars over which volatility and volume of the samples were measured
 */
export function fitSlippage(samples: readonly SlippageSample[], window: number): SlippageFit {
  const known = samples.filter(
    ({ cost, volatility, share }) =>
      Number.isFinite(cost) &&
      volatility >= 0 &&
      volatility < Infinity &&
      share >= 0 &&
      share < Infinity,
  );
  const costs = known.map(({ cost }) => cost * 10_000);
  const bps = throughOrigin(
    known.map(() => 1),
    costs,
  );
  const roots = known.map(({ volatility, share }) => volatility * Math.sqrt(share) * 10_000);
  const coefficient = throughOrigin(roots, costs);
  return { samples: known.length, bps, coefficient, model: modelOf() };

  function modelOf(): SlippageModel | null {
    if (known.length < FEWEST_SAMPLES) return null;
    const byRoot = coefficient.residual < bps.residual && coefficient.value > 0;
    if (byRoot) return { kind: 'square-root', coefficient: coefficient.value, window };
    return bps.value > 0 ? { kind: 'bps', bps: bps.value } : null;
  }
}

function throughOrigin(x: readonly number[], y: readonly number[]): Fit {
  let xx = 0;
  let xy = 0;
  for (const [i, each] of x.entries()) {
    xx += each * each;
    xy += each * (y[i] as number);
  }
  if (!(xx > 0)) return { value: Number.NaN, standardError: Number.NaN, residual: Number.NaN };
  const value = xy / xx;
  let left = 0;
  for (const [i, each] of x.entries()) left += ((y[i] as number) - value * each) ** 2;
  return {
    value,
    standardError: x.length > 1 ? Math.sqrt(left / (x.length - 1) / xx) : Number.NaN,
    residual: Math.sqrt(left / x.length),
  };
}
