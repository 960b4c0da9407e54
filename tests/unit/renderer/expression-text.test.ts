import { describe, expect, it } from 'vitest';
import {
  caretContext,
  piecesOf,
  stretchesOf,
} from '../../../renderer/components/expression/text.ts';

/** The place of `|` in a text, and the text without it. */
function at(marked: string): ReturnType<typeof caretContext> {
  return caretContext(marked.replace('|', ''), marked.indexOf('|'));
}

describe('pieces of an expression', () => {
  it('are together the whole text, whatever it holds', () => {
    for (const text of ['', 'a', 'crossover(a,  b) # c\n"x" 1.5e-3 5..10', '“"\'∑ \n#', '1..2.5']) {
      const pieces = piecesOf(text);
      expect(pieces.map((piece) => piece.text).join('')).toBe(text);
      let start = 0;
      for (const piece of pieces) {
        expect(piece.start).toBe(start);
        start += piece.text.length;
      }
    }
  });

  it('are of the kinds that the language has', () => {
    const kinds = piecesOf('close AND "x" > 1.5 #').map(({ kind, text }) => [kind, text]);
    expect(kinds.filter(([kind]) => kind !== 'space')).toEqual([
      ['name', 'close'],
      ['word', 'AND'],
      ['string', '"x"'],
      ['symbol', '>'],
      ['number', '1.5'],
      ['comment', '#'],
    ]);
  });

  it('read a range as two numbers with a sign between', () => {
    const solid = piecesOf('5..50').map(({ text }) => text);
    expect(solid).toEqual(['5', '..', '50']);
  });
});

describe('what is written at the caret', () => {
  it('is the name around it, of which the part before counts', () => {
    expect(at('close > sm|a(close)')).toMatchObject({ prefix: 'sm', start: 8, end: 11 });
    expect(at('close > |')).toMatchObject({ prefix: '', start: 8, end: 8 });
    expect(at('|sma')).toMatchObject({ prefix: '', start: 0, end: 3 });
    expect(at('sma|')).toMatchObject({ prefix: 'sma', start: 0, end: 3 });
  });

  it('is no name in texts and comments, but one right after them', () => {
    expect(at('on("SP|Y", close)').inText).toBe(true);
    expect(at('close # the la|st').inText).toBe(true);
    expect(at('param("x|').inText).toBe(true);
    expect(at('"a"|').inText).toBe(false);
    expect(at('close|').inText).toBe(false);
  });

  it('knows the call and the argument, over nested calls and brackets', () => {
    expect(at('rsi(|').call).toEqual({ name: 'rsi', argument: 0, start: 0 });
    expect(at('crossover(sma(close, 10), |').call).toMatchObject({
      name: 'crossover',
      argument: 1,
    });
    expect(at('crossover(sma(close, 1|0), b)').call).toMatchObject({ name: 'sma', argument: 1 });
    expect(at('if((a + b) > (c - 1), x[2], |)').call).toMatchObject({ name: 'if', argument: 2 });
    expect(at('(a, |').call).toBeNull();
    expect(at('max(x[1, |').call).toMatchObject({ name: 'max', argument: 0 });
    expect(at('sma(close, 10)|').call).toBeNull();
  });

  it('knows whose output is written after a dot', () => {
    expect(at('bbands(20, 2, 2).|').outputOf).toBe('bbands');
    expect(at('macd(12, ema(close, 3), 9).hi|').outputOf).toBe('macd');
    expect(at('bands.u|').outputOf).toBe('bands');
    expect(at('(a + b).|').outputOf).toBeNull();
    expect(at('close > 1|').outputOf).toBeNull();
  });
});

describe('how an expression is drawn', () => {
  const drawn = (text: string, error: Parameters<typeof stretchesOf>[2] = null) =>
    stretchesOf(text, new Set(['fast', 'signal']), error)
      .filter(({ text: own }) => own.trim() !== '')
      .map(({ text: own, className }) => `${own} ${className}`);

  it('tells functions, own names and outputs apart', () => {
    expect(drawn('sma (close, FAST)')).toEqual([
      'sma x-function',
      '( x-symbol',
      'close x-name',
      ', x-symbol',
      'FAST x-own',
      ') x-symbol',
    ]);
    expect(drawn('m.signal')).toEqual(['m x-name', '. x-symbol', 'signal x-name']);
  });

  it('marks exactly the characters of an error', () => {
    const marked = stretchesOf('close > rsj(14)', new Set(), { start: 8, end: 11 });
    expect(marked.filter(({ className }) => className.includes('x-wrong'))).toEqual([
      { text: 'rsj', className: 'x-function x-wrong' },
    ]);
    const inside = stretchesOf('abcdef', new Set(), { start: 2, end: 4 });
    expect(inside.map(({ text }) => text)).toEqual(['ab', 'cd', 'ef']);
    expect(marked.map(({ text }) => text).join('')).toBe('close > rsj(14)');
  });
});
