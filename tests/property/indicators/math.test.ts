import { MATH } from '../../../engine/indicators/math/index.ts';
import { describeProperties } from './properties.ts';

// Prices are beyond 1, where acos and asin have no value.
describeProperties(MATH, { sparse: ['acos', 'asin'] });
