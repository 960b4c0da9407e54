import { CYCLE } from '../../engine/indicators/cycle/index.ts';
import { describeTalib } from './talib.ts';

describeTalib(
  'cycle',
  CYCLE.filter(({ id }) => id.startsWith('ht_')),
);
