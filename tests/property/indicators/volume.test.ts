import { AD, ADOSC } from '../../../engine/indicators/volume/accumulation.ts';
import { OBV } from '../../../engine/indicators/volume/obv.ts';
import { describeProperties } from './properties.ts';

describeProperties([AD, ADOSC, OBV]);
