import { useEffect } from 'react';
import { create } from 'zustand';
import { toErrorPayload } from '../../engine/domain/errors.ts';
import type { DataKind } from '../../engine/domain/market-data.ts';
import type { LiveOrderView, QuoteView } from '../../engine/protocol/live-schemas.ts';
import { MarketWatches, tellMarket, useMarket } from './market-watch.ts';
import { openPanel, workstation } from './store.ts';
import {
  MOST_FILLS,
  MOST_ORDERS,
  NOTHING_YET,
  withConnection,
  withFills,
  withNotice,
  withOrders,
  type TicketWish,
  type TradableInstrument,
  type TradingState,
} from './trading-state.ts';

export { useMarket } from './market-watch.ts';
export type { TicketWish, TradableInstrument } from './trading-state.ts';

export const useTrading = create<TradingState>(() => NOTHING_YET);

/** Rules of instruments that were looked up: ticks, lots, currency. */
export const useInstruments = create<{ readonly known: ReadonlyMap<string, TradableInstrument> }>(
  () => ({ known: new Map() }),
);

const { getState, setState } = useTrading;
const watches = new MarketWatches(workstation);
let nextNotice = 1;

/** Follows markets, orders and accounts. Called once, after the window has begun to connect. */
export function startTrading(): void {
  const client = workstation();
  client.on('orders.changed', ({ orders }) => tellOrders(orders));
  client.on('fills.added', ({ fills }) => setState({ fills: withFills(getState().fills, fills) }));
  client.on('positions.changed', ({ positions }) => setState({ positions }));
  client.on('accounts.changed', ({ accounts }) => setState({ accounts }));
  client.on('risk.changed', (risk) => setState({ risk }));
  client.on('cases.changed', ({ open }) =>
    setState({ openCases: open, casesVersion: getState().casesVersion + 1 }),
  );
  client.on('market.data', ({ quotes, books }) => tellMarket(quotes, books));
  client.on('trading.notice', (notice) => tellNotice(notice));
  client.on('connections.changed', (change) => {
    const before = getState().connections?.find(({ id }) => id === change.id);
    setState({ connections: withConnection(getState().connections, change) });
    const works = change.state.phase === 'ready' || change.state.phase === 'degraded';
    if (!works || before?.state.phase === change.state.phase) return;
    watches.retry();
    void findMissing();
  });
  let open = false;
  client.onState((state) => {
    if (state === 'ended') watches.forget();
    if (state === 'open' && !open) {
      void refreshTrading();
      watches.restore();
    }
    open = state === 'open';
  });
}

/** Reads everything anew: at the start, and after the carrier was away. */
export async function refreshTrading(): Promise<void> {
  const client = workstation();
  try {
    const [connections, accounts, orders, open, fills, positions, risk, cases] = await Promise.all([
      client.call('connections.list', {}),
      client.call('accounts.list', {}),
      client.call('orders.list', { account: null, open: false, limit: MOST_ORDERS }),
      // An order may work for longer than the list of the newest goes back.
      client.call('orders.list', { account: null, open: true, limit: 10_000 }),
      client.call('fills.list', { account: null, since: null, limit: MOST_FILLS }),
      client.call('positions.list', {}),
      client.call('risk.get', {}),
      client.call('reconciliation.cases', { open: true }),
    ]);
    setState({
      connections,
      accounts,
      orders: withOrders(getState().orders, [...orders, ...open]),
      fills: withFills(getState().fills, fills),
      positions,
      risk,
      openCases: cases.length,
      casesVersion: getState().casesVersion + 1,
      failure: null,
    });
    // Connections may have become ready before anybody listened.
    void findMissing();
  } catch (error) {
    setState({ failure: toErrorPayload(error) });
  }
}

/** Reads connections and accounts anew, after their settings were changed. */
export async function refreshConnections(): Promise<void> {
  const client = workstation();
  const [connections, accounts] = await Promise.all([
    client.call('connections.list', {}),
    client.call('accounts.list', {}),
  ]);
  setState({ connections, accounts });
}

/** Puts orders that a call has answered into the list; their events may come later. */
export function tellOrders(orders: readonly LiveOrderView[]): void {
  setState({ orders: withOrders(getState().orders, orders) });
}

export function tellNotice(notice: Parameters<typeof withNotice>[1]): void {
  const { notices } = getState();
  setState({ notices: withNotice(notices, notice, nextNotice, Date.now()) });
  nextNotice += 1;
}

/** Tells of a call that failed, where no panel has a better place for it. */
export function tellFailure(title: string, error: unknown, subject = ''): void {
  tellNotice({ level: 'error', title, text: toErrorPayload(error).message, subject });
}

export function dismissNotice(id: number): void {
  setState({ notices: getState().notices.filter((notice) => notice.id !== id) });
}

/** Chooses the instrument that ticket, depth and watchlist show together. */
export function selectInstrument(instrument: string | null): void {
  if (getState().instrument !== instrument) setState({ instrument });
}

/** The account that the ticket is for. */
export function selectAccount(account: string | null): void {
  if (getState().account !== account) setState({ account });
}

/** Opens the ticket with what is given filled in. Nothing is sent. */
export function openTicket(wish: TicketWish): void {
  setState({ instrument: wish.instrument, wish });
  openPanel('ticket');
}

/** The ticket has what was wished for. */
export function ticketTaken(): void {
  setState({ wish: null });
}

const asked = new Set<string>();

/** Looks the rules of an instrument up, once. */
export function learnInstrument(id: string): void {
  if (asked.has(id) || useInstruments.getState().known.has(id)) return;
  asked.add(id);
  void find(id);
}

let queue: Promise<void> = Promise.resolve();

/** The same for many of them, one after another: a list must not storm the sources. */
export function learnInTurn(ids: readonly string[]): void {
  for (const id of ids) {
    if (asked.has(id) || useInstruments.getState().known.has(id)) continue;
    asked.add(id);
    queue = queue.then(() => (useInstruments.getState().known.has(id) ? undefined : find(id)));
  }
}

/** A source that is only just there may not know its instruments yet. */
const FIND_AGAIN_MS = 3_000;
const FIND_TIMES = 3;

async function find(id: string, times = FIND_TIMES): Promise<void> {
  const point = id.lastIndexOf('.');
  try {
    const found = await workstation().call('instruments.find', {
      query: id.slice(0, point),
      connection: null,
    });
    rememberInstruments(found.map(({ instrument }) => instrument));
  } catch {
    // Asked again when a connection is ready.
  }
  if (times > 1 && !useInstruments.getState().known.has(id))
    setTimeout(() => void find(id, times - 1), FIND_AGAIN_MS);
}

async function findMissing(): Promise<void> {
  // What is looked at comes first.
  const { instrument } = getState();
  for (const id of new Set(instrument === null ? asked : [instrument, ...asked])) {
    if (!useInstruments.getState().known.has(id)) await find(id, 1);
  }
}

export function rememberInstruments(found: readonly TradableInstrument[]): void {
  if (found.length === 0) return;
  const known = new Map(useInstruments.getState().known);
  for (const instrument of found) known.set(instrument.id, instrument);
  useInstruments.setState({ known });
}

/** The rules of an instrument; undefined until they have been looked up. */
export function useInstrument(id: string | null): TradableInstrument | undefined {
  useEffect(() => {
    if (id !== null) learnInstrument(id);
  }, [id]);
  return useInstruments(({ known }) => (id === null ? undefined : known.get(id)));
}

/** Follows the market of an instrument while the component is there. */
export function useWatch(instrument: string | null, kinds: readonly DataKind[]): void {
  const names = kinds.join();
  useEffect(() => {
    if (instrument === null) return undefined;
    return watches.watch(instrument, names.split(',') as DataKind[]);
  }, [instrument, names]);
}

/** Follows the quotes of several instruments. */
export function useWatchAll(instruments: readonly string[]): void {
  const names = instruments.join('\n');
  useEffect(() => {
    const ends = names === '' ? [] : names.split('\n').map((id) => watches.watch(id, QUOTES));
    return () => {
      for (const end of ends) end();
    };
  }, [names]);
}
const QUOTES: readonly DataKind[] = ['quote', 'trade'];

export function useQuote(instrument: string | null): QuoteView | undefined {
  return useMarket(({ quotes }) => (instrument === null ? undefined : quotes.get(instrument)));
}
