import { describe, expect, it } from 'vitest';
import {
  CATALOGUE,
  computeIndicator,
  DEFINITIONS,
  INDICATORS,
} from '../../../../engine/indicators/registry.ts';
import { IndicatorStream, runIndicator } from '../../../../engine/indicators/runner.ts';
import { compile } from '../../../../engine/expressions/compile.ts';
import { flatBars } from '../backtest/bars.ts';

describe('the registry', () => {
  const bars = flatBars([1, 2, 3, 4, 5, 6]);

  it('knows indicators by name and alias', () => {
    expect(CATALOGUE.find('bollinger')?.id).toBe('bbands');
    expect([...CATALOGUE.names()]).toContain('rsi');
    expect(INDICATORS.length).toBe(DEFINITIONS.length);
    expect(computeIndicator('sma', { timeperiod: 2 }, bars)[0]?.values.at(-1)).toBe(5.5);
  });

  it('refuses what is unknown or out of range', () => {
    expect(() => computeIndicator('smx', {}, bars)).toThrow('does not exist');
    expect(() => computeIndicator('sma', { timeperiod: 0 }, bars)).toThrow(
      'must be a whole number from 2',
    );
    expect(() => computeIndicator('sma', { timeperiod: 2.5 }, bars)).toThrow(
      'must be a whole number',
    );
    const [sma] = DEFINITIONS;
    if (sma === undefined) throw new Error('no indicators');
    expect(() => runIndicator(sma, [], {})).toThrow('needs 1 series');
    const stream = new IndicatorStream(sma, { timeperiod: 3 });
    expect(() => stream.restore(new IndicatorStream(sma, { timeperiod: 4 }).snapshot())).toThrow(
      'other parameters',
    );
  });

  it('demands the series of indicators that have no usual ones', () => {
    const demanding = INDICATORS.filter(({ demands }) => demands.length > 0);
    // Every input that is one of two series, or a series of periods; nothing else.
    const pairs =
      'beta correl rolling_correlation rolling_beta cointegration_zscore add div mult sub ' +
      'ad_line ad_ratio ad_percent mcclellan mcclellan_summation breadth_thrust ' +
      'new_highs_lows high_low_index relative_strength mansfield_rs jensen_alpha';
    expect(demanding.map(({ id, demands }) => `${id}: ${demands.join(' ')}`)).toEqual([
      'mavp: periods',
      ...pairs.split(' ').map((id) => `${id}: real0 real1`),
    ]);
    for (const { id, inputs } of demanding) {
      expect(() => computeIndicator(id, {}, bars), id).toThrow(`${id} needs its series (`);
      const needs = `${id} needs its series: ${inputs.join(', ')}`;
      expect(() => compile(id, CATALOGUE), id).toThrow(needs);
      expect(compile(`${id}(open, close)`, CATALOGUE).type).toBe('number');
      const named = inputs.map((input) => `${input} = close`).join(', ');
      expect(compile(`${id}(${named})`, CATALOGUE).type).toBe('number');
    }
    expect(() => compile('correl(real1 = open)', CATALOGUE)).toThrow('needs its series');
    expect(() => compile('correl(30)', CATALOGUE)).toThrow('needs its series');
    expect(() => compile('correl(close)', CATALOGUE)).toThrow(
      'correl takes 2 series (real0, real1); correl(real0, real1, timeperiod)',
    );
  });

  it('gives NaN for a period longer than the series', () => {
    expect(computeIndicator('sma', { timeperiod: 7 }, bars)[0]?.values.every(Number.isNaN)).toBe(
      true,
    );
    expect(computeIndicator('sma', { timeperiod: 2 }, flatBars([]))[0]?.values.length).toBe(0);
  });
});
