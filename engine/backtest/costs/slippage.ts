import type { BacktestSettings, SlippageModel } from '../../domain/backtest.ts';
import type { BarColumns } from '../../domain/bar.ts';
import { slipped } from '../costs.ts';

/** The adverse change of price of what takes liquidity. */
export class Slippage {
  /** Whether the price depends on how much is filled. */
  readonly sized: boolean;
  private readonly model: SlippageModel;
  private readonly bars: BarColumns;

  constructor(settings: BacktestSettings, bars: BarColumns) {
    this.model = settings.slippage ?? { kind: 'bps', bps: settings.slippageBps };
    this.sized = this.model.kind === 'volume-share' || this.model.kind === 'square-root';
    this.bars = bars;
  }

  /** Price that a fill of `quantity` pays on a bar; never below nothing. */
  price(price: number, buys: boolean, quantity: number, bar: number): number {
    const { model } = this;
    const side = buys ? 'buy' : 'sell';
    switch (model.kind) {
      case 'bps':
        return slipped(price, side, model.bps);
      case 'spread':
        return slipped(price, side, model.bps / 2);
      case 'fixed':
        return buys ? price + model.amount : Math.max(0, price - model.amount);
      case 'volume-share': {
        const share = shareOf(quantity, this.bars.volume[bar] as number);
        return moved(price, buys, model.coefficient * share * share);
      }
      case 'square-root': {
        const { volatility, volume } = this.measured(bar, model.window);
        const share = shareOf(quantity, volume);
        return moved(price, buys, model.coefficient * volatility * Math.sqrt(share));
      }
    }
  }

  /** Deviation of the log returns and mean volume of the bars before `bar`: what is known at the fill. */
  private measured(bar: number, window: number): { volatility: number; volume: number } {
    const { close, volume } = this.bars;
    const from = Math.max(0, bar - window);
    let traded = 0;
    let count = 0;
    const returns: number[] = [];
    for (let i = from; i < bar; i += 1) {
      const units = volume[i] as number;
      if (Number.isFinite(units)) {
        traded += units;
        count += 1;
      }
      const change =
        i === 0 ? Number.NaN : Math.log((close[i] as number) / (close[i - 1] as number));
      if (Number.isFinite(change)) returns.push(change);
    }
    if (returns.length < 2 || count === 0) return { volatility: 0, volume: 0 };
    const mean = returns.reduce((sum, x) => sum + x, 0) / returns.length;
    const squares = returns.reduce((sum, x) => sum + (x - mean) ** 2, 0);
    return { volatility: Math.sqrt(squares / (returns.length - 1)), volume: traded / count };
  }
}

/** A bar without volume has nothing to share. */
function shareOf(quantity: number, volume: number): number {
  return volume > 0 ? quantity / volume : 0;
}

function moved(price: number, buys: boolean, part: number): number {
  return buys ? price * (1 + part) : Math.max(0, price * (1 - part));
}
