import type {
  BracketRequest,
  OrderChange,
  OrderRequest,
} from '../../../../../engine/backtest/strategy.ts';
import { NaiveAccount } from './account.ts';
import {
  follow,
  hasLimit,
  hit,
  isMarketStop,
  isStop,
  isTouch,
  limitGood,
  priceIn,
  stopGood,
  trailing,
  type Paper,
} from './book.ts';

const DAY = 86_400_000;

/** What a script asks for on a bar; both exchanges are asked the same. */
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

/** Decides which papers a bar fills, and at what price. */
export class NaiveExchange extends NaiveAccount {
  readonly equity: number[] = [];
  readonly position: number[] = [];

  run(script: (bar: number) => readonly Instruction[]): this {
    for (let i = 0; i < this.bars.time.length; i += 1) {
      this.step(i, script);
      this.equity.push(this.worth(this.mark));
      this.position.push(this.units);
    }
    return this;
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

  /** The last bar of its day, as far as can be known beforehand: it ends at midnight. */
  private closes(i: number): boolean {
    const { time } = this.bars;
    const length = Math.min(
      ...Array.from(time.subarray(1), (at, k) => at - (time[k] ?? 0)),
      time.length < 2 ? DAY : Infinity,
    );
    return Math.floor(((time[i] ?? 0) + length) / DAY) > this.day(i);
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

  private match(i: number, range: Range): void {
    for (const o of this.live()) {
      if (o.over || o.openFrom > i) continue;
      if ((this.bars.time[i] ?? 0) >= o.till) {
        this.end(o, 'Expired');
        continue;
      }
      if (o.waits) continue;
      o.session ??= this.day(i);
      const forSession =
        o.type.endsWith('on_close') || (o.force === 'day' && !o.type.endsWith('on_open'));
      if (forSession && o.session !== this.day(i)) this.end(o, 'Expired');
    }
    this.last = range.open;
    const first = i === 0 || this.day(i) !== this.day(i - 1);
    const resting = this.live();
    for (const o of resting) {
      if (!o.over && !o.waits && o.openFrom <= i) this.open(o, range.open, first);
    }
    for (const o of this.live()) {
      if (o.over || o.waits || o.openFrom <= i || o.insideFrom > i || o.type === 'market') continue;
      this.open(o, range.open, false);
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

  private open(o: Paper, price: number, opening: boolean): void {
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
    if (
      (o.type === 'stop_limit' ||
        o.type === 'trailing_stop_limit' ||
        o.type === 'limit_if_touched') &&
      (stopGood(o, high) || stopGood(o, low))
    ) {
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
        const out = {
          side: entry.side === 'buy' ? 'sell' : 'buy',
          reduceOnly: true,
          parent,
        } as const;
        const oco =
          stopLoss === undefined ? undefined : this.give({ type: 'stop', ...stopLoss, ...out });
        if (takeProfit !== undefined) {
          this.give({
            type: 'limit',
            ...takeProfit,
            ...out,
            ...(oco === undefined ? {} : { oco }),
          });
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
}
