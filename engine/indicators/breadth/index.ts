import type { IndicatorDefinition } from '../definition.ts';
import {
  AD_LINE,
  AD_PERCENT,
  AD_RATIO,
  BREADTH_THRUST,
  MCCLELLAN,
  MCCLELLAN_SUMMATION,
} from './advance-decline.ts';
import { HIGH_LOW_INDEX, NEW_HIGHS_LOWS } from './highs-lows.ts';
import { JENSEN_ALPHA, MANSFIELD_RS, RELATIVE_STRENGTH } from './relative-strength.ts';

export const BREADTH: readonly IndicatorDefinition[] = [
  AD_LINE,
  AD_RATIO,
  AD_PERCENT,
  MCCLELLAN,
  MCCLELLAN_SUMMATION,
  BREADTH_THRUST,
  NEW_HIGHS_LOWS,
  HIGH_LOW_INDEX,
  RELATIVE_STRENGTH,
  MANSFIELD_RS,
  JENSEN_ALPHA,
];
