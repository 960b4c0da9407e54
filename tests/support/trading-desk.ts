import { unixMillis } from '../../engine/domain/time.ts';
import type { Fill } from '../../engine/domain/live-order.ts';
import type { MarketDatum } from '../../engine/domain/market-data.ts';
import type { Clock } from '../../engine/ports/clock.ts';
import type { Mark } from '../../engine/risk/view.ts';
import type { Ticket } from '../../engine/protocol/live-schemas.ts';
import type { MarketDataService } from '../../electron/services/market-data/types.ts';
import type { FigureSource } from '../../electron/services/trading/figures.ts';
import {
  Trading,
  type Notice,
  type TradingOptions,
} from '../../electron/services/trading/trading.ts';
import { AAPL, ACCOUNT, Exchange, instrumentOf } from './exchange.ts';
import { FakeClock, settle } from './fake-clock.ts';
import { MemoryJournal } from './memory-journal.ts';

export interface TestDesk {
  readonly clock: FakeClock;
  readonly exchange: Exchange;
  readonly journal: MemoryJournal;
  readonly trading: Trading;
  readonly fills: Fill[];
  readonly notices: Notice[];
  readonly defects: string[];
  readonly marks: Map<string, Mark>;
  /** Who hears the tape; a test tells them. */
  readonly tape: Set<TapeListener>;
}

type TapeListener = (batch: readonly MarketDatum[]) => void;

/** Prices as a test sets them; rules of instruments from the exchange. */
export function marketOf(
  clock: Pick<Clock, 'now'>,
  marks: Map<string, Mark>,
  tape = new Set<TapeListener>(),
): MarketDataService {
  const refuse = (): never => {
    throw new Error('not part of this test');
  };
  return {
    addSource: refuse,
    removeSource: refuse,
    mark: (id) => {
      const mark = marks.get(id);
      return mark === undefined ? null : { ...mark, time: unixMillis(clock.now()) };
    },
    quote: () => null,
    book: () => null,
    instrument: async (id) => instrumentOf(id),
    knownInstrument: (id) => instrumentOf(id),
    find: async () => [],
    watch: async () => ({ id: 'watch', sources: new Map(), end: () => undefined }),
    listen: (listener) => {
      tape.add(listener);
      return () => tape.delete(listener);
    },
    onView: refuse,
    onBar: refuse,
    watchBars: refuse,
    close: async () => undefined,
  };
}

/** A desk on an exchange inside of the process. Given what is left of another one, it starts from there. */
export async function openDesk(
  left: Partial<Pick<TestDesk, 'clock' | 'exchange' | 'journal'>> &
    Partial<Pick<TradingOptions, 'dayOf' | 'market'>> = {},
  figures?: FigureSource,
): Promise<TestDesk> {
  const clock = left.clock ?? new FakeClock();
  const exchange = left.exchange ?? new Exchange(clock);
  const journal = left.journal ?? new MemoryJournal();
  const fills: Fill[] = [];
  const notices: Notice[] = [];
  const defects: string[] = [];
  const marks = new Map<string, Mark>([
    [AAPL, { bid: 99.99, ask: 100.01, last: 100, time: clock.now() }],
  ]);
  const tape = new Set<TapeListener>();
  const trading = await Trading.open({
    journal,
    clock,
    market: left.market ?? marketOf(clock, marks, tape),
    session: () => 'regular',
    dayOf: left.dayOf ?? ((_account, now) => new Date(now).toISOString().slice(0, 10)),
    events: {
      onOrder: () => undefined,
      onFill: (fill) => fills.push(fill),
      onPositions: () => undefined,
      onAccounts: () => undefined,
      onRisk: () => undefined,
      onCases: () => undefined,
      onNotice: (notice) => notices.push(notice),
    },
    onDefect: (error, what) => defects.push(`${what}: ${String(error)}`),
    ...(figures === undefined ? {} : { figures }),
  });
  await exchange.connect();
  trading.addVenue(exchange);
  await settle();
  return { clock, exchange, journal, trading, fills, notices, defects, marks, tape };
}

type TicketChange = Omit<Partial<Ticket>, 'terms'> & { readonly terms?: Partial<Ticket['terms']> };

/** A day order to buy 100 at 99.5, but for what is given. */
export function ticketOf(change: TicketChange = {}): Ticket {
  return {
    account: ACCOUNT,
    instrument: AAPL,
    ...change,
    terms: {
      side: 'buy',
      type: 'limit',
      quantity: '100',
      limitPrice: '99.5',
      timeInForce: 'day',
      ...change.terms,
    },
  };
}
