import { describe, expect, it } from 'vitest';
import { evaluateColumns } from '../../../../engine/expressions/columns.ts';
import { compile } from '../../../../engine/expressions/compile.ts';
import { RenataError } from '../../../../engine/domain/errors.ts';
import { CATALOGUE, environmentOf, scopeOf } from './helpers.ts';

const N = Number.NaN;
const CLOSE = [10, 12, 11, 13, 9, 9, 14];
const OPEN = [10, 10, 12, 11, 13, 9, 9];

function evaluate(source: string, parameters?: Record<string, number>): number[] {
  const expression = compile(source, CATALOGUE, parameters);
  return [...evaluateColumns(expression, environmentOf({ close: CLOSE, open: OPEN }))];
}

function failure(source: string): RenataError {
  try {
    compile(source, CATALOGUE);
  } catch (error) {
    if (error instanceof RenataError) return error;
    throw error;
  }
  throw new Error(`${source} compiled`);
}

describe('values', () => {
  it.each<[string, number[]]>([
    ['close', CLOSE],
    ['close - open', [0, 2, -1, 2, -4, 0, 5]],
    ['-close + 2 * 3', [-4, -6, -5, -7, -3, -3, -8]],
    ['close[1]', [N, 10, 12, 11, 13, 9, 9]],
    ['close[0]', CLOSE],
    ['close[1][1]', [N, N, 10, 12, 11, 13, 9]],
    ['close > open', [0, 1, 0, 1, 0, 0, 1]],
    ['close > close[1]', [N, 1, 0, 1, 0, 0, 1]],
    ['close > open and close > 12', [0, 0, 0, 1, 0, 0, 1]],
    ['close > open or close == 9', [0, 1, 0, 1, 1, 1, 1]],
    ['not (close > open)', [1, 0, 1, 0, 1, 1, 0]],
    ['not close > open', [1, 0, 1, 0, 1, 1, 0]],
    ['mean(close, 2)', [N, 11, 11.5, 12, 11, 9, 11.5]],
    ['mean(2)', [N, 11, 11.5, 12, 11, 9, 11.5]],
    ['average(period = 2)', [N, 11, 11.5, 12, 11, 9, 11.5]],
    ['mean(real = open, period = 2)', [N, 10, 11, 11.5, 12, 11, 9]],
    ['mean(close, 2).double', [N, 22, 23, 24, 22, 18, 23]],
    ['mean(mean(close, 2), 2)', [N, N, 11.25, 11.75, 11.5, 10, 10.25]],
    ['crossover(close, open)', [N, 1, 0, 1, 0, 0, 1]],
    ['crossunder(close, open)', [N, 0, 1, 0, 1, 0, 0]],
    ['highest(close, 3)', [N, N, 12, 13, 13, 13, 14]],
    ['lowest(close, 3)', [N, N, 10, 11, 9, 9, 9]],
    ['rising(close, 2)', [N, N, 0, 1, 0, 0, 1]],
    ['falling(close, 2)', [N, N, 0, 0, 1, 0, 0]],
    ['bars_since(close > open)', [N, 0, 1, 0, 1, 2, 0]],
    ['value_when(close > open, close)', [N, 12, 12, 13, 13, 13, 14]],
    ['value_when(close > open, close, 1)', [N, N, N, 12, 12, 12, 13]],
    ['count(close > open, 3)', [N, N, 1, 2, 1, 1, 1]],
    ['any(close > open, 2)', [N, 1, 1, 1, 1, 0, 1]],
    ['all(close >= 9, 2)', [N, 1, 1, 1, 1, 1, 1]],
    ['if(close > open, 1, -1)', [-1, 1, -1, 1, -1, -1, 1]],
    ['abs(close - open)', [0, 2, 1, 2, 4, 0, 5]],
    ['greatest(close, open) - least(close, open)', [0, 2, 1, 2, 4, 0, 5]],
    ['fill_missing(close[1], 0)', [0, 10, 12, 11, 13, 9, 9]],
    ['missing(close[1])', [1, 0, 0, 0, 0, 0, 0]],
    ['cumulate(close - open)', [0, 2, 1, 3, -1, -1, 4]],
    ['7 % 3 + -7 % 3', [3, 3, 3, 3, 3, 3, 3]],
    ['-2 ^ 2', [-4, -4, -4, -4, -4, -4, -4]],
    ['2 ^ 3 ^ 2', [512, 512, 512, 512, 512, 512, 512]],
    ['2 ^ -1', [0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5]],
    ['true and false', [0, 0, 0, 0, 0, 0, 0]],
    ['CLOSE > 12 && !(close < 14) || false # a comment', [0, 0, 0, 0, 0, 0, 1]],
    ['round(close / 3, 1)', [3.3, 4, 3.7, 4.3, 3, 3, 4.7]],
    ['close * param("scale", 2, 1..5)', CLOSE.map((x) => x * 2)],
  ])('of %s', (source, expected) => {
    expect(evaluate(source)).toEqual(expected);
  });

  it('of parameters can be chosen', () => {
    const source = 'mean(close, param("length", 2, 1..5)) - param("length", 2, 1..5)';
    expect(evaluate(source, { length: 1 })).toEqual(CLOSE.map((x) => x - 1));
    expect(compile(source, CATALOGUE).parameters).toEqual([
      { name: 'length', default: 2, low: 1, high: 5, step: 1 },
    ]);
    expect(() => evaluate(source, { length: 6 })).toThrow('outside its range 1..5');
    expect(() => evaluate(source, { len: 2 })).toThrow('no parameter "len"');
  });

  it('keep missing values missing in conditions', () => {
    expect(evaluate('close[1] > 5 and close > 100')).toEqual([0, 0, 0, 0, 0, 0, 0]);
    expect(evaluate('close[1] > 5 or close > 100')).toEqual([N, 1, 1, 1, 1, 1, 1]);
  });
});

describe('graph', () => {
  it('shares equal sub-expressions', () => {
    const once = compile('mean(close, 3) > 1', CATALOGUE).nodes.length;
    const twice = compile('mean(close, 3) > 1 and mean(real=close, period=3) > 1', CATALOGUE).nodes
      .length;
    expect(twice).toBe(once + 1);
  });

  it('knows its lookback', () => {
    expect(compile('mean(mean(close, 3), 4)[2] > 1', CATALOGUE).lookback).toBe(7);
    expect(compile('crossover(highest(close, 5), 3)', CATALOGUE).lookback).toBe(5);
  });

  it('folds constants', () => {
    expect(compile('2 * 3 + abs(-1)', CATALOGUE).nodes.at(-1)).toMatchObject({
      kind: 'constant',
      value: 7,
    });
  });

  it('never hands the columns of the bars out', () => {
    const column = Float64Array.of(1, 2);
    const series = { length: 2, closedAt: Float64Array.of(1, 2), column: () => column };
    const result = evaluateColumns(compile('close', CATALOGUE), { series: () => series });
    expect(result).not.toBe(column);
    expect(result).toEqual(column);
  });
});

describe('other scopes', () => {
  it('read only bars that had closed', () => {
    // Base bars close at 1..7; the coarser ones at 3 and 6.
    const hourly = scopeOf({ close: [100, 200] }, [3, 6]);
    const environment = environmentOf({ close: CLOSE }, { '@1h': hourly });
    const result = evaluateColumns(compile('tf("60m", close)', CATALOGUE), environment);
    expect([...result]).toEqual([N, N, 100, 100, 100, 200, 200]);
  });

  it('compute inside their own bars', () => {
    const spy = scopeOf({ close: [1, 2, 4] }, [1, 3, 5]);
    const environment = environmentOf({ close: CLOSE }, { 'SPY@': spy });
    const result = evaluateColumns(compile('on("spy", close - close[1])', CATALOGUE), environment);
    expect([...result]).toEqual([N, N, 1, 1, 2, 2, 2]);
  });
});

describe('errors', () => {
  it.each([
    ['rsl(14)', 'column 1: unknown function rsl'],
    ['meen(close)', 'column 1: unknown function meen: did you mean mean?'],
    ['1 + clsoe', 'column 5: unknown name clsoe: did you mean close?'],
    [
      'mean(close, 2).doubel',
      'column 16: mean has no output doubel; it has mean, double: did you mean double?',
    ],
    ['mean(close, 0)', 'column 13: mean period: 0 must be a whole number from 1 to 100.'],
    ['mean(close, 2.5)', 'must be a whole number from 1 to 100'],
    ['mean(close, open)', 'mean takes 1 series (real) or none'],
    ['mean(2, 3, 4)', 'mean'],
    ['mean(close, perod = 3)', 'mean has no argument perod: did you mean period?'],
    ['mean(close, 3, period = 3)', 'period is given twice'],
    ['highest(close)', 'bars is missing; highest(x, bars)'],
    ['highest(close, 0)', 'highest, bars: 0 must be a whole number from 1 to 100000'],
    ['highest(close, close)', 'must be a constant number'],
    ['highest(close, 3, 4)', 'highest has too many arguments'],
    ['highest(x = close, bars = 3, y = 1)', 'highest has no argument y'],
    ['close > 1 > 0', 'comparisons cannot be chained'],
    ['close and open', '"and": a condition is needed'],
    ['(close > 1) + 1', '"+": a number is needed'],
    ['close == (open > 1)', 'a number is needed'],
    ['close[-1]', 'must be a whole number from 0'],
    ['close[open]', 'must be a constant number'],
    ['close +', 'column 8: a value is expected here, but the end was found'],
    ['(close', 'column 7: ")" is expected here'],
    ['close close', 'column 7: an operator or the end is expected here, but "close" was found'],
    ['', 'column 1: the expression is empty'],
    ['close $ 1', 'column 7: "$" has no meaning here'],
    ['tf("1h', 'column 4: the text that starts here has no closing quote'],
    ['tf("1x", close)', 'column 4: timeframe: "1x" is not a bar length'],
    ['tf(1, close)', 'tf needs a timeframe in quotes'],
    ['on("", close)', 'is not a symbol'],
    ['on("SPY")', 'expression is missing; on("SPY", expression)'],
    ['"text"', 'text can only name'],
    ['5..6', 'a range can only be an argument of param'],
    ['param("a", 3, 5..9)', 'the default 3 must lie in its range 5..9'],
    ['param("a", 3, 2)', 'is a range such as 5..50'],
    ['param(a, 3)', 'param needs a name in quotes'],
    ['param("a", close)', 'must be a constant number'],
    ['param("a", 1, 0..5) + param("a", 2, 0..5)', 'stands twice'],
    ['close.mean', 'only an indicator has named outputs'],
    ['close.', 'the name of an output is expected'],
  ])('of "%s" say where and why', (source, message) => {
    const error = failure(source);
    expect(error.code).toBe('BAD_INPUT');
    expect(error.message).toContain(message);
    expect(error.details?.['column']).toBeTypeOf('number');
  });

  it('bound depth, length, parts and windows', () => {
    expect(failure('('.repeat(900) + 'close' + ')'.repeat(900)).message).toContain('nested deeper');
    expect(failure('-'.repeat(1_900) + '1').message).toMatch(/nested|shorter/);
    expect(failure('1 +'.repeat(9_999)).message).toContain('longer than');
    expect(failure(`2 ${'^ 2'.repeat(900)}`).message).toContain('nested deeper');
    expect(failure('1 +'.repeat(3_000)).message).toContain('more than 2000 parts');
    expect(compile(`1${'+1'.repeat(990)}`, CATALOGUE).nodes.length).toBeGreaterThan(1);
    const many = Array.from({ length: 480 }, (_, i) => `close*${i + 2}`).join('+');
    expect(compile(many, CATALOGUE).nodes.length).toBeGreaterThan(1_000);
    const wide = Array.from({ length: 25 }, (_, i) => `highest(close, ${99_000 + i})`).join('+');
    expect(failure(wide).message).toContain('windows');
  });
});
