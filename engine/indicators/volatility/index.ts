import type { IndicatorDefinition } from '../definition.ts';
import { ATR } from './atr.ts';

export const VOLATILITY: readonly IndicatorDefinition[] = [ATR];
