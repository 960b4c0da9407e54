import { ZERO } from '../../../engine/domain/decimal.ts';
import type { Arrival } from '../../../engine/live/drift.ts';
import type { BarMode } from '../../../engine/live/types.ts';
import { isClosed } from '../../../engine/orders/record.ts';
import type { LiveStrategyView } from '../../../engine/protocol/live-strategy-schemas.ts';
import type { Mark } from '../../../engine/risk/view.ts';
import type { Trading } from '../trading/trading.ts';
import type { RunBody } from './records.ts';
import type { StrategyRun } from './strategy-run.ts';

/** A run as people and programs see it. */
export function viewOf(run: StrategyRun): LiveStrategyView {
  const { body, state, reason } = run;
  const { core, start } = body;
  const { request } = start;
  const { kind, strategy, instrument, timeframe, account, end, onExit } = request;
  const { modes, warmUp } = core;
  const { equity, cash } = core.account;
  const openOrders = run.hands.all.map((hand) => hand.open().length);
  return {
    id: run.id,
    kind,
    strategy,
    title: start.title,
    parameters: { ...(body.several ? body.core.setup : body.core).parameters },
    instrument,
    timeframe,
    account,
    state,
    reason,
    startedAt: start.time,
    end,
    onExit,
    bars: modes.length - warmUp,
    warmUp,
    barsToGo: core.barsToGo,
    ...(body.several ? severalOf(body, openOrders) : oneOf(body)),
    cash,
    equity: known(equity),
    profit: known(equity - core.settings.cash),
    fills: core.orders().reduce((sum, { fills }) => sum + fills.length, 0),
    openOrders: openOrders.reduce((sum, count) => sum + count, 0),
    missed: core.missed.length,
  };
}

type Held = Pick<LiveStrategyView, 'instruments' | 'lastBar' | 'position' | 'entryPrice'>;

function oneOf({ core }: RunBody & { readonly several: false }): Held {
  const { bars, account, lastTime, modes } = core;
  const close = known(bars.close.at(-1) ?? Number.NaN);
  return {
    lastBar: bars.length === 0 ? null : { time: lastTime, close, mode: modes.at(-1) as BarMode },
    position: account.held,
    entryPrice: known(account.entryPrice),
  };
}

function severalOf(
  { core, start }: RunBody & { readonly several: true },
  openOrders: readonly number[],
): Held {
  const { legs, times, lastTime, modes } = core;
  return {
    instruments: legs.map(({ book, symbol }, row) => ({
      instrument: start.instruments[row]?.id ?? symbol,
      symbol,
      close: known(book.lastClose),
      position: book.held,
      entryPrice: known(book.entryPrice),
      openOrders: openOrders[row] ?? 0,
    })),
    lastBar:
      times.length === 0 ? null : { time: lastTime, close: null, mode: modes.at(-1) as BarMode },
    position: null,
    entryPrice: null,
  };
}

function known(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

/**
 * Why a run ended, and what it leaves behind.
 * @param refusal why an exit was refused at last; empty where none was
 */
export function leftOver({ body, hands }: StrategyRun, reason: string, refusal: string): string {
  const open = hands.all.reduce((sum, hand) => sum + hand.open().length, 0);
  const parts = [reason];
  if (open > 0) parts.push(`${open} of its orders still ${open === 1 ? 'works' : 'work'}.`);
  const position = body.several ? positionsOf(body) : positionOf(body);
  if (position !== '') {
    parts.push(position);
    const closed = hands.heldBack();
    if (refusal !== '') parts.push(`The exit was refused: ${refusal.replace(/[^.!?]$/, '$&.')}`);
    if (closed.length > 0) {
      parts.push(`The exit was not sent: the session of ${closed.join(', ')} is closed.`);
    }
  }
  return parts.filter((part) => part !== '').join(' ');
}

function positionOf({ core }: RunBody & { readonly several: false }): string {
  const { held } = core.account;
  return held === ZERO ? '' : `Its position of ${held} is still there.`;
}

function positionsOf({ core }: RunBody & { readonly several: true }): string {
  const held = core.legs.flatMap(({ book, symbol }) =>
    book.held === ZERO ? [] : [`${book.held} ${symbol}`],
  );
  return held.length === 0 ? '' : `Its positions are still there: ${held.join(', ')}.`;
}

/** A run that is not at work, with those of its orders that still work now. */
export function standing(
  id: string,
  view: LiveStrategyView,
  { requests, ledger }: Trading['log'],
): LiveStrategyView {
  if (view.openOrders === 0) return view;
  const openOf = (name: string): number => {
    const orders = [...requests].flatMap(([request, given]) =>
      request.startsWith(`${name}.`) ? given.orders : [],
    );
    return orders.filter((each) => {
      const order = ledger.get(each);
      return order !== undefined && !isClosed(order);
    }).length;
  };
  if (view.instruments === undefined) return { ...view, openOrders: openOf(id) };
  const instruments = view.instruments.map((each, row) => ({
    ...each,
    openOrders: openOf(`${id}-${row}`),
  }));
  const openOrders = instruments.reduce((sum, each) => sum + each.openOrders, 0);
  return { ...view, instruments, openOrders };
}

/** The market as an order leaves; null where nothing is known of it. */
export function arrivalOf(mark: Mark | null): Arrival | null {
  if (mark === null) return null;
  const { bid, ask, last, time } = mark;
  const price = Number.isFinite(last) ? last : (bid + ask) / 2;
  return Number.isFinite(price) ? { price, time } : null;
}
