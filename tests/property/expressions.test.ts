import { describe, expect, it } from 'vitest';
import { evaluateColumns } from '../../engine/expressions/columns.ts';
import { compile } from '../../engine/expressions/compile.ts';
import type { ScopeSeries } from '../../engine/expressions/environment.ts';
import { scopeKey } from '../../engine/expressions/graph.ts';
import { RenataError } from '../../engine/domain/errors.ts';
import { ExpressionStream } from '../../engine/expressions/stream.ts';
import { CATALOGUE, environmentOf, scopeOf } from '../unit/engine/expressions/helpers.ts';
import { fc } from '../support/properties.ts';

/** Random well-typed expressions. */
const { number, condition } = fc.letrec<{ number: string; condition: string }>((tie) => ({
  number: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom('close', 'open', 'close[3]', 'hl2', '2', '0.5'),
    fc
      .tuple(tie('number'), fc.constantFrom('+', '-', '*', '/', '%'), tie('number'))
      .map(([a, o, b]) => `(${a} ${o} ${b})`),
    fc
      .tuple(tie('number'), fc.integer({ min: 1, max: 6 }))
      .map(([a, n]) => `mean(${a} + close * 0, ${n}).double`),
    fc
      .tuple(fc.constantFrom('highest', 'lowest'), tie('number'), fc.integer({ min: 1, max: 5 }))
      .map(([f, a, n]) => `${f}(${a}, ${n})`),
    fc
      .tuple(tie('condition'), tie('number'), tie('number'))
      .map(([c, a, b]) => `if(${c}, ${a}, ${b})`),
    fc
      .tuple(tie('condition'), tie('number'), fc.integer({ min: 0, max: 3 }))
      .map(([c, a, n]) => `value_when(${c}, ${a}, ${n})`),
    fc.tuple(tie('condition'), fc.integer({ min: 1, max: 5 })).map(([c, n]) => `count(${c}, ${n})`),
    tie('condition').map((c) => `bars_since(${c})`),
    fc.tuple(tie('number'), fc.integer({ min: 0, max: 4 })).map(([a, n]) => `(${a})[${n}]`),
    tie('number').map((a) => `cumulate(${a})`),
  ),
  condition: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom('close > open', 'true', 'close < 100'),
    fc
      .tuple(tie('number'), fc.constantFrom('<', '<=', '>', '>=', '==', '!='), tie('number'))
      .map(([a, o, b]) => `(${a} ${o} ${b})`),
    fc
      .tuple(tie('condition'), fc.constantFrom('and', 'or'), tie('condition'))
      .map(([a, o, b]) => `(${a} ${o} ${b})`),
    tie('condition').map((c) => `(not ${c})`),
    fc
      .tuple(fc.constantFrom('crossover', 'crossunder'), tie('number'), tie('number'))
      .map(([f, a, b]) => `${f}(${a}, ${b})`),
    fc
      .tuple(fc.constantFrom('rising', 'falling'), tie('number'), fc.integer({ min: 1, max: 5 }))
      .map(([f, a, n]) => `${f}(${a}, ${n})`),
    fc
      .tuple(fc.constantFrom('any', 'all'), tie('condition'), fc.integer({ min: 1, max: 5 }))
      .map(([f, c, n]) => `${f}(${c}, ${n})`),
  ),
}));

const price = fc.oneof(
  { weight: 12, arbitrary: fc.integer({ min: 90, max: 110 }) },
  { weight: 1, arbitrary: fc.constant(Number.NaN) },
);
const bars = fc.array(fc.record({ open: price, close: price, high: price, low: price }), {
  maxLength: 40,
});
type Rows = readonly { open: number; close: number; high: number; low: number }[];

function columnsOf(rows: Rows): Record<'open' | 'high' | 'low' | 'close', number[]> {
  return {
    open: rows.map((row) => row.open),
    high: rows.map((row) => row.high),
    low: rows.map((row) => row.low),
    close: rows.map((row) => row.close),
  };
}

const scoped: fc.Arbitrary<(inner: string) => string> = fc.oneof(
  fc.constantFrom('1h', '1d').map((tf) => (inner: string) => `tf("${tf}", ${inner})`),
  fc.constantFrom('SPY', 'QQQ').map((symbol) => (inner: string) => `on("${symbol}", ${inner})`),
  fc.tuple(fc.constantFrom('SPY', 'QQQ'), fc.constantFrom('1h', '1d')).map(
    ([symbol, tf]) =>
      (inner: string) =>
        `on("${symbol}", tf("${tf}", ${inner}))`,
  ),
  fc.constantFrom(
    (inner: string) => `(${inner})[1]`,
    (inner: string) => `(${inner} - close)`,
    (inner: string) => `mean(${inner} + 0 * close, 3)`,
    (inner: string) => `cumulate(${inner})`,
  ),
);
/** Timeframes and instruments within each other, with work of their own at every depth. */
const nested = fc
  .tuple(
    fc.constantFrom('hl2', 'close', 'open - close'),
    fc.array(scoped, { minLength: 2, maxLength: 7 }),
  )
  .map(([leaf, wraps]) => wraps.reduce<string>((inner, wrap) => wrap(inner), leaf));
/** A moment: which scopes close a bar at it, in what order they are given, and a price. */
const moment = fc.record({
  price: fc.integer({ min: 90, max: 110 }),
  closes: fc.array(fc.boolean(), { minLength: 5, maxLength: 5 }),
  backwards: fc.boolean(),
});
const rowOf = (base: number, scope: number): Rows[number] => ({
  open: base + scope / 8,
  high: base + 2 + scope,
  low: base - 1 - scope,
  close: base + scope * 3,
});

/** Compiles, or gives up on the rare sources whose constant arguments make no sense. */
function compiled(source: string): ReturnType<typeof compile> | undefined {
  try {
    return compile(source, CATALOGUE);
  } catch (error) {
    if (error instanceof RenataError) return undefined;
    throw error;
  }
}

describe('an expression', () => {
  it('gives the same digits over columns, bar by bar, and across a restart', () => {
    fc.assert(
      fc.property(fc.oneof(number, condition), bars, fc.nat(40), (source, rows, cut) => {
        const expression = compiled(source);
        if (expression === undefined) return;
        const batch = evaluateColumns(expression, environmentOf(columnsOf(rows)));
        let stream = new ExpressionStream(expression);
        rows.forEach((bar, i) => {
          if (i === cut) {
            const saved = JSON.parse(
              JSON.stringify(stream.snapshot(), (_key, value: unknown) =>
                typeof value === 'number' && !Number.isFinite(value) ? String(value) : value,
              ),
              (_key, value: unknown) =>
                value === 'NaN' || value === 'Infinity' || value === '-Infinity'
                  ? Number(value)
                  : value,
            ) as ReturnType<ExpressionStream['snapshot']>;
            stream = new ExpressionStream(expression);
            stream.restore(saved);
          }
          const previewed = stream.preview(bar);
          const value = stream.update(bar);
          expect(previewed).toBe(value);
          expect(value).toBe(batch[i]);
        });
      }),
      { numRuns: 400 },
    );
  });

  it('reads other scopes, nested back into themselves too, as columns do, whatever closes together', () => {
    fc.assert(
      fc.property(nested, fc.array(moment, { minLength: 1, maxLength: 40 }), (source, moments) => {
        const expression = compiled(source);
        if (expression === undefined) return;
        // Each scope closes a bar at some of the moments; many close together.
        const keys = expression.scopes.map((scope) => scopeKey(scope));
        const rowsOf = keys.map((_, k) =>
          moments.flatMap(({ price: base, closes }, at) =>
            closes[k % closes.length] === true ? [{ at, row: rowOf(base, k) }] : [],
          ),
        );
        const series = rowsOf.map((rows) =>
          scopeOf(
            columnsOf(rows.map(({ row }) => row)),
            rows.map(({ at }) => at),
          ),
        );
        const batch = evaluateColumns(expression, {
          series: (scope) => series[keys.indexOf(scopeKey(scope))] as ScopeSeries,
        });
        const stream = new ExpressionStream(expression);
        const values: number[] = [];
        moments.forEach(({ backwards }, at) => {
          const closed = expression.scopes.flatMap((scope, k) => {
            const found = rowsOf[k]?.find((each) => each.at === at);
            return found === undefined ? [] : [{ scope, bar: found.row }];
          });
          const value = stream.updateAt(backwards ? closed.toReversed() : closed);
          if (value !== undefined) values.push(value);
        });
        expect(values).toEqual([...batch]);
      }),
      { numRuns: 400 },
    );
  });

  it('takes each scope that it reads once a moment', () => {
    const stream = new ExpressionStream(compile('tf("1h", close) + close', CATALOGUE));
    const hour = { scope: { instrument: null, timeframe: '1h' }, bar: { close: 5 } };
    const base = { scope: { instrument: null, timeframe: null }, bar: { close: 1 } };
    expect(stream.updateAt([hour])).toBeUndefined();
    expect(stream.updateAt([base])).toBe(6);
    expect(stream.updateAt([base, { ...hour, bar: { close: 7 } }])).toBe(8);
    expect(() => stream.updateAt([hour, hour])).toThrow('takes one bar a moment of @1h');
    const other = { ...hour, scope: { instrument: 'SPY', timeframe: null } };
    expect(() => stream.updateAt([other])).toThrow('does not read SPY@');
  });

  it('never changes a value when bars are added', () => {
    fc.assert(
      fc.property(fc.oneof(number, condition), bars, fc.nat(40), (source, rows, cut) => {
        const expression = compiled(source);
        if (expression === undefined) return;
        const whole = evaluateColumns(expression, environmentOf(columnsOf(rows)));
        const part = evaluateColumns(expression, environmentOf(columnsOf(rows.slice(0, cut))));
        expect([...part]).toEqual(Array.from(whole.subarray(0, part.length)));
      }),
      { numRuns: 200 },
    );
  });

  it('is refused with a place and never crashes, whatever is typed', () => {
    const words = fc.array(
      fc.oneof(
        fc.constantFrom(
          'close',
          'mean',
          '(',
          ')',
          '[',
          ']',
          ',',
          '.',
          '..',
          '1',
          'and',
          'not',
          '-',
          '^',
          'param',
          '"a"',
          'tf',
          '=',
          '<',
          'if',
          'value_when',
        ),
        fc.string({ maxLength: 3 }),
      ),
      { maxLength: 20 },
    );
    fc.assert(
      fc.property(words, (parts) => {
        try {
          compile(parts.join(' '), CATALOGUE);
        } catch (error) {
          expect(error).toBeInstanceOf(RenataError);
          expect((error as RenataError).details?.['column']).toBeTypeOf('number');
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
