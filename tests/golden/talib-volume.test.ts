import { AD, ADOSC } from '../../engine/indicators/volume/accumulation.ts';
import { OBV } from '../../engine/indicators/volume/obv.ts';
import { describeTalib } from './talib.ts';

describeTalib('volume', [AD, ADOSC, OBV]);
