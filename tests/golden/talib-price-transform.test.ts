import { PRICE_TRANSFORM } from '../../engine/indicators/price-transform/index.ts';
import { describeTalib } from './talib.ts';

describeTalib('price-transform', PRICE_TRANSFORM);
