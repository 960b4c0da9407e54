import { OVERLAP } from '../../engine/indicators/overlap/index.ts';
import { describeTalib } from './talib.ts';

const TALIB = new Set([
  'accbands',
  'bbands',
  'dema',
  'ema',
  'ht_trendline',
  'kama',
  'ma',
  'mama',
  'mavp',
  'midpoint',
  'midprice',
  'sar',
  'sarext',
  'sma',
  't3',
  'tema',
  'trima',
  'wma',
]);

describeTalib(
  'overlap',
  OVERLAP.filter(({ id }) => TALIB.has(id)),
);
