import type { IndicatorDefinition } from '../definition.ts';
import { EMA, SMA } from './simple-averages.ts';
import { BBANDS } from './bbands.ts';

export const OVERLAP: readonly IndicatorDefinition[] = [SMA, EMA, BBANDS];
