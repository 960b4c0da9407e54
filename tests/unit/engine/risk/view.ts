import { decimal, price, quantity, type Decimal } from '../../../../engine/domain/decimal.ts';
import { accountId, clientOrderId, instrumentId } from '../../../../engine/domain/identifiers.ts';
import type { OrderIntent, OrderTerms } from '../../../../engine/domain/live-order.ts';
import { unixMillis } from '../../../../engine/domain/time.ts';
import type { TradableInstrument } from '../../../../engine/ports/instruments.ts';
import type { RiskCode } from '../../../../engine/risk/check.ts';
import { evaluate } from '../../../../engine/risk/gate.ts';
import { NO_LIMITS, type RiskLimits } from '../../../../engine/risk/limits.ts';
import type { RiskBook, RiskView, Working } from '../../../../engine/risk/view.ts';
import { AAPL, instrumentOf } from '../../../support/exchange.ts';

export const NOW = unixMillis(Date.UTC(2024, 0, 2, 15, 0));
export const MSFT = instrumentId('MSFT', 'TEST');
export const ACCOUNT = accountId('LIVE1');
export const money = (text: string): Decimal => decimal(text);

/** A person's order to buy 100 at 10, but for what is given. */
export function intentOf(
  terms: Partial<Record<keyof OrderTerms, unknown>> = {},
  rest: Partial<OrderIntent> = {},
): OrderIntent {
  return {
    clientOrderId: clientOrderId('R1'),
    account: ACCOUNT,
    instrument: AAPL,
    terms: {
      side: 'buy',
      type: 'limit',
      quantity: quantity('100'),
      limitPrice: price('10'),
      timeInForce: 'day',
      ...(terms as Partial<OrderTerms>),
    },
    source: { kind: 'person', name: '' },
    strategy: null,
    group: null,
    parent: null,
    decidedAt: NOW,
    decisionPrice: null,
    tag: '',
    ...rest,
  };
}

export interface Situation {
  readonly limits?: Partial<RiskLimits>;
  readonly view?: Partial<Omit<RiskView, 'book' | 'limits' | 'account'>>;
  readonly account?: Partial<RiskView['account']>;
  readonly book?: Partial<RiskBook>;
  readonly instrument?: Partial<TradableInstrument>;
}

/** Equity 10,000; the market asks 10.02 and bids 9.98; nothing is held. One scope: everybody. */
export function viewOf(situation: Situation = {}): RiskView {
  const book: RiskBook = {
    holdings: [],
    working: [],
    recent: [],
    dayProfit: decimal('0'),
    drawdown: decimal('0'),
    ...situation.book,
  };
  return {
    now: NOW,
    state: 'active',
    stateReason: '',
    account: {
      id: ACCOUNT,
      live: true,
      armed: true,
      currency: 'USD',
      equity: decimal('10000'),
      buyingPower: decimal('20000'),
      ...situation.account,
    },
    hearsOrders: true,
    limits: [
      { scope: { kind: 'global', name: '' }, limits: { ...NO_LIMITS, ...situation.limits } },
    ],
    book: () => book,
    instrument: (id) => ({ ...instrumentOf(id), ...situation.instrument }),
    mark: () => ({ bid: 9.98, ask: 10.02, last: 10, time: NOW }),
    rate: () => null,
    session: () => 'regular',
    ...situation.view,
  };
}

export const held = (units: string, instrument = AAPL) => ({
  instrument,
  quantity: decimal(units),
});

export function workingOf(change: Partial<Record<keyof Working, unknown>> = {}): Working {
  const units = (change.quantity ?? '50') as Decimal;
  return {
    clientOrderId: clientOrderId('W1'),
    instrument: AAPL,
    side: 'buy',
    quantity: quantity('50'),
    price: price('10'),
    reduceOnly: false,
    group: null,
    linked: false,
    ready: units,
    leaving: false,
    closing: false,
    ...(change as Partial<Working>),
  };
}

/** The check of a code, and what the gate says in all. */
export function judged(code: RiskCode, intent: OrderIntent, situation: Situation) {
  const decision = evaluate(intent, viewOf(situation));
  const found = decision.checks.filter((check) => check.code === code);
  return { decision, found, denied: found.find(({ passed }) => !passed), first: found[0] };
}
