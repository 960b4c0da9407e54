import type { IndicatorDefinition } from '../definition.ts';

export const CHART_TYPES: readonly IndicatorDefinition[] = [];
