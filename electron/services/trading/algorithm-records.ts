import {
  absolute,
  compare,
  decimalOf,
  ZERO,
  type Price,
  type Quantity,
} from '../../../engine/domain/decimal.ts';
import {
  clientOrderId,
  type AccountId,
  type ClientOrderId,
  type InstrumentId,
} from '../../../engine/domain/identifiers.ts';
import type { UnixMillis } from '../../../engine/domain/time.ts';
import type {
  AlgorithmOrder,
  AlgorithmReport,
  AlgorithmState,
  ChildView,
} from '../../../engine/execution/types.ts';
import type { OrderLedger } from '../../../engine/orders/ledger.ts';
import { isClosed } from '../../../engine/orders/record.ts';
import type { TradableInstrument } from '../../../engine/ports/instruments.ts';
import type { Mark } from '../../../engine/risk/view.ts';

export interface AlgorithmRequest {
  readonly account: AccountId;
  readonly instrument: InstrumentId;
  /** Lot and tick are the instrument's. */
  readonly order: Omit<AlgorithmOrder, 'lot' | 'tick'>;
}

export interface AlgorithmView {
  readonly id: string;
  readonly account: AccountId;
  readonly instrument: InstrumentId;
  readonly order: AlgorithmOrder;
  readonly report: AlgorithmReport;
}

/** What the journal holds of an algorithm: the newest entry of its id is how it stands. */
export interface AlgorithmRecord {
  readonly account: AccountId;
  readonly instrument: InstrumentId;
  readonly decidedAt: UnixMillis;
  readonly decisionPrice: Price | null;
  readonly state: AlgorithmState;
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

/** Middle of the market as an exact number; null without a quote on both sides. */
export function midOf(mark: Pick<Mark, 'bid' | 'ask'> | null): Price | null {
  const mid = mark === null ? Number.NaN : (mark.bid + mark.ask) / 2;
  return Number.isFinite(mid) ? (decimalOf(Number(mid.toFixed(12))) as Price) : null;
}
