import type { IndicatorDefinition } from '../definition.ts';

export const TREND: readonly IndicatorDefinition[] = [];
