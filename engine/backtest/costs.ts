import type { CommissionModel } from '../domain/backtest.ts';
import type { OrderSide } from '../domain/order.ts';

/** Commission of one fill, in quote currency. */
export function commissionOf(model: CommissionModel, quantity: number, price: number): number {
  const cost = (model.percent / 100) * quantity * price + model.perShare * quantity;
  return cost > model.minimum ? cost : model.minimum;
}

/** Price after slippage: always worse for the order, by `slippageBps`. */
export function slipped(price: number, side: OrderSide, slippageBps: number): number {
  const change = (price * slippageBps) / 10_000;
  return side === 'buy' ? price + change : price - change;
}

/** Rounds a quantity down to whole lots; 0 allows any fraction. */
export function roundToLots(quantity: number, lotSize: number): number {
  if (lotSize <= 0) return quantity;
  // Half a billionth of a lot is forgiven: 0.3 / 0.1 is 2.9999999999999996.
  return Math.floor(quantity / lotSize + 5e-10) * lotSize;
}

/** Units that equity buys at `price` with the commission paid out of the same money. */
export function affordable(model: CommissionModel, equity: number, price: number): number {
  const quantity = equity / (price * (1 + model.percent / 100) + model.perShare);
  if (commissionOf(model, quantity, price) > model.minimum) return quantity;
  return (equity - model.minimum) / price;
}
