import {
  absolute,
  add,
  compare,
  divide,
  isZero,
  multiply,
  ZERO,
  type Decimal,
  type Price,
  type Quantity,
} from '../../../engine/domain/decimal.ts';
import {
  clientOrderId,
  strategyId,
  type AccountId,
  type ClientOrderId,
  type InstrumentId,
} from '../../../engine/domain/identifiers.ts';
import type { OrderIntent, OrderSource } from '../../../engine/domain/live-order.ts';
import type { UnixMillis } from '../../../engine/domain/time.ts';
import { pause } from '../../../engine/execution/algorithm.ts';
import type {
  AlgorithmOrder,
  AlgorithmReport,
  AlgorithmState,
  ChildView,
} from '../../../engine/execution/types.ts';
import type { OrderLedger } from '../../../engine/orders/ledger.ts';
import { isClosed } from '../../../engine/orders/record.ts';
import type { TradableInstrument } from '../../../engine/ports/instruments.ts';
import type { AlgorithmView } from '../../../engine/protocol/execution-schemas.ts';

export interface AlgorithmRequest {
  /** The same request again starts nothing again. */
  readonly requestId: string;
  /** Hash of what is asked for: another order under the same request is refused. */
  readonly hash: string;
  /** Who wants it; the gate is asked of the whole in this name. */
  readonly source: OrderSource;
  readonly strategy: string | null;
  readonly account: AccountId;
  readonly instrument: InstrumentId;
  /** Lot and tick are the instrument's. */
  readonly order: Omit<AlgorithmOrder, 'lot' | 'tick'>;
}

export interface AlgorithmFacts {
  readonly account: AccountId;
  readonly instrument: InstrumentId;
  readonly requestId: string;
  readonly hash: string;
  readonly source: OrderSource;
  readonly strategy: string | null;
  readonly decidedAt: UnixMillis;
  readonly decisionPrice: Price | null;
  /** The gate has refused the whole of it; nothing was sent. */
  readonly denied: boolean;
}

/** How an algorithm stands. */
export interface AlgorithmStanding extends AlgorithmFacts {
  readonly id: string;
  readonly order: AlgorithmOrder;
  readonly report: AlgorithmReport;
  /** Volume-weighted price of the fills; null without. */
  readonly averagePrice: Price | null;
}

/** What the journal holds of an algorithm: the newest entry of its id is how it stands. */
export interface AlgorithmRecord extends AlgorithmFacts {
  readonly state: AlgorithmState;
}

/** The facts alone of something that has more. */
export function factsOf(facts: AlgorithmFacts): AlgorithmFacts {
  const { account, instrument, requestId, hash, source, strategy } = facts;
  const { decidedAt, decisionPrice, denied } = facts;
  return {
    account,
    instrument,
    requestId,
    hash,
    source,
    strategy,
    decidedAt,
    decisionPrice,
    denied,
  };
}

/** What the journal is to hold. */
export const recordOf = (run: AlgorithmRecord): AlgorithmRecord => ({
  ...factsOf(run),
  state: run.state,
});

/**
 * The algorithm after a start of Renata, or a sleep. One that was under way stands still until somebody has
 * looked: the market has gone on without it. It does not take at its end what is left.
 */
export function interrupted(state: AlgorithmState, reason: string): AlgorithmState {
  const still = pause({ ...state, counting: false }, reason);
  return still.status === 'finishing' && still.reason === '' ? { ...still, reason } : still;
}
export const RESTARTED = 'Renata was started again while it worked.';
export const SLEPT = 'The machine slept, or Renata hung, while it worked.';

/** The whole of an algorithm as one order, for the gate. It is never placed. */
export function wholeOf(id: string, facts: AlgorithmFacts, order: AlgorithmOrder): OrderIntent {
  const { account, instrument, source, strategy, decidedAt, decisionPrice } = facts;
  const { side, quantity, limitPrice } = order;
  return {
    clientOrderId: clientOrderId(`${id}-0`),
    account,
    instrument,
    terms: {
      side,
      quantity,
      timeInForce: 'gtc',
      ...(limitPrice === null ? { type: 'market' } : { type: 'limit', limitPrice }),
    },
    source,
    strategy: strategy === null ? null : strategyId(strategy),
    group: null,
    parent: null,
    decidedAt,
    decisionPrice,
    tag: id,
  };
}

/** Volume-weighted price of what the children have filled; null without fills. */
export function averageOf(
  id: string,
  { children }: AlgorithmState,
  ledger: OrderLedger,
): Price | null {
  let units: Decimal = ZERO;
  let value: Decimal = ZERO;
  for (let child = 1; child <= children; child += 1) {
    for (const { quantity, price } of ledger.get(childId(id, child))?.fills ?? []) {
      units = add(units, quantity);
      value = add(value, multiply(quantity, price));
    }
  }
  return isZero(units) ? null : (divide(value, units, 12, 'half-even') as Price);
}

/** What callers see of an algorithm. */
export function algorithmView(standing: AlgorithmStanding): AlgorithmView {
  const { order, report } = standing;
  return {
    id: standing.id,
    account: standing.account,
    instrument: standing.instrument,
    method: order.method.kind,
    side: order.side,
    quantity: order.quantity,
    limitPrice: order.limitPrice,
    participation: order.participation,
    start: Math.round(order.start),
    end: Math.round(order.end),
    status: report.status,
    reason: report.reason.slice(0, 4096),
    denied: standing.denied,
    filled: report.filled,
    working: report.working,
    remainder: report.remainder,
    children: report.children,
    averagePrice: standing.averagePrice,
    decisionPrice: standing.decisionPrice,
    marketShare: report.participation,
    decidedAt: standing.decidedAt,
  };
}

/** How the children stand, by what the ledger has of them. `placing` are on their way to the desk. */
export function childrenOf(
  id: string,
  algorithm: AlgorithmState,
  ledger: OrderLedger,
  placing: ReadonlySet<string>,
): readonly ChildView[] {
  const views: ChildView[] = [];
  const placed = new Map(algorithm.working.map((child) => [child.child, child]));
  for (let child = 1; child <= algorithm.children; child += 1) {
    const orderId = childId(id, child);
    const order = ledger.get(orderId);
    if (order === undefined) {
      // It is on its way to the desk, or never came there.
      if (placing.has(orderId)) continue;
      const quantity = placed.get(child)?.quantity ?? (ZERO as Quantity);
      const none = { filled: ZERO as Quantity, limitPrice: null };
      views.push({ child, quantity, ...none, open: false, failed: true, settled: true });
      continue;
    }
    const { state, marks, pending, terms, filledQuantity } = order;
    const waiting = state === 'Initialized' || state === 'Submitted' || state === 'Unknown';
    views.push({
      child,
      quantity: terms.quantity,
      filled: filledQuantity,
      open: !isClosed(order),
      failed: state === 'Denied' || state === 'Rejected',
      settled: !waiting && !marks.canceling && pending === null,
      limitPrice: terms.limitPrice ?? null,
    });
  }
  return views;
}

/** 27 characters, a dash and a number: short enough for every venue's own field. */
export const childId = (id: string, child: number): ClientOrderId =>
  clientOrderId(`${id}-${child}`);

/** The step of prices near a price; the widest where there is none, which suits them all. */
export function tickAt({ ticks }: TradableInstrument, near: string | null): Price {
  const size = near === null ? undefined : absolute(near as Price);
  let found = ticks[0]?.tickSize;
  for (const { from, tickSize } of ticks) {
    if (size === undefined || compare(from, size) <= 0) found = tickSize;
  }
  return (found ?? '0.01') as Price;
}
