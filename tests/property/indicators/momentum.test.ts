import { TALIB_MOMENTUM } from '../../support/talib-momentum.ts';
import { describeProperties } from './properties.ts';

describeProperties(TALIB_MOMENTUM);
