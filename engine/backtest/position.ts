import type { BarColumns } from '../domain/bar.ts';
import type { Moment, WorkingOrder } from './matching/working-order.ts';
import { TradeLog, type TradeTerms } from './trade-log.ts';

/** Units held of one instrument, and the trades they make. */
export class Position {
  /** Signed. */
  units = 0;
  readonly trades: TradeLog;

  constructor(bars: BarColumns, terms?: TradeTerms) {
    this.trades = new TradeLog(bars, terms);
  }

  /** Units held against an order, which it closes before it opens anything. */
  against(order: WorkingOrder): number {
    const direction = order.buys ? 1 : -1;
    return this.units * direction < 0 ? Math.abs(this.units) : 0;
  }

  /** Books a fill. `change` is signed. */
  change(
    order: WorkingOrder,
    change: number,
    price: number,
    commission: number,
    moment: Moment,
    bar: number,
  ): void {
    const quantity = Math.abs(change);
    const held = Math.abs(this.units);
    const against = this.units * change < 0;
    const after = this.units + change;
    // What rounding leaves of a sum of parts is nothing: no order could trade it, and each try would cost a fee.
    const ends = against && Math.abs(after) <= held * 1e-12;
    const closes = ends ? held : against ? Math.min(held, quantity) : 0;
    const opens = ends ? 0 : quantity - closes;
    if (closes > 0) {
      const share = (commission * closes) / quantity;
      this.trades.close(bar, closes, price, share, order.tag, moment === 'open', order.id, ends);
    }
    this.units = ends ? 0 : after;
    if (opens > 0) {
      const share = (commission * opens) / quantity;
      const signed = change > 0 ? opens : -opens;
      this.trades.open(bar, signed, price, share, order.tag, moment === 'close', order.id);
    }
  }

  /** A split before `bar`. */
  split(bar: number, ratio: number): void {
    this.units *= ratio;
    this.trades.split(bar, ratio);
  }
}
