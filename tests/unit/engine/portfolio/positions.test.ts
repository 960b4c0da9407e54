import { describe, expect, it } from 'vitest';
import { decimal, price, quantity } from '../../../../engine/domain/decimal.ts';
import { clientOrderId, tradeId } from '../../../../engine/domain/identifiers.ts';
import type { Fill } from '../../../../engine/domain/live-order.ts';
import { unixMillis } from '../../../../engine/domain/time.ts';
import { PositionBook, unrealized, type Position } from '../../../../engine/portfolio/positions.ts';
import { AAPL, ACCOUNT } from '../../../support/exchange.ts';

const T = unixMillis(0);
const fill = (trade: string, side: 'buy' | 'sell', units: string, at: string): Fill => ({
  tradeId: tradeId(trade),
  clientOrderId: clientOrderId('R1'),
  venueOrderId: null,
  account: ACCOUNT,
  instrument: AAPL,
  side,
  quantity: quantity(units),
  price: price(at),
  commission: null,
  commissionCurrency: 'USD',
  liquidity: 'taker',
  venueTime: T,
  receivedTime: T,
});
const bookOf = (...fills: Fill[]): PositionBook => {
  const book = new PositionBook();
  for (const each of fills) book.fill(each);
  return book;
};
const at = (book: PositionBook): Position => book.get(ACCOUNT, AAPL) as Position;
const brought = (units: string, average: string | null, trades: string[] = []) => ({
  account: ACCOUNT,
  instrument: AAPL,
  quantity: decimal(units),
  averagePrice: average === null ? null : price(average),
  time: T,
  trades: trades.map((trade) => tradeId(trade)),
});

describe('a position', () => {
  it('turns: what is beyond flat begins at its own price', () => {
    const book = bookOf(fill('1', 'buy', '10', '100'), fill('2', 'sell', '15', '110'));
    // 10 · (110 − 100); 5 short at 110.
    expect(at(book)).toMatchObject({ quantity: '-5', averagePrice: '110', realized: '100' });
    book.fill(fill('3', 'buy', '5', '104'));
    // and 5 · (110 − 104)
    expect(at(book)).toMatchObject({ quantity: '0', averagePrice: null, realized: '130' });
    expect(book.list(ACCOUNT)).toEqual([]);
    expect(book.list(undefined, true)).toHaveLength(1);
  });

  it('is without a trade that was taken back, as if it had never been', () => {
    const book = bookOf(
      fill('1', 'buy', '10', '100'),
      fill('2', 'buy', '10', '120'),
      fill('3', 'sell', '5', '130'),
    );
    expect(at(book)).toMatchObject({ quantity: '15', averagePrice: '110', realized: '100' });
    expect(book.bust(ACCOUNT, AAPL, tradeId('2'))).toBe(true);
    // 5 · (130 − 100)
    expect(at(book)).toMatchObject({ quantity: '5', averagePrice: '100', realized: '150' });
    expect(book.bust(ACCOUNT, AAPL, tradeId('2'))).toBe(false);
    book.bust(ACCOUNT, AAPL, tradeId('1'));
    book.bust(ACCOUNT, AAPL, tradeId('3'));
    // Flat, but known: what the venue has then is a difference.
    expect(at(book)).toMatchObject({ quantity: '0', averagePrice: null, realized: '0' });
  });

  it('taken over without a price does not tell what was earned', () => {
    const book = new PositionBook();
    book.takeOver(brought('10', null, ['7']));
    expect(book.has(ACCOUNT, AAPL, tradeId('7'))).toBe(true);
    expect(book.fill(fill('7', 'buy', '10', '100'))).toBe(false);
    book.fill(fill('8', 'buy', '5', '100'));
    expect(at(book)).toMatchObject({ quantity: '15', averagePrice: null });
    book.fill(fill('9', 'sell', '5', '120'));
    expect(at(book)).toMatchObject({ quantity: '10', realized: '0' });
    expect(unrealized(at(book), decimal('120'))).toBeNull();
  });

  it('taken over again keeps what was earned before, and a trade of before is not taken out of it', () => {
    const book = bookOf(fill('1', 'buy', '10', '100'), fill('2', 'sell', '10', '105'));
    book.takeOver(brought('-4', '50'));
    expect(at(book)).toMatchObject({ quantity: '-4', averagePrice: '50', realized: '50' });
    book.bust(ACCOUNT, AAPL, tradeId('2'));
    expect(at(book)).toMatchObject({ quantity: '-4', averagePrice: '50' });
    // 4 short at 50, now at 45.
    expect(unrealized(at(book), decimal('45'))).toBe('20');
    expect(unrealized({ ...at(book), quantity: decimal('4') }, decimal('45'))).toBe('-20');
  });
});
