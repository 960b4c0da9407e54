import type {
  FillView,
  LiveOrderView,
  QuoteView,
} from '../../../../engine/protocol/live-schemas.ts';

/** An order, a fill and a quote as the window has them, but for what is given. */
export function order(part: Partial<LiveOrderView> = {}): LiveOrderView {
  return {
    clientOrderId: 'R1',
    venueOrderId: null,
    account: 'PAPER',
    instrument: 'ACME.XNAS',
    terms: { side: 'buy', type: 'limit', quantity: '100', limitPrice: '10', timeInForce: 'day' },
    state: 'Accepted',
    filledQuantity: '0',
    averagePrice: null,
    pending: null,
    reason: '',
    reasonCode: '',
    source: { kind: 'person', name: '' },
    strategy: null,
    group: null,
    parent: null,
    decidedAt: 0,
    decisionPrice: null,
    tag: '',
    lastEvent: 1,
    createdAt: 0,
    changedAt: 0,
    ...part,
  };
}

export const fill = (part: Partial<FillView> = {}): FillView => ({
  tradeId: 'T1',
  clientOrderId: 'R1',
  venueOrderId: null,
  account: 'PAPER',
  instrument: 'ACME.XNAS',
  side: 'buy',
  quantity: '1',
  price: '10',
  commission: null,
  commissionCurrency: 'USD',
  liquidity: 'taker',
  venueTime: 0,
  receivedTime: 0,
  ...part,
});

export const quote = (part: Partial<QuoteView> = {}): QuoteView => ({
  instrument: 'ACME.XNAS',
  bid: 1,
  ask: 2,
  bidSize: 1,
  askSize: 1,
  last: null,
  lastSize: null,
  open: null,
  high: null,
  low: null,
  previousClose: null,
  volume: null,
  venueTime: 0,
  receivedTime: 0,
  stale: false,
  source: 'x',
  halted: false,
  ...part,
});
