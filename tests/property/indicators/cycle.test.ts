import { CYCLE } from '../../../engine/indicators/cycle/index.ts';
import { describeProperties } from './properties.ts';

describeProperties(CYCLE.filter(({ id }) => id.startsWith('ht_')));
