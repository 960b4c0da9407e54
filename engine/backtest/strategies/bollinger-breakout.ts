import { integer, numberOf, real } from '../../indicators/definition.ts';
import type { StrategyDefinition } from '../strategy.ts';

/** Breakout: a stop order waits at the band; the middle is the way out. */
export const BOLLINGER_BREAKOUT: StrategyDefinition = {
  id: 'bollinger-breakout',
  title: 'Bollinger breakout',
  description:
    'Keeps a buy stop at the upper Bollinger band and leaves when the close falls below the middle. Keeps a sell stop at the lower band where short positions are allowed.',
  parameters: [
    { ...integer('period', 'Period', 20, 'Bars of the bands.', [2, 1_000]), unit: 'bars' },
    real('width', 'Width', 2, 'Standard deviations from the middle.', [0.1, 10]),
  ],
  validate: () => undefined,
  create(parameters, setup) {
    const width = numberOf(parameters, 'width');
    const given = {
      timeperiod: numberOf(parameters, 'period'),
      nbdevup: width,
      nbdevdn: width,
    };
    const upper = setup.indicator('bbands', given, 'upper');
    const middle = setup.indicator('bbands', given, 'middle');
    const lower = setup.indicator('bbands', given, 'lower');
    setup.plot('Upper band', upper);
    setup.plot('Middle', middle);
    setup.plot('Lower band', lower);
    return {
      onBar(context) {
        const centre = middle.at();
        if (Number.isNaN(centre)) return;
        const close = context.close.at();
        const { position } = context;
        context.cancelAll();
        if ((position > 0 && close < centre) || (position < 0 && close > centre)) {
          context.exit('middle');
        } else if (position === 0) {
          context.order({ side: 'buy', type: 'stop', stopPrice: upper.at(), tag: 'upper band' });
          if (context.shortAllowed) {
            context.order({ side: 'sell', type: 'stop', stopPrice: lower.at(), tag: 'lower band' });
          }
        }
      },
      onOrder(event, context) {
        // The first band to be reached takes the other order away.
        if (event.state === 'Filled' && context.position !== 0) context.cancelAll();
      },
    };
  },
};
