/**
 * A first strategy in TypeScript: parameters, two indicators, an entry with its stop and target as one
 * bracket, and what to do when an order is filled. Copy it with: renata strategy new mine --from adaptive-trend
 */
import type { StrategyModule } from 'renata/strategy';

const parameters = {
  period: { default: 20, min: 2, max: 200, description: 'Bars of the average.', unit: 'bars' },
  range: { default: 14, min: 1, max: 100, description: 'Bars of the average true range.' },
  stop: { default: 2, min: 0.5, max: 10, step: 0.5, description: 'Stop in average true ranges.' },
  target: { default: 4, min: 0.5, max: 20, step: 0.5, description: 'Target in the same.' },
};

export const strategy: StrategyModule<typeof parameters> = {
  title: 'Adaptive trend',
  description:
    'Buys when the close crosses above Kaufman’s adaptive average, with a stop and a target in average true ranges.',
  source: 'Perry Kaufman, Smarter Trading (1995)',
  timeframe: '1d',
  parameters,
  validate({ stop, target }) {
    return stop < target ? undefined : `stop ${stop} must be nearer than target ${target}.`;
  },
  create({ period, range, stop, target }, setup) {
    const average = setup.indicator('kama', { timeperiod: period });
    const atr = setup.indicator('atr', { timeperiod: range });
    setup.plot(`KAMA ${period}`, average);
    return {
      onBar(bar) {
        const close = bar.close.at();
        const reach = atr.at();
        const crosses = close > average.at() && bar.close.at(1) <= average.at(1);
        if (!crosses || bar.position !== 0 || !(reach > 0)) return;
        bar.bracket({
          entry: { side: 'buy', tag: 'above average' },
          stopLoss: { type: 'stop', stopPrice: close - stop * reach, tag: 'stop' },
          takeProfit: { limitPrice: close + target * reach, tag: 'target' },
        });
      },
    };
  },
};
