import { multiply, subtract, toNumber, type Decimal } from '../../../engine/domain/decimal.ts';
import type { LiveOrder } from '../../../engine/domain/live-order.ts';
import type { OrderFact } from '../../../engine/orders/facts.ts';
import { applyFact, openRecord, type OrderRecord } from '../../../engine/orders/record.ts';
import type { OrderEvent } from '../../../engine/orders/facts.ts';
import { unrealized, type Position } from '../../../engine/portfolio/positions.ts';
import type { BalanceReport } from '../../../engine/ports/execution-client.ts';
import type { TradableInstrument } from '../../../engine/ports/instruments.ts';
import type { JournalEntry } from '../../../engine/ports/journal.ts';
import type {
  AccountView,
  LiveOrderView,
  OrderCheck,
  PositionView,
} from '../../../engine/protocol/live-schemas.ts';
import type { Decision } from '../../../engine/risk/check.ts';
import { markPrice } from '../../../engine/risk/valuation.ts';
import type { Mark } from '../../../engine/risk/view.ts';
import type { KnownAccount } from './venues.ts';

/** What the window and other callers see. Nothing internal leaves. */

export function orderView(order: LiveOrder): LiveOrderView {
  return {
    clientOrderId: order.clientOrderId,
    venueOrderId: order.venueOrderId,
    account: order.account,
    instrument: order.instrument,
    terms: order.terms,
    state: order.state,
    filledQuantity: order.filledQuantity,
    averagePrice: order.averagePrice,
    pending: order.pending,
    reason: order.reason.slice(0, 4096),
    reasonCode: order.reasonCode.slice(0, 64),
    source: order.source,
    strategy: order.strategy,
    group: order.group,
    parent: order.parent,
    decidedAt: order.decidedAt,
    decisionPrice: order.decisionPrice,
    tag: order.tag,
    lastEvent: order.lastEvent,
    createdAt: order.createdAt,
    changedAt: order.changedAt,
  };
}

export function positionView(
  position: Position,
  facts: {
    readonly instrument: TradableInstrument | null;
    readonly mark: Mark | null;
    readonly realizedToday: Decimal;
    readonly protection: PositionView['protection'];
  },
): PositionView {
  const { instrument, mark } = facts;
  const price = markPrice(mark);
  const multiplier = instrument?.multiplier ?? ('1' as Decimal);
  const open = price === null ? null : unrealized(position, price);
  const value = price === null ? null : multiply(multiply(position.quantity, price), multiplier);
  return {
    account: position.account,
    instrument: position.instrument,
    quantity: position.quantity,
    averagePrice: position.averagePrice,
    currency: instrument?.currency ?? '',
    mark: price === null ? null : toNumber(price),
    markTime: mark?.time ?? null,
    value: value === null ? null : toNumber(value),
    unrealized: open === null ? null : toNumber(multiply(open, multiplier)),
    realizedToday: facts.realizedToday,
    protection: facts.protection,
  };
}

export function accountView(
  account: KnownAccount,
  balance: BalanceReport | undefined,
  facts: { readonly armed: boolean; readonly dayStart: Decimal | null },
): AccountView {
  const equity = balance?.equity ?? null;
  return {
    id: account.id,
    connection: account.client.venue,
    name: account.name,
    live: account.live,
    armed: facts.armed,
    currency: account.currency,
    cash: [...(balance?.cash ?? [])],
    equity,
    buyingPower: balance?.buyingPower ?? null,
    initialMargin: balance?.initialMargin ?? null,
    maintenanceMargin: balance?.maintenanceMargin ?? null,
    dayProfit: equity === null || facts.dayStart === null ? null : subtract(equity, facts.dayStart),
    updatedAt: balance?.receivedTime ?? null,
  };
}

/** What is shown of orders besides what the gate says of them. */
export interface CheckFacts {
  readonly sentence: string;
  readonly quantity: Decimal | null;
  readonly estimate: OrderCheck['estimate'];
  readonly warnings: readonly string[];
}

export function checkView(decision: Decision, facts: CheckFacts): OrderCheck {
  return {
    allowed: decision.allowed,
    sentence: facts.sentence,
    quantity: facts.quantity,
    checks: decision.checks.map((check) => ({ ...check })),
    largest: decision.largest,
    estimate: facts.estimate,
    warnings: [...facts.warnings],
  };
}

/** The life of an order as its entries of the journal tell it. */
export function historyOf(entries: readonly JournalEntry[]): readonly {
  readonly sequence: number;
  readonly time: number;
  readonly venueTime: number | null;
  readonly source: OrderEvent['source'];
  readonly type: string;
  readonly state: OrderRecord['state'];
  readonly text: string;
}[] {
  let order: OrderRecord | undefined;
  return entries
    .filter(({ kind }) => kind === 'order')
    .map(({ sequence, body }) => {
      const event = JSON.parse(body) as OrderEvent;
      const { fact } = event;
      if (order === undefined && fact.type === 'initialized')
        order = openRecord(fact.intent, event.time);
      else if (order !== undefined) ({ order } = applyFact(order, event));
      return {
        sequence,
        time: event.time,
        venueTime: event.venueTime,
        source: event.source,
        type: fact.type,
        state: order?.state ?? 'Initialized',
        text: factText(fact),
      };
    });
}

/** One fact in words. */
export function factText(fact: OrderFact): string {
  switch (fact.type) {
    case 'initialized':
      return `Given by ${fact.intent.source.kind}${fact.intent.source.name === '' ? '' : ` ${fact.intent.source.name}`}.`;
    case 'denied':
    case 'rejected':
    case 'amend-refused':
    case 'cancel-refused':
      return fact.reason;
    case 'submitted':
      return 'Journaled, and handed to the connection.';
    case 'accepted':
      return `The venue calls it ${fact.venueOrderId}.`;
    case 'triggered':
      return 'Its trigger was reached.';
    case 'filled':
      return `${fact.fill.quantity} at ${fact.fill.price} (trade ${fact.fill.tradeId}).`;
    case 'commission':
      return `Commission of ${fact.commission} ${fact.currency} for trade ${fact.tradeId}.`;
    case 'busted':
      return `The venue took trade ${fact.tradeId} back.`;
    case 'amend-requested':
      return `Change asked for: ${Object.entries(fact.change)
        .map(([name, value]) => `${name} ${String(value)}`)
        .join(', ')}.`;
    case 'amended':
      return 'Changed.';
    case 'cancel-requested':
      return 'Cancellation asked for.';
    case 'canceled':
    case 'expired':
      return fact.reason;
    case 'outcome-unknown':
      return fact.reason;
    case 'confirmed':
      return 'The venue was asked and has it as it stands here.';
  }
}
