import { RenataError } from '../domain/errors.ts';
import { ATR_STOP } from './strategies/atr-stop.ts';
import { BOLLINGER_BREAKOUT } from './strategies/bollinger-breakout.ts';
import { MACD_TREND } from './strategies/macd-trend.ts';
import { RSI_REVERSION } from './strategies/rsi-reversion.ts';
import { SMA_CROSS } from './strategies/sma-cross.ts';
import type { StrategyDefinition } from './strategy.ts';

/** Strategies that come with Renata, in the order they are offered. */
export const STRATEGIES: readonly StrategyDefinition[] = [
  SMA_CROSS,
  RSI_REVERSION,
  BOLLINGER_BREAKOUT,
  MACD_TREND,
  ATR_STOP,
];

/** @throws RenataError NOT_FOUND naming the strategies there are. */
export function findStrategy(id: string): StrategyDefinition {
  const found = STRATEGIES.find((definition) => definition.id === id);
  if (found === undefined) {
    const known = STRATEGIES.map((definition) => definition.id).join(', ');
    throw new RenataError('NOT_FOUND', `strategy: "${id}" does not exist; there are ${known}.`, {
      details: { parameter: 'strategy' },
    });
  }
  return found;
}
