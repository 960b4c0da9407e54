import type { IndicatorDefinition } from '../definition.ts';
import { MACD } from './macd.ts';
import { RSI } from './rsi.ts';

export const MOMENTUM: readonly IndicatorDefinition[] = [RSI, MACD];
