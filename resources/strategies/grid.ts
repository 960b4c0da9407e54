/**
 * A ladder of limit orders below the price, each sold again a step above where it was bought. It earns
 * in markets that go sideways and holds everything in markets that fall. The number of steps bounds what
 * can be held.
 */
import type { StrategyModule } from 'renata/strategy';

const parameters = {
  steps: { default: 5, min: 1, max: 20, description: 'Most steps that may be held at once.' },
  width: { default: 2, min: 0.2, max: 20, step: 0.1, description: 'Distance of steps.', unit: '%' },
};

export const strategy: StrategyModule<typeof parameters> = {
  title: 'Grid',
  description:
    'Buys a part with a limit order a step below the last trade and sells it with one a step above its price, again and again.',
  source: 'Grid trading, a rule of market making without a view of the direction',
  parameters,
  create({ steps, width }) {
    const step = width / 100;
    /** Prices at which parts were bought and are still held, the last on top. */
    const held: { price: number; units: number }[] = [];
    let anchor = Number.NaN;
    let buying = -1;
    let selling = -1;
    return {
      onBar(bar) {
        const close = bar.close.at();
        // Far above an empty ladder it is moved up to the price.
        if (Number.isNaN(anchor) || (held.length === 0 && close > anchor * (1 + step))) anchor = close;
        if (buying >= 0) bar.cancel(buying);
        if (selling >= 0) bar.cancel(selling);
        const top = held.at(-1);
        if (held.length < steps) {
          const limitPrice = (top?.price ?? anchor) * (1 - step);
          const quantity = (bar.equity * 0.95) / steps / close;
          buying = bar.order({ side: 'buy', type: 'limit', limitPrice, quantity, tag: 'grid buy' });
        }
        if (top !== undefined) {
          const limitPrice = top.price * (1 + step);
          const { units } = top;
          selling = bar.order({
            side: 'sell',
            type: 'limit',
            limitPrice,
            quantity: units,
            reduceOnly: true,
            tag: 'grid sell',
          });
        }
      },
      onOrder(event) {
        if (event.order === buying && event.state !== 'PartiallyFilled') buying = -1;
        if (event.order === selling && event.state !== 'PartiallyFilled') selling = -1;
        if (event.quantity === 0) return;
        if (event.side === 'buy') {
          held.push({ price: event.price, units: event.quantity });
        } else {
          held.pop();
          anchor = event.price;
        }
      },
    };
  },
};
