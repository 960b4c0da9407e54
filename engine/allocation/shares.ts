import { fail } from './estimate.ts';
import { sumOf } from './matrix.ts';

export interface SharesInput {
  /** Target weights of the cash, 0 or more, summing to at most 1. */
  readonly weights: ArrayLike<number>;
  readonly prices: ArrayLike<number>;
  /** What may be spent. */
  readonly cash: number;
  /** `exact` looks at every way of rounding down or up, for up to 24 assets; `greedy` is for more. */
  readonly method?: 'greedy' | 'exact';
}

export interface SharesResult {
  readonly shares: Float64Array;
  readonly spent: number;
  readonly left: number;
  /** Weights that the shares come to. */
  readonly weights: Float64Array;
  /** Part of the cash that is not where the weights want it, unspent cash being an asset too. */
  readonly misplaced: number;
}

const EXACT_ASSETS = 24;

/** Whole shares whose values are nearest to the target weights and together cost no more than the cash. */
export function wholeShares(input: SharesInput): SharesResult {
  const weights = Float64Array.from(input.weights);
  const prices = Float64Array.from(input.prices);
  const { cash } = input;
  check(weights, prices, cash);
  const method = input.method ?? (weights.length <= EXACT_ASSETS ? 'exact' : 'greedy');
  if (method === 'exact' && weights.length > EXACT_ASSETS) {
    fail('method', `exact takes up to ${EXACT_ASSETS} assets; use greedy for ${weights.length}`);
  }
  const shares = weights.map((weight, i) => {
    // A target of 3 shares that rounding made 2.999… is 3.
    return Math.floor((weight * cash) / (prices[i] as number) + 1e-9);
  });
  const spentOn = (): number =>
    shares.reduce((sum, count, i) => sum + count * (prices[i] as number), 0);
  const rests = weights.map(
    (weight, i) => weight * cash - (shares[i] as number) * (prices[i] as number),
  );
  const aside = Math.max(0, (1 - sumOf(weights)) * cash);
  const open = Array.from(rests.keys())
    .filter((i) => (rests[i] as number) > 1e-9 * (prices[i] as number))
    .toSorted((a, b) => (rests[b] as number) - (rests[a] as number) || a - b);
  const left = cash - spentOn();
  const more =
    method === 'exact'
      ? best(open, rests, prices, left, aside)
      : greedy(open, rests, prices, left, aside);
  for (const i of more) shares[i] = (shares[i] as number) + 1;
  const spent = spentOn();
  let short = Math.max(0, aside - (cash - spent));
  for (let i = 0; i < shares.length; i += 1) {
    short += Math.max(
      0,
      (weights[i] as number) * cash - (shares[i] as number) * (prices[i] as number),
    );
  }
  return {
    shares,
    spent,
    left: cash - spent,
    weights: shares.map((count, i) => (count * (prices[i] as number)) / cash),
    misplaced: short / cash,
  };
}

/** One more share where most is missing, as long as it is affordable and brings the whole nearer. */
function greedy(
  open: readonly number[],
  rests: Float64Array,
  prices: Float64Array,
  left: number,
  aside: number,
): number[] {
  const more: number[] = [];
  let cash = left;
  for (const i of open) {
    const price = prices[i] as number;
    if (price > cash * (1 + 1e-12)) continue;
    const taken = Math.max(0, aside - (cash - price)) - Math.max(0, aside - cash);
    if (taken >= (rests[i] as number)) continue;
    more.push(i);
    cash -= price;
  }
  return more;
}

/** The set of assets to round up that leaves least misplaced, by branch and bound. */
function best(
  open: readonly number[],
  rests: Float64Array,
  prices: Float64Array,
  left: number,
  aside: number,
): number[] {
  let found = greedy(open, rests, prices, left, aside);
  const whole = open.reduce((sum, i) => sum + (rests[i] as number), 0);
  const missing = (chosen: readonly number[]): number => {
    const got = chosen.reduce((sum, i) => sum + (rests[i] as number), 0);
    const cash = left - chosen.reduce((sum, i) => sum + (prices[i] as number), 0);
    return whole - got + Math.max(0, aside - cash);
  };
  let least = missing(found);
  const chosen: number[] = [];
  /** @param lost what the assets passed over are short of */
  const visit = (at: number, cash: number, lost: number): void => {
    const short = lost + Math.max(0, aside - cash);
    if (short >= least - 1e-12 * (1 + least)) return;
    if (at === open.length) {
      least = short;
      found = chosen.slice();
      return;
    }
    const i = open[at] as number;
    const price = prices[i] as number;
    if (price <= cash * (1 + 1e-12)) {
      chosen.push(i);
      visit(at + 1, cash - price, lost);
      chosen.pop();
    }
    visit(at + 1, cash, lost + (rests[i] as number));
  };
  visit(0, left, 0);
  return found;
}

function check(weights: Float64Array, prices: Float64Array, cash: number): void {
  if (prices.length !== weights.length) {
    fail('prices', `there are ${prices.length} for ${weights.length} weights`);
  }
  if (!(cash > 0 && Number.isFinite(cash))) fail('cash', `${cash} is not above 0`);
  for (const price of prices)
    if (!(price > 0 && Number.isFinite(price))) fail('prices', `${price} is not above 0`);
  for (const weight of weights) {
    if (!(weight >= 0))
      fail('weights', `${weight} is not 0 or more; shorts have no whole shares here`);
  }
  if (sumOf(weights) > 1 + 1e-9)
    fail('weights', `they sum to ${sumOf(weights)}, more than the cash`);
}
