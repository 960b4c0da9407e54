import { integer, numberOf, real } from '../../indicators/definition.ts';
import type { StrategyDefinition } from '../strategy.ts';
import { requireLess } from './checks.ts';

/** Mean reversion: buys weakness with a limit order and sells strength. */
export const RSI_REVERSION: StrategyDefinition = {
  id: 'rsi-reversion',
  title: 'RSI reversion',
  description:
    'Buys with a limit order at the close when the RSI falls below the lower level, and leaves at the market when it rises above the upper one. Mirrors this where short positions are allowed.',
  parameters: [
    { ...integer('period', 'RSI period', 14, 'Bars of the RSI.', [2, 1_000]), unit: 'bars' },
    real('lower', 'Lower level', 30, 'Buys below this RSI.', [1, 99], 1),
    real('upper', 'Upper level', 70, 'Sells above this RSI.', [1, 99], 1),
  ],
  validate: (parameters) => requireLess('rsi-reversion', parameters, 'lower', 'upper'),
  create(parameters, setup) {
    const rsi = setup.indicator('rsi', { timeperiod: numberOf(parameters, 'period') });
    const lower = numberOf(parameters, 'lower');
    const upper = numberOf(parameters, 'upper');
    return {
      onBar(context) {
        const value = rsi.at();
        const { position } = context;
        context.cancelAll();
        if (value < lower) {
          if (position < 0) context.exit('oversold');
          else if (position === 0) {
            context.order({
              side: 'buy',
              type: 'limit',
              limitPrice: context.close.at(),
              tag: 'oversold',
            });
          }
        } else if (value > upper) {
          if (position > 0) context.exit('overbought');
          else if (position === 0 && context.shortAllowed) {
            context.order({
              side: 'sell',
              type: 'limit',
              limitPrice: context.close.at(),
              tag: 'overbought',
            });
          }
        }
      },
    };
  },
};
