import { ATR } from '../../engine/indicators/volatility/atr.ts';
import { NATR, TRANGE } from '../../engine/indicators/volatility/natr.ts';
import { describeTalib } from './talib.ts';

describeTalib('volatility', [ATR, NATR, TRANGE]);
