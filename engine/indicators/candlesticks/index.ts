import type { IndicatorDefinition } from '../definition.ts';
import { BOTTOMS } from './bottoms.ts';
import { CROWS } from './crows.ts';
import { DOJIS } from './dojis.ts';
import { GAPS } from './gaps.ts';
import { HIKKAKES } from './hikkake.ts';
import { INSIDE_OUTSIDE } from './inside-outside.ts';
import { METHODS } from './methods.ts';
import { OPPOSITE_LINES } from './opposite-lines.ts';
import { PIERCING_LINES } from './piercing.ts';
import { SINGLE_LINES } from './single-lines.ts';
import { SOLDIERS } from './soldiers.ts';
import { STARS } from './stars.ts';
import { UMBRELLAS } from './umbrellas.ts';

export const CANDLESTICKS: readonly IndicatorDefinition[] = [
  ...SINGLE_LINES,
  ...DOJIS,
  ...UMBRELLAS,
  ...INSIDE_OUTSIDE,
  ...PIERCING_LINES,
  ...OPPOSITE_LINES,
  ...STARS,
  ...SOLDIERS,
  ...CROWS,
  ...GAPS,
  ...METHODS,
  ...BOTTOMS,
  ...HIKKAKES,
];
