import { OVERLAP } from '../../engine/indicators/overlap/index.ts';
import { describeTalib } from './talib.ts';

describeTalib(
  'overlap',
  OVERLAP.filter(({ id }) => ['sma', 'ema'].includes(id)),
);
