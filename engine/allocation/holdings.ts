import { fail } from './estimate.ts';
import { lastPrice, type AllocationTarget } from './walk-forward.ts';

export interface HoldSettings {
  /** Cost of a trade in hundredths of a percent of its value, commission and half the spread together. */
  readonly costBps: number;
  /** 1 trades at the close after the target's bar (the default); 0 at that bar's own close, which flatters. */
  readonly delay?: 0 | 1;
  /** 1 unless given. */
  readonly cash?: number;
}

export interface HeldTargets {
  /** Value at each close, after that bar's trades and their costs. */
  readonly equity: Float64Array;
  /** The trades of each target that was carried out: Σ |traded value| as a part of the equity before. */
  readonly rebalances: readonly {
    readonly bar: number;
    readonly turnover: number;
    readonly cost: number;
  }[];
  readonly costPaid: number;
}

/**
 * Value of a portfolio that is traded to each target and left alone between. Weights are of the equity after
 * costs; what they leave is cash without interest, and may be negative. Shares are fractions; an asset without
 * a price keeps its last one. A target whose trade would come after the last bar is not carried out.
 */
export function holdTargets(
  closes: readonly Float64Array[],
  targets: readonly AllocationTarget[],
  settings: HoldSettings,
): HeldTargets {
  const bars = closes[0]?.length ?? 0;
  const delay = settings.delay ?? 1;
  const rate = settings.costBps / 10_000;
  const start = settings.cash ?? 1;
  if (!(rate >= 0 && rate < 0.5)) fail('costBps', `${settings.costBps} is not from 0 up to 5000`);
  if (!(start > 0)) fail('cash', `${start} is not above 0`);
  targets.forEach(({ bar }, k) => {
    if (k > 0 && bar <= (targets[k - 1]?.bar ?? -1)) fail('targets', `bar ${bar} is out of order`);
  });
  const units = new Float64Array(closes.length);
  const equity = new Float64Array(bars);
  const rebalances: { bar: number; turnover: number; cost: number }[] = [];
  let cash = start;
  let costPaid = 0;
  let next = 0;
  const prices = new Float64Array(closes.length).fill(Number.NaN);
  for (let bar = 0; bar < bars; bar += 1) {
    let value = cash;
    for (let i = 0; i < closes.length; i += 1) {
      const price = closes[i]?.[bar] as number;
      if (price > 0) prices[i] = price;
      if (units[i] !== 0) value += (units[i] as number) * (prices[i] as number);
    }
    const target = targets[next];
    if (target !== undefined && target.bar + delay === bar) {
      next += 1;
      const { weights } = target;
      if (weights.length !== closes.length)
        fail('targets', `${weights.length} weights for ${closes.length} assets`);
      weights.forEach((weight, i) => {
        if (weight !== 0 && !(lastPrice(closes[i] as Float64Array, bar) > 0)) {
          fail('targets', `bar ${bar}: asset ${i} has a weight and no price yet`);
        }
      });
      const traded = (after: number): number => {
        let sum = 0;
        for (let i = 0; i < weights.length; i += 1) {
          const held = units[i] === 0 ? 0 : (units[i] as number) * (prices[i] as number);
          sum += Math.abs((weights[i] as number) * after - held);
        }
        return sum;
      };
      const after = afterCosts(value, rate, traded);
      const volume = traded(after);
      costPaid += value - after;
      rebalances.push({ bar, turnover: volume / value, cost: value - after });
      cash = after;
      for (let i = 0; i < weights.length; i += 1) {
        const money = (weights[i] as number) * after;
        units[i] = money === 0 ? 0 : money / (prices[i] as number);
        cash -= money;
      }
      value = after;
    }
    equity[bar] = value;
  }
  return { equity, rebalances, costPaid };
}

/** The equity E' with E' + rate × traded(E') = before: what is left when its own trades are paid. */
function afterCosts(before: number, rate: number, traded: (after: number) => number): number {
  let low = 0;
  let high = before;
  let after = before - rate * traded(before);
  for (let k = 0; k < 200; k += 1) {
    const over = after + rate * traded(after) - before;
    if (Math.abs(over) <= 1e-15 * before) break;
    if (over > 0) high = Math.min(high, after);
    else low = Math.max(low, after);
    const next = after - over;
    // Costs are small, so the plain step all but always lands; where it would not, the middle does.
    const inside = next > low && next < high;
    const tried = inside ? next : (low + high) / 2;
    if (tried === after) break;
    after = tried;
  }
  return after;
}
