import { describe, expect, it } from 'vitest';
import { decimal } from '../../../../engine/domain/decimal.ts';
import { unixMillis } from '../../../../engine/domain/time.ts';
import { checkTerms, unitsFor } from '../../../../engine/orders/check-terms.ts';
import type { ExecutionCapabilities } from '../../../../engine/ports/execution-client.ts';
import type { TradableInstrument } from '../../../../engine/ports/instruments.ts';
import { AAPL, Exchange, instrumentOf } from '../../../support/exchange.ts';
import { FakeClock } from '../../../support/fake-clock.ts';

const NOW = unixMillis(Date.UTC(2024, 0, 2, 15, 0));
const { capabilities: EVERYTHING } = new Exchange(new FakeClock());

function check(
  terms: Readonly<Record<string, unknown>>,
  rules: Partial<TradableInstrument> = {},
  can: Partial<ExecutionCapabilities> = {},
) {
  const text = {
    side: 'buy',
    type: 'limit',
    quantity: '10',
    limitPrice: '10',
    timeInForce: 'day',
    ...terms,
  };
  const given = Object.fromEntries(Object.entries(text).filter(([, value]) => value !== undefined));
  return checkTerms(given, { ...instrumentOf(AAPL), ...rules }, { ...EVERYTHING, ...can }, NOW);
}

const market = { type: 'market', limitPrice: undefined };
const trail = { type: 'trailing_stop', limitPrice: undefined };

describe('terms of an order', () => {
  it.each<[string, Readonly<Record<string, unknown>>]>([
    ['quantity: is missing', { quantity: undefined }],
    ['quantity: is 0; it must be more than 0', { quantity: '0' }],
    ['quantity: is -5; it must be more than 0', { quantity: '-5' }],
    ['quantity: "NaN" is not a number', { quantity: 'NaN' }],
    ['quantity: is 1000000000001, more than 1000000000000', { quantity: '1000000000001' }],
    ['quantity: 10.5 is not a multiple of 1; the next lower is 10', { quantity: '10.5' }],
    ['side: must be one of buy, sell, not "hold"', { side: 'hold' }],
    ['side: must be one of buy, sell, not nothing', { side: undefined }],
    ['type: must be one of', { type: 'iceberg' }],
    ['timeInForce: must be one of', { timeInForce: 'forever' }],
    ['limitPrice: 10.005 is not on a tick of 0.01; use 10 or 10.01', { limitPrice: '10.005' }],
    ['limitPrice: is -2000000000000, more than', { limitPrice: '-2e12' }],
    ['limitPrice: is 0; a price of AAPL must be more than 0', { limitPrice: '0' }],
    ['limitPrice: is missing; a limit order needs it', { limitPrice: undefined }],
    ['limitPrice: does not belong to a market order', { type: 'market' }],
    ['stopPrice: does not belong to a limit order', { stopPrice: '9' }],
    ['stopPrice: is missing; a stop order needs it', { type: 'stop', limitPrice: undefined }],
    ['trailAmount: does not belong to a limit order', { trailAmount: '1' }],
    ['trailPercent: does not belong to a limit order', { trailPercent: '1' }],
    ['trailAmount: or trailPercent', trail],
    ['trailAmount: or trailPercent', { ...trail, trailAmount: '1', trailPercent: '1' }],
    ['trailPercent: is 100; it must be less than 100', { ...trail, trailPercent: '100' }],
    ['trailAmount: is 0; it must be more than 0', { ...trail, trailAmount: '0' }],
    [
      'limitOffset: does not belong to a trailing_stop order',
      { ...trail, trailAmount: '1', limitOffset: '1' },
    ],
    ['goodTill: is missing; a gtd order needs it', { timeInForce: 'gtd' }],
    ['has passed', { timeInForce: 'gtd', goodTill: NOW }],
    ['goodTill: belongs to orders with the time in force gtd alone', { goodTill: NOW + 1 }],
    ['postOnly: belongs to limit orders alone', { ...market, postOnly: true }],
    ['displayQuantity: belongs to limit orders alone', { ...market, displayQuantity: '1' }],
    ['displayQuantity: is 11, more than the quantity of 10', { displayQuantity: '11' }],
    ['displayQuantity: 1.5 is not a multiple of 1', { displayQuantity: '1.5' }],
  ])('are refused: %s', (message, terms) => {
    expect(() => check(terms)).toThrow(message);
  });

  it.each<[string, Readonly<Record<string, unknown>>, Partial<ExecutionCapabilities>]>([
    ['type: limit is not known to this venue; it has market', {}, { orderTypes: ['market'] }],
    ['timeInForce: day is not known to this venue; it has gtc', {}, { timesInForce: ['gtc'] }],
    ['extendedHours: is not possible', { extendedHours: true }, { extendedHours: false }],
    ['postOnly: is not possible', { postOnly: true }, { postOnly: false }],
    ['displayQuantity: is not possible', { displayQuantity: '1' }, { iceberg: false }],
  ])('are refused by what a venue can do: %s', (message, terms, can) => {
    expect(() => check(terms, {}, can)).toThrow(message);
    expect(() => check(terms)).not.toThrow();
  });

  it.each<[string, Partial<TradableInstrument>]>([
    ['expired at 2024-01-02', { expiry: NOW }],
    ['cannot be traded at this venue now', { tradable: false }],
    ['quantity: 10 is less than 20, the least for AAPL', { minQuantity: decimal('20') }],
    ['quantity: 10 is more than 5, the most for AAPL', { maxQuantity: decimal('5') }],
    // 10 at 10 with a multiplier of 1 are 100.
    ['the order is worth 100, less than 101', { minNotional: decimal('101') }],
    ['the order is worth 100, more than 99', { maxNotional: decimal('99') }],
  ])('are refused by the rules of the instrument: %s', (message, rules) => {
    expect(() => check({}, rules)).toThrow(message);
  });

  it('come out in canonical text, without what was not given', () => {
    expect(check({ quantity: '010.0', limitPrice: '1.50e1', reduceOnly: undefined })).toEqual({
      side: 'buy',
      type: 'limit',
      quantity: '10',
      limitPrice: '15',
      timeInForce: 'day',
    });
    expect(check({ ...trail, trailPercent: '2.5', stopPrice: '9' })).toMatchObject({
      stopPrice: '9',
    });
    // Below 1 the tick is finer; a price of nothing has no tick; spreads may cost less than nothing.
    expect(check({ limitPrice: '0.9999' })).toMatchObject({ limitPrice: '0.9999' });
    const spread = { assetClass: 'future' } as const;
    expect(check({ limitPrice: '0' }, spread)).toMatchObject({ limitPrice: '0' });
    expect(check({ limitPrice: '-0.25' }, spread)).toMatchObject({ limitPrice: '-0.25' });
    expect(check({ ...market, quantity: '10' }, { minNotional: decimal('1e9') })).toMatchObject({
      type: 'market',
    });
  });
});

describe('units for an amount of money', () => {
  const rules = { ...instrumentOf(AAPL), lotSize: decimal('0.1'), multiplier: decimal('10') };
  it('are whole lots, rounded down', () => {
    // 1000 / (33 · 10) = 3.0303…
    expect(unitsFor(decimal('1000'), 33, rules)).toBe('3');
    // 0.3 / 0.1 is a little less than 3 in doubles.
    expect(unitsFor(decimal('3'), 1, rules)).toBe('0.3');
  });

  it('need a price, and enough money for one lot', () => {
    expect(() => unitsFor(decimal('1000'), Number.NaN, rules)).toThrow('without a price of AAPL');
    expect(() => unitsFor(decimal('0.5'), 1, rules)).toThrow(
      '0.5 buys less than one lot of 0.1 AAPL',
    );
  });
});
