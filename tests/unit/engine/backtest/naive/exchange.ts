import type { AdjustmentEvent } from '../../../../../engine/domain/adjustments.ts';
import type { BacktestSettings } from '../../../../../engine/domain/backtest.ts';
import type { BarColumns } from '../../../../../engine/domain/bar.ts';
import type {
  BracketRequest,
  OrderChange,
  OrderRequest,
} from '../../../../../engine/backtest/strategy.ts';
import {
  beginTrail,
  buys,
  commission,
  follow,
  hasLimit,
  hit,
  isMarketStop,
  isStop,
  isTouch,
  levelFrom,
  limitGood,
  newPaper,
  priceIn,
  stopGood,
  trailing,
  wholeLots,
  type Paper,
  type State,
} from './book.ts';

const DAY = 86_400_000;

/** What a script asks for on a bar; both engines are asked the same. */
export type Instruction =
  | { readonly kind: 'order'; readonly request: OrderRequest }
  | { readonly kind: 'pair'; readonly one: OrderRequest; readonly other: OrderRequest }
  | { readonly kind: 'bracket'; readonly request: BracketRequest }
  | { readonly kind: 'amend'; readonly id: number; readonly change: OrderChange }
  | { readonly kind: 'cancel'; readonly id: number }
  | { readonly kind: 'cancel-all' };

interface Range {
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
}

export interface NaiveFill {
  readonly order: number;
  readonly bar: number;
  readonly quantity: number;
  readonly price: number;
  readonly commission: number;
}

export class NaiveExchange {
  readonly orders: Paper[] = [];
  readonly fills: NaiveFill[] = [];
  readonly equity: number[] = [];
  readonly position: number[] = [];
  cash: number;
  units = 0;
  ruinedAt = -1;
  private last = Number.NaN;
  private mark = Number.NaN;
  private room = Infinity;
  private groups = 0;
  private bar = -1;
  private readonly bars: BarColumns;
  private readonly s: BacktestSettings;
  private events: AdjustmentEvent[];

  constructor(bars: BarColumns, s: BacktestSettings, events: readonly AdjustmentEvent[]) {
    this.bars = bars;
    this.s = s;
    this.cash = s.cash;
    // Row 57 before 58 on one day: a dividend is for the shares of before.
    this.events = [
      ...events.filter(({ kind }) => kind === 'dividend'),
      ...events.filter(({ kind }) => kind === 'split'),
    ].toSorted((a, b) => a.day - b.day);
  }

  run(script: (bar: number) => readonly Instruction[]): this {
    for (let i = 0; i < this.bars.time.length; i += 1) {
      this.step(i, script);
      this.equity.push(this.worth(this.mark));
      this.position.push(this.units);
    }
    return this;
  }

  private worth(price: number): number {
    return this.units === 0 ? this.cash : this.cash + this.units * price;
  }

  private live(): Paper[] {
    return this.orders.filter((o) => !o.over);
  }

  private day(i: number): number {
    return Math.floor((this.bars.time[i] ?? 0) / DAY);
  }

  /** The last bar of its day, as far as can be known beforehand: it ends at midnight. */
  private closes(i: number): boolean {
    const { time } = this.bars;
    const length = Math.min(
      ...Array.from(time.subarray(1), (at, k) => at - (time[k] ?? 0)),
      time.length < 2 ? DAY : Infinity,
    );
    return Math.floor(((time[i] ?? 0) + length) / DAY) > this.day(i);
  }

  private step(i: number, script: (bar: number) => readonly Instruction[]): void {
    const { bars, s } = this;
    this.bar = i;
    const range: Range = {
      open: bars.open[i] ?? Number.NaN,
      high: bars.high[i] ?? Number.NaN,
      low: bars.low[i] ?? Number.NaN,
      close: bars.close[i] ?? Number.NaN,
    };
    const volume = bars.volume[i] ?? Number.NaN;
    this.room = s.volumeLimit === undefined ? Infinity : volume > 0 ? volume * s.volumeLimit : 0;
    this.carry(i);
    this.takeEvents(i);
    const traded = this.traded(i);
    if (traded) this.match(i, range);
    if (Number.isFinite(range.close)) {
      this.mark = range.close;
      this.last = range.close;
    }
    if (!traded) return;
    if (this.closes(i)) {
      this.auction(range.close, false);
      for (const o of this.live()) {
        if (!o.over && o.force === 'day' && o.session === this.day(i)) this.end(o, 'Expired');
      }
    }
    this.lookForRuin();
    if (this.ruinedAt < 0 && i >= (s.warmUp ?? 0)) {
      for (const instruction of script(i)) this.obey(instruction);
    }
    if (s.fill !== 'same-close') return;
    this.auction(range.close, true);
    const ruined = this.ruinedAt;
    this.lookForRuin();
    if (ruined < 0 && this.ruinedAt >= 0) this.auction(range.close, true);
  }

  /** Row 5: of bars that repeat the close before them without volume, those after one with volume. */
  private traded(i: number): boolean {
    const { open, high, low, close, volume } = this.bars;
    const prices = (k: number): number[] => [open, high, low, close].map((c) => c[k] ?? 0);
    if (!prices(i).every(Number.isFinite)) return false;
    let k = i;
    while (k > 0 && volume[k] === 0 && prices(k).every((price) => price === close[k - 1])) k -= 1;
    return k === i || !((volume[k] ?? 0) > 0);
  }

  private carry(i: number): void {
    if (i === 0) return;
    const days = ((this.bars.time[i] ?? 0) - (this.bars.time[i - 1] ?? 0)) / DAY;
    const short = Math.max(0, -this.units) * (this.units === 0 ? 0 : this.mark);
    const owed = Math.max(0, -this.cash);
    const rate = short * (this.s.borrowRate ?? 0) + owed * (this.s.debitRate ?? 0);
    this.cash -= (rate * days) / 360;
  }

  private takeEvents(i: number): void {
    const due = this.events.filter(({ day }) => day <= this.day(i) * DAY);
    this.events = this.events.filter(({ day }) => day > this.day(i) * DAY);
    for (const event of due) {
      if (event.kind === 'dividend') this.dividend(event.amount);
      else this.split(event.ratio);
    }
  }

  private dividend(amount: number): void {
    this.cash += this.units * amount;
    if (amount < 0.01) return;
    for (const o of this.live()) {
      const falls = o.buys
        ? ['limit', 'market_if_touched', 'limit_if_touched'].includes(o.type)
        : isStop(o);
      if (!falls) continue;
      o.limit -= amount;
      o.stop -= amount;
    }
  }

  private split(ratio: number): void {
    this.units *= ratio;
    this.mark /= ratio;
    this.last /= ratio;
    const resting = this.live();
    for (const o of resting) {
      const left = o.units === null ? null : (o.units - o.filled) * ratio;
      o.filled *= ratio;
      if (left !== null) o.units = o.filled + wholeLots(this.s, left);
      o.limit /= ratio;
      o.stop /= ratio;
      o.amount /= ratio;
      o.offset /= ratio;
    }
    for (const o of resting) {
      if (ratio >= 1 || o.over) continue;
      const market = ['market', 'market_on_open', 'market_on_close'].includes(o.type);
      const running = o.hit && !hasLimit(o);
      const none = o.units !== null && o.units - o.filled <= 0 && !o.follows;
      if ((!market && !running) || none) this.end(o, 'Canceled');
    }
    if (this.s.lotSize === 0) return;
    const whole = wholeLots(this.s, Math.abs(this.units)) * Math.sign(this.units);
    if (Math.abs(this.units - whole) <= Math.abs(whole) * 1e-9) return;
    this.cash += (this.units - whole) * this.mark;
    this.units = whole;
  }

  private match(i: number, range: Range): void {
    for (const o of this.live()) {
      if (o.over || o.openFrom > i) continue;
      if ((this.bars.time[i] ?? 0) >= o.till) {
        this.end(o, 'Expired');
        continue;
      }
      if (o.waits) continue;
      o.session ??= this.day(i);
      const forSession = o.type.endsWith('on_close') || (o.force === 'day' && !o.type.endsWith('on_open'));
      if (forSession && o.session !== this.day(i)) this.end(o, 'Expired');
    }
    this.last = range.open;
    const first = i === 0 || this.day(i) !== this.day(i - 1);
    const resting = this.live();
    for (const o of resting) {
      if (!o.over && !o.waits && o.openFrom <= i) this.open(o, range.open, first, o.openFrom < i);
    }
    for (const o of this.live()) {
      if (o.over || o.waits || o.openFrom <= i || o.insideFrom > i || o.type === 'market') continue;
      this.open(o, range.open, false, false);
    }
    this.checkMargin(range.open, range.open);
    const inside = this.live().filter((o) => !o.waits && o.insideFrom <= i);
    const waiting = inside.filter(
      (o) => priceIn(o, range.open, range.high, range.low) !== undefined,
    );
    this.take(waiting, range, true);
    this.checkMargin(range.high, range.low);
    this.take(waiting, range, false);
    for (const o of inside) this.move(o, range);
    this.checkMargin(range.high, range.low);
  }

  private open(o: Paper, price: number, opening: boolean, waited: boolean): void {
    if (o.type.endsWith('on_close')) return;
    if (o.type.endsWith('on_open')) {
      if (!opening) return;
      if (o.type === 'market_on_open' || limitGood(o, price)) this.fill(o, price, 'open');
      if (!o.over) this.end(o, 'Expired');
      return;
    }
    if (isStop(o) || isTouch(o)) {
      if (!o.hit && stopGood(o, price)) hit(o);
      else if (!o.hit && trailing(o)) follow(o, price);
    }
    const at = o.type === 'market' || o.type === 'limit' || o.hit;
    if (at && (!hasLimit(o) || limitGood(o, price))) this.fill(o, price, 'open');
    void waited;
    if (at && !o.over && ['ioc', 'fok'].includes(o.force)) this.end(o, 'Canceled');
  }

  /** The next stop, or with stops done the next of the rest, is on its way: nearer ones go before. */
  private take(waiting: Paper[], range: Range, stops: boolean): void {
    const { open, high, low } = range;
    const where = (o: Paper): number => (priceIn(o, open, high, low) ?? open) - open;
    for (;;) {
      const able = waiting.filter((o) => !o.over && o.insideFrom <= this.bar);
      const target = able.find((o) => isMarketStop(o) === stops);
      if (target === undefined) return;
      const way = where(target);
      const before = able
        .filter((o) => where(o) * way > 0 && Math.abs(where(o)) < Math.abs(way))
        .toSorted(
          (a, b) =>
            Math.abs(where(a)) - Math.abs(where(b)) ||
            Number(isMarketStop(b)) - Number(isMarketStop(a)),
        );
      const o = before[0] ?? target;
      waiting.splice(waiting.indexOf(o), 1);
      const price = priceIn(o, open, high, low);
      if (price === undefined) continue;
      if (!hasLimit(o)) o.hit = true;
      if (o.type === 'limit' && ['ioc', 'fok'].includes(o.force)) continue;
      if (this.inside(o, price)) this.children(o, price, range);
    }
  }

  private inside(o: Paper, price: number): boolean {
    const before = o.filled;
    this.last = price;
    this.fill(o, price, 'inside');
    if (!o.over && ['ioc', 'fok'].includes(o.force)) this.end(o, 'Canceled');
    return o.filled > before;
  }

  /** Rows 63: what was set to work inside this bar by the parent. */
  private children(parent: Paper, entry: number, { open, high, low, close }: Range): void {
    const mine = (): Paper[] =>
      this.live().filter(
        (o) => o.parent === parent.id && !o.waits && o.insideFrom > this.bar && !o.hit,
      );
    for (const o of mine().filter(isStop)) {
      if (o.over || !(stopGood(o, high) || stopGood(o, low))) continue;
      hit(o);
      if (!isMarketStop(o)) continue;
      this.inside(o, stopGood(o, entry) ? entry : o.stop);
    }
    for (const o of mine().filter(({ type }) => type === 'limit')) {
      if (o.over || !(limitGood(o, high) || limitGood(o, low))) continue;
      const up = entry > open;
      const sure =
        limitGood(o, entry) ||
        entry === open ||
        (up ? o.limit >= entry || close <= o.limit : o.limit <= entry || close >= o.limit);
      if (sure) this.inside(o, limitGood(o, entry) ? entry : o.limit);
    }
  }

  private move(o: Paper, { high, low, close }: Range): void {
    if (o.over || o.hit || o.insideFrom > this.bar) return;
    if ((o.type === 'stop_limit' || o.type === 'trailing_stop_limit' || o.type === 'limit_if_touched') &&
      (stopGood(o, high) || stopGood(o, low))) {
      hit(o);
      return;
    }
    if (!trailing(o)) return;
    follow(o, o.buys ? low : high);
    if (!stopGood(o, close)) return;
    hit(o);
    if (o.type === 'trailing_stop') this.inside(o, o.stop);
  }

  private auction(price: number, all: boolean): void {
    this.last = price;
    const closing = this.closes(this.bar);
    for (const o of this.live()) {
      if (o.over || o.waits) continue;
      if (all && o.type === 'market') {
        this.fill(o, price, 'close');
        if (!o.over && ['ioc', 'fok'].includes(o.force)) this.end(o, 'Canceled');
      }
      if (!o.type.endsWith('on_close') || !closing || (!all && o.closeFrom > this.bar)) continue;
      if (o.type === 'market_on_close' || limitGood(o, price)) this.fill(o, price, 'close');
      if (!o.over) this.end(o, 'Expired');
    }
  }

  private against(o: Paper): number {
    return o.buys ? Math.max(0, -this.units) : Math.max(0, this.units);
  }

  private wanted(o: Paper, price: number): number {
    const { s } = this;
    const against = this.against(o);
    const left = o.units === null ? null : o.units - o.filled;
    if (o.reduce) return left === null ? against : Math.min(left, against);
    if (left !== null) return wholeLots(s, left);
    const { percent, perShare } = s.commission;
    const leaving = (against * price * percent) / 100 + against * perShare;
    const equity = this.worth(price) - leaving;
    const { size } = s;
    const all = buys(s, equity, price);
    let entry = all;
    if (size.kind === 'percent') entry = Math.min(all, buys(s, (equity * size.percent) / 100, price));
    if (size.kind === 'quantity') entry = size.quantity;
    if (size.kind === 'notional') entry = size.notional / price;
    entry = wholeLots(s, entry);
    return entry > 0 || against > 0 ? against + Math.max(0, entry) : 0;
  }

  private allowed(change: number, price: number, fee: number): boolean {
    const after = this.units + change;
    const tiny = Math.abs(this.units) * 1e-9;
    if (!this.s.short && after < -tiny) return false;
    const same = after === 0 || Math.sign(after) === Math.sign(this.units);
    if (same && Math.abs(after) <= Math.abs(this.units)) return true;
    const need = Math.abs(after) * price * (this.s.margin?.initial ?? 1);
    return need <= (this.worth(price) - fee) * (1 + 1e-9);
  }

  private fill(o: Paper, asked: number, moment: 'open' | 'inside' | 'close'): void {
    const { s } = this;
    if (o.units !== null && o.units - o.filled <= 0) return;
    if (o.reduce && this.against(o) === 0) {
      this.end(o, 'Canceled');
      return;
    }
    const slip = hasLimit(o) ? 0 : (asked * s.slippageBps) / 10_000;
    const price = o.buys ? asked + slip : asked - slip;
    const refuse = (): void => this.end(o, o.filled > 0 ? 'Canceled' : 'Denied');
    const want = this.wanted(o, price);
    if (!(want > 0)) {
      refuse();
      return;
    }
    const part = want <= this.room ? want : o.force === 'fok' ? 0 : wholeLots(s, this.room);
    if (!(part > 0)) return;
    const fee = commission(s, part, price);
    if (!this.allowed(o.buys ? part : -part, price, fee)) {
      refuse();
      return;
    }
    if (part < want && !o.reduce && o.units === null) o.units = want;
    this.book(o, part, price, fee, moment, part === want);
  }

  private book(o: Paper, part: number, price: number, fee: number, moment: string, complete: boolean): void {
    const change = o.buys ? part : -part;
    const held = Math.abs(this.units);
    this.cash -= change * price + fee;
    this.units += change;
    if (Math.abs(this.units) <= held * 1e-12) this.units = 0;
    this.room -= part;
    o.filled += part;
    o.money += part * price;
    o.fees += fee;
    this.fills.push({ order: o.id, bar: this.bar, quantity: part, price, commission: fee });
    const parentLives = (x: Paper): boolean =>
      x.follows && this.live().some(({ id }) => id === x.parent);
    const finished = complete && !parentLives(o);
    o.state = finished ? 'Filled' : 'PartiallyFilled';
    o.done = finished ? this.bar : -1;
    if (finished) {
      o.over = true;
      o.units = o.filled;
    }
    const emptied: Paper[] = [];
    for (const other of this.live()) {
      if (other === o) continue;
      if (other.parent === o.id) this.wake(other, part, price, moment);
      else if (o.group > 0 && other.group === o.group) {
        const left = other.units === null ? null : other.units - part;
        const none = left !== null && left - other.filled <= 1e-12 * (other.filled + Math.abs(left));
        // One that ends is shown with the units that it was given for.
        if (finished || (none && !parentLives(other))) emptied.push(other);
        else other.units = left;
      }
    }
    for (const other of emptied) if (!other.over) this.end(other, 'Canceled');
    if (finished) this.leave(o);
  }

  private wake(child: Paper, part: number, price: number, moment: string): void {
    const { bar } = this;
    if (child.waits) {
      child.waits = false;
      if (child.state === 'Initialized') child.state = 'Accepted';
      child.openFrom = bar + 1;
      child.insideFrom = moment === 'open' ? bar : bar + 1;
      child.closeFrom = moment === 'close' ? bar + 1 : bar;
      if (moment !== 'close') child.session = this.day(bar);
      if (child.follows) child.units = 0;
      beginTrail(child, price);
    }
    if (child.follows) child.units = (child.units ?? 0) + part;
  }

  /** Orders that hang on one that has ended. */
  private leave(parent: Paper): void {
    for (const o of this.live()) {
      if (o.over || o.parent !== parent.id) continue;
      const none = o.units !== null && o.units - o.filled <= 1e-12 * (o.filled + Math.abs(o.units));
      if (o.waits || (o.follows && none)) this.end(o, o.filled > 0 ? 'Filled' : 'Canceled');
    }
  }

  private end(o: Paper, state: State): void {
    if (o.over) return;
    o.over = true;
    o.state = state;
    o.done = this.bar;
    this.leave(o);
  }

  private checkMargin(high: number, low: number): void {
    const { margin } = this.s;
    if (margin === undefined || this.units === 0) return;
    const short = (price: number): number =>
      this.worth(price) - margin.maintenance * Math.abs(this.units) * price;
    const worst = this.units > 0 ? low : high;
    if (short(worst) > 0) return;
    // A straight line: where it crosses nothing.
    const [a, b] = [short(0), short(1)];
    const zero = a / (a - b);
    const price = this.units > 0 ? Math.min(this.last, zero) : Math.max(this.last, zero);
    for (const o of this.live()) if (!o.over) this.end(o, 'Canceled');
    const request: OrderRequest = {
      side: this.units > 0 ? 'sell' : 'buy',
      reduceOnly: true,
      tag: 'liquidation',
    };
    const o = newPaper(this.orders.length, request, this.bar, this.last);
    this.orders.push(o);
    const slip = (price * this.s.slippageBps) / 10_000;
    const paid = o.buys ? price + slip : price - slip;
    const units = Math.abs(this.units);
    this.last = price;
    this.book(o, units, paid, commission(this.s, units, paid), 'inside', true);
  }

  private lookForRuin(): void {
    if (this.ruinedAt >= 0 || this.worth(this.mark) > 0) return;
    this.ruinedAt = this.bar;
    for (const o of this.live()) if (!o.over) this.end(o, 'Canceled');
    if (this.units === 0) return;
    this.give({ side: this.units > 0 ? 'sell' : 'buy', reduceOnly: true, tag: 'ruin' });
  }

  private give(request: OrderRequest): number {
    const o = newPaper(this.orders.length, request, this.bar, this.last);
    if (request.oco !== undefined) {
      const other = this.orders[request.oco];
      if (other === undefined) throw new Error('no such order');
      if (other.group === 0) other.group = this.groups += 1;
      o.group = other.group;
    }
    this.orders.push(o);
    return o.id;
  }

  private obey(instruction: Instruction): void {
    switch (instruction.kind) {
      case 'order':
        this.give(instruction.request);
        break;
      case 'pair': {
        const oco = this.give(instruction.one);
        this.give({ ...instruction.other, oco });
        break;
      }
      case 'bracket': {
        const { entry, stopLoss, takeProfit } = instruction.request;
        const parent = this.give(entry);
        const out = { side: entry.side === 'buy' ? 'sell' : 'buy', reduceOnly: true, parent } as const;
        const oco = stopLoss === undefined ? undefined : this.give({ type: 'stop', ...stopLoss, ...out });
        if (takeProfit !== undefined) {
          this.give({ type: 'limit', ...takeProfit, ...out, ...(oco === undefined ? {} : { oco }) });
        }
        break;
      }
      case 'amend':
        this.amend(instruction.id, instruction.change);
        break;
      case 'cancel': {
        const o = this.orders[instruction.id];
        if (o !== undefined) this.end(o, 'Canceled');
        break;
      }
      case 'cancel-all':
        for (const o of this.live()) this.end(o, 'Canceled');
        break;
    }
  }

  private amend(id: number, change: OrderChange): void {
    const o = this.orders[id];
    if (o === undefined || o.over) return;
    if (change.quantity !== undefined) {
      o.units = Math.max(change.quantity, o.filled);
      o.follows = false;
    }
    o.limit = change.limitPrice ?? o.limit;
    o.stop = change.stopPrice ?? o.stop;
    if (o.units !== null && o.units - o.filled <= 0) this.end(o, o.filled > 0 ? 'Filled' : 'Canceled');
  }
}

/** Level of a trailing order that begins at a price, for scripts that want to know. */
export const trailLevel = levelFrom;
