import { describe, expect, it } from 'vitest';
import { findStrategy } from '../../../../engine/backtest/strategies.ts';
import type { Parameter } from '../../../../engine/domain/parameters.ts';
import { parseDimension } from '../../../../engine/sweep/dimension.ts';
import { Space, type ParameterOwner } from '../../../../engine/sweep/space.ts';

const PERIOD: Parameter = {
  kind: 'integer',
  name: 'period',
  label: 'Period',
  description: '',
  default: 14,
  min: 2,
  max: 1_000,
  step: 1,
};
const WIDTH: Parameter = { ...PERIOD, kind: 'real', name: 'width', min: 0.1, max: 10, step: 0.1 };
const MODE: Parameter = {
  kind: 'choice',
  name: 'mode',
  label: 'Mode',
  description: '',
  default: 'slow',
  choices: ['slow', 'quick', 'off'],
};
const EXTRA: Parameter = {
  kind: 'boolean',
  name: 'extra',
  label: '',
  description: '',
  default: true,
};

function values(parameter: Parameter, text: string) {
  const dimension = parseDimension(parameter, text);
  return Array.from({ length: dimension.count }, (_, k) => dimension.valueOf(dimension.code(k)));
}

describe('values of a parameter', () => {
  it.each([
    ['2..6', [2, 3, 4, 5, 6]],
    ['2..9 step 3', [2, 5, 8]],
    ['2..9:3', [2, 5, 8]],
    ['5, 10,20', [5, 10, 20]],
    ['7', [7]],
    ['20, 5..7, 6', [20, 5, 6, 7]],
    ['10..1000 log 3', [10, 100, 1000]],
    ['2..5 log 9', [2, 3, 4, 5]],
  ])('reads %s', (text, wanted) => {
    expect(values(PERIOD, text)).toEqual(wanted);
  });

  it('takes the dust off decimal steps', () => {
    expect(values(WIDTH, '0.1..0.8')).toEqual([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8]);
    expect(values(WIDTH, '1..2 step 0.25')).toEqual([1, 1.25, 1.5, 1.75, 2]);
    expect(values(WIDTH, '0.1..10 log 3')).toEqual([0.1, 1, 10]);
  });

  it('reads choices and conditions', () => {
    expect(values(MODE, 'quick, slow')).toEqual(['quick', 'slow']);
    expect(values(MODE, 'all')).toEqual(['slow', 'quick', 'off']);
    expect(values(EXTRA, 'all')).toEqual([false, true]);
    expect(values(EXTRA, 'true')).toEqual([true]);
  });

  it('does not list what is large', () => {
    const many = parseDimension({ ...PERIOD, max: 1e12 }, '2..1000000001');
    expect(many.count).toBe(1e9);
    expect(many.code(999_999_999)).toBe(1_000_000_001);
  });

  it.each([
    [PERIOD, '', 'period: has no values; give some such as 2..100, 2..100 step 2 or 5, 10, 20.'],
    [PERIOD, 'ten', 'period: "ten" is no number and no range'],
    [PERIOD, '9..5', 'period: 9..5 is empty: 9 is more than 5.'],
    [PERIOD, '1..5', 'period: 1 must be a whole number from 2 to 1000.'],
    [PERIOD, '2..5000', 'period: 5000 must be a whole number from 2 to 1000.'],
    [PERIOD, '2.5', 'period: 2.5 must be a whole number from 2 to 1000.'],
    [PERIOD, '2..9 step 0', 'period: the step 0 of 2..9 step 0 must be more than 0.'],
    [PERIOD, '2..9 step 0.5', 'period: the step 0.5 of 2..9 step 0.5 must be a whole number.'],
    [PERIOD, '2..9 log 1', 'period: log takes a whole number of values from 2 to 65536.'],
    [{ ...WIDTH, min: -1 }, '-1..9 log 5', 'width: a log range starts above 0, not at -1.'],
    [MODE, 'fast', 'mode: "fast" must be one of slow, quick, off.'],
    [EXTRA, 'yes', 'extra: "yes" must be true or false.'],
    [
      { ...PERIOD, max: 1e9 },
      '2..100000000, 5',
      'period: takes at most 65536 values in a list; write one range.',
    ],
  ])('refuses %o %s', (parameter, text, message) => {
    expect(() => parseDimension(parameter, text)).toThrow(message);
  });
});

const OWNER: ParameterOwner = {
  id: 'test',
  parameters: [PERIOD, WIDTH, MODE, EXTRA],
  validate: () => undefined,
};

describe('a space', () => {
  it('numbers its combinations with the last parameter changing fastest', () => {
    const space = new Space(OWNER, {
      ranges: { mode: 'all', period: '5, 7' },
      fixed: { width: 2 },
    });
    expect(space.size).toBe(6);
    const codes = new Float64Array(2);
    const digits = new Int32Array(2);
    const all = Array.from({ length: space.size }, (_, index) => {
      expect(space.read(index, codes)).toBe(true);
      space.digits(index, digits);
      expect(space.indexOf(digits)).toBe(index);
      return space.parameters(codes);
    });
    expect(all.map(({ period, mode }) => `${String(period)} ${String(mode)}`)).toEqual([
      '5 slow',
      '5 quick',
      '5 off',
      '7 slow',
      '7 quick',
      '7 off',
    ]);
    expect(all[0]).toEqual({ period: 5, mode: 'slow', width: 2, extra: true });
  });

  it('counts what passes', () => {
    const ranges = { fast: '2..100', slow: '2..100' };
    const sma = findStrategy('sma-cross');
    // Pairs of 2 to 100 without order: 99 * 98 / 2.
    const space = new Space(sma, { ranges, constraints: ['fast < slow'] });
    expect(space.count()).toEqual({ valid: 4_851, exact: true });
    // The strategy's own check refuses the same ones.
    expect(new Space(sma, { ranges }).count()).toEqual({ valid: 4_851, exact: true });
    expect(
      new Space(sma, { ranges, constraints: ['fast < slow', 'slow >= 2 * fast'] }).count(),
    ).toEqual({
      // For each fast f, slow from 2 f (from 3 on) to 100: the sum of 101 - 2 f for f = 2 to 50.
      valid: 49 * 101 - 2 * (1_275 - 1),
      exact: true,
    });
  });

  it('judges a large space by a part of it', () => {
    const space = new Space(
      {
        ...OWNER,
        parameters: [
          { ...PERIOD, max: 1e6 },
          { ...PERIOD, name: 'other', max: 1e6 },
        ],
      },
      { ranges: { period: '2..40001', other: '2..25001' }, constraints: ['period < other'] },
    );
    expect(space.size).toBe(1e9);
    const { valid, exact } = space.count();
    expect(exact).toBe(false);
    // period below other: 25,000 * 24,999 / 2 of 10^9.
    expect(Math.abs(valid / 312_487_500 - 1)).toBeLessThan(0.01);
  });

  it('lets constraints read fixed and default parameters', () => {
    const space = new Space(OWNER, {
      ranges: { period: '2..10' },
      fixed: { width: 4 },
      constraints: ['period > width', 'extra == 1'],
    });
    expect(space.count().valid).toBe(6);
  });

  it.each([
    [
      { ranges: {} },
      'ranges: nothing is varied; give values to one of period, width, mode, extra.',
    ],
    [
      { ranges: { perod: '2..5' } },
      'test has no parameter "perod"; it has period, width, mode, extra. Did you mean period?',
    ],
    [{ ranges: { period: '2..5' }, fixed: { period: 3 } }, 'period: is both varied and fixed.'],
    [{ ranges: { period: '2..5' }, fixed: { widht: 3 } }, 'test has no parameter "widht"'],
    [{ ranges: { period: '2..5' }, constraints: ['period < perod'] }, '"perod" is not known'],
  ])('refuses %o', (description, message) => {
    expect(() => new Space(OWNER, description)).toThrow(message);
  });

  it('says when nothing passes', () => {
    const space = new Space(OWNER, { ranges: { period: '2..5' }, constraints: ['period > 5'] });
    expect(() => space.count()).toThrow(
      'ranges: none of the 4 combinations passes the constraints and the checks of test.',
    );
  });

  it('refuses more combinations than can be numbered', () => {
    const huge = { ...PERIOD, max: 1e12 };
    const owner = { ...OWNER, parameters: [huge, { ...huge, name: 'other' }] };
    expect(
      () => new Space(owner, { ranges: { period: '2..1000000000', other: '2..1000000000' } }),
    ).toThrow('ranges: 1.0e+18 combinations are more than can be numbered');
  });
});
