import type { IndicatorDefinition } from '../definition.ts';

export const VOLUME: readonly IndicatorDefinition[] = [];
