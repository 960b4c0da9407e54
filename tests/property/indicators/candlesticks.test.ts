import { CANDLESTICKS } from '../../../engine/indicators/candlesticks/index.ts';
import { describeProperties } from './properties.ts';

describeProperties(CANDLESTICKS);
