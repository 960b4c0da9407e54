import type { AdjustmentEvent } from '../../../../../engine/domain/adjustments.ts';
import type { BacktestSettings } from '../../../../../engine/domain/backtest.ts';
import type { BarColumns } from '../../../../../engine/domain/bar.ts';
import type { OrderChange, OrderRequest } from '../../../../../engine/backtest/strategy.ts';
import {
  beginTrail,
  buys,
  commission,
  hasLimit,
  isStop,
  newPaper,
  wholeLots,
  type Paper,
  type State,
} from './book.ts';

const DAY = 86_400_000;

/** A fill, as it is written down. */
export interface NaiveFill {
  readonly order: number;
  readonly bar: number;
  readonly quantity: number;
  readonly price: number;
  readonly commission: number;
}

/** Money, units and the ends of orders: what an exchange of papers does to an account. */
export class NaiveAccount {
  readonly orders: Paper[] = [];
  readonly fills: NaiveFill[] = [];
  cash: number;
  units = 0;
  ruinedAt = -1;
  protected last = Number.NaN;
  protected mark = Number.NaN;
  protected room = Infinity;
  protected bar = -1;
  protected readonly bars: BarColumns;
  protected readonly s: BacktestSettings;
  private groups = 0;
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

  protected worth(price: number): number {
    return this.units === 0 ? this.cash : this.cash + this.units * price;
  }

  protected live(): Paper[] {
    return this.orders.filter((o) => !o.over);
  }

  protected day(i: number): number {
    return Math.floor((this.bars.time[i] ?? 0) / DAY);
  }

  protected carry(i: number): void {
    if (i === 0) return;
    const days = ((this.bars.time[i] ?? 0) - (this.bars.time[i - 1] ?? 0)) / DAY;
    const short = Math.max(0, -this.units) * (this.units === 0 ? 0 : this.mark);
    const owed = Math.max(0, -this.cash);
    const rate = short * (this.s.borrowRate ?? 0) + owed * (this.s.debitRate ?? 0);
    this.cash -= (rate * days) / 360;
  }

  protected takeEvents(i: number): void {
    const due = this.events.filter(({ day }) => day <= this.day(i) * DAY);
    this.events = this.events.filter(({ day }) => day > this.day(i) * DAY);
    for (const event of due) {
      if (event.kind === 'dividend') this.dividend(event.amount);
      else this.split(event.ratio);
    }
  }

  protected dividend(amount: number): void {
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

  protected split(ratio: number): void {
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

  protected against(o: Paper): number {
    return o.buys ? Math.max(0, -this.units) : Math.max(0, this.units);
  }

  protected wanted(o: Paper, price: number): number {
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
    if (size.kind === 'percent')
      entry = Math.min(all, buys(s, (equity * size.percent) / 100, price));
    if (size.kind === 'quantity') entry = size.quantity;
    if (size.kind === 'notional') entry = size.notional / price;
    entry = wholeLots(s, entry);
    return entry > 0 || against > 0 ? against + Math.max(0, entry) : 0;
  }

  protected allowed(change: number, price: number, fee: number): boolean {
    const after = this.units + change;
    const tiny = Math.abs(this.units) * 1e-9;
    if (!this.s.short && after < -tiny) return false;
    const same = after === 0 || Math.sign(after) === Math.sign(this.units);
    if (same && Math.abs(after) <= Math.abs(this.units)) return true;
    const need = Math.abs(after) * price * (this.s.margin?.initial ?? 1);
    return need <= (this.worth(price) - fee) * (1 + 1e-9);
  }

  protected fill(o: Paper, asked: number, moment: 'open' | 'inside' | 'close'): void {
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

  protected book(
    o: Paper,
    part: number,
    price: number,
    fee: number,
    moment: string,
    complete: boolean,
  ): void {
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
        const none =
          left !== null && left - other.filled <= 1e-12 * (other.filled + Math.abs(left));
        // One that ends is shown with the units that it was given for.
        if (finished || (none && !parentLives(other))) emptied.push(other);
        else other.units = left;
      }
    }
    for (const other of emptied) if (!other.over) this.end(other, 'Canceled');
    if (finished) this.leave(o);
  }

  protected wake(child: Paper, part: number, price: number, moment: string): void {
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
  protected leave(parent: Paper): void {
    for (const o of this.live()) {
      if (o.over || o.parent !== parent.id) continue;
      const none = o.units !== null && o.units - o.filled <= 1e-12 * (o.filled + Math.abs(o.units));
      if (o.waits || (o.follows && none)) this.end(o, o.filled > 0 ? 'Filled' : 'Canceled');
    }
  }

  protected end(o: Paper, state: State): void {
    if (o.over) return;
    o.over = true;
    o.state = state;
    o.done = this.bar;
    this.leave(o);
  }

  protected checkMargin(high: number, low: number): void {
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

  protected lookForRuin(): void {
    if (this.ruinedAt >= 0 || this.worth(this.mark) > 0) return;
    this.ruinedAt = this.bar;
    for (const o of this.live()) if (!o.over) this.end(o, 'Canceled');
    if (this.units === 0) return;
    this.give({ side: this.units > 0 ? 'sell' : 'buy', reduceOnly: true, tag: 'ruin' });
  }

  protected give(request: OrderRequest): number {
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

  protected amend(id: number, change: OrderChange): void {
    const o = this.orders[id];
    if (o === undefined || o.over) return;
    if (change.quantity !== undefined) {
      o.units = Math.max(change.quantity, o.filled);
      o.follows = false;
    }
    o.limit = change.limitPrice ?? o.limit;
    o.stop = change.stopPrice ?? o.stop;
    if (o.units !== null && o.units - o.filled <= 0)
      this.end(o, o.filled > 0 ? 'Filled' : 'Canceled');
  }
}
