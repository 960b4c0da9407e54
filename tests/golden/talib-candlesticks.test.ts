import { CANDLESTICKS } from '../../engine/indicators/candlesticks/index.ts';
import { describeTalib } from './talib.ts';

describeTalib('candlesticks', CANDLESTICKS);
