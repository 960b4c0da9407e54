/** Place in the source of an expression: columns count from 1. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export const COMPARISONS = ['<', '<=', '>', '>=', '==', '!='] as const;
export type Comparison = (typeof COMPARISONS)[number];
export const ARITHMETIC = ['+', '-', '*', '/', '%', '^'] as const;
export type Arithmetic = (typeof ARITHMETIC)[number];
export type Logical = 'and' | 'or';

export type Syntax =
  | { readonly kind: 'number'; readonly value: number; readonly span: Span }
  | { readonly kind: 'boolean'; readonly value: boolean; readonly span: Span }
  | { readonly kind: 'string'; readonly value: string; readonly span: Span }
  | { readonly kind: 'name'; readonly name: string; readonly span: Span }
  | {
      readonly kind: 'unary';
      readonly operator: '-' | 'not';
      readonly operand: Syntax;
      readonly span: Span;
    }
  | {
      readonly kind: 'binary';
      readonly operator: Arithmetic | Comparison | Logical;
      readonly left: Syntax;
      readonly right: Syntax;
      readonly span: Span;
    }
  | {
      readonly kind: 'history';
      readonly series: Syntax;
      readonly bars: Syntax;
      readonly span: Span;
    }
  | {
      readonly kind: 'member';
      readonly object: Syntax;
      readonly name: string;
      readonly nameSpan: Span;
      readonly span: Span;
    }
  | {
      readonly kind: 'call';
      readonly name: string;
      readonly nameSpan: Span;
      readonly args: readonly Argument[];
      readonly span: Span;
    }
  /** `5..50` or `5..50:5`, only as an argument of `param`. */
  | {
      readonly kind: 'range';
      readonly low: number;
      readonly high: number;
      readonly step: number | null;
      readonly span: Span;
    };

export type Call = Extract<Syntax, { kind: 'call' }>;

export interface Argument {
  /** Given by name: `rsi(timeperiod = 14)`. */
  readonly name: string | null;
  readonly value: Syntax;
}
