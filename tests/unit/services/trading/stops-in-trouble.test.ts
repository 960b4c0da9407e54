import { describe, expect, it } from 'vitest';
import { RenataError } from '../../../../engine/domain/errors.ts';
import { ORDER_TYPES } from '../../../../engine/domain/order.ts';
import type { Mark } from '../../../../engine/risk/view.ts';
import type { MarketDataService } from '../../../../electron/services/market-data/types.ts';
import { AAPL, Exchange, instrumentOf } from '../../../support/exchange.ts';
import { FakeClock, settle } from '../../../support/fake-clock.ts';
import { MemoryJournal } from '../../../support/memory-journal.ts';
import { marketOf, openDesk, ticketOf, type TestDesk } from '../../../support/trading-desk.ts';
import { now, place } from './placing.ts';

const SECOND = 1000;
const TYPES = ORDER_TYPES.filter((type) => type === 'market' || type === 'limit');

interface Place extends TestDesk {
  /** What the source of prices refuses. */
  readonly broken: Set<'watch' | 'instrument'>;
  at(bid: number, ask: number, last: number): void;
}

/** A venue that has neither stops nor groups, and a source of prices that can fail. */
async function open(left: Partial<TestDesk> = {}): Promise<Place> {
  const clock = left.clock ?? new FakeClock();
  const exchange = left.exchange ?? new Exchange(clock);
  exchange.capabilities = { ...exchange.capabilities, orderTypes: TYPES };
  const broken = new Set<'watch' | 'instrument'>();
  const marks = new Map<string, Mark>([
    [AAPL, { bid: 99.99, ask: 100.01, last: 100, time: clock.now() }],
  ]);
  const market = marketOf(clock, marks);
  const flaky: MarketDataService = {
    ...market,
    watch: async (id, kinds) => {
      if (broken.has('watch')) throw new RenataError('NOT_FOUND', `No source has ${id}.`);
      return market.watch(id, kinds);
    },
    instrument: async (id) => {
      if (broken.has('instrument')) throw new RenataError('UNAVAILABLE', 'The source is down.');
      return instrumentOf(id);
    },
  };
  const journal = left.journal ?? new MemoryJournal();
  const desk = await openDesk({ clock, exchange, journal, market: flaky });
  const at = (bid: number, ask: number, last: number): void => {
    marks.set(AAPL, { bid, ask, last, time: clock.now() });
  };
  return { ...desk, broken, at };
}

type Exits = Pick<Parameters<typeof ticketOf>[0] & object, 'stopLoss' | 'takeProfit'>;

/** Trades 100 with a stop, which fill at once. */
async function traded(desk: TestDesk, side: 'buy' | 'sell', exits: Exits): Promise<void> {
  const limitPrice = side === 'buy' ? '100.05' : '99.95';
  await place(desk, ticketOf({ terms: { side, limitPrice }, ...exits }));
  desk.exchange.fill(0, '100', '100');
  await desk.clock.pass(SECOND);
}

const sent = ({ exchange }: TestDesk): readonly string[] =>
  exchange.orders
    .slice(1)
    .map(({ terms: { side, type, quantity, limitPrice, timeInForce }, status }) =>
      [side, quantity, type, limitPrice, timeInForce, status]
        .filter((each) => each !== undefined)
        .join(' '),
    );

const alarms = ({ notices }: TestDesk): readonly string[] =>
  notices.filter(({ level }) => level === 'error').map(({ text }) => text);

describe('a stop of a short position that is kept here', () => {
  it('buys near above the market when it is reached, then wider, then at any price', async () => {
    const desk = await open();
    await traded(desk, 'sell', { stopLoss: { stopPrice: '105' } });
    desk.at(104.8, 104.9, 104.85);
    await desk.clock.pass(SECOND);
    expect(sent(desk)).toEqual([]);
    desk.at(105.0, 105.1, 105.05);
    await desk.clock.pass(SECOND);
    // 105.10 and a half of a hundredth: 105.6255, up to the tick beyond.
    expect(sent(desk)).toEqual(['buy 100 limit 105.63 gtc accepted']);
    await desk.clock.pass(3 * SECOND);
    expect(sent(desk).at(-1)).toBe('buy 100 limit 107.21 gtc accepted');
    await desk.clock.pass(3 * SECOND);
    expect(sent(desk).at(-1)).toBe('buy 100 market day accepted');
  });

  it('trails the lowest price, by an amount and by a part', async () => {
    for (const stopLoss of [{ trailAmount: '2' }, { trailPercent: '2' }]) {
      const desk = await open();
      await traded(desk, 'sell', { stopLoss });
      // The lowest was 96: 98 by the amount, 97.92 by the part.
      for (const last of [98, 96, 97.9]) {
        desk.at(last - 0.01, last + 0.01, last);
        await desk.clock.pass(SECOND);
        expect(sent(desk)).toEqual([]);
      }
      desk.at(97.99, 98.01, 98);
      await desk.clock.pass(SECOND);
      expect(sent(desk)).toEqual([expect.stringMatching(/^buy 100 limit 98\.51 gtc/)]);
    }
  });
});

describe('prices of the market that are not whole', () => {
  it('the middle counts where nothing has traded, the trade where there are no quotes', async () => {
    const desk = await open();
    await traded(desk, 'buy', { stopLoss: { stopPrice: '95' } });
    desk.at(94.9, 95.3, Number.NaN);
    await desk.clock.pass(SECOND);
    expect(sent(desk)).toEqual([]);
    desk.at(Number.NaN, Number.NaN, 95.1);
    await desk.clock.pass(SECOND);
    expect(sent(desk)).toEqual([]);
    desk.at(Number.NaN, Number.NaN, 95);
    await desk.clock.pass(SECOND);
    // Below the last trade, where nobody bids.
    expect(sent(desk)).toEqual([expect.stringMatching(/^sell 100 limit 94\.52 gtc/)]);
  });

  it('an old trade far from the quotes of now does not set a stop off', async () => {
    const desk = await open();
    await traded(desk, 'buy', { stopLoss: { stopPrice: '95' } });
    desk.at(99, 99.2, 90);
    await desk.clock.pass(2 * SECOND);
    expect(sent(desk)).toEqual([]);
  });

  it('none at all is an alarm, once, and the stop goes on when they come', async () => {
    const desk = await open();
    await traded(desk, 'buy', { stopLoss: { stopPrice: '95' } });
    desk.at(Number.NaN, Number.NaN, Number.NaN);
    await desk.clock.pass(5 * SECOND);
    expect(alarms(desk)).toEqual([expect.stringMatching(/no prices of its market come/)]);
    desk.at(94.9, 95, 94.95);
    await desk.clock.pass(SECOND);
    expect(sent(desk)).toHaveLength(1);
  });

  it('are asked for again while the source does not have the instrument', async () => {
    const desk = await open();
    desk.broken.add('watch');
    await traded(desk, 'buy', { stopLoss: { stopPrice: '95' } });
    desk.at(Number.NaN, Number.NaN, Number.NaN);
    await desk.clock.pass(SECOND);
    desk.broken.clear();
    desk.at(94.9, 95, 94.95);
    await desk.clock.pass(SECOND);
    expect(sent(desk)).toHaveLength(1);
  });
});

describe('a stop that is reached and cannot be sent', () => {
  it('is tried until it can, and the user is told once', async () => {
    const desk = await open();
    await traded(desk, 'buy', { stopLoss: { stopPrice: '95' } });
    desk.broken.add('instrument');
    desk.at(94.9, 95, 94.95);
    await desk.clock.pass(3 * SECOND);
    expect(sent(desk)).toEqual([]);
    expect(alarms(desk)).toEqual([expect.stringMatching(/The source is down/)]);
    desk.broken.clear();
    await desk.clock.pass(SECOND);
    expect(sent(desk)).toEqual([expect.stringMatching(/^sell 100 limit/)]);
  });

  it('in its second attempt is tried until it can as well', async () => {
    const desk = await open();
    await traded(desk, 'buy', { stopLoss: { stopPrice: '95' } });
    desk.at(94.9, 95, 94.95);
    await desk.clock.pass(SECOND);
    desk.broken.add('instrument');
    await desk.clock.pass(4 * SECOND);
    expect(sent(desk)).toHaveLength(1);
    expect(alarms(desk)).toEqual([expect.stringMatching(/The source is down/)]);
    desk.broken.clear();
    await desk.clock.pass(SECOND);
    expect(sent(desk)).toHaveLength(2);
  });

  it('because its venue was taken away says which account stands bare', async () => {
    const desk = await open();
    await traded(desk, 'buy', { stopLoss: { stopPrice: '95' } });
    desk.trading.removeVenue('test');
    desk.at(94.9, 95, 94.95);
    await desk.clock.pass(SECOND);
    expect(alarms(desk)).toEqual([
      expect.stringMatching(/PAPER1 is not connected, and Renata keeps the stop/),
    ]);
  });

  it('further because its venue was taken away is an alarm too', async () => {
    const desk = await open();
    await traded(desk, 'buy', { stopLoss: { stopPrice: '95' } });
    desk.at(94.9, 95, 94.95);
    await desk.clock.pass(SECOND);
    desk.trading.removeVenue('test');
    await desk.clock.pass(3 * SECOND);
    expect(alarms(desk)).toEqual([expect.stringMatching(/PAPER1 is not connected/)]);
    expect(sent(desk)).toHaveLength(1);
  });

  it('at a venue with other times in force is sent with those it has', async () => {
    const desk = await open();
    desk.exchange.capabilities = { ...desk.exchange.capabilities, timesInForce: ['gtc'] };
    await place(
      desk,
      ticketOf({
        terms: { limitPrice: '100.05', timeInForce: 'gtc' },
        stopLoss: { stopPrice: '95' },
      }),
    );
    desk.exchange.fill(0, '100', '100');
    desk.at(94.9, 95, 94.95);
    await desk.clock.pass(9 * SECOND);
    expect(sent(desk).at(-1)).toBe('sell 100 market gtc accepted');
    const other = await open();
    await traded(other, 'buy', { stopLoss: { stopPrice: '95' } });
    other.exchange.capabilities = { ...other.exchange.capabilities, timesInForce: ['day'] };
    other.at(94.9, 95, 94.95);
    await other.clock.pass(SECOND);
    expect(sent(other)).toEqual([expect.stringMatching(/^sell 100 limit 94\.42 day/)]);
  });

  it('at a venue without market orders is closed by a limit far away at last', async () => {
    const desk = await open();
    desk.exchange.capabilities = { ...desk.exchange.capabilities, orderTypes: ['limit'] };
    await traded(desk, 'buy', { stopLoss: { stopPrice: '95' } });
    desk.at(94.9, 95, 94.95);
    await desk.clock.pass(9 * SECOND);
    // A tenth below the bid of 94.90.
    expect(sent(desk).at(-1)).toBe('sell 100 limit 85.41 gtc accepted');
  });
});

describe('a stop that is kept here and not needed any more', () => {
  it('sends nothing once the user has cancelled it', async () => {
    const desk = await open();
    await traded(desk, 'buy', { stopLoss: { stopPrice: '95' } });
    const stop = [...desk.trading.log.ledger.all()].find(({ terms }) => terms.type === 'stop');
    await desk.trading.desk.cancel(stop?.clientOrderId as never);
    desk.at(94.9, 95, 94.95);
    await desk.clock.pass(5 * SECOND);
    expect(sent(desk)).toEqual([]);
    expect(now(desk, stop).state).toBe('Canceled');
  });

  it('ends when the position was closed by hand before it was reached', async () => {
    const desk = await open();
    await traded(desk, 'buy', { stopLoss: { stopPrice: '95' } });
    await place(desk, ticketOf({ terms: { side: 'sell', limitPrice: '99.9' } }));
    desk.exchange.fill(1, '100', '99.9');
    await desk.clock.pass(SECOND);
    desk.at(94.9, 95, 94.95);
    await desk.clock.pass(5 * SECOND);
    expect(sent(desk)).toHaveLength(1);
    const stop = [...desk.trading.log.ledger.all()].find(({ terms }) => terms.type === 'stop');
    expect(now(desk, stop).state).toBe('Canceled');
  });

  it('escalates no further once the kill switch was used', async () => {
    const desk = await open();
    await traded(desk, 'buy', { stopLoss: { stopPrice: '95' } });
    desk.at(94.9, 95, 94.95);
    await desk.clock.pass(SECOND);
    const killing = desk.trading.kill(false, 'test', 'kill-switch');
    await desk.clock.pass(20 * SECOND);
    await killing;
    expect(sent(desk)).toEqual([expect.stringMatching(/canceled$/)]);
    // Nor after a restart.
    await desk.trading.close();
    const again = await open({ clock: desk.clock, exchange: desk.exchange, journal: desk.journal });
    await again.clock.pass(20 * SECOND);
    expect(sent(again)).toHaveLength(1);
  });

  it('is not looked at by a desk that has closed', async () => {
    const desk = await open();
    await traded(desk, 'buy', { stopLoss: { stopPrice: '95' } });
    await desk.trading.close();
    desk.at(94.9, 95, 94.95);
    await desk.clock.pass(5 * SECOND);
    await settle();
    expect(sent(desk)).toEqual([]);
  });
});
