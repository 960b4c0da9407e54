import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fromRoot } from '../../../build/lib/paths.ts';
import type { StrategyDocument } from '../../../engine/protocol/strategy-document.ts';
import { canonicalDocument } from '../../../engine/strategies/rules/canonical.ts';
import { lineOf, readText, writeText } from '../../../renderer/panels/strategy/document-text.ts';
import { documentOf, draftOf, EMPTY_DRAFT } from '../../../renderer/panels/strategy/draft.ts';

const FOLDER = fromRoot('resources/strategies');
const EXAMPLES = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => [name, readFileSync(join(FOLDER, name), 'utf8')] as const);

function read(text: string): StrategyDocument {
  const result = readText(text);
  if ('problem' in result) throw new Error(result.problem.message);
  return result.document;
}

/** Every field that a document can have. */
const FULL: StrategyDocument = {
  name: 'Full',
  description: 'Everything',
  version: 3,
  source: 'A book',
  instruments: ['SPX', 'AAPL.XNAS'],
  timeframe: '1d',
  parameters: {
    keep: { default: 1.5, min: 0, max: 3, step: 0.5, label: 'Keep', description: 'd', unit: '%' },
    fast: { default: 10, min: 2, max: 50 },
  },
  constraints: ['fast > 1'],
  define: { keep2: 'sma(close, fast)', up: 'close > keep2' },
  entry: { long: 'up', short: 'not up' },
  exit: { long: 'not up', short: 'up' },
  stops: {
    stopLoss: { atr: 'keep', period: 20 },
    takeProfit: { percent: 5 },
    trailing: { price: 'lowest(low, 5)', long: 'lowest(low, 9)', short: 'highest(high, 9)' },
    timeStop: 'fast * 2',
  },
  sizing: {
    volatilityTarget: 15,
    lookback: 30,
    periodsPerYear: 365,
    maxPercent: 80,
    rebalance: 10,
  },
  order: { type: 'limit', price: 'close', long: 'close - 1', timeInForce: 'gtc' },
  filters: {
    session: '09:30-16:00',
    weekdays: ['mon', 'fri'],
    when: 'close > 1',
    maxOpen: 2,
    cooldown: 3,
  },
  plot: { 'my line': 'keep2', '10': 'close' },
};

describe('a document and its form', () => {
  it('say the same, for every field', () => {
    expect(documentOf(draftOf(FULL))).toEqual(FULL);
    const { sizing: _size, ...others } = FULL;
    for (const sizing of [
      'all' as const,
      { percent: 'fast' },
      { quantity: 2.5 },
      { notional: 1_000 },
      { riskPercent: 1, maxPercent: 50 },
    ]) {
      const document = { ...others, sizing };
      expect(documentOf(draftOf(document))).toEqual(document);
    }
  });

  it.each(EXAMPLES)('say the same for %s', (_name, text) => {
    const document = read(text);
    expect(documentOf(draftOf(document))).toEqual(canonicalDocument(document));
  });

  it('keep what is no number yet as it is typed', () => {
    const half = { ...EMPTY_DRAFT, name: 'x', filters: { ...EMPTY_DRAFT.filters, maxOpen: '2x' } };
    expect(documentOf(half)).toEqual({
      name: 'x',
      description: '',
      version: 1,
      entry: {},
      filters: { maxOpen: '2x' },
    });
    const row = { name: 'n', default: '', min: '-', max: '1e3', step: '', unit: '' };
    const parameters = [{ ...row, label: '', description: '' }];
    expect(documentOf({ ...EMPTY_DRAFT, parameters })['parameters']).toEqual({
      n: { min: '-', max: 1_000 },
    });
  });

  it('leave a distance without an amount to the check', () => {
    const stopLoss = { ...EMPTY_DRAFT.stopLoss, kind: 'percent' as const };
    expect(documentOf({ ...EMPTY_DRAFT, stopLoss })['stops']).toEqual({
      stopLoss: { percent: '' },
    });
  });
});

describe('the text of a document', () => {
  it('is read as it was written, in both languages', () => {
    for (const language of ['yaml', 'json'] as const) {
      const text = writeText(documentOf(draftOf(FULL)), language);
      expect(read(text)).toEqual(FULL);
      expect(writeText(documentOf(draftOf(read(text))), language, text)).toBe(text);
    }
  });

  it.each(EXAMPLES)('keeps comments and meaning of %s when one field changes', (_name, text) => {
    const document = read(text);
    const changed = writeText({ ...documentOf(draftOf(document)), version: 7 }, 'yaml', text);
    expect(read(changed)).toEqual({ ...document, version: 7 });
    const comments = (of: string): string[] =>
      of.split('\n').flatMap((line) => /(?:^|\s)(#.*)$/.exec(line)?.[1] ?? []);
    expect(comments(changed)).toEqual(comments(text));
  });

  it('puts what is new in its place and takes out what is gone', () => {
    const before =
      '# mine\nname: A\ndescription: ""\nversion: 1\nentry:\n  long: close > 1 # why\nplot:\n  x: close\n';
    const after = writeText(
      {
        name: 'A',
        description: '',
        version: 1,
        define: { y: 'close' },
        entry: { long: 'close > 2', short: 'y < 1' },
      },
      'yaml',
      before,
    );
    expect(after).toBe(
      '# mine\nname: A\ndescription: ""\nversion: 1\ndefine:\n  y: close\nentry:\n  long: close > 2 # why\n  short: y < 1\n',
    );
  });

  it('is typed without quotes and braces that it does not need', () => {
    let text = writeText(documentOf(EMPTY_DRAFT), 'yaml');
    let typed = '';
    for (const letter of 'crossover(close, open) # : x') {
      typed += letter;
      const draft = { ...EMPTY_DRAFT, name: typed, entryLong: typed, entryShort: 'close > 1' };
      text = writeText(documentOf(draft), 'yaml', text);
      expect(read(text).entry.long).toBe(typed.trim() === '' ? undefined : typed);
    }
    const plain = { ...EMPTY_DRAFT, name: 'A b', entryLong: 'close > 1' };
    expect(writeText(documentOf(plain), 'yaml', text)).toBe(
      'name: A b\ndescription: ""\nversion: 1\nentry:\n  long: close > 1\n',
    );
  });

  it('is written anew where the text before cannot be used', () => {
    const document = { name: 'A', description: '', version: 1, entry: { long: 'true' } };
    for (const before of ['name: [', '', '- 1', '{"name": "A"}']) {
      expect(read(writeText(document, 'yaml', before))).toEqual(document);
    }
    // The anchor goes away while something refers to it.
    const anchored =
      'name: A\ndescription: ""\nversion: 1\nentry:\n  long: &x close > 1\nexit:\n  long: *x\n';
    const without = { ...document, entry: { short: 'true' }, exit: { long: 'close > 1' } };
    expect(read(writeText(without, 'yaml', anchored))).toEqual(without);
  });

  it('tells the line of what is wrong', () => {
    const wrong = (text: string): unknown => {
      const result = readText(text);
      return 'problem' in result ? result.problem : null;
    };
    expect(wrong('name: A\nentry: }\n')).toMatchObject({ line: 2 });
    expect(wrong('name: A\ndescription: x\nversion: 1\nentry:\n  lang: true\n')).toMatchObject({
      message: 'entry.lang: is no field of a strategy document.',
      line: 5,
    });
    expect(wrong('name: A\ndescription: x\nversion: one\nentry: {}\n')).toMatchObject({ line: 3 });
    expect(wrong('')).toMatchObject({ message: 'The text is empty.' });
    expect(wrong(`a: ${'x'.repeat(200_001)}`)).toMatchObject({ line: null });
    // A thousand million copies of one word are refused, not made.
    const bomb = ['a: &a [x,x,x,x,x,x,x,x,x]'];
    for (let i = 1; i < 10; i += 1) {
      const [last, next] = ['abcdefghij'[i - 1], 'abcdefghij'[i]];
      bomb.push(`${next}: &${next} [${Array(9).fill(`*${last}`).join(',')}]`);
    }
    expect(wrong(bomb.join('\n'))).toMatchObject({ message: expect.stringContaining('alias') });
  });

  it('finds the line of a field', () => {
    const text =
      'name: A\nentry:\n  long: close >\n    open\nconstraints:\n  - a\n  - b\nplot:\n  "10": x\n';
    expect(lineOf(text, ['entry', 'long'])).toBe(3);
    expect(lineOf(text, ['constraints', '1'])).toBe(7);
    expect(lineOf(text, ['plot', '10'])).toBe(9);
    expect(lineOf(text, ['entry', 'short'])).toBe(2);
    expect(lineOf(text, ['stops', 'stopLoss'])).toBeNull();
    expect(lineOf('name: [', ['name'])).toBe(1);
  });
});
