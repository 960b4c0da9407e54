import { decimal, ZERO } from '../../../engine/domain/decimal.ts';
import { AAPL, ACCOUNT, ALPACA, closeRig, openRig, type Rig } from '../../stubs/alpaca/rig.ts';
import { deskChecks } from '../../stubs/desk-checks.ts';
import type { DeskVenue } from '../../stubs/desk.ts';
import { px } from '../../stubs/orders.ts';

const VENUE: DeskVenue<Rig> = {
  title: 'Alpaca',
  account: ACCOUNT,
  instrument: AAPL,
  mark: { bid: 99.99, ask: 100.01, last: 100 },
  heldAtFirst: ZERO,
  open: (clock, left) =>
    openRig({
      ...left,
      clock,
      // The rate limit is the venue's, by the clock of the desk: it holds nothing up here.
      patience: {
        pingEvery: 1000,
        silence: 1_200_000,
        waits: { first: 400, longest: 1200 },
        login: 1_200_000,
        replacement: 4000,
      },
    }),
  close: closeRig,
  terms: (count) => ({
    side: 'buy',
    type: 'limit',
    quantity: String(1 + (count % 7)),
    limitPrice: `99.${10 + (count % 80)}`,
    timeInForce: 'day',
  }),
  truth: {
    orders: ({ stub: { exchange } }) =>
      exchange.orders.map((order) => ({
        // What takes the place of an order has the same name and a number.
        name: order.client_order_id.split('~')[0] as string,
        filled: order.filled,
        open: exchange.isOpen(order),
        fill: (quantity, price) => {
          if (order.status === 'new' || order.status === 'partially_filled')
            exchange.fill(order.id, quantity, price);
        },
      })),
    fills: ({ stub }) => stub.exchange.fills.length,
    held: ({ stub }) => stub.exchange.positions.get('AAPL')?.qty ?? ZERO,
  },
};

deskChecks(VENUE, {
  placing: ALPACA.placing,
  calls: ['POST', 'PATCH', 'DELETE'],
  part: decimal('1'),
  price: decimal('99'),
  amended: (round) => px(`98.${10 + (round % 80)}`),
});
