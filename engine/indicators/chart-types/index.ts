import type { IndicatorDefinition } from '../definition.ts';
import { RANGE_BARS, RENKO } from './bricks.ts';
import { HEIKIN_ASHI } from './heikin-ashi.ts';
import { KAGI, LINE_BREAK } from './lines.ts';

export const CHART_TYPES: readonly IndicatorDefinition[] = [
  HEIKIN_ASHI,
  RENKO,
  RANGE_BARS,
  LINE_BREAK,
  KAGI,
];
