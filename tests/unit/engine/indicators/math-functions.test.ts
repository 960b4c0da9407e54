import { describe, expect, it } from 'vitest';
import type { IndicatorDefinition } from '../../../../engine/indicators/definition.ts';
import { MATH } from '../../../../engine/indicators/math/index.ts';
import { ADD, DIV, MULT, SUB, SUM } from '../../../../engine/indicators/math/operators.ts';
import { IndicatorStream, runIndicator } from '../../../../engine/indicators/runner.ts';

function named(name: string): IndicatorDefinition {
  const found = MATH.find(({ id }) => id === name.toLowerCase());
  if (found === undefined) throw new Error(`no ${name}`);
  return found;
}

/** The value of a bar, whole and as a stream's first. */
function both(definition: IndicatorDefinition, ...values: number[]): [number, number] {
  const columns = values.map((value) => Float64Array.of(value));
  const whole = runIndicator(definition, columns)[0]?.[0] ?? Number.POSITIVE_INFINITY;
  const output = new Float64Array(1);
  new IndicatorStream(definition).update(Float64Array.from(values), output);
  return [whole, output[0] ?? Number.POSITIVE_INFINITY];
}

describe('functions of one value', () => {
  // Values that are known in closed form, to 17 digits.
  it.each([
    ['ACOS', -1, Math.PI],
    ['ACOS', 0.5, Math.PI / 3],
    ['ASIN', 1, Math.PI / 2],
    ['ASIN', -0.5, -Math.PI / 6],
    ['ATAN', 1, Math.PI / 4],
    ['ATAN', 1e300, Math.PI / 2],
    ['CEIL', 1.000001, 2],
    ['CEIL', -1.5, -1],
    ['COS', Math.PI / 3, 0.5],
    ['COSH', 1, 1.5430806348152437],
    ['EXP', 2, 7.38905609893065],
    ['EXP', -1000, 0],
    ['FLOOR', 1.999999, 1],
    ['FLOOR', -1.5, -2],
    ['LN', 3, 1.0986122886681098],
    ['LN', 1e-8, -18.420680743952367],
    ['LOG10', 1e9, 9],
    ['LOG10', 2, 0.3010299956639812],
    ['SIN', Math.PI / 6, 0.5],
    ['SINH', 1, 1.1752011936438014],
    ['SQRT', 3, 1.7320508075688772],
    ['TAN', Math.PI / 4, 1],
    ['TANH', 1, 0.7615941559557649],
    ['TANH', 1e9, 1],
  ] as const)('%s of %d', (name, x, wanted) => {
    for (const value of both(named(name), x)) expect(value).toBeCloseTo(wanted, 14);
  });

  it.each([
    ['ACOS', 2],
    ['ACOS', -1.0000001],
    ['ASIN', 1.0000001],
    ['ASIN', -2],
    ['COSH', 711],
    ['COSH', -711],
    ['EXP', 709.8],
    ['LN', 0],
    ['LN', -0],
    ['LN', -1],
    ['LOG10', 0],
    ['LOG10', -5],
    ['SINH', 711],
    ['SINH', -711],
    ['SQRT', -1e-300],
  ] as const)('%s of %d has no value', (name, x) => {
    expect(both(named(name), x)).toEqual([Number.NaN, Number.NaN]);
  });
});

describe('operations on two series', () => {
  it('worked by hand', () => {
    expect(both(ADD, 1.5, 2.25)).toEqual([3.75, 3.75]);
    expect(both(SUB, 1.5, 2.25)).toEqual([-0.75, -0.75]);
    expect(both(MULT, 1.5, -2)).toEqual([-3, -3]);
    expect(both(DIV, 3, -8)).toEqual([-0.375, -0.375]);
  });

  it.each([
    ['ADD', ADD, 1e308, 1e308],
    ['SUB', SUB, -1e308, 1e308],
    ['MULT', MULT, 1e200, 1e200],
    ['DIV', DIV, 1, 0],
    ['DIV', DIV, 0, 0],
    ['DIV', DIV, -1, -0],
    ['DIV', DIV, 1e300, 1e-300],
  ] as const)('%s of %4$d and beyond has no value', (_, definition, x, y) => {
    expect(both(definition, x, y)).toEqual([Number.NaN, Number.NaN]);
  });

  it('want two series of one length', () => {
    const series = Float64Array.of(1, 2);
    for (const inputs of [[series], [series, series, series], [series, Float64Array.of(1)]]) {
      expect(() => runIndicator(DIV, inputs)).toThrow('div needs 2 series of equal length');
    }
  });
});

describe('SUM', () => {
  it('worked by hand', () => {
    const [sum] = runIndicator(SUM, [Float64Array.of(1, 2, 4, 8, 16)], { timeperiod: 2 });
    expect(Array.from(sum ?? [])).toEqual([Number.NaN, 3, 6, 12, 24]);
  });

  it('keeps no trace of a huge value and does not drift over a million bars', () => {
    const length = 1_000_000;
    const input = Float64Array.from({ length }, (_, i) => ((i * 7919) % 1_000) / 10 + 0.1);
    input[10] = 1e18;
    const period = 30;
    const [sum = new Float64Array(0)] = runIndicator(SUM, [input], { timeperiod: period });
    for (const bar of [10 + period, 5_000, 123_456, length - 1]) {
      let tenths = 0;
      for (let k = bar - period + 1; k <= bar; k += 1) tenths += Math.round((input[k] ?? 0) * 10);
      expect(Math.abs((sum[bar] ?? 0) - tenths / 10)).toBeLessThan(1e-11);
    }
  });
});

describe('wrong periods', () => {
  const windowed = MATH.filter(({ parameters }) => parameters.length > 0);

  it('are those of seven functions', () => {
    expect(windowed.map(({ id }) => id).toSorted()).toEqual(
      ['max', 'maxindex', 'min', 'minindex', 'minmax', 'minmaxindex', 'sum'].toSorted(),
    );
  });

  it.each(windowed.flatMap(({ id }) => [0, 1, -3, 2.5, 100_001, Number.NaN].map((n) => [id, n])))(
    '%s of %d is refused',
    (id, timeperiod = 0) => {
      const definition = named(String(id));
      const wanted = `${id} timeperiod: ${timeperiod} must be a whole number from 2 to 100000.`;
      const given = { timeperiod };
      expect(() => runIndicator(definition, [Float64Array.of(1)], given)).toThrow(wanted);
      expect(() => new IndicatorStream(definition, given)).toThrow(wanted);
    },
  );
});
