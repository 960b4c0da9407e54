import { liquidationPrice } from './margin.ts';
import type { Market } from './portfolio-market.ts';
import type { Liquidation } from './portfolio-types.ts';

/**
 * The margin of a portfolio. Prices inside a bar are known only as its range, and those of different
 * instruments not together, so the worst is taken: every price goes from the last known one to the
 * furthest of its bar against the position, all of them the same part of their way at a time. Where on it
 * the equity is what the positions need to be kept, they are closed, or cut.
 */

/** A portfolio is cut again as prices go on; one that would be more often than this is closed. */
const MOST_CUTS = 20;

/** A position that is traded at this moment, and its way. */
interface Moving {
  readonly market: Market;
  readonly from: number;
  readonly to: number;
}

/** Sums over all positions. */
interface Standing {
  readonly equity: number;
  readonly kept: number;
  readonly initial: number;
}

/**
 * Takes all orders away and liquidates, where the prices of this moment leave less than the maintenance
 * margin. What has no bar now goes at its next open.
 * @param moment at the opens, which are known, or inside the bars
 */
export function callMargin(
  markets: readonly Market[],
  cash: () => number,
  rule: Liquidation,
  moment: 'open' | 'inside',
): void {
  for (let cuts = 0; ; cuts += 1) {
    const held = markets.filter(({ position }) => position.units !== 0);
    if (held.length === 0) return;
    const moving = held
      .filter(({ tradable }) => tradable)
      .map((market): Moving => {
        const from = market.desk.book.last;
        return { market, from, to: moment === 'open' ? from : market.worst };
      });
    const resting = held.filter(({ tradable }) => !tradable);
    const at = (part: number): Standing => standing(moving, resting, cash(), part);
    const part = reachedAt(at);
    if (part === undefined) return;
    const prices = pricesAt(moving, resting, cash(), part);
    const { equity, initial } = at(part);
    // A cut that its own costs have made too small has not saved the account.
    const cuttable = rule === 'reduce' && cuts < MOST_CUTS && (cuts === 0 || part > 0);
    const keep = cuttable ? Math.max(0, Math.min(1, equity / initial)) : 0;
    if (!liquidate(markets, moving, prices, resting, keep, moment)) return;
  }
}

/** How far on their way the prices are when the equity is what is needed; undefined where it is more. */
function reachedAt(at: (part: number) => Standing): number | undefined {
  const spare = (part: number): number => {
    const { equity, kept } = at(part);
    return equity - kept;
  };
  const begin = spare(0);
  if (begin <= 0) return 0;
  const end = spare(1);
  return end <= 0 ? begin / (begin - end) : undefined;
}

function standing(
  moving: readonly Moving[],
  resting: readonly Market[],
  cash: number,
  part: number,
): Standing {
  let equity = cash;
  let kept = 0;
  let initial = 0;
  const count = ({ margin }: Market, value: number): void => {
    equity += value;
    kept += Math.abs(value) * margin.maintenance;
    initial += Math.abs(value) * margin.initial;
  };
  for (const { market, from, to } of moving) {
    count(market, market.position.units * market.unitWorth * (from + (to - from) * part));
  }
  for (const market of resting) count(market, market.value);
  return { equity, kept, initial };
}

function pricesAt(
  moving: readonly Moving[],
  resting: readonly Market[],
  cash: number,
  part: number,
): number[] {
  const [only] = moving;
  if (only === undefined || moving.length > 1) {
    return moving.map(({ from, to }) => from + (to - from) * part);
  }
  // Of a single price the equation has a plain solution, that of a run of one instrument.
  const { market, from } = only;
  const { equity, kept } = standing([], resting, cash, 0);
  const { units } = market.position;
  const price = liquidationPrice(
    (equity - kept) / market.unitWorth,
    units,
    market.margin.maintenance,
  );
  return [units > 0 ? Math.min(from, price) : Math.max(from, price)];
}

/** @returns whether a position that is traded now was made smaller */
function liquidate(
  markets: readonly Market[],
  moving: readonly Moving[],
  prices: readonly number[],
  resting: readonly Market[],
  keep: number,
  moment: 'open' | 'inside',
): boolean {
  const toGo = ({ position, desk }: Market): number => {
    const held = Math.abs(position.units);
    return keep === 0 ? held : held - desk.costs.lots(held * keep);
  };
  const parts = moving.map(({ market }) => toGo(market));
  for (const market of markets) if (!waits(market)) market.desk.cancelAll();
  let smaller = false;
  for (const [at, { market }] of moving.entries()) {
    const price = prices[at] as number;
    const quantity = Math.min(parts[at] as number, Math.abs(market.position.units));
    // What is kept has come to its price with the others, and goes on from there.
    market.desk.book.last = price;
    if (!(quantity > 0)) continue;
    smaller = true;
    market.desk.liquidate(price, moment, 'liquidation', quantity);
  }
  for (const market of resting) {
    const quantity = toGo(market);
    if (waits(market) || !(quantity > 0)) continue;
    const side = market.position.units > 0 ? 'sell' : 'buy';
    market.liquidation = market.desk.submit({
      side,
      quantity,
      reduceOnly: true,
      tag: 'liquidation',
    });
  }
  return smaller;
}

/** Its liquidation has been ordered and waits for its next bar. */
function waits({ desk, liquidation }: Market): boolean {
  return liquidation >= 0 && desk.book.find(liquidation) !== undefined;
}
