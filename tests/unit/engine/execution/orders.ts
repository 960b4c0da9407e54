import { price, quantity } from '../../../../engine/domain/decimal.ts';
import { startAlgorithm, step } from '../../../../engine/execution/algorithm.ts';
import type {
  AlgorithmOrder,
  AlgorithmState,
  ChildAction,
  ChildView,
  MarketView,
} from '../../../../engine/execution/types.ts';

/** An order of 1,000 units over times 0 to 10, one slice by unit of time. */
export function orderOf(change: Partial<AlgorithmOrder> = {}): AlgorithmOrder {
  return {
    side: 'buy',
    quantity: quantity('1000'),
    method: { kind: 'twap', slices: 10 },
    start: 0,
    end: 10,
    lot: quantity('1'),
    tick: price('0.01'),
    smallest: quantity('1'),
    limitPrice: null,
    participation: null,
    catchUp: 'at-once',
    style: 'take',
    every: 0,
    finish: 'leave',
    jitter: 0,
    seed: 1,
    ...change,
  };
}

export const QUIET: MarketView = { bid: 99.99, ask: 100.01, last: 100, traded: 0, open: true };

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Works an algorithm by hand: children are filled, refused and cancelled as a test says. */
export class Bench {
  state: AlgorithmState;
  readonly children: Mutable<ChildView>[] = [];
  /** Whether a cancellation is carried out before the next step. */
  obedient = true;

  constructor(order: AlgorithmOrder) {
    this.state = startAlgorithm(order);
  }

  /** One step; returns what was done, in short words such as "buy 100" or "cancel 1". */
  at(now: number, view: Partial<MarketView> = {}): string[] {
    const result = step(this.state, { ...QUIET, ...view }, this.children, now);
    this.state = result.state;
    return result.actions.map((action) => this.#carryOut(action));
  }

  fill(child: number, units?: string): void {
    const found = this.#find(child);
    found.filled = units === undefined ? found.quantity : quantity(units);
    found.open = found.filled !== found.quantity;
  }

  refuse(child: number): void {
    Object.assign(this.#find(child), { open: false, failed: true });
  }

  close(child: number): void {
    this.#find(child).open = false;
  }

  #carryOut(action: ChildAction): string {
    if (action.type === 'place') {
      const { child, quantity: units, limitPrice, timeInForce } = action;
      const rest = { filled: quantity('0'), open: true, failed: false, settled: true };
      this.children.push({ child, quantity: units, limitPrice, ...rest });
      const now = timeInForce === 'ioc' ? ' ioc' : '';
      return `${child}: ${units}${limitPrice === null ? '' : ` at ${limitPrice}`}${now}`;
    }
    if (action.type === 'cancel') {
      if (this.obedient) this.close(action.child);
      return `cancel ${action.child}`;
    }
    this.#find(action.child).limitPrice = action.limitPrice;
    return `amend ${action.child} to ${action.limitPrice}`;
  }

  #find(child: number): Mutable<ChildView> {
    return this.children[child - 1] as Mutable<ChildView>;
  }
}
