import { describe, expect, it } from 'vitest';
import { RenataError } from '../../../../engine/domain/errors.ts';
import { evaluateColumns } from '../../../../engine/expressions/columns.ts';
import { compile, type Catalogue } from '../../../../engine/expressions/compile.ts';
import { ExpressionStream } from '../../../../engine/expressions/stream.ts';
import { BUILT_INS, SPECIAL_FUNCTIONS } from '../../../../engine/expressions/functions.ts';
import { CLOCK_COLUMNS, DERIVED, PRICE_COLUMNS } from '../../../../engine/expressions/graph.ts';
import { CATALOGUE as INDICATORS } from '../../../../engine/indicators/registry.ts';
import { CATALOGUE, environmentOf, MEAN } from './helpers.ts';

const N = Number.NaN;
const COLUMNS = { close: [0, 2, -4, 1e300], open: [0, 0, 0, 1e300] };

function evaluate(source: string, parameters: Record<string, number> = {}): number[] {
  return [...evaluateColumns(compile(source, CATALOGUE, parameters), environmentOf(COLUMNS))];
}

function failure(source: string, catalogue: Catalogue = CATALOGUE): RenataError {
  try {
    compile(source, catalogue);
  } catch (error) {
    if (error instanceof RenataError) return error;
    throw error;
  }
  throw new Error(`${source} compiles`);
}

describe('arithmetic without a finite result', () => {
  it.each([
    ['close / open', [N, N, N, 1]],
    ['close % open', [N, N, N, 0]],
    ['close * close', [0, 4, 16, N]],
    ['open ^ -1', [N, N, N, 1e-300]],
    ['close / open > 1', [N, N, N, 0]],
    ['1 / 0', [N, N, N, N]],
  ])('%s is missing there, over columns and bar by bar', (source, wanted) => {
    expect(evaluate(source)).toEqual(wanted);
    const stream = new ExpressionStream(compile(source, CATALOGUE));
    const rows = COLUMNS.close.map((close, i) => ({ close, open: COLUMNS.open[i] ?? N }));
    expect(rows.map((row) => stream.update(row))).toEqual(wanted);
  });

  it('is refused where it is written down', () => {
    expect(failure('close + 1e400').message).toBe('column 9: the number is too large.');
  });

  it('does not come from rounding', () => {
    expect(evaluate('round(close, 400)')).toEqual(COLUMNS.close);
    expect(evaluate('round(close, 20)')).toEqual(COLUMNS.close);
    expect(evaluate('round(close + 0.5, -400)')).toEqual([0, 0, 0, 0]);
  });
});

describe('names', () => {
  it('are never those of the host language', () => {
    for (const name of ['constructor', '__proto__', 'hasOwnProperty', 'toString']) {
      expect(failure(name).message).toContain(`column 1: unknown name ${name}`);
      expect(evaluate(`param("${name}", 5)`)).toEqual([5, 5, 5, 5]);
    }
  });

  it('of the language may be written in any case', () => {
    expect(evaluate('NOT (close > 0 AND True) Or FALSE')).toEqual([1, 0, 1, 0]);
  });

  it('of indicators never hide one of the language', () => {
    const taken = [
      ...BUILT_INS.map(({ name }) => name),
      ...SPECIAL_FUNCTIONS,
      ...PRICE_COLUMNS,
      ...CLOCK_COLUMNS,
      ...DERIVED.keys(),
      'and',
      'or',
      'not',
      'true',
      'false',
    ];
    expect(taken.filter((name) => INDICATORS.find(name) !== undefined)).toEqual([]);
  });
});

describe('the arguments of an indicator', () => {
  const TWO: Catalogue = {
    find: (name) => (name === 'two' ? { ...MEAN, id: 'two', parameters: [] } : MEAN),
    names: () => [],
  };

  it('are named at their own place when they are wrong', () => {
    expect(failure('1 + mean(close, 0)').details).toMatchObject({ column: 17, endColumn: 18 });
    expect(failure('mean(close, period = 2.5)').details).toMatchObject({ column: 22 });
  });

  it('are no series when they are all numbers', () => {
    expect(failure('mean(12, 26)').message).toMatch(/^column 6: .*series before its numbers/);
    expect(compile('two(12)', TWO).type).toBe('number');
  });

  it('give a series once', () => {
    expect(failure('mean(close, 3, real = open)').message).toContain('real is given twice');
    expect(failure('mean(real = close, real = open)').message).toContain('real is given twice');
  });
});

describe('places and suggestions', () => {
  it.each([
    ['close = 3', 7, '=='],
    ['(close = 3)', 8, '=='],
    ['close ≥ 3', 7, '>='],
    ['tf(“1h”, close)', 4, '"'],
    ['2 × close', 3, '*'],
  ])('of "%s"', (source, column, suggestion) => {
    expect(failure(source).details).toMatchObject({ column, suggestion });
  });

  it('show a character that takes two units whole', () => {
    expect(failure('1 + 😀').message).toBe('column 5: "😀" has no meaning here.');
  });

  it('allow ranges by name and a hundred levels of brackets', () => {
    expect(evaluate('param("a", 1, range = -5..5)', { a: -5 })).toEqual([-5, -5, -5, -5]);
    const nested = (n: number): string => `${'('.repeat(n)}1${')'.repeat(n)}`;
    expect(compile(nested(100), CATALOGUE).type).toBe('number');
    expect(failure(nested(110)).message).toContain('nested deeper than 100');
  });
});

describe('the memory of an evaluation', () => {
  /** Each of the windows is read twice, the first first and last: all are kept until the middle. */
  function windows(count: number): string {
    const parts = Array.from({ length: count }, (_, i) => `highest(close, ${i + 2})`);
    return `(${parts.join('+')}) * (${parts.toReversed().join('+')})`;
  }

  let made = 0;

  function over(length: number, source: string): Float64Array {
    const values = new Float64Array(Math.min(length, 1_000)).fill(1);
    const column = (): Float64Array => {
      made += 1;
      return values;
    };
    const series = { length, closedAt: values, column };
    return evaluateColumns(compile(source, CATALOGUE), { series: () => series });
  }

  it('is bounded before any column is made', () => {
    made = 0;
    expect(() => over(3_000_000, windows(120))).toThrow(/2\.\d GB of columns at one time/);
    expect(made).toBe(0);
    expect(over(1_000, windows(120))[999]).toBe(120 * 120);
    expect(made).toBeGreaterThan(0);
  });
});

it('a scope that reads itself through another is one order of work, not the caller’s', () => {
  const source = 'on("SPYH", tf("1h", on("SELF", on("SPYH", tf("1h", hl2)))))';
  const stream = new ExpressionStream(compile(source, CATALOGUE));
  const bar = (x: number): { high: number; low: number } => ({ high: x + 1, low: x - 1 });
  const scope = (instrument: string | null, tf: string | null) => ({ instrument, timeframe: tf });
  // All three close together: the middle of the inner bar goes out to SELF, back, and to the base.
  for (const x of [10, 20]) {
    const closed = [
      { scope: scope('SPYH', '1h'), bar: bar(x) },
      { scope: scope('SELF', '1h'), bar: bar(-1) },
      { scope: scope(null, null), bar: bar(-2) },
    ];
    expect(stream.updateAt(x === 10 ? closed : closed.toReversed())).toBe(x);
  }
});
