import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  firstProblem,
  strategyDocument,
  strategyModule,
  type DocumentProblem,
} from '../../../../engine/protocol/strategy-document.ts';

const GOOD = { name: 'A', description: '', version: 1, entry: { long: 'close > 1' } };
const MODULE = { title: 'A', description: '', parameters: {} };

function problemOf(schema: z.ZodType, value: unknown): DocumentProblem {
  const checked = schema.safeParse(value);
  if (checked.success) throw new Error('was taken');
  return firstProblem(checked.error);
}

describe('the first problem of a document', () => {
  it.each<[string, object, readonly (string | number)[], RegExp]>([
    ['a field that is missing', { entry: undefined }, ['entry'], /expected object/],
    ['a version that is no whole number', { version: 1.5 }, ['version'], /expected int/],
    ['a value of another kind', { entry: { long: 5 } }, ['entry', 'long'], /^expected string/],
    [
      'a weekday that is none',
      { filters: { weekdays: ['mon', 'sunday'] } },
      ['filters', 'weekdays', 1],
      /^expected one of/,
    ],
    [
      'hours that are none',
      { filters: { session: '9-16' } },
      ['filters', 'session'],
      /^write clock times as 09:30-16:00$/,
    ],
    // Of a number or an expression, neither fits: both are named.
    [
      'an amount that is neither form',
      { stops: { timeStop: true } },
      ['stops', 'timeStop'],
      /^expected number, received boolean, or expected string, received boolean$/,
    ],
    // Of 'all' or an object, the object came nearer.
    [
      'a size of the wrong kind inside',
      { sizing: { periodsPerYear: 'x' } },
      ['sizing', 'periodsPerYear'],
      /^expected number/,
    ],
    [
      'a size that is no form at all',
      { sizing: 'half' },
      ['sizing'],
      /^expected "all", or expected object, received string$/,
    ],
    [
      'a parameter that is called badly',
      { parameters: { '1st': { default: 1, min: 0, max: 2 } } },
      ['parameters', '1st'],
      /^a name begins with a letter and has only letters, digits and _, 32 at most$/,
    ],
    [
      'a step of 0',
      { parameters: { n: { default: 1, min: 0, max: 2, step: 0 } } },
      ['parameters', 'n', 'step'],
      /expected number to be >0/,
    ],
  ])('%s is told with its path', (_name, change, path, message) => {
    const problem = problemOf(strategyDocument, { ...GOOD, ...change });
    expect(problem.path).toEqual(path);
    expect(problem.message).toMatch(message);
    expect(problem.atKey).toBeUndefined();
  });

  it('is the mistyped key, which is why another one is missing', () => {
    const { entry, ...rest } = GOOD;
    expect(problemOf(strategyDocument, { ...rest, entri: entry })).toEqual({
      path: ['entri'],
      message: 'is no field of a strategy document',
      atKey: true,
    });
    // Deeper as well, inside of one form of a choice.
    expect(problemOf(strategyDocument, { ...GOOD, sizing: { percnt: 5 } })).toEqual({
      path: ['sizing', 'percnt'],
      message: 'is no field of a strategy document',
      atKey: true,
    });
  });

  it('of what a module exports is the form that came nearest', () => {
    const of = (parameters: object): DocumentProblem =>
      problemOf(strategyModule, { ...MODULE, parameters });
    expect(of({ fast: { default: 5, min: 1 } }).path.slice(0, 2)).toEqual(['parameters', 'fast']);
    expect(of({ fast: { default: 5, min: 1, max: 'x' } })).toMatchObject({
      path: ['parameters', 'fast', 'max'],
    });
    expect(problemOf(strategyModule, 5)).toEqual({
      path: [],
      message: 'expected object, received number',
    });
  });

  it('is a sentence even where a check names nothing', () => {
    expect(firstProblem(new z.ZodError([]))).toEqual({ path: [], message: 'is not valid' });
    const silent = new z.ZodError([
      {
        code: 'invalid_key',
        origin: 'record',
        issues: [],
        path: ['a'],
        message: 'bad key',
        input: 1,
      },
    ]);
    expect(firstProblem(silent)).toEqual({ path: ['a'], message: 'bad key' });
    const unnamed = new z.ZodError([
      { code: 'unrecognized_keys', keys: [], path: ['a'], message: 'x', input: {} },
    ]);
    expect(firstProblem(unnamed)).toMatchObject({ path: ['a', ''], atKey: true });
    const formless = new z.ZodError([
      {
        code: 'invalid_union',
        errors: [[]],
        path: ['a'],
        message: 'Invalid input: none',
        input: 1,
      },
    ]);
    expect(firstProblem(formless)).toEqual({ path: ['a'], message: 'none' });
  });
});
