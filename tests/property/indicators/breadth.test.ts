import { BREADTH } from '../../../engine/indicators/breadth/index.ts';
import { describeProperties } from './properties.ts';

describeProperties(BREADTH);
