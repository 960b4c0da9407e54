import type { IndicatorDefinition } from '../definition.ts';
import { VOLUME_BEYOND } from './beyond.ts';
import { AD, ADOSC } from './accumulation.ts';
import { OBV } from './obv.ts';

export const VOLUME: readonly IndicatorDefinition[] = [AD, ADOSC, OBV, ...VOLUME_BEYOND];
