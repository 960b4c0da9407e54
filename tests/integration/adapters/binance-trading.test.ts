import { describe, expect, it } from 'vitest';
import { add, decimal, type Decimal } from '../../../engine/domain/decimal.ts';
import type { OrderRecord } from '../../../engine/orders/record.ts';
import { ACCOUNT, BINANCE, BTC, closeRig, openRig, type Rig } from '../../stubs/binance/rig.ts';
import { StubBinance } from '../../stubs/binance/server.ts';
import { deskChecks } from '../../stubs/desk-checks.ts';
import { VenueDesk, type DeskVenue } from '../../stubs/desk.ts';

const VENUE: DeskVenue<Rig> = {
  title: 'Binance',
  account: ACCOUNT,
  instrument: BTC,
  mark: { bid: 49_999.99, ask: 50_000.01, last: 50_000 },
  heldAtFirst: decimal('5'),
  open: async (clock, left) => {
    const stub = left.stub ?? (await StubBinance.start(() => clock.now()));
    // Minutes and windows of time are short here; they are not what is tested.
    stub.weightLimit = 1_000_000;
    stub.punctual = false;
    const patience = {
      pingEvery: 4000,
      silence: 1_200_000,
      waits: { first: 400, longest: 1200 },
      login: 1_200_000,
      gather: 200,
    };
    // Everything that is held needs a price before orders are let through.
    return openRig({ ...left, stub, clock, patience, settings: { assets: 'BTC' } });
  },
  close: closeRig,
  terms: (count) => ({
    side: 'buy',
    type: 'limit',
    quantity: `0.00${1 + (count % 7)}`,
    limitPrice: `49900.${10 + (count % 80)}`,
    timeInForce: 'gtc',
  }),
  truth: {
    orders: ({ stub: { exchange } }) =>
      exchange.orders.map((order) => ({
        name: order.name,
        filled: order.filled,
        open: exchange.isOpen(order),
        fill: (quantity, price) => exchange.fill(order.symbol, order.id, quantity, price),
      })),
    fills: ({ stub }) => stub.exchange.trades.length,
    held: ({ stub }) => {
      const { free, locked } = stub.exchange.balances.get('BTC') as Record<string, Decimal>;
      return add(free as Decimal, locked as Decimal);
    },
  },
};

deskChecks(VENUE, {
  placing: BINANCE.placing,
  calls: ['POST', 'DELETE'],
  part: decimal('0.001'),
  price: decimal('49900'),
});

describe('orders of a desk at Binance', () => {
  it('finds trades also when nothing but the journal was kept', async () => {
    const desk = await VenueDesk.open(VENUE);
    const terms = { side: 'sell', limitPrice: '50100', quantity: '0.004' } as const;
    const [sold] = (await desk.place(terms)) as [OrderRecord];
    const { journal, stub } = await desk.leave();
    stub.fill(sold.clientOrderId, decimal('0.004'), decimal('50100'));
    // Another folder: the list of traded pairs is gone.
    const next = await VenueDesk.open(VENUE, { journal, stub });
    await expect.poll(() => next.stateOf(sold)).toBe('Filled');
    await next.expectSame();
  });

  it('learns of the loss of an answer that the order was never taken', async () => {
    const desk = await VenueDesk.open(VENUE);
    const { stub } = desk.rig;
    stub.fault({ call: BINANCE.placing, what: { kind: 'status', status: 503 } });
    const [order] = (await desk.place()) as [OrderRecord];
    expect(order.state).toBe('Unknown');
    await expect.poll(() => desk.stateOf(order)).toBe('Rejected');
    await desk.expectSame();
    expect(stub.asked(BINANCE.placing)).toBe(1);
  });

  it('agrees with the venue on what is held when fees are taken from it', async () => {
    const desk = await VenueDesk.open(VENUE);
    const { rig, trading } = desk;
    const { exchange } = rig.stub;
    exchange.commission = { rate: decimal('0.001'), asset: 'received' };
    const now = { type: 'market', limitPrice: undefined, quantity: '0.02' } as const;
    const [bought] = (await desk.place(now)) as [OrderRecord];
    const later = { side: 'sell', limitPrice: '50100', quantity: '0.01' } as const;
    const [sold] = (await desk.place(later)) as [OrderRecord];
    rig.stub.fill(sold.clientOrderId, decimal('0.01'), decimal('50100'));
    await expect
      .poll(() => [desk.stateOf(bought), desk.stateOf(sold)])
      .toEqual(['Filled', 'Filled']);
    // 5 and 0.02 less a thousandth of it, less 0.01; the fee of the sale is taken in money.
    const held = '5.00998';
    expect((await rig.execution.positions(ACCOUNT))[0]?.quantity).toBe(held);
    expect(trading.log.positions.get(ACCOUNT, BTC)?.quantity).toBe(held);
    await trading.reconcile(ACCOUNT);
    expect(trading.cases.list(true).filter(({ kind }) => kind === 'position-differs')).toEqual([]);
  });

  it('places an OCO pair at the venue, of which one takes the other away', async () => {
    const desk = await VenueDesk.open(VENUE);
    const legs = await desk.place(
      { side: 'sell', limitPrice: '52000', quantity: '0.01' },
      {
        oco: {
          side: 'sell',
          type: 'stop',
          stopPrice: '48000',
          quantity: '0.01',
          timeInForce: 'gtc',
        },
      },
    );
    expect(legs.map(({ state }) => state)).toEqual(['Accepted', 'Accepted']);
    const [limit, stop] = legs as [OrderRecord, OrderRecord];
    desk.rig.stub.fill(limit.clientOrderId, decimal('0.01'), decimal('52000'));
    await expect
      .poll(() => [desk.stateOf(limit), desk.stateOf(stop)])
      .toEqual(['Filled', 'Expired']);
    await desk.expectSame();
  });
});
