import { describe, expect, it } from 'vitest';
import { CATALOGUE } from '../../../../engine/indicators/registry.ts';
import type { StrategyDocument } from '../../../../engine/protocol/strategy-document.ts';
import { checkRules } from '../../../../engine/strategies/rules/problems.ts';

const GOOD: StrategyDocument = {
  name: 'A',
  description: '',
  version: 1,
  parameters: { fast: { default: 10, min: 2, max: 50 }, slow: { default: 30, min: 3, max: 99 } },
  constraints: ['fast < slow'],
  define: { line: 'sma(close, fast)' },
  entry: { long: 'crossover(line, sma(close, slow))' },
};

const paths = (document: StrategyDocument): string[] =>
  checkRules(document, CATALOGUE).problems.map(({ path }) => path);

describe('checking a document whole', () => {
  it('tells its parameters and how many bars it needs', () => {
    const check = checkRules(GOOD, CATALOGUE);
    expect(check.problems).toEqual([]);
    expect(check.parameters.map(({ name }) => name)).toEqual(['fast', 'slow']);
    // The slow average needs 29 bars before its first value, the crossing one more.
    expect(check.lookback).toBe(30);
  });

  it('tells every expression that is wrong, with its place and suggestion', () => {
    const { problems, lookback } = checkRules(
      {
        ...GOOD,
        entry: { long: 'close > rsj(14)', short: 'rsi(14)' },
        exit: { long: 'clos > 1' },
        stops: { stopLoss: { atr: 'fas' }, timeStop: 'close' },
        filters: { when: 'line > 1 and' },
        plot: { 'a.b': 'sma(close,' },
      },
      CATALOGUE,
    );
    expect(lookback).toBeNull();
    expect(
      problems.map(({ path, column, endColumn, suggestion }) => [
        path,
        column,
        endColumn,
        suggestion,
      ]),
    ).toEqual([
      ['entry.long', 9, 12, 'rsi'],
      ['entry.short', 1, 8, null],
      ['exit.long', 1, 5, 'close'],
      ['stops.stopLoss.atr', 1, 4, 'fast'],
      ['filters.when', 13, 13, null],
      ['plot.a.b', 11, 11, null],
      ['stops.timeStop', null, null, null],
    ]);
    for (const { path, message } of problems) expect(message.startsWith(path)).toBe(false);
    expect(problems[0]?.message).toBe('column 9: unknown function rsj: did you mean rsi?');
  });

  it('ends at a definition, which others build on', () => {
    const wrong = { ...GOOD, define: { line: 'smaa(close, fast)' }, exit: { long: 'clos > 1' } };
    expect(paths(wrong)).toEqual(['define.line']);
  });

  it('tells what is missing and what does not fit together', () => {
    expect(paths({ ...GOOD, entry: {} })).toEqual(['entry']);
    expect(paths({ ...GOOD, sizing: { riskPercent: 1 } })).toEqual(['sizing.riskPercent']);
    const constraints = ['slow < fast', 'fast > 1', 'fst > 1'];
    expect(paths({ ...GOOD, constraints })).toEqual(['constraints.2', 'constraints.0']);
  });

  it('leaves the document as it was', () => {
    const wrong = { ...GOOD, entry: { long: 'x' }, constraints: ['y'] };
    const before = structuredClone(wrong);
    checkRules(wrong, CATALOGUE);
    expect(wrong).toEqual(before);
  });
});
