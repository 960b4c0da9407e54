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
    const closes = this.units * change < 0 ? Math.min(held, quantity) : 0;
    const opens = quantity - closes;
    if (closes > 0) {
      const share = (commission * closes) / quantity;
      this.trades.close(bar, closes, price, share, order.tag, moment === 'open', order.id);
    }
    this.units += change;
    if (closes === held && opens <= held * 1e-12) {
      this.units = 0;
    } else if (opens > 0) {
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
