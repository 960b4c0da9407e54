import { expressionError } from './failure.ts';
import { tokenize, type Token } from './lexer.ts';
import {
  COMPARISONS,
  type Argument,
  type Arithmetic,
  type Comparison,
  type Logical,
  type Span,
  type Syntax,
} from './syntax.ts';

/** Most words and symbols that are read. It bounds chains such as a + b + c … as `MAX_DEPTH` bounds nesting. */
export const MAX_TOKENS = 2_000;

/** Deepest nesting that is read. It bounds the recursion of parser and compiler. */
export const MAX_DEPTH = 100;

/**
 * Binding powers of the binary operators, weakest first. `not` stands between `and` and the
 * comparisons; `-x ^ 2` is `-(x ^ 2)`, as in mathematics.
 */
const LEVELS: readonly (readonly string[])[] = [
  ['or'],
  ['and'],
  [...COMPARISONS],
  ['+', '-'],
  ['*', '/', '%'],
];
const NOT_LEVEL = 2;
const COMPARISON_LEVEL = 2;

/**
 * Parses one expression.
 * @throws RenataError BAD_INPUT with `details.column` at the first place that cannot be read.
 */
export function parse(source: string): Syntax {
  const tokens = tokenize(source);
  const excess = tokens[MAX_TOKENS];
  if (excess !== undefined) {
    throw expressionError(`the expression has more than ${MAX_TOKENS} parts`, excess.span);
  }
  return new Parser(tokens).whole();
}

class Parser {
  private readonly tokens: readonly Token[];
  private at = 0;
  private depth = 0;

  constructor(tokens: readonly Token[]) {
    this.tokens = tokens;
  }

  whole(): Syntax {
    if (this.peek().kind === 'end') {
      throw expressionError('the expression is empty', this.peek().span);
    }
    const result = this.level(0);
    const rest = this.peek();
    if (rest.kind !== 'end') throw this.unexpected('an operator or the end');
    return result;
  }

  private peek(): Token {
    return this.tokens[Math.min(this.at, this.tokens.length - 1)] as Token;
  }

  private next(): Token {
    const token = this.peek();
    this.at += 1;
    return token;
  }

  private accept(text: string): boolean {
    const token = this.peek();
    if (token.text !== text || (token.kind !== 'symbol' && token.kind !== 'name')) return false;
    this.at += 1;
    return true;
  }

  private expect(text: string): void {
    if (!this.accept(text)) throw this.unexpected(`"${text}"`);
  }

  private unexpected(wanted: string): Error {
    const token = this.peek();
    const found = token.kind === 'end' ? 'the end' : `"${token.text}"`;
    const suggestion = token.kind === 'symbol' && token.text === '=' ? '==' : undefined;
    return expressionError(
      `${wanted} is expected here, but ${found} was found`,
      token.span,
      suggestion,
    );
  }

  private end(): number {
    return (this.tokens[this.at - 1] as Token).span.end;
  }

  private checkDepth(): void {
    // Each pair of brackets passes through all levels and `unary`.
    if (this.depth > (MAX_DEPTH + 1) * (LEVELS.length + 1)) {
      throw expressionError(`the expression is nested deeper than ${MAX_DEPTH}`, this.peek().span);
    }
  }

  private level(index: number): Syntax {
    this.depth += 1;
    this.checkDepth();
    try {
      return this.levelInside(index);
    } finally {
      this.depth -= 1;
    }
  }

  private levelInside(index: number): Syntax {
    const operators = LEVELS[index];
    if (operators === undefined) return this.unary();
    if (index === NOT_LEVEL && this.peek().kind === 'name' && this.peek().text === 'not') {
      const { span } = this.next();
      const operand = this.level(index);
      return { kind: 'unary', operator: 'not', operand, span: join(span, operand.span) };
    }
    let left = this.level(index + 1);
    while (this.peek().kind !== 'string' && operators.includes(this.peek().text)) {
      const operator = this.next().text as Arithmetic | Comparison | Logical;
      const right = this.level(index + 1);
      if (index === COMPARISON_LEVEL && operators.includes(this.peek().text)) {
        throw expressionError(
          'comparisons cannot be chained; write a < b and b < c',
          this.peek().span,
        );
      }
      left = { kind: 'binary', operator, left, right, span: join(left.span, right.span) };
    }
    return left;
  }

  private unary(): Syntax {
    const token = this.peek();
    if (token.kind === 'symbol' && token.text === '-') {
      this.next();
      this.depth += 1;
      this.checkDepth();
      const operand = this.unary();
      this.depth -= 1;
      return { kind: 'unary', operator: '-', operand, span: join(token.span, operand.span) };
    }
    if (token.kind === 'symbol' && token.text === '+') {
      this.next();
      return this.unary();
    }
    const base = this.postfix();
    if (!this.accept('^')) return base;
    const exponent = this.level(LEVELS.length);
    return {
      kind: 'binary',
      operator: '^',
      left: base,
      right: exponent,
      span: join(base.span, exponent.span),
    };
  }

  private postfix(): Syntax {
    let result = this.primary();
    for (;;) {
      if (this.accept('[')) {
        const bars = this.level(0);
        this.expect(']');
        result = {
          kind: 'history',
          series: result,
          bars,
          span: { start: result.span.start, end: this.end() },
        };
      } else if (this.accept('.')) {
        const name = this.next();
        if (name.kind !== 'name') {
          this.at -= 1;
          throw this.unexpected('the name of an output');
        }
        result = {
          kind: 'member',
          object: result,
          name: name.text,
          nameSpan: name.span,
          span: join(result.span, name.span),
        };
      } else {
        return result;
      }
    }
  }

  private primary(): Syntax {
    const token = this.peek();
    if (token.kind === 'number') return this.numberOrRange();
    if (token.kind === 'string') {
      this.next();
      return { kind: 'string', value: token.text, span: token.span };
    }
    if (token.kind === 'name' && !['and', 'or', 'not'].includes(token.text)) {
      this.next();
      if (token.text === 'true' || token.text === 'false') {
        return { kind: 'boolean', value: token.text === 'true', span: token.span };
      }
      if (this.accept('(')) return this.call(token);
      return { kind: 'name', name: token.text, span: token.span };
    }
    if (this.accept('(')) {
      const inner = this.level(0);
      this.expect(')');
      return { ...inner, span: { start: token.span.start, end: this.end() } };
    }
    throw this.unexpected('a value');
  }

  private numberOrRange(): Syntax {
    const token = this.next();
    const value = Number(token.text);
    if (!this.accept('..')) return { kind: 'number', value, span: token.span };
    const high = this.signedNumber();
    const step = this.accept(':') ? this.signedNumber() : null;
    return {
      kind: 'range',
      low: value,
      high,
      step,
      span: { start: token.span.start, end: this.end() },
    };
  }

  private signedNumber(): number {
    const negative = this.accept('-');
    const token = this.next();
    if (token.kind !== 'number') {
      this.at -= 1;
      throw this.unexpected('a number');
    }
    return negative ? -Number(token.text) : Number(token.text);
  }

  private call(name: Token): Syntax {
    const args: Argument[] = [];
    if (!this.accept(')')) {
      do {
        args.push(this.argument());
      } while (this.accept(','));
      this.expect(')');
    }
    return {
      kind: 'call',
      name: name.text,
      nameSpan: name.span,
      args,
      span: { start: name.span.start, end: this.end() },
    };
  }

  private argument(): Argument {
    const first = this.peek();
    const second = this.tokens[this.at + 1];
    if (first.kind === 'name' && second?.kind === 'symbol' && second.text === '=') {
      this.at += 2;
      return { name: first.text, value: this.rangeOr() };
    }
    return { name: null, value: this.rangeOr() };
  }

  /** A range may start with a negative number, which `level` would read as a negation. */
  private rangeOr(): Syntax {
    const token = this.peek();
    const number = this.tokens[this.at + 1];
    const dots = this.tokens[this.at + 2];
    if (token.text === '-' && number?.kind === 'number' && dots?.text === '..') {
      this.next();
      const range = this.numberOrRange();
      if (range.kind === 'range') {
        return { ...range, low: -range.low, span: join(token.span, range.span) };
      }
    }
    return this.level(0);
  }
}

function join(from: Span, to: Span): Span {
  return { start: from.start, end: to.end };
}
