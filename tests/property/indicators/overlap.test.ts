import { OVERLAP } from '../../../engine/indicators/overlap/index.ts';
import { describeProperties } from './properties.ts';

describeProperties(OVERLAP);
