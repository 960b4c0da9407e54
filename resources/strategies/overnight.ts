/**
 * Most of the return of stock indexes has come between the close and the next open. This holds through
 * the night only: it buys on the close and sells on the next open. Costs decide whether anything is left.
 */
import type { StrategyModule } from 'renata/strategy';

const parameters = {
  trend: {
    default: 200,
    min: 2,
    max: 400,
    description: 'Holds only above this average.',
    unit: 'bars',
  },
  filter: { default: true, description: 'Whether the average is looked at.' },
};

export const strategy: StrategyModule<typeof parameters> = {
  title: 'Overnight effect',
  description:
    'Buys with an order for the close and sells with one for the next open, on days above the average.',
  source: 'Cooper, Cliff and Gulen, Return Differences between Trading and Non-Trading Hours (2008)',
  timeframe: '1d',
  parameters,
  create({ trend, filter }, setup) {
    const average = setup.indicator('sma', { timeperiod: trend });
    setup.plot(`SMA ${trend}`, average);
    return {
      onBar(bar) {
        // Bought on this close, sold on the next open; then bought on the close of the same bar again.
        if (bar.position > 0) bar.order({ side: 'sell', type: 'market_on_open', reduceOnly: true, tag: 'morning' });
        if (filter && !(bar.close.at() > average.at())) return;
        bar.order({ side: 'buy', type: 'market_on_close', tag: 'evening' });
      },
    };
  },
};
