import type { IndicatorDefinition } from '../definition.ts';

export const CANDLESTICKS: readonly IndicatorDefinition[] = [];
