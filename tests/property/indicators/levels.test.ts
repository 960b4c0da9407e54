import { LEVELS } from '../../../engine/indicators/levels/index.ts';
import { describeProperties } from './properties.ts';

// Levels of sessions wait for the second one; swings and turns for the first that is confirmed.
describeProperties(LEVELS, {
  sparse: [
    'zigzag',
    'swing_high_low',
    'pivot_classic',
    'pivot_traditional',
    'pivot_fibonacci',
    'pivot_camarilla',
    'pivot_woodie',
    'pivot_demark',
    'previous_session',
  ],
});
