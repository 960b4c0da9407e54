import { ACCBANDS } from '../../../engine/indicators/overlap/accbands.ts';
import { KAMA, MAMA, T3 } from '../../../engine/indicators/overlap/adaptive-averages.ts';
import { BBANDS } from '../../../engine/indicators/overlap/bbands.ts';
import { MA, MAVP } from '../../../engine/indicators/overlap/chosen-averages.ts';
import { MIDPOINT, MIDPRICE } from '../../../engine/indicators/overlap/midpoints.ts';
import { SAR, SAREXT } from '../../../engine/indicators/overlap/parabolic.ts';
import {
  DEMA,
  EMA,
  SMA,
  TEMA,
  TRIMA,
  WMA,
} from '../../../engine/indicators/overlap/simple-averages.ts';
import { HT_TRENDLINE } from '../../../engine/indicators/overlap/trendline.ts';
import { describeProperties } from './properties.ts';

describeProperties([SMA, EMA, WMA, DEMA, TEMA, TRIMA, KAMA, MAMA, T3, MA, HT_TRENDLINE]);
describeProperties([BBANDS, ACCBANDS, MIDPOINT, MIDPRICE, SAR, SAREXT]);

// The two periods must be in order.
for (const matype of [0, 1, 2, 3, 4, 5, 6, 7, 8]) {
  describeProperties([MAVP], {
    parameters: { mavp: { minperiod: 2 - (matype % 2), maxperiod: 7, matype } },
  });
}
