import type {
  AccountView,
  BookView,
  Connection,
  FillView,
  LiveOrderView,
  PositionView,
  QuoteView,
  RiskStateView,
} from '../../engine/protocol/live-schemas.ts';
import type { CallOutput, EventPayload } from '../../engine/protocol/contract.ts';
import type { ErrorPayload } from '../../engine/domain/errors.ts';

export type TradableInstrument = CallOutput<'instruments.find'>[number]['instrument'];

/** Something that the user must see, until it is put away. */
export interface Notice extends EventPayload<'trading.notice'> {
  readonly id: number;
  readonly time: number;
}

/** What another panel wants the ticket to hold. */
export interface TicketWish {
  readonly instrument: string;
  readonly account?: string | undefined;
  readonly side?: 'buy' | 'sell' | undefined;
  readonly quantity?: string | undefined;
  readonly type?: 'market' | 'limit' | 'stop' | undefined;
  readonly price?: string | undefined;
  readonly reduceOnly?: boolean | undefined;
}

/** What the window knows of markets, orders and accounts. */
export interface TradingState {
  /** null until they were read. */
  readonly connections: readonly Connection[] | null;
  readonly accounts: readonly AccountView[] | null;
  readonly orders: ReadonlyMap<string, LiveOrderView> | null;
  /** Newest first. */
  readonly fills: readonly FillView[] | null;
  readonly positions: readonly PositionView[] | null;
  readonly risk: RiskStateView | null;
  readonly openCases: number;
  /** Rises whenever cases change, so that the inbox reads them again. */
  readonly casesVersion: number;
  /** Why the first reading failed. */
  readonly failure: ErrorPayload | null;
  readonly notices: readonly Notice[];
  /** The instrument that ticket, depth and watchlist show together. */
  readonly instrument: string | null;
  /** The account of the ticket, whose orders the chart shows. */
  readonly account: string | null;
  readonly wish: TicketWish | null;
}

export const NOTHING_YET: TradingState = {
  connections: null,
  accounts: null,
  orders: null,
  fills: null,
  positions: null,
  risk: null,
  openCases: 0,
  casesVersion: 0,
  failure: null,
  notices: [],
  instrument: null,
  account: null,
  wish: null,
};

/** Most orders and fills that the window keeps; older ones are in the audit log. */
export const MOST_ORDERS = 5_000;
export const MOST_FILLS = 5_000;
const MOST_NOTICES = 5;

/**
 * Orders with those that changed. One that is older than what is known stays out: events and answers of
 * calls take different ways and may overtake each other.
 */
export function withOrders(
  known: ReadonlyMap<string, LiveOrderView> | null,
  changed: readonly LiveOrderView[],
): ReadonlyMap<string, LiveOrderView> {
  const orders = new Map(known);
  for (const order of changed) {
    const before = orders.get(order.clientOrderId);
    if (before !== undefined && before.lastEvent > order.lastEvent) continue;
    orders.set(order.clientOrderId, order);
  }
  if (orders.size > MOST_ORDERS) {
    const ended = [...orders.values()].filter(({ state }) => !OPEN.has(state));
    const oldest = ended.toSorted((a, b) => a.createdAt - b.createdAt);
    for (const { clientOrderId } of oldest.slice(0, orders.size - MOST_ORDERS)) {
      orders.delete(clientOrderId);
    }
  }
  return orders;
}
const OPEN: ReadonlySet<string> = new Set([
  'Initialized',
  'Submitted',
  'Accepted',
  'PendingUpdate',
  'PendingCancel',
  'Triggered',
  'PartiallyFilled',
  'Unknown',
]);

/** Fills with new ones, each once; a fill that comes again brings what was not known before. */
export function withFills(
  known: readonly FillView[] | null,
  added: readonly FillView[],
): readonly FillView[] {
  if (known !== null && added.length === 0) return known;
  const fills = new Map((known ?? []).map((fill) => [keyOf(fill), fill]));
  for (const fill of added) fills.set(keyOf(fill), fill);
  return [...fills.values()]
    .toSorted((a, b) => b.venueTime - a.venueTime || b.receivedTime - a.receivedTime)
    .slice(0, MOST_FILLS);
}
const keyOf = ({ account, tradeId }: FillView): string => `${account}|${tradeId}`;

/** Connections with the state of one changed. */
export function withConnection(
  known: readonly Connection[] | null,
  { id, state }: EventPayload<'connections.changed'>,
): readonly Connection[] | null {
  return known?.map((each) => (each.id === id ? { ...each, state } : each)) ?? null;
}

/** Notices with one more; the oldest that is no error goes first where there are too many. */
export function withNotice(
  known: readonly Notice[],
  notice: EventPayload<'trading.notice'>,
  id: number,
  time: number,
): readonly Notice[] {
  // The same again takes the place of what it repeats.
  const others = known.filter(
    ({ title, text, subject }) =>
      title !== notice.title || text !== notice.text || subject !== notice.subject,
  );
  const all = [...others, { ...notice, id, time }];
  while (all.length > MOST_NOTICES) {
    const oldest = all.findIndex(({ level }) => level !== 'error');
    all.splice(Math.max(0, oldest), 1);
  }
  return all;
}

export interface MarketState {
  readonly quotes: ReadonlyMap<string, QuoteView>;
  readonly books: ReadonlyMap<string, BookView>;
}

/** The newest quote and book of each instrument. Answers may be older than events that overtook them. */
export function withMarket(
  known: MarketState,
  quotes: readonly QuoteView[],
  books: readonly BookView[],
): MarketState {
  return {
    quotes: quotes.length === 0 ? known.quotes : newest(known.quotes, quotes, isOlderQuote),
    books: books.length === 0 ? known.books : newest(known.books, books, isOlderBook),
  };
}

function newest<Item extends { readonly instrument: string }>(
  known: ReadonlyMap<string, Item>,
  items: readonly Item[],
  isOlder: (item: Item, than: Item) => boolean,
): ReadonlyMap<string, Item> {
  const all = new Map(known);
  for (const item of items) {
    const before = all.get(item.instrument);
    if (before === undefined || !isOlder(item, before)) all.set(item.instrument, item);
  }
  return all;
}
// A quote that has gone stale is told anew without a newer tick, hence "older" and not "not newer". A
// replay may start again in the past; then everything that was before is of another market.
const JUMP_MS = 60_000;
const isOlderQuote = (a: QuoteView, b: QuoteView): boolean =>
  a.receivedTime < b.receivedTime && b.receivedTime - a.receivedTime < JUMP_MS;
const isOlderBook = (a: BookView, b: BookView): boolean =>
  a.venueTime < b.venueTime && b.venueTime - a.venueTime < JUMP_MS;

/** Worst first, for the one word of the status bar: where money is, and whether it is the user's own. */
export type TradingMode = 'research' | 'paper' | 'live';

/** What the window must say of itself: one live account makes it live. */
export function modeOf(
  accounts: readonly AccountView[] | null,
  connections: readonly Connection[] | null,
): TradingMode {
  if (accounts !== null && accounts.some(({ live }) => live)) return 'live';
  // A live connection that is away may come back with its accounts at any moment.
  const away = connections?.some(
    ({ live, roles, state }) =>
      live && roles.includes('execution') && state.phase !== 'disconnected',
  );
  if (away === true) return 'live';
  return accounts !== null && accounts.length > 0 ? 'paper' : 'research';
}
