import { VOLATILITY_BEYOND } from '../../../engine/indicators/volatility/beyond.ts';
import { describeProperties } from './properties.ts';

describeProperties(VOLATILITY_BEYOND);
