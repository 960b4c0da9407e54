import { describe, expect, it } from 'vitest';
import { add, compare, price, quantity, ZERO } from '../../engine/domain/decimal.ts';
import { clientOrderId, tradeId, venueOrderId } from '../../engine/domain/identifiers.ts';
import type { Fill, OrderIntent } from '../../engine/domain/live-order.ts';
import { unixMillis } from '../../engine/domain/time.ts';
import type { OrderEvent, OrderFact } from '../../engine/orders/facts.ts';
import {
  applyFact,
  NEVER_ARRIVED,
  openRecord,
  type OrderRecord,
} from '../../engine/orders/record.ts';
import { AAPL, ACCOUNT } from '../support/exchange.ts';
import { fc } from '../support/properties.ts';

const NOW = unixMillis(Date.UTC(2024, 0, 2, 15, 0));
const ID = clientOrderId('R1');
const V1 = venueOrderId('V1');

const INTENT: OrderIntent = {
  clientOrderId: ID,
  account: ACCOUNT,
  instrument: AAPL,
  terms: {
    side: 'buy',
    type: 'limit',
    quantity: quantity('100'),
    limitPrice: price('10'),
    timeInForce: 'day',
  },
  source: { kind: 'person', name: '' },
  strategy: null,
  group: null,
  parent: null,
  decidedAt: NOW,
  decisionPrice: null,
  tag: '',
};

function fillOf(n: number, units: number, cents: number): Fill {
  return {
    tradeId: tradeId(`T${n}`),
    clientOrderId: ID,
    venueOrderId: V1,
    account: ACCOUNT,
    instrument: AAPL,
    side: 'buy',
    quantity: quantity(String(units)),
    price: price((cents / 100).toFixed(2)),
    commission: price('1'),
    commissionCurrency: 'USD',
    liquidity: 'taker',
    venueTime: NOW,
    receivedTime: NOW,
  };
}

const event = (fact: OrderFact): OrderEvent => ({
  fact,
  source: 'venue',
  venueTime: NOW,
  time: NOW,
});

/** The order after facts, in a form in which order of telling does not show. */
function after(facts: readonly OrderFact[], start: readonly OrderFact[]) {
  let order: OrderRecord = openRecord(INTENT, NOW);
  for (const fact of [...start, ...facts]) order = applyFact(order, event(fact)).order;
  const byTrade = (fills: readonly Fill[]) =>
    fills.toSorted((a, b) => a.tradeId.localeCompare(b.tradeId));
  return {
    ...order,
    fills: byTrade(order.fills),
    undone: byTrade(order.undone),
    busted: order.busted.toSorted(),
  };
}

/**
 * What a venue may tell of one order. What ends it is told once at most: two different endings contradict
 * each other. What we ask for ourselves is known in its order and stands before.
 */
const told = fc
  .record({
    fills: fc.array(
      fc.record({
        units: fc.integer({ min: 1, max: 25 }),
        cents: fc.integer({ min: 900, max: 1000 }),
      }),
      {
        maxLength: 4,
      },
    ),
    busts: fc.subarray([0, 1, 2, 3]),
    later: fc.subarray([0, 1, 2, 3]),
    triggered: fc.boolean(),
    end: fc.constantFrom<readonly OrderFact[]>(
      [],
      [{ type: 'canceled', reason: 'as asked' }],
      [{ type: 'expired', reason: 'end of the day' }],
      [{ type: 'rejected', code: '201', reason: 'no funds' }],
    ),
  })
  .map(({ fills, busts, later, triggered, end }): readonly OrderFact[] => [
    { type: 'accepted', venueOrderId: V1 },
    ...(triggered ? [{ type: 'triggered' } as const] : []),
    ...fills.map(
      ({ units, cents }, n) => ({ type: 'filled', fill: fillOf(n, units, cents) }) as const,
    ),
    // The same trade, told before its commission was known.
    ...later
      .filter((n) => n < fills.length)
      .map((n) => {
        const { units, cents } = fills[n] as { units: number; cents: number };
        return { type: 'filled', fill: { ...fillOf(n, units, cents), commission: null } } as const;
      }),
    ...busts
      .filter((n) => n < fills.length)
      .map((n) => ({ type: 'busted', tradeId: tradeId(`T${n}`) }) as const),
    ...end,
  ]);

const started = fc.constantFrom<readonly OrderFact[]>(
  [{ type: 'submitted' }],
  [{ type: 'submitted' }, { type: 'outcome-unknown', step: 'submit', reason: 'lost' }],
  [{ type: 'submitted' }, { type: 'rejected', code: NEVER_ARRIVED, reason: 'unknown there' }],
);

describe('the facts of an order', () => {
  it('make the same order in any order, and told any number of times', () => {
    fc.assert(
      fc.property(
        told.chain((facts) =>
          fc.tuple(
            fc.constant(facts),
            fc.array(fc.nat(Math.max(0, facts.length - 1)), { maxLength: 8 }),
            fc.shuffledSubarray(
              facts.map((_, i) => i),
              { minLength: facts.length },
            ),
          ),
        ),
        started,
        fc.nat(1000),
        ([facts, again, shuffled], start, seed) => {
          const plain = after(facts, start);
          // Repetitions go anywhere between.
          const mixed = [...shuffled];
          again.forEach((each, i) => mixed.splice((seed * (i + 1)) % (mixed.length + 1), 0, each));
          const turned = after(
            mixed.map((i) => facts[i] as OrderFact),
            start,
          );
          const figures = ({ reason: _r, reasonCode: _c, ...rest }: typeof plain) => rest;
          expect(figures(turned)).toEqual(figures(plain));
          // Why it ended is told once; a fill of all of it is the better reason.
          if (plain.state !== 'Filled') expect(turned.reason).toBe(plain.reason);
        },
      ),
      { numRuns: 3000 },
    );
  });

  it('count every trade once that was not taken back', () => {
    fc.assert(
      fc.property(told, (facts) => {
        const order = after(facts, [{ type: 'submitted' }]);
        const gone = new Set(
          facts.flatMap((fact) => (fact.type === 'busted' ? [fact.tradeId] : [])),
        );
        const seen = new Map(
          facts.flatMap((fact) =>
            fact.type === 'filled' && !gone.has(fact.fill.tradeId)
              ? [[fact.fill.tradeId, fact.fill.quantity] as const]
              : [],
          ),
        );
        const sum = [...seen.values()].reduce((total, each) => add(total, each), ZERO);
        expect(order.filledQuantity).toBe(sum);
        expect(order.state === 'Filled').toBe(compare(sum, INTENT.terms.quantity) >= 0);
      }),
      { numRuns: 1000 },
    );
  });

  it('end an order for good: only fills that come late say more', () => {
    fc.assert(
      fc.property(
        fc.constantFrom<OrderFact>(
          { type: 'canceled', reason: 'as asked' },
          { type: 'expired', reason: '' },
          { type: 'rejected', code: '201', reason: 'no funds' },
        ),
        fc.array(
          fc.constantFrom<OrderFact>(
            { type: 'accepted', venueOrderId: V1 },
            { type: 'triggered' },
            { type: 'confirmed' },
            { type: 'cancel-requested' },
            { type: 'cancel-refused', code: '', reason: 'too late' },
            { type: 'amend-requested', change: { limitPrice: price('9') } },
            { type: 'amend-refused', code: '', reason: 'too late' },
            { type: 'outcome-unknown', step: 'cancel', reason: 'lost' },
            { type: 'submitted' },
          ),
        ),
        (end, late) => {
          const before = after([end], [{ type: 'submitted' }]);
          const order = after([end, ...late], [{ type: 'submitted' }]);
          expect(order.state).toBe(before.state);
          // A fill shows that a refused one was in the market: from then on it counts as cancelled.
          const filled = after([end, ...late, { type: 'filled', fill: fillOf(1, 5, 990) }], []);
          expect(filled.filledQuantity).toBe('5');
          expect(filled.state).toBe(end.type === 'expired' ? 'Expired' : 'Canceled');
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('revive an order that had been given up as never arrived, as soon as the venue has it', () => {
    const given: OrderFact = { type: 'rejected', code: NEVER_ARRIVED, reason: 'unknown there' };
    const lost = applyFact(openRecord(INTENT, NOW), event(given)).order;
    expect(lost.state).toBe('Rejected');
    const found = applyFact(lost, event({ type: 'accepted', venueOrderId: V1 }));
    expect(found).toMatchObject({
      anomaly: 'accepted-after-refusal',
      order: { state: 'Accepted', reason: '' },
    });
    const shown = applyFact(lost, event({ type: 'triggered' }));
    expect(shown).toMatchObject({
      anomaly: 'accepted-after-refusal',
      order: { state: 'Triggered' },
    });
    const filled = applyFact(lost, event({ type: 'filled', fill: fillOf(1, 5, 990) }));
    expect(filled).toMatchObject({
      anomaly: 'fill-after-refusal',
      order: { state: 'PartiallyFilled' },
    });
    expect(applyFact(found.order, event(given)).changed).toBe(false);
  });

  it('are none of a fill of something else', () => {
    const order = openRecord(INTENT, NOW);
    const odd = fillOf(1, 5, 990);
    for (const fill of [
      { ...odd, side: 'sell' as const },
      { ...odd, account: 'X' as never },
    ]) {
      expect(applyFact(order, event({ type: 'filled', fill }))).toMatchObject({
        changed: false,
        anomaly: 'fill-differs',
      });
    }
  });
});
