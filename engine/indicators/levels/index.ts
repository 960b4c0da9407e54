import type { IndicatorDefinition } from '../definition.ts';
import {
  PIVOT_CAMARILLA,
  PIVOT_CLASSIC,
  PIVOT_DEMARK,
  PIVOT_FIBONACCI,
  PIVOT_TRADITIONAL,
  PIVOT_WOODIE,
} from './pivots.ts';
import { OPENING_RANGE, PREVIOUS_SESSION } from './sessions.ts';
import { FAIR_VALUE_GAP, SWING_HIGH_LOW, ZIGZAG } from './swings.ts';
import { VOLUME_PROFILE } from './volume-profile.ts';

export const LEVELS: readonly IndicatorDefinition[] = [
  ZIGZAG,
  SWING_HIGH_LOW,
  FAIR_VALUE_GAP,
  PIVOT_CLASSIC,
  PIVOT_TRADITIONAL,
  PIVOT_FIBONACCI,
  PIVOT_CAMARILLA,
  PIVOT_WOODIE,
  PIVOT_DEMARK,
  PREVIOUS_SESSION,
  OPENING_RANGE,
  VOLUME_PROFILE,
];
