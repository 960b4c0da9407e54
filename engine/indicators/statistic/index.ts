import type { IndicatorDefinition } from '../definition.ts';

export const STATISTIC: readonly IndicatorDefinition[] = [];
