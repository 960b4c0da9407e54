import type { IndicatorDefinition } from '../definition.ts';
import { AVGDEV } from './avgdev.ts';
import { AVGPRICE, MEDPRICE, TYPPRICE, WCLPRICE } from './prices.ts';

export const PRICE_TRANSFORM: readonly IndicatorDefinition[] = [
  AVGPRICE,
  AVGDEV,
  MEDPRICE,
  TYPPRICE,
  WCLPRICE,
];
