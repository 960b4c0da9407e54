import { ATR } from '../../../engine/indicators/volatility/atr.ts';
import { NATR, TRANGE } from '../../../engine/indicators/volatility/natr.ts';
import { describeProperties } from './properties.ts';

describeProperties([ATR, NATR, TRANGE]);
