import type { IndicatorDefinition } from '../definition.ts';

export const PRICE_TRANSFORM: readonly IndicatorDefinition[] = [];
