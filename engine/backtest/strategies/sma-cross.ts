import { integer, numberOf } from '../../indicators/definition.ts';
import type { StrategyDefinition } from '../strategy.ts';
import { requireLess } from './checks.ts';

/** Trend following by two moving averages; the oldest rule there is and the yardstick of the others. */
export const SMA_CROSS: StrategyDefinition = {
  id: 'sma-cross',
  title: 'SMA cross',
  description:
    'Buys when the fast moving average crosses above the slow one. Sells when it crosses below, and goes short where that is allowed.',
  parameters: [
    {
      ...integer('fast', 'Fast average', 10, 'Bars of the fast average.', [2, 5_000]),
      unit: 'bars',
    },
    {
      ...integer('slow', 'Slow average', 30, 'Bars of the slow average.', [2, 5_000]),
      unit: 'bars',
    },
  ],
  validate: (parameters) => requireLess('sma-cross', parameters, 'fast', 'slow'),
  create(parameters, setup) {
    const average = (name: string) =>
      setup.indicator('sma', { timeperiod: numberOf(parameters, name) });
    const fast = average('fast');
    const slow = average('slow');
    setup.plot(`SMA ${numberOf(parameters, 'fast')}`, fast);
    setup.plot(`SMA ${numberOf(parameters, 'slow')}`, slow);
    return {
      onBar(context) {
        const now = fast.at() - slow.at();
        const before = fast.at(1) - slow.at(1);
        if (now > 0 && before <= 0) {
          if (context.position <= 0) context.buy('cross up');
        } else if (now < 0 && before >= 0 && context.position >= 0) {
          context.sell('cross down');
        }
      },
    };
  },
};
