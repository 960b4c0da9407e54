import { expressionError } from './failure.ts';
import type { Span } from './syntax.ts';

export type TokenKind = 'number' | 'string' | 'name' | 'symbol' | 'end';

export interface Token {
  readonly kind: TokenKind;
  /** The name, the symbol, the digits or the text between the quotes. */
  readonly text: string;
  readonly span: Span;
}

/** Longest source that is read; far beyond what anyone writes by hand. */
export const MAX_SOURCE_LENGTH = 10_000;

const NUMBER = /\d+(?:\.(?!\.)\d*)?(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?/y;
const NAME = /[A-Za-z_][A-Za-z0-9_]*/y;
const SYMBOL = /\.\.|<=|>=|==|!=|&&|\|\||[-+*/%^()[\],.<>=!:]/y;
const STRING = /"([^"\n]*)"|'([^'\n]*)'/y;
const SPACE = /(?:\s|#[^\n]*)+/y;

/** Other spellings of the same operators. */
const SAME: Readonly<Record<string, string>> = { '&&': 'and', '||': 'or', '!': 'not' };

/** Words of the language itself, in any case, as all names are. */
const KEYWORDS: ReadonlySet<string> = new Set(['and', 'or', 'not', 'true', 'false']);

/** What word processors and web pages make of the plain characters. */
const TYPOGRAPHIC: ReadonlyMap<string, string> = new Map([
  ['“', '"'],
  ['”', '"'],
  ['„', '"'],
  ['‘', "'"],
  ['’', "'"],
  ['–', '-'],
  ['−', '-'],
  ['×', '*'],
  ['÷', '/'],
  ['≤', '<='],
  ['≥', '>='],
  ['≠', '!='],
]);

/** @throws RenataError BAD_INPUT at the first character that starts no token. */
export function tokenize(source: string): Token[] {
  if (source.length > MAX_SOURCE_LENGTH) {
    throw expressionError(`the expression is longer than ${MAX_SOURCE_LENGTH} characters`, {
      start: 1,
      end: 1,
    });
  }
  const tokens: Token[] = [];
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const match = pattern.exec(source);
    if (match !== null) at = pattern.lastIndex;
    return match;
  };
  while (at < source.length) {
    const start = at;
    if (take(SPACE) !== null) continue;
    const span = (): Span => ({ start: start + 1, end: at + 1 });
    const number = take(NUMBER);
    if (number !== null) {
      if (!Number.isFinite(Number(number[0]))) {
        throw expressionError('the number is too large', span());
      }
      tokens.push({ kind: 'number', text: number[0], span: span() });
      continue;
    }
    const name = take(NAME);
    if (name !== null) {
      const lower = name[0].toLowerCase();
      tokens.push({ kind: 'name', text: KEYWORDS.has(lower) ? lower : name[0], span: span() });
      continue;
    }
    const text = take(STRING);
    if (text !== null) {
      tokens.push({ kind: 'string', text: text[1] ?? text[2] ?? '', span: span() });
      continue;
    }
    const symbol = take(SYMBOL);
    if (symbol !== null) {
      const word = SAME[symbol[0]];
      tokens.push({
        kind: word === undefined ? 'symbol' : 'name',
        text: word ?? symbol[0],
        span: span(),
      });
      continue;
    }
    const character = String.fromCodePoint(source.codePointAt(at) ?? 0);
    const message =
      character === '"' || character === "'"
        ? 'the text that starts here has no closing quote'
        : `"${character}" has no meaning here`;
    const place = { start: at + 1, end: at + 1 + character.length };
    throw expressionError(message, place, TYPOGRAPHIC.get(character));
  }
  tokens.push({
    kind: 'end',
    text: '',
    span: { start: source.length + 1, end: source.length + 1 },
  });
  return tokens;
}
