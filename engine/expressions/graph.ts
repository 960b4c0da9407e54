import type { ParameterValues } from '../domain/parameters.ts';
import type { IndicatorDefinition } from '../indicators/definition.ts';
import type { Operation } from './operation.ts';

/** Index of a node in its graph. Arguments always stand before the nodes that read them. */
export type NodeId = number;

export type ValueType = 'number' | 'boolean';

/** Columns that the bars of any scope offer; the clock ones follow the instrument's calendar and zone. */
export const PRICE_COLUMNS = ['time', 'open', 'high', 'low', 'close', 'volume'] as const;
export const CLOCK_COLUMNS = [
  'year',
  'month',
  'day_of_month',
  'day_of_week',
  'hour',
  'minute',
  'session_bar',
  'session_day',
] as const;
export type ColumnName = (typeof PRICE_COLUMNS)[number] | (typeof CLOCK_COLUMNS)[number];

/** Prices that are computed from others. */
export const DERIVED: ReadonlyMap<string, string> = new Map([
  ['hl2', '(high + low) / 2'],
  ['hlc3', '(high + low + close) / 3'],
  ['ohlc4', '(open + high + low + close) / 4'],
]);

/** Whose bars a node reads: `null` is the instrument or timeframe that the expression runs on. */
export interface Scope {
  readonly instrument: string | null;
  readonly timeframe: string | null;
}

export const BASE_SCOPE: Scope = { instrument: null, timeframe: null };

export function scopeKey(scope: Scope): string {
  return `${scope.instrument ?? ''}@${scope.timeframe ?? ''}`;
}

/** One node; equal sub-expressions are one node, so each is computed once. */
export type GraphNode = {
  readonly type: ValueType;
  /** Index into the graph's scopes. */
  readonly scope: number;
  /** Bars of its scope before the first value can be finite. */
  readonly lookback: number;
} & (
  | { readonly kind: 'constant'; readonly value: number }
  | { readonly kind: 'column'; readonly name: ColumnName }
  | {
      readonly kind: 'operation';
      readonly operation: Operation;
      readonly parameters: readonly number[];
      readonly args: readonly NodeId[];
    }
  | {
      readonly kind: 'indicator';
      readonly definition: IndicatorDefinition;
      readonly parameters: ParameterValues;
      readonly args: readonly NodeId[];
    }
  | { readonly kind: 'output'; readonly of: NodeId; readonly index: number }
  /** Carries a value of another scope over: the one of the last bar there that had closed. */
  | { readonly kind: 'align'; readonly of: NodeId }
);

/** A `param(…)` of the source. */
export interface ExpressionParameter {
  readonly name: string;
  readonly default: number;
  readonly low: number;
  readonly high: number;
  readonly step: number;
}

export interface CompiledExpression {
  readonly source: string;
  readonly nodes: readonly GraphNode[];
  readonly scopes: readonly Scope[];
  readonly root: NodeId;
  readonly type: ValueType;
  readonly parameters: readonly ExpressionParameter[];
  /** Bars of the base scope before the first value can be finite. */
  readonly lookback: number;
}

export function argumentsOf(node: GraphNode): readonly NodeId[] {
  switch (node.kind) {
    case 'operation':
    case 'indicator':
      return node.args;
    case 'output':
    case 'align':
      return [node.of];
    case 'constant':
    case 'column':
      return [];
  }
}
