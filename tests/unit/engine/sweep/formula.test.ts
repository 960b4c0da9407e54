import { describe, expect, it } from 'vitest';
import { compileFormula } from '../../../../engine/sweep/formula.ts';

const NAMES = ['fast', 'slow', 'width'];

function condition(source: string, ...values: number[]): number {
  return compileFormula(source, NAMES, 'condition')(Float64Array.from(values));
}

function value(source: string, ...values: number[]): number {
  return compileFormula(source, NAMES, 'number')(Float64Array.from(values));
}

describe('constraints', () => {
  it('compare parameters', () => {
    expect(condition('fast < slow', 5, 10, 0)).toBe(1);
    expect(condition('fast < slow', 10, 10, 0)).toBe(0);
    expect(condition('fast <= slow', 10, 10, 0)).toBe(1);
    expect(condition('slow > fast', 5, 10, 0)).toBe(1);
    expect(condition('slow >= 2 * fast', 5, 10, 0)).toBe(1);
    expect(condition('slow >= 2 * fast', 6, 10, 0)).toBe(0);
    expect(condition('fast == 5', 5, 0, 0)).toBe(1);
    expect(condition('fast != 5', 5, 0, 0)).toBe(0);
    expect(condition('fast != 5', 4, 0, 0)).toBe(1);
  });

  it('join conditions', () => {
    expect(condition('fast < slow and width > 1', 1, 2, 2)).toBe(1);
    expect(condition('fast < slow and width > 1', 1, 2, 0)).toBe(0);
    expect(condition('fast < slow or width > 1', 2, 1, 2)).toBe(1);
    expect(condition('fast < slow or width > 1', 2, 1, 0)).toBe(0);
    expect(condition('not (fast < slow)', 2, 1, 0)).toBe(1);
    expect(condition('true', 0, 0, 0)).toBe(1);
    expect(condition('not false', 0, 0, 0)).toBe(1);
  });

  it('are not met by missing numbers', () => {
    for (const operator of ['<', '<=', '>', '>=', '==', '!=']) {
      expect(condition(`fast ${operator} slow`, Number.NaN, 1, 0)).toBe(0);
    }
  });

  it('reckon', () => {
    expect(value('fast + slow * 2 - 1', 3, 4, 0)).toBe(10);
    expect(value('-(fast / slow)', 3, 4, 0)).toBe(-0.75);
    expect(value('fast % slow', 7, 4, 0)).toBe(3);
    expect(value('fast ^ 2', 7, 4, 0)).toBe(49);
    expect(value('abs(fast - slow)', 3, 5, 0)).toBe(2);
    expect(value('min(fast, slow, width)', 3, 5, 1)).toBe(1);
    expect(value('max(fast, slow, width)', 3, 5, 1)).toBe(5);
    expect(value('sqrt(fast)', 9, 0, 0)).toBe(3);
    expect(value('exp(log(fast))', 9, 0, 0)).toBeCloseTo(9, 12);
    expect(value('floor(width) + ceil(width) + round(width)', 0, 0, 1.4)).toBe(4);
    expect(value('if(fast < slow, width, -1)', 1, 2, 7)).toBe(7);
    expect(value('if(fast < slow, width, -1)', 2, 1, 7)).toBe(-1);
  });

  it.each([
    [
      'fsat < slow',
      'column 1: "fsat" is not known; there are fast, slow, width: did you mean fast?',
    ],
    ['fast + slow', '"fast + slow" is a number; a constraint is a comparison such as fast < slow.'],
    ['fast < ', 'column 8: a value is expected here, but the end was found.'],
    ['(fast < slow) + 1 > 2', 'column 1: a number is expected here.'],
    ['fast and slow', 'column 1: a condition is expected here.'],
    ['sin(fast) > 0', 'column 1: "sin" is not a function; there are'],
    ['abs(fast, slow) > 0', 'column 1: abs takes 1 values.'],
    ['min(fast) > 0', 'column 1: min takes 2 to 20 values.'],
    ['fast[1] > 0', 'column 1: only numbers, names and functions may stand here.'],
  ])('refuse %s', (source, message) => {
    expect(() => condition(source, 1, 2, 3)).toThrow(message);
  });

  it('refuse a condition where a number is wanted', () => {
    expect(() => value('fast < slow', 1, 2, 3)).toThrow('an objective is a number');
  });
});
