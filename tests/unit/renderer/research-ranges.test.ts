import { describe, expect, it } from 'vitest';
import { STRATEGIES } from '../../../engine/backtest/strategies.ts';
import { RenataError } from '../../../engine/domain/errors.ts';
import type { Parameter } from '../../../engine/domain/parameters.ts';
import { parseDimension } from '../../../engine/sweep/dimension.ts';
import {
  atEdges,
  codeText,
  initialEntry,
  rangeText,
  readFixed,
  readRange,
  valuesOf,
} from '../../../renderer/panels/research/ranges.ts';
import { fc } from '../../support/properties.ts';

const base = { label: 'L', description: '' };
const whole = {
  ...base,
  kind: 'integer',
  name: 'fast',
  default: 10,
  min: 2,
  max: 5_000,
  step: 1,
} as const;
const real = {
  ...base,
  kind: 'real',
  name: 'level',
  default: 2,
  min: -5,
  max: 1_000,
  step: 0.1,
} as const;
const choice = {
  ...base,
  kind: 'choice',
  name: 'kind',
  default: 'sma',
  choices: ['sma', 'ema', 'wma'],
} as const;
const yes = { ...base, kind: 'boolean', name: 'both', default: false } as const;

/** The engine's own reading: its values, or null where it refuses. */
function engine(parameter: Parameter, text: string): number[] | null {
  try {
    const { count, code } = parseDimension(parameter, text);
    return Array.from({ length: count }, (_, k) => code(k));
  } catch (error) {
    if (error instanceof RenataError && error.code === 'BAD_INPUT') return null;
    throw error;
  }
}

function window(parameter: Parameter, text: string): readonly number[] | null {
  const read = valuesOf(parameter, text);
  return 'error' in read ? null : (read.values ?? null);
}

describe('the values of a range', () => {
  it.each<readonly [Parameter, string]>([
    [whole, '2..100'],
    [whole, '2..100 step 2'],
    [whole, '2..100:3'],
    [whole, '5, 10, 20, 10'],
    [whole, '2..10, 8..20 step 4, 500'],
    [whole, '1..10'],
    [whole, '10..5'],
    [whole, '2..5000 log 7'],
    [whole, '2..3 log 9'],
    [whole, '2.5..9'],
    [whole, '2..10 step 0.5'],
    [whole, '2..10 step 0'],
    [whole, '2..10 log 1'],
    [whole, ''],
    [whole, ' , ,'],
    [whole, 'abc'],
    [whole, '3,,5'],
    [real, '0.3..3 step 0.1'],
    [real, '-1.5..1.5 step 0.5'],
    [real, '0..1'],
    [real, '1e-3..1 log 4'],
    [real, '0..1 log 4'],
    [real, '-6'],
    [real, '+.5'],
    [choice, 'all'],
    [choice, 'wma, sma'],
    [choice, 'sma, hull'],
    [yes, 'all'],
    [yes, 'true'],
    [yes, 'no'],
  ])('%o of %s are those that the sweep reads', (parameter, text) => {
    expect(window(parameter, text)).toEqual(engine(parameter, text));
  });

  it('are those of the sweep for any range', () => {
    const number = fc.oneof(
      fc.integer({ min: -10, max: 200 }),
      fc.double({ min: -10, max: 50, noNaN: true }).map((value) => Number(value.toFixed(2))),
    );
    const part = fc
      .tuple(number, number, number, fc.constantFrom('', ' step ', ':', ' log ', 'x'))
      .map(([a, b, c, kind]) =>
        kind === 'x' ? String(a) : `${a}..${b}${kind === '' ? '' : `${kind}${c}`}`,
      );
    fc.assert(
      fc.property(
        fc.constantFrom<Parameter>(whole, real),
        fc.array(part, { minLength: 1, maxLength: 3 }),
        (parameter, parts) => {
          const text = parts.join(', ');
          expect(window(parameter, text)).toEqual(engine(parameter, text));
        },
      ),
      { numRuns: 500 },
    );
  });

  it('are counted without listing them when they are many', () => {
    const wide = { ...real, max: 1e6 };
    const read = valuesOf(wide, '0..1000000 step 0.1');
    expect(read).toEqual({ count: 10_000_001 });
    expect(parseDimension(wide, '0..1000000 step 0.1').count).toBe(10_000_001);
  });
});

describe('the range editor', () => {
  it('offers a range that every built-in strategy takes', () => {
    for (const { parameters } of STRATEGIES) {
      for (const parameter of parameters) {
        const entry = initialEntry(parameter);
        for (const mode of ['range', 'list'] as const) {
          if (mode === 'range' && parameter.kind !== 'integer' && parameter.kind !== 'real')
            continue;
          const read = readRange(parameter, { ...entry, mode });
          if ('error' in read) throw new Error(`${parameter.name}: ${read.error}`);
          expect(engine(parameter, read.text)?.length).toBe(read.count);
          expect(read.count).toBeGreaterThan(1);
          expect(read.count).toBeLessThanOrEqual(41);
        }
        expect(readFixed(parameter, entry.value)).toEqual({ value: parameter.default });
      }
    }
  });

  it('writes what the sweep reads', () => {
    const entry = {
      mode: 'range',
      value: '',
      from: '2',
      to: '100',
      step: '2',
      list: '5, 10',
    } as const;
    expect(rangeText(entry)).toBe('2..100 step 2');
    expect(rangeText({ ...entry, step: '' })).toBe('2..100');
    expect(rangeText({ ...entry, mode: 'list' })).toBe('5, 10');
    expect(readRange(whole, entry)).toEqual({ text: '2..100 step 2', count: 50 });
    expect(readRange(whole, { ...entry, to: '' })).toHaveProperty('error');
  });

  it('says what a fixed value must be', () => {
    expect(readFixed(whole, '2.5')).toEqual({ error: 'Whole numbers from 2 to 5000.' });
    expect(readFixed(whole, ' ')).toHaveProperty('error');
    expect(readFixed(choice, 'ema')).toEqual({ value: 'ema' });
    expect(readFixed(choice, 'hull')).toHaveProperty('error');
    expect(readFixed(yes, 'true')).toEqual({ value: true });
  });

  it('writes codes as the user knows them', () => {
    expect(codeText({ kind: 'choice', choices: ['sma', 'ema'] }, 1)).toBe('ema');
    expect(codeText({ kind: 'boolean', choices: [] }, 1)).toBe('true');
    expect(codeText({ kind: 'real', choices: [] }, 0.5)).toBe('0.5');
  });
});

describe('a best at the edge of its range', () => {
  const ranges = { fast: '2..20', level: '0..3 step 0.5' };
  it('is told, unless the parameter itself ends there', () => {
    const edges = (fast: number, level: number): readonly string[] =>
      atEdges([whole, real, choice], ranges, { fast, level, kind: 'sma' });
    expect(edges(10, 1)).toEqual([]);
    expect(edges(20, 3)).toEqual(['fast', 'level']);
    // 2 is the least that fast can be; 0 is not the least of level.
    expect(edges(2, 0)).toEqual(['level']);
    expect(atEdges([whole], { fast: '5, 10' }, { fast: 10 })).toEqual([]);
  });
});
