import { decimalOf, toNumber, ZERO, type Price, type Quantity } from '../domain/decimal.ts';
import { cancel, pause, report, resume, startAlgorithm, step } from '../execution/algorithm.ts';
import type {
  AlgorithmOrder,
  AlgorithmReport,
  AlgorithmState,
  ChildAction,
  ChildView,
} from '../execution/types.ts';
import type { OrderEvent, OrderRequest, StrategyContext } from './strategy.ts';

/** Steps at one close: what a cancellation frees is placed at the same close. */
const MOST_STEPS = 4;

interface Child {
  /** Number of the run's order; -1 for one that was not taken. */
  id: number;
  readonly quantity: Quantity;
  filled: number;
  open: boolean;
  failed: boolean;
  limitPrice: Price | null;
}

/**
 * An execution algorithm as a strategy's order, by the code that also works it live. Its time is the
 * number of the bar: an order from 0 to 10 has the ten closes after `onBar` was called first to place
 * children, which work from the bar after each. The market is seen at the close, without a spread.
 *
 * The strategy calls `onBar` at every close and hands on every order event.
 */
export class BarAlgorithm {
  private state: AlgorithmState;
  private readonly tag: string;
  private readonly children: Child[] = [];
  /** Numbers of the run's orders, and the child that each is. */
  private readonly orders = new Map<number, number>();
  private first = -1;

  /** @throws RenataError BAD_INPUT naming what is wrong with the order */
  constructor(order: AlgorithmOrder, tag = order.method.kind) {
    this.state = startAlgorithm(order);
    this.tag = tag;
  }

  get done(): boolean {
    return this.state.status === 'done';
  }

  onBar(context: StrategyContext): void {
    if (context.warmingUp || this.done) return;
    if (this.first < 0) this.first = context.index;
    const close = context.close.at();
    const volume = context.volume.at();
    for (let round = 0; round < MOST_STEPS; round += 1) {
      const view = {
        bid: close,
        ask: close,
        last: close,
        traded: round === 0 ? volume : 0,
        open: Number.isFinite(close),
      };
      const { state, actions } = step(this.state, view, this.views(), context.index - this.first);
      this.state = state;
      for (const action of actions) this.act(action, context);
      if (actions.length === 0) return;
    }
  }

  onOrder(event: OrderEvent): void {
    const number = this.orders.get(event.order);
    const child = number === undefined ? undefined : this.children[number - 1];
    if (child !== undefined) apply(child, event);
  }

  pause(): void {
    this.state = pause(this.state);
  }

  resume(): void {
    this.state = resume(this.state);
  }

  cancel(): void {
    this.state = cancel(this.state);
  }

  report(): AlgorithmReport {
    return report(this.state, this.views());
  }

  private act(action: ChildAction, context: StrategyContext): void {
    if (action.type === 'place') {
      const { limitPrice, quantity, child } = action;
      const placed: Child = { id: -1, quantity, filled: 0, open: true, failed: false, limitPrice };
      this.children[child - 1] = placed;
      placed.id = context.order(this.requestOf(action));
      if (placed.id >= 0) this.orders.set(placed.id, child);
      else {
        placed.open = false;
        placed.failed = true;
      }
      return;
    }
    const child = this.children[action.child - 1] as Child;
    if (action.type === 'cancel') {
      context.cancel(child.id);
      // A strategy is told of it at once; a run that does not hand it on still knows.
      child.open = false;
    } else if (context.amend(child.id, { limitPrice: toNumber(action.limitPrice) })) {
      child.limitPrice = action.limitPrice;
    }
  }

  private requestOf(action: Extract<ChildAction, { readonly type: 'place' }>): OrderRequest {
    const { orderType, quantity, limitPrice, timeInForce } = action;
    return {
      side: this.state.order.side,
      type: orderType,
      quantity: toNumber(quantity),
      ...(limitPrice === null ? {} : { limitPrice: toNumber(limitPrice) }),
      timeInForce,
      tag: this.tag,
    };
  }

  private views(): readonly ChildView[] {
    return this.children.map(({ quantity, filled, open, failed, limitPrice }, index) => ({
      child: index + 1,
      quantity,
      filled: filled > 0 ? exact(filled, quantity) : (ZERO as Quantity),
      open,
      failed,
      settled: true,
      limitPrice,
    }));
  }
}

function apply(child: Child, { state, quantity }: OrderEvent): void {
  child.filled += quantity;
  if (state === 'PartiallyFilled') return;
  child.open = false;
  child.failed = state === 'Denied' || state === 'Rejected';
}

/** Fills are doubles in a backtest: what differs in the ninth place is rounding, and no child fills more than it is. */
function exact(filled: number, quantity: Quantity): Quantity {
  if (filled >= toNumber(quantity)) return quantity;
  return decimalOf(Number(filled.toFixed(9))) as Quantity;
}
