import { integer, numberOf } from '../../indicators/definition.ts';
import type { StrategyDefinition } from '../strategy.ts';
import { requireLess } from './checks.ts';

/** Trend following by the histogram of the MACD. */
export const MACD_TREND: StrategyDefinition = {
  id: 'macd-trend',
  title: 'MACD trend',
  description:
    'Buys when the MACD crosses above its signal line and sells when it crosses below, short where that is allowed.',
  parameters: [
    { ...integer('fast', 'Fast', 12, 'Bars of the fast average.', [2, 1_000]), unit: 'bars' },
    { ...integer('slow', 'Slow', 26, 'Bars of the slow average.', [3, 1_000]), unit: 'bars' },
    { ...integer('signal', 'Signal', 9, 'Bars of the signal line.', [1, 1_000]), unit: 'bars' },
  ],
  validate: (parameters) => requireLess('macd-trend', parameters, 'fast', 'slow'),
  create(parameters, setup) {
    const histogram = setup.indicator(
      'macd',
      {
        fastperiod: numberOf(parameters, 'fast'),
        slowperiod: numberOf(parameters, 'slow'),
        signalperiod: numberOf(parameters, 'signal'),
      },
      'hist',
    );
    return {
      onBar(context) {
        const now = histogram.at();
        const before = histogram.at(1);
        if (now > 0 && before <= 0 && context.position <= 0) context.buy('cross up');
        else if (now < 0 && before >= 0 && context.position >= 0) context.sell('cross down');
      },
    };
  },
};
