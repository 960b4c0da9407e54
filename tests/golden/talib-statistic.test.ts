import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fromRoot } from '../../build/lib/paths.ts';
import { runIndicator } from '../../engine/indicators/runner.ts';
import { STDDEV, VAR } from '../../engine/indicators/statistic/dispersion.ts';
import {
  LINEARREG,
  LINEARREG_ANGLE,
  LINEARREG_INTERCEPT,
  LINEARREG_SLOPE,
  TSF,
} from '../../engine/indicators/statistic/linear-regression.ts';
import { BETA, CORREL } from '../../engine/indicators/statistic/pairs.ts';
import { describeTalib } from './talib.ts';

describeTalib(
  'statistic',
  [
    BETA,
    CORREL,
    LINEARREG,
    LINEARREG_ANGLE,
    LINEARREG_INTERCEPT,
    LINEARREG_SLOPE,
    STDDEV,
    TSF,
    VAR,
  ],
  ['var'],
);

describe('a variance that TA-Lib rounds below zero', () => {
  it('is 0, as of nine equal closes it must be', () => {
    const path = fromRoot('tests/golden/talib/bars-minute.json');
    const { close = [] } = JSON.parse(readFileSync(path, 'utf8')) as {
      readonly close?: readonly number[];
    };
    // The one window of the reference set without any move; TA-Lib has −5.82e-10 there.
    const bar = 712;
    expect(new Set(close.slice(bar - 8, bar + 1)).size).toBe(1);
    const inputs = [Float64Array.from(close)];
    expect(runIndicator(VAR, inputs, { timeperiod: 9 })[0]?.[bar]).toBe(0);
    expect(runIndicator(STDDEV, inputs, { timeperiod: 9 })[0]?.[bar]).toBe(0);
  });
});
