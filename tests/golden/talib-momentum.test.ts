import { TALIB_MOMENTUM } from '../support/talib-momentum.ts';
import { describeTalib } from './talib.ts';

describeTalib('momentum', TALIB_MOMENTUM);
