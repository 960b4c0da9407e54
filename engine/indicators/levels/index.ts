import type { IndicatorDefinition } from '../definition.ts';

export const LEVELS: readonly IndicatorDefinition[] = [];
