import type { CallInput } from '../../engine/protocol/contract.ts';
import type { liveCalls } from '../../engine/protocol/live-contract.ts';

const TICKET = {
  account: 'PAPER',
  instrument: 'ALFA.SIM',
  terms: {
    side: 'buy',
    type: 'limit',
    quantity: '10',
    limitPrice: '1.5',
    timeInForce: 'day',
  },
  takeProfit: { limitPrice: '3' },
  stopLoss: { stopPrice: '1' },
  tag: 'example',
} as const;
const ALGORITHM = {
  account: 'PAPER',
  instrument: 'ALFA.SIM',
  side: 'buy',
  quantity: '100',
  method: { kind: 'twap', slices: 4 },
  duration: 60_000,
} as const;
const SCOPE = { kind: 'global', name: '' } as const;
const POSITION = { requestId: 'R1', account: 'PAPER', instrument: 'ALFA.SIM' };

/** One well-formed input of every live call, of things that there are not. */
export const LIVE_EXAMPLES: { readonly [Name in keyof typeof liveCalls]: CallInput<Name> } = {
  'connections.list': {},
  'connections.configure': {
    id: 'nowhere',
    settings: { cash: '1000', leverage: 1 },
    keys: {},
    automatic: false,
    acceptWeakStore: false,
  },
  'connections.forgetKeys': { id: 'nowhere' },
  'connections.connect': { id: 'nowhere' },
  'connections.disconnect': { id: 'nowhere' },
  'accounts.list': {},
  'accounts.arm': { account: 'PAPER', confirmation: 'PAPER' },
  'accounts.disarm': { account: 'PAPER' },
  'orders.check': { ticket: TICKET },
  'orders.place': { requestId: 'R2', ticket: TICKET },
  'orders.amend': { clientOrderId: 'none', change: { limitPrice: '2' } },
  'orders.cancel': { clientOrderId: 'none' },
  'orders.cancelAll': { account: 'PAPER', instrument: null },
  'orders.list': { account: null, open: true, limit: 10 },
  'orders.history': { clientOrderId: 'none' },
  'fills.list': { account: null, since: null, limit: 10 },
  'positions.list': {},
  'positions.flatten': POSITION,
  'positions.reverse': POSITION,
  'algorithms.preview': { ticket: ALGORITHM },
  'algorithms.start': { requestId: 'R3', ticket: ALGORITHM },
  'algorithms.list': { account: null, running: true, limit: 10 },
  'algorithms.pause': { id: 'none' },
  'algorithms.resume': { id: 'none' },
  'algorithms.stop': { id: 'none' },
  'quality.report': { by: 'hour', of: 'decisions', account: null, since: null },
  'quality.fit': {},
  'risk.get': {},
  'risk.setLimits': { scope: SCOPE, limits: { maxOrderQuantity: '5', hours: 'any' } },
  'risk.setState': { state: 'active', reason: '' },
  'risk.kill': { flatten: false, reason: 'example' },
  'watchdog.get': {},
  'watchdog.set': { account: null, watch: false, flatten: false, seconds: 15 },
  'reconciliation.run': { account: null },
  'reconciliation.cases': { open: true },
  'reconciliation.resolve': { caseId: 'none', proposal: 'again', note: '' },
  'instruments.find': { query: 'ALFA', connection: null },
  'market.watch': { instrument: 'ALFA.SIM', kinds: ['quote'] },
  'market.unwatch': { watchId: 'none' },
  'audit.list': { from: 1, limit: 10 },
  'audit.verify': {},
};
