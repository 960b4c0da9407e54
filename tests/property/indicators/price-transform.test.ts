import { PRICE_TRANSFORM } from '../../../engine/indicators/price-transform/index.ts';
import { describeProperties } from './properties.ts';

describeProperties(PRICE_TRANSFORM);
