import { affordable, commissionOf, slipped } from '../backtest/costs.ts';
import type { CommissionModel } from '../domain/backtest.ts';
import { Findings, writeMetrics, type Frame } from './metrics.ts';
import type { FillList } from './signals.ts';

/** A fill may exceed the buying power by this part of it: rounding only, as in the simulation. */
const ROUNDING = 1e-9;

/**
 * Keeps the books of one combination from its fills: the operations of the event-driven simulation in
 * the same order, so that every mark of the equity and every trade has the same bits. It is for all
 * equity in one position, without lots and least commissions; the strategy has spoken already.
 */
export class Replay {
  /** The starting cash and the equity of each bar. */
  readonly equity: Float64Array;
  /** Closed trades of the last run, in order. */
  readonly entryBar: number[] = [];
  readonly exitBar: number[] = [];
  readonly pnl: number[] = [];
  readonly size: number[] = [];
  private readonly frame: Frame;
  private readonly findings = new Findings();
  private readonly returns: Float64Array;
  private readonly noMinimum: CommissionModel;
  private cash = 0;
  private position = 0;
  private lotSize = 0;
  private lotPrice = 0;
  private lotCost = 0;
  private lotBar = -1;

  constructor(frame: Frame) {
    this.frame = frame;
    this.equity = new Float64Array(frame.length + 1);
    this.returns = new Float64Array(frame.length);
    this.noMinimum = { ...frame.settings.commission, minimum: 0 };
  }

  /** Entry bar of the position that is open at the end; -1 when flat. */
  get openBar(): number {
    return this.position === 0 ? -1 : this.lotBar;
  }

  /**
   * Writes the metrics of the fills from `out[at]` on.
   * @returns false when the equity was gone on the way: what was ordered then is closed and refused, which
   *   only the event-driven engine knows; nothing is written
   */
  run(fills: FillList, out: Float64Array, at: number): boolean {
    const { length } = this.frame;
    const { findings } = this;
    this.cash = this.frame.settings.cash;
    this.position = 0;
    for (const list of [this.entryBar, this.exitBar, this.pnl, this.size]) list.length = 0;
    this.equity[0] = this.cash;
    let bar = 0;
    let held = 0;
    for (let k = 0; k < fills.count; k += 1) {
      const next = fills.bar[k] as number;
      held += this.mark(bar, next);
      bar = next;
      this.fill(
        bar,
        fills.target[k] as number,
        fills.price[k] as number,
        (fills.limited[k] as number) === 1,
      );
    }
    held += this.mark(bar, length);
    findings.held = held;
    if (this.measure() <= 0) return false;
    writeMetrics(this.frame, findings, out, at);
    return true;
  }

  /** Marks bars `from` (inclusive) to `to` (exclusive) and counts those with a position. */
  private mark(from: number, to: number): number {
    const { equity, cash, position } = this;
    if (position === 0) {
      equity.fill(cash, from + 1, to + 1);
      return 0;
    }
    const { close } = this.frame.bars;
    for (let i = from; i < to; i += 1) equity[i + 1] = cash + position * (close[i] as number);
    return to - from;
  }

  private fill(bar: number, target: number, asked: number, limited: boolean): void {
    const { commission: model, slippageBps, short } = this.frame.settings;
    const held = Math.abs(this.position);
    const leaves = target === 0;
    if (leaves && held === 0) return;
    const direction = leaves ? -Math.sign(this.position) : target;
    const price = limited ? asked : slipped(asked, direction > 0 ? 'buy' : 'sell', slippageBps);
    const against = this.position * direction < 0 ? held : 0;
    let quantity = against;
    if (!leaves) {
      let equity = this.cash + this.position * price;
      if (against > 0) equity -= commissionOf(this.noMinimum, against, price);
      const entry = affordable(model, equity, price);
      quantity = entry > 0 || against > 0 ? against + Math.max(entry, 0) : 0;
    }
    if (!(quantity > 0)) return;
    const change = direction * quantity;
    const after = this.position + change;
    if (after < 0 && !short && after < -held * ROUNDING) return;
    const commission = commissionOf(model, quantity, price);
    const smaller = Math.abs(after) <= held && after * this.position >= 0;
    const equity = this.cash + this.position * price - commission;
    if (!smaller && !(Math.abs(after) * price <= equity * (1 + ROUNDING))) return;
    this.book(bar, change, price, commission);
  }

  private book(bar: number, change: number, price: number, commission: number): void {
    const quantity = Math.abs(change);
    const held = Math.abs(this.position);
    const closes = this.position * change < 0 ? Math.min(held, quantity) : 0;
    const opens = quantity - closes;
    if (closes > 0) this.close(bar, closes, price, (commission * closes) / quantity);
    this.cash -= change * price + commission;
    this.position += change;
    if (closes === held && opens <= held * 1e-12) {
      this.position = 0;
    } else if (opens > 0) {
      this.lotSize = change > 0 ? opens : -opens;
      this.lotPrice = price;
      this.lotCost = (commission * opens) / quantity / opens;
      this.lotBar = bar;
    }
  }

  private close(bar: number, quantity: number, price: number, commission: number): void {
    const held = Math.abs(this.lotSize);
    const part = quantity >= held * (1 - 1e-12) ? held : quantity;
    const size = this.lotSize > 0 ? part : -part;
    const cost = part * (this.lotCost + commission / quantity);
    this.entryBar.push(this.lotBar);
    this.exitBar.push(bar);
    this.size.push(size);
    this.pnl.push(size * (price - this.lotPrice) - cost);
  }

  /** @returns the lowest mark of all */
  private measure(): number {
    const { findings, equity, returns } = this;
    const { length, perPeriod } = this.frame;
    let sum = 0;
    let below = 0;
    let top = -Infinity;
    let deepest = 0;
    let lowest = Infinity;
    for (let i = 0; i <= length; i += 1) {
      const value = equity[i] as number;
      if (value < lowest) lowest = value;
      if (value >= top) top = value;
      else if (1 - value / top > deepest) deepest = 1 - value / top;
      if (i === 0) continue;
      const change = value / (equity[i - 1] as number) - 1;
      returns[i - 1] = change;
      sum += change;
      const shortfall = change - perPeriod;
      if (shortfall < 0) below += shortfall * shortfall;
    }
    const mean = sum / length;
    let squares = 0;
    for (let i = 0; i < length; i += 1) {
      const distance = (returns[i] as number) - mean;
      squares += distance * distance;
    }
    findings.final = equity[length] as number;
    findings.mean = mean;
    findings.spread = length > 1 ? Math.sqrt(squares / (length - 1)) : Number.NaN;
    findings.downside = Math.sqrt(below / length);
    findings.deepest = deepest;
    this.countTrades();
    return lowest;
  }

  private countTrades(): void {
    const { findings, pnl } = this;
    findings.trades = pnl.length;
    findings.wins = 0;
    findings.losses = 0;
    findings.gained = 0;
    findings.lost = 0;
    for (const value of pnl) {
      if (value > 0) {
        findings.wins += 1;
        findings.gained += value;
      } else if (value < 0) {
        findings.losses += 1;
        findings.lost += value;
      }
    }
  }
}
