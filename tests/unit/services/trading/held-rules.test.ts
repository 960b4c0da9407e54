import { describe, expect, it } from 'vitest';
import { decimal } from '../../../../engine/domain/decimal.ts';
import { RenataError } from '../../../../engine/domain/errors.ts';
import { instrumentId, type InstrumentId } from '../../../../engine/domain/identifiers.ts';
import type { Mark } from '../../../../engine/risk/view.ts';
import type { MarketDataService } from '../../../../electron/services/market-data/types.ts';
import { AAPL, ACCOUNT, Exchange, instrumentOf } from '../../../support/exchange.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { MemoryJournal } from '../../../support/memory-journal.ts';
import { marketOf, openDesk, ticketOf, type TestDesk } from '../../../support/trading-desk.ts';
import { hold, place } from './placing.ts';

const MSFT = instrumentId('MSFT', 'TEST');
const GLOBAL = { kind: 'global', name: '' } as const;

interface Source {
  /** Instruments that it does not know. */
  readonly gone: Set<InstrumentId>;
  readonly market: MarketDataService;
  readonly marks: Map<string, Mark>;
}

/** A source of prices, at 100, that can lose instruments; so can the venue. */
function sourceOf(clock: FakeClock, exchange: Exchange): Source {
  const gone = new Set<InstrumentId>();
  const at = { bid: 99.99, ask: 100.01, last: 100, time: clock.now() };
  const marks = new Map<string, Mark>([
    [AAPL, at],
    [MSFT, at],
  ]);
  const market = marketOf(clock, marks);
  const refuse = (id: InstrumentId): RenataError =>
    new RenataError('NOT_FOUND', `No source has ${id}.`);
  exchange.instrument = async (id) => {
    if (gone.has(id)) throw refuse(id);
    return instrumentOf(id);
  };
  return {
    gone,
    marks,
    market: {
      ...market,
      mark: (id) => (gone.has(id) ? null : market.mark(id)),
      knownInstrument: (id) => (gone.has(id) ? null : instrumentOf(id)),
      instrument: async (id) => {
        if (gone.has(id)) throw refuse(id);
        return instrumentOf(id);
      },
    },
  };
}

const buyMsft = (quantity: string) =>
  ticketOf({ instrument: MSFT, terms: { quantity, limitPrice: '100' } });

/** Everything that may be worth more than the equity is refused: 100,000. */
const tighten = (desk: TestDesk): Promise<void> =>
  desk.trading.risk.setLimits(GLOBAL, {
    maxLeverage: decimal('1'),
    maxOrderNotional: null,
    maxPositionNotional: null,
    maxConcentration: null,
  });

const warned = ({ notices }: TestDesk): readonly string[] =>
  notices.filter(({ title }) => title === 'Position without prices').map(({ text }) => text);

async function held(units = '500') {
  const clock = new FakeClock();
  const exchange = new Exchange(clock);
  const journal = new MemoryJournal();
  const source = sourceOf(clock, exchange);
  const desk = await openDesk({ clock, exchange, journal, market: source.market });
  await hold(desk, units);
  await tighten(desk);
  // The position is compared, and its price noted.
  await desk.trading.reconcile(ACCOUNT);
  return { clock, exchange, journal, source, desk };
}

describe('an instrument that is held and that no source knows any more', () => {
  it('holds up orders in itself alone', async () => {
    const { desk, source } = await held();
    source.gone.add(AAPL);
    await desk.trading.reconcile(ACCOUNT);
    const [order] = await place(desk, buyMsft('10'));
    expect(order?.state).toBe('Accepted');
    await expect(place(desk)).rejects.toThrow('No source has AAPL.TEST.');
    expect(desk.exchange.orders).toHaveLength(2);
    // To close it is left to the venue, by the rules that were known last.
    const { orders } = await desk.trading.flatten('F1', ACCOUNT, AAPL);
    expect(orders).toMatchObject([{ terms: { side: 'sell', quantity: '500' }, state: 'Accepted' }]);
  });

  it('is worth what it was worth last: 500 at 100 leave room for 500 more at 100, and no lot beyond', async () => {
    const { desk, source } = await held();
    source.gone.add(AAPL);
    await desk.trading.reconcile(ACCOUNT);
    const [over] = await place(desk, buyMsft('501'));
    expect(over).toMatchObject({ state: 'Denied', reasonCode: 'MAX_LEVERAGE' });
    const [order] = await place(desk, buyMsft('500'));
    expect(order?.state).toBe('Accepted');
  });

  it('is said once, with the price, and again when it comes back and goes again', async () => {
    const { desk, source } = await held();
    expect(warned(desk)).toEqual([]);
    source.gone.add(AAPL);
    await desk.trading.reconcile(ACCOUNT);
    await desk.trading.reconcile(ACCOUNT);
    expect(warned(desk)).toEqual([
      'AAPL.TEST in PAPER1: no source knows it now; risk values it at its last known price, 100 of 2024-01-02 15:00 UTC. New orders in it are refused until a source has it.',
    ]);
    source.gone.delete(AAPL);
    await desk.trading.reconcile(ACCOUNT);
    source.gone.add(AAPL);
    await desk.trading.reconcile(ACCOUNT);
    expect(warned(desk)).toHaveLength(2);
  });

  it('is worth the same after a restart, by the journal', async () => {
    const { clock, exchange, journal, desk } = await held();
    await desk.trading.close();
    const source = sourceOf(clock, exchange);
    source.gone.add(AAPL);
    const again = await openDesk({ clock, exchange, journal, market: source.market });
    await clock.pass(4000);
    expect(warned(again)).toEqual([expect.stringContaining('at its last known price, 100 of')]);
    const [over] = await place(again, buyMsft('501'));
    expect(over).toMatchObject({ state: 'Denied', reasonCode: 'MAX_LEVERAGE' });
    const [order] = await place(again, buyMsft('500'));
    expect(order?.state).toBe('Accepted');
  });

  it('is worth what was paid where no price was ever known', async () => {
    const { clock, exchange, journal, desk } = await held();
    await desk.trading.close();
    // A journal of before such prices were noted.
    const old = journal.entries.filter(({ subject }) => !subject.startsWith('held:'));
    const source = sourceOf(clock, exchange);
    source.gone.add(AAPL);
    const left = { clock, exchange, journal: new MemoryJournal(old), market: source.market };
    const again = await openDesk(left);
    await clock.pass(4000);
    // 500 were bought at 99.50: 49,750, which leaves 50,250.
    const [over] = await place(again, buyMsft('503'));
    expect(over).toMatchObject({ state: 'Denied', reasonCode: 'MAX_LEVERAGE' });
    const [order] = await place(again, buyMsft('502'));
    expect(order?.state).toBe('Accepted');
  });

  it('refuses the others where not even that is known, and says why', async () => {
    const clock = new FakeClock();
    const exchange = new Exchange(clock);
    const source = sourceOf(clock, exchange);
    source.gone.add(AAPL);
    exchange.moved.set(AAPL, decimal('500'));
    const desk = await openDesk({ clock, exchange, market: source.market });
    await clock.pass(4000);
    await tighten(desk);
    expect(warned(desk)).toEqual([expect.stringContaining('its price was never known')]);
    const [order] = await place(desk, buyMsft('1'));
    expect(order).toMatchObject({ state: 'Denied', reasonCode: 'VALUE_UNKNOWN' });
  });

  it('is noted when its price has moved by a hundredth, and not at each look', async () => {
    const { desk, source, journal } = await held();
    const prices = (): readonly unknown[] =>
      journal.entries
        .filter(({ subject }) => subject === `held:${AAPL}`)
        .map(({ body }) => (JSON.parse(body) as { readonly price: number }).price);
    expect(prices()).toEqual([100]);
    source.marks.set(AAPL, { bid: 100.89, ask: 100.91, last: 100.9, time: desk.clock.now() });
    await desk.trading.reconcile(ACCOUNT);
    expect(prices()).toEqual([100]);
    source.marks.set(AAPL, { bid: 101.09, ask: 101.11, last: 101.1, time: desk.clock.now() });
    await desk.trading.reconcile(ACCOUNT);
    expect(prices()).toEqual([100, 101.1]);
  });
});
