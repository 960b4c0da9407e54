import { describe, expect, it } from 'vitest';
import { instrumentId } from '../../../../engine/domain/identifiers.ts';
import type { AssetClass } from '../../../../engine/domain/instrument.ts';
import { unixMillis } from '../../../../engine/domain/time.ts';
import { checkTerms, type TermsText } from '../../../../engine/orders/check-terms.ts';
import { CAPABILITIES } from '../../../../electron/adapters/simulated/orders.ts';
import { paperInstrument } from '../../../../electron/adapters/simulated/source.ts';

const NOW = unixMillis(Date.UTC(2026, 10, 25));
const ID = instrumentId('ALFA', 'SIM');

function check(terms: TermsText, assetClass: AssetClass = 'equity') {
  const facts = { name: 'Alfa', currency: 'USD', calendar: 'none', assetClass };
  const all: TermsText = { side: 'buy', timeInForce: 'day', quantity: '10', ...terms };
  return checkTerms(all, paperInstrument(ID, facts), CAPABILITIES, NOW);
}

describe('prices of orders', () => {
  it.each([
    [{ type: 'limit', limitPrice: '-60' }, /^limitPrice: is -60; a price of ALFA must be more/],
    [{ type: 'limit', limitPrice: '0' }, /^limitPrice: is 0; a price/],
    [{ type: 'stop', stopPrice: '-0.01' }, /^stopPrice: is -0\.01; a price/],
    [{ type: 'stop_limit', stopPrice: '5', limitPrice: '0' }, /^limitPrice: is 0; a price/],
  ] as const)('of what is owned are above 0: %j', (terms, said) => {
    expect(() => check(terms)).toThrow(said);
    expect(() => check(terms, 'crypto')).toThrow(said);
  });

  it('of a future may be 0 or less, on its tick', () => {
    expect(check({ type: 'limit', limitPrice: '-37.63' }, 'future').limitPrice).toBe('-37.63');
    expect(check({ type: 'stop', stopPrice: '0' }, 'future').stopPrice).toBe('0');
    expect(() => check({ type: 'limit', limitPrice: '-37.635' }, 'future')).toThrow(/on a tick/);
  });

  it('are taken as they are when nothing is wrong with them', () => {
    expect(check({ type: 'limit', limitPrice: '0.01' })).toMatchObject({ limitPrice: '0.01' });
    expect(check({ type: 'stop', stopPrice: '250' })).toMatchObject({ stopPrice: '250' });
  });
});
