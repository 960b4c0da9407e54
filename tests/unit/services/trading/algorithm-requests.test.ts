import { describe, expect, it } from 'vitest';
import { unixMillis } from '../../../../engine/domain/time.ts';
import { timeZone } from '../../../../engine/domain/time-zone.ts';
import type { AlgorithmTicket } from '../../../../engine/protocol/execution-schemas.ts';
import type { QuoteView } from '../../../../engine/protocol/live-schemas.ts';
import { adviceOf } from '../../../../electron/services/trading/advice.ts';
import { noteOf, readAlgorithm } from '../../../../electron/services/trading/algorithm-requests.ts';
import { AAPL, ACCOUNT, instrumentOf } from '../../../support/exchange.ts';

const HOUR = 3_600_000;
const NOW = unixMillis(Date.UTC(2024, 2, 12, 13, 30)); // 9:30 in New York, two days after clocks were set on

const TICKET: AlgorithmTicket = {
  account: ACCOUNT,
  instrument: AAPL,
  side: 'buy',
  quantity: '100',
  method: { kind: 'twap', slices: 4 },
  duration: HOUR,
};

const read = (
  change: Partial<AlgorithmTicket>,
  volumes: Parameters<typeof readAlgorithm>[1]['volumes'] = () => Promise.reject(new Error('none')),
) =>
  readAlgorithm(
    { ...TICKET, ...change },
    {
      instrument: instrumentOf(AAPL),
      now: NOW,
      source: { kind: 'person', name: '' },
      strategy: null,
      requestId: 'R',
      volumes,
    },
  );

describe('an order that is to be worked, as it is given', () => {
  it('begins at once, takes, and adds what was missed, unless told otherwise', async () => {
    const { order } = await read({});
    expect(order).toMatchObject({
      start: NOW,
      end: NOW + HOUR,
      smallest: '1',
      limitPrice: null,
      participation: null,
      catchUp: 'at-once',
      style: 'take',
      every: 1000,
      finish: 'leave',
      jitter: 0,
    });
  });

  it('has the same hash for the same order, and another for any other', async () => {
    const hashes = await Promise.all(
      [{}, {}, { quantity: '101' }, { limitPrice: '99' }].map(
        async (each) => (await read(each)).hash,
      ),
    );
    expect(hashes[0]).toBe(hashes[1]);
    expect(new Set(hashes).size).toBe(3);
  });

  it('measures the curve of VWAP on the clock of the market, also across a change of clocks', async () => {
    const zone = timeZone('America/New_York');
    // 9:30 to 10:30 in halves: 100 and 300 on Friday before the change, 50 and 50 on Monday after it.
    const bars = [
      [Date.UTC(2024, 2, 8, 14, 30), 100],
      [Date.UTC(2024, 2, 8, 15, 0), 300],
      [Date.UTC(2024, 2, 8, 15, 30), 9999], // 10:30: not of the window
      [Date.UTC(2024, 2, 11, 13, 30), 50],
      [Date.UTC(2024, 2, 11, 14, 0), 50],
    ] as const;
    const { order } = await read(
      { method: { kind: 'vwap', dataset: 'bars', slices: 2 } },
      async (id) => {
        expect(id).toBe('bars');
        return {
          time: bars.map(([at]) => zone.toWall(at)),
          volume: bars.map(([, units]) => units),
          clock: (instant) => zone.toWall(instant),
        };
      },
    );
    // Means of (1/4, 3/4) and (1/2, 1/2).
    expect(order.method).toEqual({ kind: 'vwap', curve: [0.375, 0.625] });
  });

  it.each([
    ['neither curve nor dataset', { method: { kind: 'vwap' } }, 'method: needs a curve of volume'],
    [
      'both',
      { method: { kind: 'vwap', curve: [1], dataset: 'x' } },
      'method: needs a curve of volume',
    ],
    ['a time that is over', { start: NOW - 2 * HOUR }, 'start: and duration lie in the past'],
    ['a quantity that is none', { quantity: 'ten' }, 'quantity'],
  ] as const)('refuses %s', async (_name, change, message) => {
    await expect(read(change as never)).rejects.toThrow(message);
  });

  it('says what methods without a schedule do', () => {
    expect(noteOf({ kind: 'pov', rate: 0.125 })).toContain('up to 12.5 %');
    expect(noteOf({ kind: 'peg', to: 'mid', offset: '-0.01' as never })).toBe(
      'It rests at the mid -0.01 and follows it.',
    );
    expect(noteOf({ kind: 'twap', slices: 2 })).toBe('');
  });
});

const QUOTE: QuoteView = {
  instrument: AAPL,
  bid: 99.99,
  ask: 100.01,
  bidSize: 500,
  askSize: 500,
  last: 100,
  lastSize: 1,
  open: null,
  high: null,
  low: null,
  previousClose: null,
  volume: null,
  venueTime: NOW,
  receivedTime: NOW,
  stale: false,
  source: 'test',
  halted: false,
};

describe('advice for an order', () => {
  const advised = (
    urgency: 'low' | 'normal' | 'high',
    quote: Partial<QuoteView> = {},
    dayVolume = Number.NaN,
  ) =>
    adviceOf(
      { terms: { side: 'buy', type: 'market', quantity: '100', timeInForce: 'day' } as never },
      urgency,
      {
        quote: { ...QUOTE, ...quote },
        instrument: instrumentOf(AAPL),
        dayVolume,
      },
    );

  it.each([
    ['high', {}, 'a market order'],
    ['high', { askSize: 50 }, 'a limit order at 100.01'],
    ['normal', {}, 'a limit order at 100.01'],
    ['normal', { bid: 99.8, ask: 100.2 }, 'a limit order at 100'],
    ['low', {}, 'an order that follows the near side (peg)'],
  ] as const)('with urgency %s and %o is %s', (urgency, quote, text) => {
    const advice = advised(urgency, quote);
    expect(advice).toMatchObject({ urgency, text });
    expect(advice?.reasons.length).toBeGreaterThan(0);
  });

  it('divides an order that is large for its day', () => {
    expect(advised('normal', {}, 1000)?.text).toContain('(pov)');
    expect(advised('normal', {}, 1000)?.reasons[0]).toContain('10 % of the expected volume');
  });

  it.each([
    ['a quote that is stale', { stale: true }],
    ['a halt', { halted: true }],
    ['one side alone', { ask: null }],
  ])('is none at %s', (_name, quote) => {
    expect(advised('normal', quote)).toBeNull();
  });
});
