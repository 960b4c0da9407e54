import type { IndicatorDefinition } from '../definition.ts';

export const CYCLE: readonly IndicatorDefinition[] = [];
