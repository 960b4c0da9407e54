import { CHART_TYPES } from '../../../engine/indicators/chart-types/index.ts';
import { describeProperties } from './properties.ts';

describeProperties(CHART_TYPES);
