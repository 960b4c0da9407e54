import { describe, expect, it } from 'vitest';
import {
  CATALOGUE,
  computeIndicator,
  DEFINITIONS,
  INDICATORS,
} from '../../../../engine/indicators/registry.ts';
import { IndicatorStream, runIndicator } from '../../../../engine/indicators/runner.ts';
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

  it('gives NaN for a period longer than the series', () => {
    expect(computeIndicator('sma', { timeperiod: 7 }, bars)[0]?.values.every(Number.isNaN)).toBe(
      true,
    );
    expect(computeIndicator('sma', { timeperiod: 2 }, flatBars([]))[0]?.values.length).toBe(0);
  });
});
