import type { OrderState } from '../../../engine/domain/order.ts';
import type { OrderType, TimeInForce } from '../../../engine/domain/order.ts';
import type { Connection, LiveOrderView } from '../../../engine/protocol/live-schemas.ts';

/** What things of trading are called everywhere in the window. */

export const TYPE_NAMES: Readonly<Record<OrderType, string>> = {
  market: 'Market',
  limit: 'Limit',
  stop: 'Stop',
  stop_limit: 'Stop limit',
  trailing_stop: 'Trailing stop',
  trailing_stop_limit: 'Trailing stop limit',
  market_if_touched: 'Market if touched',
  limit_if_touched: 'Limit if touched',
  market_on_open: 'Market on open',
  market_on_close: 'Market on close',
  limit_on_open: 'Limit on open',
  limit_on_close: 'Limit on close',
};

export const TYPE_SHORT: Readonly<Record<OrderType, string>> = {
  market: 'MKT',
  limit: 'LMT',
  stop: 'STP',
  stop_limit: 'STP LMT',
  trailing_stop: 'TRAIL',
  trailing_stop_limit: 'TRAIL LMT',
  market_if_touched: 'MIT',
  limit_if_touched: 'LIT',
  market_on_open: 'MOO',
  market_on_close: 'MOC',
  limit_on_open: 'LOO',
  limit_on_close: 'LOC',
};

/** The short name comes first: it is what a narrow field shows. */
export const FORCE_NAMES: Readonly<Record<TimeInForce, string>> = {
  day: 'Day',
  gtc: 'GTC, stays open',
  gtd: 'GTD, to a date',
  ioc: 'IOC, now or not',
  fok: 'FOK, all or none',
};

/** What a state is good for: colours follow it, and so do the marks beside the word. */
export type Tone = 'good' | 'working' | 'waiting' | 'bad' | 'ended' | 'doubt';

export const STATE_NAMES: Readonly<Record<OrderState, string>> = {
  Initialized: 'Waiting',
  Denied: 'Denied',
  Submitted: 'Sent',
  Accepted: 'Working',
  Rejected: 'Rejected',
  PendingUpdate: 'Changing',
  PendingCancel: 'Cancelling',
  Triggered: 'Triggered',
  PartiallyFilled: 'Part filled',
  Filled: 'Filled',
  Canceled: 'Cancelled',
  Expired: 'Expired',
  Unknown: 'Unknown',
};

export const STATE_TONES: Readonly<Record<OrderState, Tone>> = {
  Initialized: 'waiting',
  Denied: 'bad',
  Submitted: 'waiting',
  Accepted: 'working',
  Rejected: 'bad',
  PendingUpdate: 'waiting',
  PendingCancel: 'waiting',
  Triggered: 'working',
  PartiallyFilled: 'working',
  Filled: 'good',
  Canceled: 'ended',
  Expired: 'ended',
  Unknown: 'doubt',
};

/** A mark that goes with each tone, so that colour never stands alone. */
export const TONE_MARKS: Readonly<Record<Tone, string>> = {
  good: '✓',
  working: '●',
  waiting: '◌',
  bad: '✕',
  ended: '–',
  doubt: '?',
};

export const PHASE_NAMES: Readonly<Record<Connection['state']['phase'], string>> = {
  disconnected: 'Not connected',
  connecting: 'Connecting',
  synchronizing: 'Synchronizing',
  ready: 'Ready',
  degraded: 'Partly working',
  reconnecting: 'Reconnecting',
  'scheduled-break': 'Scheduled break',
  'needs-user': 'Needs you',
};

export const PHASE_TONES: Readonly<Record<Connection['state']['phase'], Tone>> = {
  disconnected: 'ended',
  connecting: 'waiting',
  synchronizing: 'waiting',
  ready: 'good',
  degraded: 'doubt',
  reconnecting: 'doubt',
  'scheduled-break': 'doubt',
  'needs-user': 'bad',
};

/** Where an order may still fill as far as anybody knows. */
const CLOSED: ReadonlySet<OrderState> = new Set<OrderState>([
  'Denied',
  'Rejected',
  'Filled',
  'Canceled',
  'Expired',
]);

export function isOpenOrder(order: LiveOrderView): boolean {
  return !CLOSED.has(order.state);
}

/** The symbol of an instrument: all before the last point. */
export function symbolOf(instrument: string): string {
  const point = instrument.lastIndexOf('.');
  return point <= 0 ? instrument : instrument.slice(0, point);
}

/** Clock and, when it is not today, the day: `14:03:07` or `11-24 14:03:07`, in UTC as everywhere else. */
export function clockText(time: number, now: number): string {
  const text = new Date(time).toISOString();
  const clock = text.slice(11, 19);
  return text.slice(0, 10) === new Date(now).toISOString().slice(0, 10)
    ? clock
    : `${text.slice(5, 10)} ${clock}`;
}

/** What is left until a time, as people count down: `0:42`, `3:05:00`; nothing once it has come. */
export function countdown(until: number, now: number): string {
  const seconds = Math.ceil((until - now) / 1000);
  if (seconds <= 0) return '';
  const two = (value: number): string => String(value).padStart(2, '0');
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  return hours > 0
    ? `${hours}:${two(minutes)}:${two(seconds % 60)}`
    : `${minutes}:${two(seconds % 60)}`;
}

/** Another name for each wish, so that the same wish twice is carried out once. */
export function newRequestId(): string {
  return `Q${crypto.randomUUID().replaceAll('-', '')}`;
}
