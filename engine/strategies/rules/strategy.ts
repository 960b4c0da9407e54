import type {
  OrderEvent,
  OrderRequest,
  Strategy,
  StrategyContext,
} from '../../backtest/strategy.ts';
import { toSnapshot, type SnapshotNumber } from '../../indicators/runner.ts';
import { covers, measureAt, priceAt, priceFrom, type Distance, type Plan } from './plan.ts';

type Side = 1 | -1;

/** What the close that gave an entry knew: its stops and target are measured with it. */
interface Measures {
  readonly stopLoss: number;
  readonly trailing: number;
  readonly takeProfit: number;
}

/** An entry that has been ordered and not filled yet. */
interface Pending extends Measures {
  readonly order: number;
  readonly side: Side;
}

/** State of running rules: plain values. Orders have the numbers that the context gave them. */
export interface RuleState {
  readonly numbers: Readonly<Record<(typeof NUMBERS)[number], SnapshotNumber>>;
  readonly pending: Readonly<Record<keyof Pending, SnapshotNumber>> | null;
}

const NONE = -1;
/** What changes from bar to bar, besides the entry that waits. */
const NUMBERS = [
  'side',
  'held',
  'idle',
  'entries',
  'stop',
  'trail',
  'target',
  'best',
  'stopOrder',
  'stopAt',
  'targetOrder',
  'exitOrder',
] as const;

/**
 * Rules of a document at work. Conditions are read from columns; what depends on the account, stops,
 * sizes and waiting orders, is decided bar by bar as docs/strategies.md says.
 */
export class RuleStrategy implements Strategy {
  private readonly plan: Plan;
  /** Whether the plan's columns hold the newest bar alone. */
  private readonly newest: boolean;
  private side = 0;
  private pending: Pending | undefined;
  /** Closes seen since the position was opened, and since the last one was closed. */
  private held = 0;
  private idle = Number.POSITIVE_INFINITY;
  private entries = 0;
  private stop = Number.NaN;
  private trail = Number.NaN;
  private target = Number.NaN;
  /** Most favourable close since the entry, or the entry price. */
  private best = Number.NaN;
  private stopOrder = NONE;
  private stopAt = Number.NaN;
  private targetOrder = NONE;
  private exitOrder = NONE;

  constructor(plan: Plan, rows: 'every-bar' | 'newest-bar' = 'every-bar') {
    this.plan = plan;
    this.newest = rows === 'newest-bar';
  }

  /** Everything that a restart has to know. */
  snapshot(): RuleState {
    const { pending } = this;
    const numbers = NUMBERS.map((name) => [name, toSnapshot(this[name])]);
    return {
      numbers: Object.fromEntries(numbers) as RuleState['numbers'],
      pending:
        pending === undefined
          ? null
          : {
              order: pending.order,
              side: pending.side,
              stopLoss: toSnapshot(pending.stopLoss),
              trailing: toSnapshot(pending.trailing),
              takeProfit: toSnapshot(pending.takeProfit),
            },
    };
  }

  /** Into rules of the same plan. */
  restore({ numbers, pending }: RuleState): void {
    for (const name of NUMBERS) this[name] = Number(numbers[name]);
    this.pending =
      pending === null
        ? undefined
        : {
            order: Number(pending.order),
            side: Number(pending.side) as Side,
            stopLoss: Number(pending.stopLoss),
            trailing: Number(pending.trailing),
            takeProfit: Number(pending.takeProfit),
          };
  }

  onBar(context: StrategyContext): void {
    this.follow(context);
    const { plan } = this;
    const i = this.newest ? 0 : context.index;
    if (this.side === 0) this.idle += 1;
    else this.held += 1;
    if (this.pending !== undefined && plan.order !== 'market' && !plan.goodTillCancelled) {
      this.dropPending(context);
    }
    if (this.side !== 0) this.moveTrail(context, i);
    const wanted = this.wanted(i, context.shortAllowed);
    const rested = this.side !== 0 || this.idle > plan.cooldown;
    if (wanted !== 0 && wanted !== this.side && rested) this.enter(context, wanted, i);
    if (this.side === 0) {
      this.leavePending(context, i);
      return;
    }
    // An order at the market turns the position for certain; one at a price may never fill.
    if (plan.order === 'market' && this.pending?.side === -this.side) return;
    const exit = this.side > 0 ? plan.exitLong : plan.exitShort;
    if (exit?.[i] === 1) this.leave(context, 'exit');
    else if (this.held >= plan.timeStop) this.leave(context, 'time stop');
    else if (wanted !== 0 && this.entries < plan.maxOpen) this.enter(context, wanted, i);
    else this.rebalance(context, i);
  }

  onOrder(event: OrderEvent, context: StrategyContext): void {
    const { order, state } = event;
    const filled = state === 'Filled' || state === 'PartiallyFilled';
    const entered = filled && order === this.pending?.order ? this.pending : undefined;
    if (state !== 'PartiallyFilled') this.forget(order);
    this.follow(context);
    if (entered === undefined || this.side !== entered.side) return;
    if (state === 'Filled') this.entries += 1;
    this.protect(context, entered);
  }

  /** Which side the rules want to enter: 1, -1, or 0 for none. */
  private wanted(i: number, shortAllowed: boolean): Side | 0 {
    const { plan } = this;
    const long = plan.entryLong?.[i] === 1 && plan.exitLong?.[i] !== 1;
    const short = shortAllowed && plan.entryShort?.[i] === 1 && plan.exitShort?.[i] !== 1;
    if (long === short) return 0;
    for (const filter of plan.filters) if (filter[i] !== 1) return 0;
    return long ? 1 : -1;
  }

  /** Takes note of a position that was opened, turned or closed. */
  private follow(context: StrategyContext): void {
    const side = Math.sign(context.position);
    if (side === this.side) return;
    this.side = side;
    this.held = 0;
    this.entries = 0;
    this.best = context.entryPrice;
    this.stop = Number.NaN;
    this.trail = Number.NaN;
    this.target = Number.NaN;
    if (side === 0) this.idle = 0;
    this.cancelStop(context);
    this.cancelTarget(context);
  }

  private forget(order: number): void {
    if (order === this.pending?.order) this.pending = undefined;
    if (order === this.exitOrder) this.exitOrder = NONE;
    if (order === this.targetOrder) this.targetOrder = NONE;
    if (order === this.stopOrder) {
      this.stopOrder = NONE;
      this.stopAt = Number.NaN;
    }
  }

  private enter(context: StrategyContext, side: Side, i: number): void {
    if (this.pending !== undefined) {
      if (this.pending.side === side) return;
      this.dropPending(context);
    }
    const { plan } = this;
    const price =
      plan.order === 'market'
        ? context.close.at()
        : ((side > 0 ? plan.orderPrices.long : plan.orderPrices.short)?.[i] ?? Number.NaN);
    // An entry whose order, stop or target has no price is not taken: it would be unprotected.
    if (!Number.isFinite(price) || !this.canProtect(price, side, i)) return;
    const size = this.quantity(context, side, price, i);
    if (size !== undefined && !(size > 0)) return;
    const turned = context.position * side < 0 ? Math.abs(context.position) : 0;
    const request: OrderRequest = {
      side: side > 0 ? 'buy' : 'sell',
      type: plan.order,
      tag: side > 0 ? 'entry long' : 'entry short',
      ...(size === undefined ? {} : { quantity: size + turned }),
      ...(plan.order === 'limit' ? { limitPrice: price } : {}),
      ...(plan.order === 'stop' ? { stopPrice: price } : {}),
    };
    const order = context.order(request);
    // While a run warms up, orders are not taken.
    if (order >= 0) this.pending = { order, side, ...this.measures(side, i) };
  }

  private canProtect(price: number, side: Side, i: number): boolean {
    const { stopLoss, takeProfit, trailing } = this.plan;
    const known = (distance: Plan['stopLoss'], away: Side): boolean =>
      distance === undefined ||
      !covers(distance, side) ||
      Number.isFinite(priceAt(distance, price, side, away, i));
    return known(stopLoss, -1) && known(trailing, -1) && known(takeProfit, 1);
  }

  private measures(side: Side, i: number): Measures {
    const { stopLoss, trailing, takeProfit } = this.plan;
    const of = (distance: Distance | undefined): number =>
      distance === undefined ? Number.NaN : measureAt(distance, side, i);
    return { stopLoss: of(stopLoss), trailing: of(trailing), takeProfit: of(takeProfit) };
  }

  /** Units to hold after an entry, or `undefined` where the run's size rule decides. */
  private quantity(
    context: StrategyContext,
    side: Side,
    price: number,
    i: number,
  ): number | undefined {
    const { sizing, stopLoss, trailing } = this.plan;
    if (sizing === undefined) return undefined;
    const all = context.equity / price;
    const most = (all * sizing.maxPercent) / 100;
    if (sizing.kind === 'volatility') {
      return Math.min(most, (all * sizing.percent) / (sizing.realised?.[i] ?? Number.NaN));
    }
    const distance = stopLoss ?? trailing;
    if (distance === undefined) return undefined;
    const risk = (price - priceAt(distance, price, side, -1, i)) * side;
    const lost = (context.equity * sizing.percent) / 100;
    return risk > 0 ? Math.min(most, lost / risk) : Number.NaN;
  }

  private rebalance(context: StrategyContext, i: number): void {
    const { sizing } = this.plan;
    if (sizing === undefined || Number.isNaN(sizing.rebalance) || this.exitOrder !== NONE) return;
    const price = context.close.at();
    const size = this.quantity(context, this.side as Side, price, i);
    if (size === undefined || !(size > 0)) return;
    const now = Math.abs(context.position);
    const change = size - now;
    if (!(Math.abs(change) > (sizing.rebalance / 100) * now)) return;
    const side = change * this.side > 0 ? 'buy' : 'sell';
    const reduceOnly = change < 0;
    context.order({ side, quantity: Math.abs(change), reduceOnly, tag: 'rebalance' });
  }

  /** Stops and target of a position, from its entry price and what was known when it was ordered. */
  private protect(context: StrategyContext, known: Measures): void {
    const { stopLoss, takeProfit, trailing } = this.plan;
    const side = this.side as Side;
    const entry = context.entryPrice;
    if (stopLoss !== undefined && covers(stopLoss, side)) {
      this.stop = priceFrom(stopLoss, entry, side, -1, known.stopLoss);
    }
    if (trailing !== undefined && covers(trailing, side)) {
      const level = priceFrom(trailing, entry, side, -1, known.trailing);
      if (Number.isNaN(this.trail) || (level - this.trail) * side > 0) this.trail = level;
    }
    this.placeStop(context);
    if (takeProfit !== undefined && covers(takeProfit, side)) {
      this.target = priceFrom(takeProfit, entry, side, 1, known.takeProfit);
      this.placeTarget(context);
    }
  }

  private moveTrail(context: StrategyContext, i: number): void {
    const { trailing } = this.plan;
    if (trailing === undefined || Number.isNaN(this.trail)) return;
    const side = this.side as Side;
    const close = context.close.at();
    if ((close - this.best) * side > 0) this.best = close;
    const level = priceAt(trailing, this.best, side, -1, i);
    // It only ever moves towards the price.
    if ((level - this.trail) * side > 0) this.trail = level;
    this.placeStop(context);
  }

  /** One stop order at the nearer of stop loss and trailing stop. */
  private placeStop(context: StrategyContext): void {
    const { side, stop, trail } = this;
    const nearer = side > 0 ? Math.max : Math.min;
    const level = Number.isNaN(stop) ? trail : Number.isNaN(trail) ? stop : nearer(stop, trail);
    if (Number.isNaN(level) || level === this.stopAt) return;
    this.cancelStop(context);
    const tag = level === stop ? 'stop loss' : 'trailing stop';
    this.stopAt = level;
    this.stopOrder = context.order({ ...this.closing(), type: 'stop', stopPrice: level, tag });
  }

  private placeTarget(context: StrategyContext): void {
    this.cancelTarget(context);
    const limitPrice = this.target;
    this.targetOrder = context.order({
      ...this.closing(),
      type: 'limit',
      limitPrice,
      tag: 'target',
    });
  }

  private closing(): { readonly side: 'buy' | 'sell'; readonly reduceOnly: true } {
    return { side: this.side > 0 ? 'sell' : 'buy', reduceOnly: true };
  }

  private leave(context: StrategyContext, tag: string): void {
    this.dropPending(context);
    if (this.exitOrder === NONE) this.exitOrder = context.exit(tag);
  }

  /** An exit takes a waiting entry of its side away. */
  private leavePending(context: StrategyContext, i: number): void {
    const { pending, plan } = this;
    if (pending === undefined || plan.order === 'market') return;
    const exit = pending.side > 0 ? plan.exitLong : plan.exitShort;
    if (exit?.[i] === 1) this.dropPending(context);
  }

  private dropPending(context: StrategyContext): void {
    if (this.pending === undefined) return;
    const { order } = this.pending;
    this.pending = undefined;
    context.cancel(order);
  }

  private cancelStop(context: StrategyContext): void {
    const order = this.stopOrder;
    this.stopOrder = NONE;
    this.stopAt = Number.NaN;
    if (order !== NONE) context.cancel(order);
  }

  private cancelTarget(context: StrategyContext): void {
    const order = this.targetOrder;
    this.targetOrder = NONE;
    if (order !== NONE) context.cancel(order);
  }
}
