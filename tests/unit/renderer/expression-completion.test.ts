import { describe, expect, it } from 'vitest';
import { compile } from '../../../engine/expressions/compile.ts';
import { LANGUAGE_NAMES } from '../../../engine/expressions/names.ts';
import { CATALOGUE, INDICATORS } from '../../../engine/indicators/registry.ts';
import {
  complete,
  completionsAt,
  isMeant,
  isWorthShowing,
  named,
  ofDocument,
  ofIndicator,
  ofLanguage,
  signatureParts,
  type KnownName,
} from '../../../renderer/components/expression/completion.ts';
import { caretContext } from '../../../renderer/components/expression/text.ts';
import type { Indicator } from '../../../renderer/client/store.ts';

const INDICATOR_NAMES = (INDICATORS as unknown as readonly Indicator[]).map(ofIndicator);
const KNOWN: readonly KnownName[] = [
  ofDocument({ name: 'fast', description: 'Parameter, 10' }),
  ofDocument({ name: 'Slow', description: 'Parameter, 30' }),
  ...LANGUAGE_NAMES.map(ofLanguage),
  ...INDICATOR_NAMES,
];

function found(marked: string): KnownName[] {
  const context = caretContext(marked.replace('|', ''), marked.indexOf('|'));
  return completionsAt(context, KNOWN);
}
const names = (marked: string): string[] => found(marked).map(({ name }) => name);

describe('completion', () => {
  it('puts the document’s own names first, then names that begin so', () => {
    expect(names('sma(close, fas|').slice(0, 1)).toEqual(['fast']);
    expect(names('slo|')[0]).toBe('Slow');
    expect(names('cross|').slice(0, 2)).toEqual(['crossover', 'crossunder']);
    expect(names('rsi|')[0]).toBe('rsi');
  });

  it('finds indicators by alias and by the words of their title', () => {
    expect(names('bollinger|')).toContain('bbands');
    expect(names('stoch|').slice(0, 4)).toContain('stoch');
    expect(names('aver|')).toEqual(expect.arrayContaining(['sma']));
    expect(names('zzzzz|')).toEqual([]);
  });

  it('gives outputs after a dot and nothing else', () => {
    expect(names('bbands(20, 2, 2).|')).toEqual(['upper', 'middle', 'lower']);
    expect(names('bbands(20).lo|')).toEqual(['lower']);
    expect(names('close.|')).toEqual([]);
  });

  it('gives named arguments inside of a call', () => {
    const [first] = found('sma(close, time|');
    expect(first).toMatchObject({ kind: 'argument', insert: 'timeperiod=' });
  });

  it('is silent in texts, and where all has been written', () => {
    expect(names('on("S|')).toEqual([]);
    const context = caretContext('close', 5);
    expect(isWorthShowing(context, completionsAt(context, KNOWN))).toBe(false);
    const half = caretContext('clos', 4);
    expect(isWorthShowing(half, completionsAt(half, KNOWN))).toBe(true);
    // A fast stochastic is not what somebody means who writes of a fast average.
    const other = KNOWN.filter(({ kind }) => kind !== 'own');
    const fast = caretContext('fast', 4);
    expect(completionsAt(fast, other).length).toBeGreaterThan(0);
    expect(isMeant(fast, completionsAt(fast, other))).toBe(false);
    expect(isMeant(half, completionsAt(half, KNOWN))).toBe(true);
    const word = caretContext('oscillator', 10);
    expect(completionsAt(word, KNOWN).length).toBeGreaterThan(0);
    expect(isWorthShowing(word, completionsAt(word, KNOWN))).toBe(false);
  });

  it('puts a call in with its defaults chosen, and leaves arguments that are there', () => {
    const sma = named(KNOWN, 'SMA') as KnownName;
    const typed = complete('close > sm', caretContext('close > sm', 10), sma);
    expect(typed.text).toBe('close > sma(30)');
    expect(typed.text.slice(...typed.select)).toBe('30');
    const there = complete('em(close, 5)', caretContext('em(close, 5)', 2), sma);
    expect(there.text).toBe('sma(close, 5)');
    expect(there.select).toEqual([3, 3]);
    const cross = named(KNOWN, 'crossover') as KnownName;
    const inside = complete('cr', caretContext('cr', 2), cross);
    expect(inside).toEqual({ text: 'crossover()', select: [10, 10] });
  });

  it('only puts in calls that the language takes', () => {
    let whole = 0;
    for (const name of INDICATOR_NAMES) {
      // One that needs series of its own is left open for them.
      if (name.select[0] === name.select[1] && name.args.length > 0) continue;
      const output = name.outputs[0] === undefined ? '' : `.${name.outputs[0]}`;
      expect(() => compile(`${name.insert}${output}`, CATALOGUE), name.insert).not.toThrow();
      whole += 1;
    }
    expect(whole).toBeGreaterThan(200);
  });

  it('shows the argument at the caret', () => {
    const macd = named(KNOWN, 'macd') as KnownName;
    const { before, active, after } = signatureParts(macd, 2);
    expect(before + active + after).toBe(macd.signature);
    expect(active).toMatch(/^slowperiod = 26/);
    expect(signatureParts(macd, 99).active).toBe('');
  });
});

describe('names of the language', () => {
  it('all mean something to it', () => {
    const samples: Readonly<Record<string, string>> = {
      and: 'close > 1 and close > 2',
      or: 'close > 1 or close > 2',
      not: 'not close > 1',
      param: 'param("x", 1, 0..2)',
      tf: 'tf("1w", close)',
      on: 'on("SPY", close)',
    };
    const args: Readonly<Record<string, string>> = {
      condition: 'close > 1',
      bars: '5',
      occurrence: '0',
      digits: '2',
    };
    for (const known of LANGUAGE_NAMES) {
      const call = ofLanguage(known)
        .args.map((each) => args[each] ?? 'close')
        .join(', ');
      const source =
        samples[known.name] ?? (known.kind === 'function' ? `${known.name}(${call})` : known.name);
      expect(() => compile(source, CATALOGUE), source).not.toThrow();
    }
    expect(new Set(LANGUAGE_NAMES.map(({ name }) => name)).size).toBe(LANGUAGE_NAMES.length);
  });
});
