import { MATH } from '../../engine/indicators/math/index.ts';
import { describeTalib } from './talib.ts';

describeTalib('math', MATH);
