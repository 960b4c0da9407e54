import type { IndicatorDefinition } from '../definition.ts';

export const BREADTH: readonly IndicatorDefinition[] = [];
