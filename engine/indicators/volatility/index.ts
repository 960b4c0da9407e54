import type { IndicatorDefinition } from '../definition.ts';
import { ATR } from './atr.ts';
import { VOLATILITY_BEYOND } from './beyond.ts';
import { NATR, TRANGE } from './natr.ts';

export const VOLATILITY: readonly IndicatorDefinition[] = [ATR, NATR, TRANGE, ...VOLATILITY_BEYOND];
