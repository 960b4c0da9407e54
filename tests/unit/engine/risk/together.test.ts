import { describe, expect, it } from 'vitest';
import { decimal } from '../../../../engine/domain/decimal.ts';
import { clientOrderId } from '../../../../engine/domain/identifiers.ts';
import type { OrderIntent } from '../../../../engine/domain/live-order.ts';
import { evaluateTogether } from '../../../../engine/risk/together.ts';
import { held, intentOf, viewOf, type Situation } from './view.ts';

/** A leg of a pair; 100 to buy at 10 but for what is given. */
const leg = (name: string, terms: Record<string, unknown> = {}): OrderIntent =>
  intentOf(terms, {
    clientOrderId: clientOrderId(name),
    group: { id: 'P', kind: 'oco', role: 'leg' },
  });
const codes = (situation: Situation, legs: readonly OrderIntent[], linked: boolean) =>
  evaluateTogether(legs, viewOf(situation), () => linked).map(({ denials }) =>
    denials.map(({ code, value, largest }) => `${code} ${value ?? ''} ${largest ?? ''}`),
  );

describe('two orders of one request', () => {
  const both = [leg('L1'), leg('L2')];
  it.each<[string, Situation, string]>([
    // Worked by hand: 100 units at 10 each, so 2000 together, or 200 units.
    [
      'position',
      { limits: { maxPositionQuantity: decimal('150') } },
      'MAX_POSITION_QUANTITY 200 50',
    ],
    [
      'position value',
      { limits: { maxPositionNotional: decimal('1990') } },
      'MAX_POSITION_NOTIONAL 2000 USD 99',
    ],
    [
      'gross exposure',
      { limits: { maxGrossExposure: decimal('0.15') } },
      'MAX_GROSS_EXPOSURE 2000 USD 50',
    ],
    [
      'net exposure',
      { limits: { maxNetExposure: decimal('0.18') } },
      'MAX_NET_EXPOSURE 2000 USD 80',
    ],
    // 1200 less the 1000 of the first are 200: 20 units
    [
      'buying power',
      { limits: { buyingPower: true }, account: { buyingPower: decimal('1200') } },
      'BUYING_POWER 1000 USD 20',
    ],
  ])('count both for the %s, unless one of them alone can fill', (_what, situation, denial) => {
    expect(codes(situation, both, false)).toEqual([[], [denial]]);
    expect(codes(situation, both, true)).toEqual([[], []]);
  });

  it('count each in its own direction', () => {
    const legs = [leg('L1'), leg('L2', { side: 'sell', limitPrice: '11' })];
    expect(codes({ limits: { maxPositionQuantity: decimal('100') } }, legs, false)).toEqual([
      [],
      [],
    ]);
  });

  it('are one exit where they may only make the position smaller', () => {
    const out = { side: 'sell', limitPrice: '11', reduceOnly: true };
    const situation: Situation = {
      limits: { allowShort: false, maxPositionQuantity: decimal('100') },
      book: { holdings: [held('100')] },
    };
    expect(codes(situation, [leg('L1', out), leg('L2', out)], false)).toEqual([[], []]);
  });

  it('leave exits as they are: they wait for their entry', () => {
    const entry = leg('E');
    const exit = intentOf(
      { side: 'sell', reduceOnly: true },
      { clientOrderId: clientOrderId('X'), parent: entry.clientOrderId },
    );
    const situation: Situation = {
      limits: { maxOpenOrders: 1, maxPositionQuantity: decimal('100') },
    };
    expect(codes(situation, [entry, exit], false)).toEqual([[], []]);
  });
});
