import { describe, expect, it } from 'vitest';
import { decimal } from '../../../../engine/domain/decimal.ts';
import type { OrderTerms } from '../../../../engine/domain/live-order.ts';
import { evaluate } from '../../../../engine/risk/gate.ts';
import type { Mark, RiskView } from '../../../../engine/risk/view.ts';
import { held, intentOf, judged, NOW, viewOf, type Situation } from './view.ts';

// The market of these tests: 9.98 bid, 10.02 asked, last trade at 10.
type Terms = Partial<Record<keyof OrderTerms, unknown>>;
const stop = (side: string, stopPrice: string, more: Terms = {}) =>
  intentOf({ side, type: 'stop', stopPrice, limitPrice: undefined, ...more });
const forbidden: Situation = { limits: { allowMarketOrders: false } };
const collared: Situation = { limits: { priceCollar: decimal('0.05') } };
const market = (mark: Partial<Mark> | null): Pick<RiskView, 'mark'> => ({
  mark: () => (mark === null ? null : { bid: 9.98, ask: 10.02, last: 10, time: NOW, ...mark }),
});

describe('orders whose trigger the market has passed already', () => {
  it.each([
    ['a sell stop above the market', stop('sell', '10.5')],
    ['a sell stop at the last trade', stop('sell', '10')],
    ['a buy stop below the market', stop('buy', '9.5')],
    ['a buy stop at the last trade', stop('buy', '10')],
    [
      'a trailing stop that begins there',
      stop('sell', '11', { type: 'trailing_stop', trailAmount: '1' }),
    ],
    ['a buy touched below a price above', stop('buy', '10.5', { type: 'market_if_touched' })],
    ['a sale touched above a price below', stop('sell', '9.5', { type: 'market_if_touched' })],
    [
      'an order at the market of the open',
      intentOf({ type: 'market_on_open', limitPrice: undefined }),
    ],
    [
      'an order at the market of the close',
      intentOf({ type: 'market_on_close', limitPrice: undefined }),
    ],
  ])('are market orders where those are forbidden: %s', (_what, intent) => {
    const { decision, denied } = judged('MARKET_ORDER_NOT_ALLOWED', intent, forbidden);
    expect(decision.denials.map(({ code }) => code)).toEqual(['MARKET_ORDER_NOT_ALLOWED']);
    expect(denied?.message).toMatch(/may not use market orders.*; use a limit order\.$/);
    // An exit may be sent at the market, and so may this one.
    const side = intent.terms.side === 'sell' ? '100' : '-100';
    const exit = { ...forbidden, book: { holdings: [held(side)] } };
    expect(judged('MARKET_ORDER_NOT_ALLOWED', intent, exit).decision.allowed).toBe(true);
  });

  it.each([
    ['a sell stop below the market', stop('sell', '9.99')],
    ['a buy stop above the market', stop('buy', '10.01')],
    ['a trailing stop', stop('sell', '9', { type: 'trailing_stop', trailAmount: '1' })],
    [
      'a trailing stop without a beginning',
      stop('sell', '9', { type: 'trailing_stop', stopPrice: undefined, trailAmount: '1' }),
    ],
    ['a purchase touched below', stop('buy', '9.99', { type: 'market_if_touched' })],
    ['a sale touched above', stop('sell', '10.01', { type: 'market_if_touched' })],
    ['a stop with a limit', stop('buy', '9.5', { type: 'stop_limit', limitPrice: '9.6' })],
    ['an order for the open with a limit', intentOf({ type: 'limit_on_open' })],
  ])('are not those that wait, or have a limit: %s', (_what, intent) => {
    expect(judged('MARKET_ORDER_NOT_ALLOWED', intent, forbidden).decision.denials).toEqual([]);
  });

  it.each<[string, Partial<Mark> | null, string, string, string | null]>([
    // A trade outside the quote is an old one: what counts is the quote.
    ['an old trade above', { last: 12 }, 'buy', '11', null],
    ['an old trade below', { last: 8 }, 'buy', '9.9', 'MARKET_ORDER_NOT_ALLOWED'],
    ['an old trade below, sold', { last: 8 }, 'sell', '9', null],
    ['no trade, within the quote', { last: 0 }, 'buy', '10.02', 'MARKET_ORDER_NOT_ALLOWED'],
    ['no trade, within the quote, sold', { last: 0 }, 'sell', '9.98', 'MARKET_ORDER_NOT_ALLOWED'],
    ['no trade, outside the quote', { last: 0 }, 'sell', '9.97', null],
    ['trades alone', { bid: 0, ask: 0 }, 'sell', '10', 'MARKET_ORDER_NOT_ALLOWED'],
    ['nothing at all', { bid: 0, ask: 0, last: 0 }, 'sell', '9', 'VALUE_UNKNOWN'],
    ['no mark', null, 'buy', '12', 'VALUE_UNKNOWN'],
  ])('are told by the last trade within the quote: %s', (_what, mark, side, price, code) => {
    const decision = evaluate(stop(side, price), viewOf({ ...forbidden, view: market(mark) }));
    expect(decision.denials.map((each) => each.code)).toEqual(code === null ? [] : [code]);
  });

  it('lets an exit pass where nobody knows the market', () => {
    const situation = { ...forbidden, view: market(null), book: { holdings: [held('100')] } };
    expect(evaluate(stop('sell', '9'), viewOf(situation)).denials).toEqual([]);
  });

  it.each([
    // 10.02 is asked: 0.52 of it are 0.051897
    ['a buy stop that was meant for a limit', stop('buy', '9.5'), '0.051897'],
    // 9.98 is bid: 0.5 of it are 0.0501002…
    ['a sell stop far above', stop('sell', '10.48'), '0.050101'],
    [
      'a purchase touched at twice the price',
      stop('buy', '20.04', { type: 'market_if_touched' }),
      '1',
    ],
  ])('are no further from the market than the collar: %s', (_what, intent, value) => {
    const { decision, denied } = judged('PRICE_COLLAR', intent, collared);
    expect(decision.denials.map(({ code }) => code)).toEqual(['PRICE_COLLAR']);
    expect(denied?.value).toBe(value);
    expect(denied?.message).toContain('has passed the stop price');
    expect(decision.largest).toBe('0');
  });

  it('are let pass close to the market, and where they only make the position smaller', () => {
    expect(judged('PRICE_COLLAR', stop('buy', '9.6'), collared).decision.allowed).toBe(true);
    expect(judged('PRICE_COLLAR', stop('buy', '99'), collared).decision.allowed).toBe(true);
    // A stop of a position that the market has passed by a quarter closes it, as it was meant to.
    const long = (units: string) => ({ ...collared, book: { holdings: [held(units)] } });
    expect(judged('PRICE_COLLAR', stop('sell', '12.5'), long('100')).decision.allowed).toBe(true);
    const over = judged('PRICE_COLLAR', stop('sell', '12.5'), long('60')).decision;
    expect(over.denials.map(({ code }) => code)).toEqual(['PRICE_COLLAR']);
    expect(over.largest).toBe('60');
  });

  it('have their limit measured from the market, not from a trigger that is behind it', () => {
    // The trigger makes it an order to buy at up to 21 where 10.02 is asked: 10.98 / 10.02
    const touched = stop('buy', '20', { type: 'limit_if_touched', limitPrice: '21' });
    const { denied } = judged('PRICE_COLLAR', touched, {
      ...collared,
      book: { holdings: [held('-100')] },
    });
    expect(denied?.value).toBe('1.095809');
    // A stop below which the market has fallen: its limit is above the market, and so a good price.
    const limited = stop('sell', '10.4', { type: 'stop_limit', limitPrice: '9.7' });
    const exit = { ...collared, book: { holdings: [held('100')] } };
    expect(judged('PRICE_COLLAR', limited, exit).decision.denials).toEqual([]);
  });
});
