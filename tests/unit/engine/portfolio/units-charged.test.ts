import { describe, expect, it } from 'vitest';
import type { Price, Quantity } from '../../../../engine/domain/decimal.ts';
import { decimal } from '../../../../engine/domain/decimal.ts';
import {
  accountId,
  clientOrderId,
  instrumentId,
  tradeId,
  venueOrderId,
} from '../../../../engine/domain/identifiers.ts';
import type { Fill } from '../../../../engine/domain/live-order.ts';
import { unixMillis } from '../../../../engine/domain/time.ts';
import { faultOf } from '../../../../engine/orders/reports.ts';
import { PositionBook, type Position } from '../../../../engine/portfolio/positions.ts';

const ACCOUNT = accountId('A');
const BTC = instrumentId('BTCUSDT', 'BINANCE');
let count = 0;

function fill(side: 'buy' | 'sell', quantity: string, price: string, charged?: string): Fill {
  count += 1;
  return {
    tradeId: tradeId(`T${count}`),
    clientOrderId: clientOrderId('R1'),
    venueOrderId: venueOrderId('V1'),
    account: ACCOUNT,
    instrument: BTC,
    side,
    quantity: quantity as Quantity,
    price: price as Price,
    commission: charged === undefined ? null : decimal(charged),
    commissionCurrency: charged === undefined ? '' : 'BTC',
    ...(charged === undefined ? {} : { unitsCharged: charged as Quantity }),
    liquidity: 'taker',
    venueTime: unixMillis(count),
    receivedTime: unixMillis(count),
  };
}

function after(...fills: readonly Fill[]): Position | undefined {
  const book = new PositionBook();
  for (const each of fills) book.fill(each);
  return book.get(ACCOUNT, BTC);
}

describe('a commission that is taken in units', () => {
  it('makes what was bought smaller, at the price that was paid', () => {
    // 1 less 0.001 at 50000.
    expect(after(fill('buy', '1', '50000', '0.001'))).toMatchObject({
      quantity: '0.999',
      averagePrice: '50000',
      realized: '0',
    });
    // 0.999 at 50000 and 0.999 at 60000 average to 55000.
    expect(
      after(fill('buy', '1', '50000', '0.001'), fill('buy', '1', '60000', '0.001')),
    ).toMatchObject({ quantity: '1.998', averagePrice: '55000', realized: '0' });
  });

  it('makes what is left after a sale smaller', () => {
    // 2 less 0.5 less 0.001; 0.501 left at 10 above the cost of 100.
    expect(after(fill('buy', '2', '100'), fill('sell', '0.5', '110', '0.001'))).toMatchObject({
      quantity: '1.499',
      averagePrice: '100',
      realized: '5.01',
    });
  });

  it('leaves a position as it was when everything was charged', () => {
    expect(after(fill('buy', '2', '100'), fill('buy', '1', '90', '1'))).toMatchObject({
      quantity: '2',
      averagePrice: '100',
    });
  });

  it('is taken back with its trade', () => {
    const book = new PositionBook();
    const [one, other] = [fill('buy', '1', '100', '0.1'), fill('buy', '1', '200', '0.1')];
    book.fill(one);
    book.fill(other);
    book.bust(ACCOUNT, BTC, one.tradeId);
    expect(book.get(ACCOUNT, BTC)).toMatchObject({ quantity: '0.9', averagePrice: '200' });
  });

  it('can be no more than was traded', () => {
    const report = (charged: unknown): Parameters<typeof faultOf>[0] =>
      ({ ...fill('buy', '1', '100'), kind: 'fill', unitsCharged: charged }) as never;
    for (const charged of ['0', '0.001', '1', undefined])
      expect(faultOf(report(charged))).toBeNull();
    for (const charged of ['1.001', '-0.1', 'x', 5, null])
      expect(faultOf(report(charged)), String(charged)).toMatch(/unitsCharged/);
  });
});
