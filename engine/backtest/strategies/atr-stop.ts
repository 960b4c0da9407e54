import { integer, numberOf, real } from '../../indicators/definition.ts';
import type { StrategyDefinition } from '../strategy.ts';

/** Trend entry with a protective stop that follows at a multiple of the average true range. */
export const ATR_STOP: StrategyDefinition = {
  id: 'atr-stop',
  title: 'ATR stop',
  description:
    'Buys when the close rises above its average and keeps a sell stop a multiple of the ATR below the highest close since; mirrors this where short positions are allowed.',
  parameters: [
    { ...integer('period', 'Average', 50, 'Bars of the average.', [2, 1_000]), unit: 'bars' },
    {
      ...integer('atr', 'ATR period', 14, 'Bars of the average true range.', [1, 1_000]),
      unit: 'bars',
    },
    real('multiple', 'Distance', 3, 'Distance of the stop in average true ranges.', [0.1, 20]),
  ],
  validate: () => undefined,
  create(parameters, setup) {
    const average = setup.indicator('sma', { timeperiod: numberOf(parameters, 'period') });
    const range = setup.indicator('atr', { timeperiod: numberOf(parameters, 'atr') });
    const multiple = numberOf(parameters, 'multiple');
    setup.plot(`SMA ${numberOf(parameters, 'period')}`, average);
    let stop = Number.NaN;
    return {
      onBar(context) {
        const close = context.close.at();
        const distance = multiple * range.at();
        const { position } = context;
        if (Number.isNaN(distance) || Number.isNaN(average.at())) return;
        context.cancelAll();
        if (position === 0) {
          stop = Number.NaN;
          const before = context.close.at(1) - average.at(1);
          const now = close - average.at();
          if (now > 0 && before <= 0) context.buy('above average');
          else if (now < 0 && before >= 0 && context.shortAllowed) context.sell('below average');
          return;
        }
        const wanted = position > 0 ? close - distance : close + distance;
        // The stop only ever moves towards the price.
        if (Number.isNaN(stop)) stop = wanted;
        else stop = position > 0 ? Math.max(stop, wanted) : Math.min(stop, wanted);
        context.order({
          side: position > 0 ? 'sell' : 'buy',
          type: 'stop',
          stopPrice: stop,
          reduceOnly: true,
          tag: 'stop',
        });
      },
    };
  },
};
