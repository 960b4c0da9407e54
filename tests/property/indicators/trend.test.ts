import { OVERLAP_BEYOND } from '../../../engine/indicators/overlap/beyond.ts';
import { TREND } from '../../../engine/indicators/trend/index.ts';
import { describeProperties } from './properties.ts';

describeProperties([...OVERLAP_BEYOND, ...TREND], { sparse: ['fractals'] });
