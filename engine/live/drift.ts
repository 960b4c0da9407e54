import type { Bar, BarColumns } from '../domain/bar.ts';
import type { OrderSide, OrderType } from '../domain/order.ts';
import { barOfRow } from '../series/live-bars.ts';
import type { LiveRun } from './run.ts';
import { joined, playTwin, type Filled, type Twin, type TwinOrder } from './twin.ts';
import type { OwnOrder } from './types.ts';

/** Why a live run and its twin differ, in money: positive is better live. Their sum is the difference. */
export interface Drift {
  /** Bars that were seen differ from those of history. */
  readonly data: number;
  /** The order went out, or filled, later than the model's. */
  readonly timing: number;
  /** Fills at other prices than the model's. */
  readonly price: number;
  /** Commission against the cost model; carry that the model charges is part of it. */
  readonly fees: number;
  /** Other units: live sizes are set on the close, the model's at the fill. */
  readonly size: number;
  /** Orders that only one of the two has filled. */
  readonly missed: number;
  readonly total: number;
}

/** The market when an order left, as far as it was known. */
export interface Arrival {
  readonly price: number;
  /** UnixMillis by the market's own time. */
  readonly time: number;
}

/** An order of the live run beside its twin; one of the two may be missing. */
export interface DriftOrder {
  readonly bar: number;
  readonly time: number;
  readonly side: OrderSide;
  readonly type: OrderType;
  readonly tag: string;
  readonly live: Filled | null;
  readonly model: Filled | null;
  readonly drift: Drift;
  /** What is known of why; empty where the two agree. */
  readonly why: string;
}

/** Orders from flat to flat. */
export interface DriftTrade {
  readonly from: number;
  /** null while one of the two still holds a position. */
  readonly to: number | null;
  readonly orders: number;
  readonly drift: Drift;
}

export interface CorrectedBar {
  readonly time: number;
  /** null: it is not there. */
  readonly seen: Bar | null;
  readonly history: Bar | null;
}

export interface DriftReport {
  readonly bars: number;
  /** Bars that nothing was decided on, and decisions that were not traded. */
  readonly missedBars: number;
  readonly missedDecisions: number;
  readonly live: { readonly equity: number; readonly position: number };
  readonly model: { readonly equity: number; readonly position: number };
  /** The backtest over the bars that history has now; null where history was not asked. */
  readonly history: { readonly equity: number; readonly position: number } | null;
  readonly orders: readonly DriftOrder[];
  readonly trades: readonly DriftTrade[];
  /** Bars that history tells otherwise. */
  readonly corrected: readonly CorrectedBar[];
  /** Fills of which the venue has not told the commission. */
  readonly commissionsUnknown: number;
  readonly drift: Drift;
}

export interface DriftFacts {
  /** The market when an order left. */
  readonly arrival: (order: OwnOrder) => Arrival | null;
  /** Commission of a trade as it is known by now; null until the venue says it. */
  readonly commission: (trade: string) => number | null;
  /** When trading of a bar begins, by the market's time. */
  readonly opening: (time: number) => number;
  /** The same span as history has it now; null where that is not known. */
  readonly history: BarColumns | null;
  /** Twins over the bars of `barsOfTwins`, where they were played elsewhere. */
  readonly twins?: Twins | undefined;
}

/** The twin over the bars that were seen, and over those of history; null where that needs none of its own. */
export interface Twins {
  readonly seen: Twin;
  readonly history: Twin | null;
}

/** What a report needs of a run. */
export type DriftRun = Pick<
  LiveRun,
  'setup' | 'settings' | 'parameters' | 'warmUp' | 'modes' | 'missed' | 'orders'
> & {
  readonly bars: Pick<LiveRun['bars'], 'toColumns'>;
  readonly account: Pick<LiveRun['account'], 'lastClose' | 'position'>;
};

/** A run as it stands now, for a report that takes its time while the run goes on. */
export function frozenRun(run: LiveRun): DriftRun {
  const { setup, settings, parameters, warmUp } = run;
  const { lastClose, position } = run.account;
  const bars = run.bars.toColumns();
  const orders = run.orders().map((order) => ({ ...order, fills: [...order.fills] }));
  return {
    setup,
    settings,
    parameters,
    warmUp,
    modes: [...run.modes],
    missed: [...run.missed],
    orders: () => orders,
    bars: { toColumns: () => bars },
    account: { lastClose, position },
  };
}

/** The bars that the twins of a run are played over; null where history needs no twin of its own. */
export function barsOfTwins(
  run: DriftRun,
  history: BarColumns | null,
): { readonly seen: BarColumns; readonly history: BarColumns | null } {
  const seen = run.bars.toColumns();
  const { warmUp } = run;
  if (history === null || correctedBars(seen, history, warmUp).length === 0) {
    return { seen, history: null };
  }
  return { seen, history: joinedHistory(seen, history, warmUp) };
}

export const NOTHING: Drift = {
  data: 0,
  timing: 0,
  price: 0,
  fees: 0,
  size: 0,
  missed: 0,
  total: 0,
};

/**
 * Lays a live run beside its twin, the backtest over the bars that were seen, and beside the backtest over
 * what history has now. With the last close as the worth of what is left, each fill earns
 * `units x (last close - price) - fee`; so every difference has its place and nothing is left over.
 */
export function driftOf(run: DriftRun, facts: DriftFacts): DriftReport {
  const bars = run.bars.toColumns();
  const warmUp = run.warmUp;
  const twin = facts.twins?.seen ?? playTwin(run, bars, warmUp);
  const mark = run.account.lastClose;
  const { multiplier = 1 } = run.settings;
  let unknown = 0;
  const own = run.orders().map((order) => {
    const total = order.fills.reduce<Filled | undefined>((before, fill) => {
      const told = facts.commission(fill.trade) ?? fill.commission;
      if (told === null) unknown += 1;
      return joined(before, { ...fill, commission: told ?? 0 });
    }, undefined);
    return { order, filled: total ?? null };
  });
  const rows = pairsOf(own, twin)
    .map((pair) => rowOf(pair, mark, bars, run, facts, multiplier))
    .toSorted((a, b) => lastBar(a) - lastBar(b) || a.bar - b.bar);
  const listed = sum(rows.map(({ drift }) => drift));
  const live = liveEquity(run, rows, mark);
  // What the model charges besides its fills, such as interest; what rounding leaves is nothing.
  const rest = live - twin.equity - listed.total;
  const carry = Math.abs(rest) > Math.abs(live) * 1e-12 ? rest : 0;
  const differs = facts.history === null ? [] : correctedBars(bars, facts.history, warmUp);
  const known =
    facts.history === null
      ? null
      : differs.length === 0
        ? twin
        : (facts.twins?.history ??
          playTwin(run, joinedHistory(bars, facts.history, warmUp), warmUp));
  const data = known === null ? 0 : twin.equity - known.equity;
  return {
    bars: bars.time.length - warmUp,
    missedBars: run.modes.filter((mode) => mode === 'missed' || mode === 'paused').length,
    missedDecisions: run.missed.length,
    live: { equity: live, position: run.account.position },
    model: { equity: twin.equity, position: twin.position },
    history: known === null ? null : { equity: known.equity, position: known.position },
    orders: rows,
    trades: tradesOf(rows),
    corrected: differs,
    commissionsUnknown: unknown,
    drift: sum([listed, { ...NOTHING, fees: carry, data, total: carry + data }]),
  };
}

/** An order of the run and what it was filled with. */
export interface Own {
  readonly order: OwnOrder;
  readonly filled: Filled | null;
}

/** An order of the run and of its twin that are one decision. */
export interface Pair {
  readonly own: Own | null;
  readonly twin: TwinOrder | null;
}

/** Orders that both gave on the same bar for the same reason, and those that only one has filled. */
export function pairsOf(own: readonly Own[], { orders }: Pick<Twin, 'orders'>): Pair[] {
  const left = new Map<string, Own[]>();
  for (const each of own) {
    const key = keyOf(each.order);
    left.set(key, [...(left.get(key) ?? []), each]);
  }
  const pairs: Pair[] = orders.map((twin) => ({
    twin,
    own: left.get(keyOf(twin))?.shift() ?? null,
  }));
  for (const rest of left.values()) for (const each of rest) pairs.push({ own: each, twin: null });
  return pairs.filter(({ own: mine, twin }) => (mine?.filled ?? twin?.filled ?? null) !== null);
}

function keyOf(order: Pick<OwnOrder, 'bar' | 'side' | 'type' | 'tag'>): string {
  return `${order.bar} ${order.side} ${order.type} ${order.tag}`;
}

/** What was told of the decisions of a run that were not traded. */
export type Decided = Pick<DriftRun, 'missed' | 'modes'>;

/**
 * @param mark price of a unit that is left
 * @param multiplier money for a price of 1 of one unit
 */
export function rowOf(
  { own, twin }: Pair,
  mark: number,
  bars: Pick<BarColumns, 'time'>,
  run: Decided,
  facts: Pick<DriftFacts, 'arrival' | 'opening'>,
  multiplier = 1,
): DriftOrder {
  const { bar, side, type, tag } = (own?.order ?? twin) as OwnOrder | TwinOrder;
  const common = { bar, time: bars.time[bar] ?? Number.NaN, side, type, tag };
  const live = own?.filled ?? null;
  const model = twin?.filled ?? null;
  const way = side === 'buy' ? 1 : -1;
  if (live === null || model === null) {
    const worth = ({ quantity, price, commission }: Filled): number =>
      way * quantity * (mark - price) * multiplier - commission;
    const missed = live === null ? -worth(model as Filled) : worth(live);
    const why =
      live === null
        ? whyMissed(bar, own, run)
        : live.bar >= bars.time.length
          ? 'the model fills it with the bar that is forming'
          : 'the model has not filled it';
    return { ...common, live, model, drift: { ...NOTHING, missed, total: missed }, why };
  }
  const arrival = own === null ? null : facts.arrival(own.order);
  const next = bars.time[bar + 1];
  const begun = type === 'market' && next !== undefined && arrival !== null;
  // The price of a close may carry the very moment at which the next bar begins.
  const late = begun && arrival.time > facts.opening(next);
  const later = live.bar > model.bar;
  const money = way * multiplier;
  const worse = money * model.quantity * (model.price - live.price);
  let timing = 0;
  if (later) timing = worse;
  else if (late) timing = money * model.quantity * (model.price - arrival.price);
  const fees = model.commission - live.commission;
  const size = money * (live.quantity - model.quantity) * (mark - live.price);
  const drift = { ...NOTHING, timing, price: worse - timing, fees, size };
  const why = [
    ...(later ? [`filled ${live.bar - model.bar} bars later`] : []),
    ...(late && !later ? ['sent after the next bar had begun'] : []),
  ];
  return {
    ...common,
    live,
    model,
    drift: { ...drift, total: worse + fees + size },
    why: why.join('; '),
  };
}

function whyMissed(bar: number, own: Own | null, run: Decided): string {
  if (own !== null) return own.order.reason === '' ? 'not filled live' : own.order.reason;
  const decision = run.missed.find((each) => each.bar === bar);
  if (decision !== undefined) return decision.reason;
  const mode = run.modes[bar];
  if (mode === 'missed') return 'The bar had closed before it was heard.';
  return mode === 'paused' ? 'The run was paused.' : 'the live run stood otherwise by then';
}

/** Money and position at the last close, with commissions as they are known by now. */
function liveEquity(run: DriftRun, rows: readonly DriftOrder[], mark: number): number {
  let equity = run.settings.cash;
  const { multiplier = 1 } = run.settings;
  for (const { live, side } of rows) {
    if (live === null) continue;
    const way = side === 'buy' ? 1 : -1;
    equity += way * live.quantity * (mark - live.price) * multiplier - live.commission;
  }
  return equity;
}

/** Of its last fill. */
export function lastBar({ live, model }: DriftOrder): number {
  return Math.max(live?.bar ?? -1, model?.bar ?? -1);
}

export function tradesOf(rows: readonly DriftOrder[]): DriftTrade[] {
  const trades: DriftTrade[] = [];
  let part: DriftOrder[] = [];
  let live = 0;
  let model = 0;
  const close = (to: number | null): void => {
    const [first] = part;
    if (first === undefined) return;
    const drift = sum(part.map((row) => row.drift));
    trades.push({ from: first.time, to, orders: part.length, drift });
    part = [];
  };
  for (const row of rows) {
    const way = row.side === 'buy' ? 1 : -1;
    part.push(row);
    live += way * (row.live?.quantity ?? 0);
    model += way * (row.model?.quantity ?? 0);
    if (Math.abs(live) < 1e-9 && Math.abs(model) < 1e-9) close(row.time);
  }
  close(null);
  return trades;
}

export function sum(parts: readonly Drift[]): Drift {
  const add = (name: keyof Drift): number => parts.reduce((all, each) => all + each[name], 0);
  return {
    data: add('data'),
    timing: add('timing'),
    price: add('price'),
    fees: add('fees'),
    size: add('size'),
    missed: add('missed'),
    total: add('total'),
  };
}

/** Bars of the run that history has with other prices, or not at all, and those that were never seen. */
export function correctedBars(
  seen: BarColumns,
  history: BarColumns,
  warmUp: number,
): CorrectedBar[] {
  const from = seen.time[warmUp] ?? Number.POSITIVE_INFINITY;
  const to = seen.time.at(-1) ?? Number.NEGATIVE_INFINITY;
  const rows = new Map<number, { seen: Bar | null; history: Bar | null }>();
  const add = (which: 'seen' | 'history', bars: BarColumns): void => {
    for (let i = 0; i < bars.time.length; i += 1) {
      const bar = barOfRow(bars, i);
      if (bar.time < from || bar.time > to) continue;
      const row = rows.get(bar.time) ?? { seen: null, history: null };
      row[which] = bar;
      rows.set(bar.time, row);
    }
  };
  add('seen', seen);
  add('history', history);
  return [...rows]
    .filter(([, row]) => row.seen === null || row.history === null || !same(row.seen, row.history))
    .map(([time, row]) => ({ time, ...row }))
    .toSorted((a, b) => a.time - b.time);
}

const PRICES = ['open', 'high', 'low', 'close'] as const;

function same(a: Bar, b: Bar): boolean {
  return PRICES.every((name) => Object.is(a[name], b[name]));
}

/** The warm-up as it was, then the bars of history up to the last that was seen. */
export function joinedHistory(seen: BarColumns, history: BarColumns, warmUp: number): BarColumns {
  const from = seen.time[warmUp] ?? Number.POSITIVE_INFINITY;
  const to = seen.time.at(-1) ?? Number.NEGATIVE_INFINITY;
  const rows = Array.from(history.time.keys()).filter((i) => {
    const time = history.time[i] as number;
    return time >= from && time <= to;
  });
  const column = (name: keyof BarColumns): Float64Array =>
    Float64Array.from([
      ...seen[name].subarray(0, warmUp),
      ...rows.map((i) => history[name][i] as number),
    ]);
  return {
    time: column('time'),
    open: column('open'),
    high: column('high'),
    low: column('low'),
    close: column('close'),
    volume: column('volume'),
  };
}
