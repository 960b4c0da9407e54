import { describe } from 'vitest';
import { KLINGER } from '../../../engine/indicators/volume/volume-force.ts';
import { VOLUME_BEYOND } from '../../../engine/indicators/volume/beyond.ts';
import { describeProperties } from './properties.ts';

describeProperties(VOLUME_BEYOND, {
  // Without a falling bar in the window there is no ratio.
  sparse: ['up_down_volume'],
});

describe.each(['common', 'simple'])('klinger, version %s', (version) => {
  const periods = { fastperiod: 3, slowperiod: 5, signalperiod: 4 };
  describeProperties([KLINGER], { parameters: { klinger: { ...periods, version } } });
});
