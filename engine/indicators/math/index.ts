import type { IndicatorDefinition } from '../definition.ts';

export const MATH: readonly IndicatorDefinition[] = [];
