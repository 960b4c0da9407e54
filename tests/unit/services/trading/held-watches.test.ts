import { describe, expect, it } from 'vitest';
import type { InstrumentId } from '../../../../engine/domain/identifiers.ts';
import { HeldWatches } from '../../../../electron/services/trading/held-watches.ts';
import { AAPL, ACCOUNT } from '../../../support/exchange.ts';
import { settle } from '../../../support/fake-clock.ts';
import { openDesk, ticketOf } from '../../../support/trading-desk.ts';

/** A desk that holds 100 AAPL, and a market that says what is watched. */
async function holding() {
  const desk = await openDesk();
  await desk.trading.place('buy', ticketOf(), { kind: 'person', name: '' });
  await settle();
  desk.exchange.fill(0, '100', '99.5');
  await settle();
  const watched: string[] = [];
  let working = true;
  let price: number | null = null;
  const watches = new HeldWatches({
    log: desk.trading.log,
    clock: desk.clock,
    market: {
      mark: () =>
        price === null ? null : { bid: price, ask: price, last: price, time: desk.clock.now() },
      watch: async (id: InstrumentId) => {
        if (!working) throw new Error('no source');
        watched.push(id);
        return { id, sources: new Map(), end: () => watched.splice(watched.indexOf(id), 1) };
      },
    },
  });
  return {
    desk,
    watches,
    watched,
    tell: (value: number) => {
      price = value;
    },
    work: (value: boolean) => {
      working = value;
    },
  };
}

describe('prices of what is held', () => {
  it('are watched once, for as long as it is held', async () => {
    const { desk, watches, watched } = await holding();
    watches.look();
    watches.look();
    watches.want(AAPL);
    await settle();
    expect(watched).toEqual([AAPL]);
    await desk.trading.place('sell', ticketOf({ terms: { side: 'sell', limitPrice: '100' } }), {
      kind: 'person',
      name: '',
    });
    await settle();
    desk.exchange.fill(1, '100', '100');
    await settle();
    expect(desk.trading.log.positions.get(ACCOUNT, AAPL)?.quantity).toBe('0');
    watches.look();
    expect(watched).toEqual([]);
  });

  it('are asked for again where no source had them', async () => {
    const { desk, watches, watched, work } = await holding();
    work(false);
    watches.look();
    await settle();
    expect(watched).toEqual([]);
    await desk.clock.pass(200);
    expect(watched).toEqual([]);
    work(true);
    await desk.clock.pass(100);
    expect(watched).toEqual([AAPL]);
    watches.close();
    expect(watched).toEqual([]);
  });

  it('are waited for when the watch has just begun, and not for ever', async () => {
    const { desk, watches, tell } = await holding();
    watches.look();
    let done = false;
    const waiting = watches.priced().then(() => (done = true));
    await desk.clock.pass(500);
    expect(done).toBe(false);
    tell(100);
    await desk.clock.pass(100);
    expect(done).toBe(true);
    await waiting;
    // With a source that stays silent an order is judged after three seconds all the same.
    const silent = await holding();
    silent.watches.look();
    let judged = false;
    void silent.watches.priced().then(() => (judged = true));
    await silent.desk.clock.pass(2900);
    expect(judged).toBe(false);
    await silent.desk.clock.pass(200);
    expect(judged).toBe(true);
  });
});
