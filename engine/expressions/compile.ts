import { resolveParameters, type ParameterValue } from '../domain/parameters.ts';
import { RenataError } from '../domain/errors.ts';
import { demandsOf, type IndicatorDefinition, type InputName } from '../indicators/definition.ts';
import {
  atPlace,
  checkDemands,
  missingArgument,
  parameterValue,
  placeArguments,
  signatureNames,
  usualColumn,
} from './arguments.ts';
import { expressionError, nearest } from './failure.ts';
import { chosenValue, readParam } from './param.ts';
import {
  BUILT_IN_BY_NAME,
  BUILT_INS,
  MAX_BARS,
  SPECIAL_FUNCTIONS,
  type BuiltIn,
} from './functions.ts';
import {
  BASE_SCOPE,
  CLOCK_COLUMNS,
  DERIVED,
  PRICE_COLUMNS,
  scopeKey,
  type ColumnName,
  type CompiledExpression,
  type ExpressionParameter,
  type GraphNode,
  type NodeId,
  type Scope,
  type ValueType,
} from './graph.ts';
import type { Operation } from './operation.ts';
import { NEGATE, NOT, OPERATORS, SHIFT } from './operations.ts';
import { parse } from './parser.ts';
import { readScope } from './scope.ts';
import { COMPARISONS, type Argument, type Call, type Span, type Syntax } from './syntax.ts';

/** Where the compiler looks indicators up. */
export interface Catalogue {
  /** By id or alias, lower case. */
  find(name: string): IndicatorDefinition | undefined;
  names(): Iterable<string>;
}

/** Most nodes of one expression. */
export const MAX_NODES = 2_000;
/** Most bars that all windows of one expression keep together: bounds memory to about 32 MB. */
export const MAX_WINDOW_BARS = 2_000_000;

/**
 * Compiles an expression to a graph with shared sub-expressions.
 * @param parameters values for the `param(…)`s of the source; the others keep their defaults
 * @throws RenataError BAD_INPUT with `details.column`, and a suggestion for a mistyped name
 */
export function compile(
  source: string,
  catalogue: Catalogue,
  parameters: Readonly<Record<string, number>> = {},
): CompiledExpression {
  const builder = new Compiler(catalogue, parameters);
  const root = builder.expression(parse(source), 0);
  for (const name of Object.keys(parameters)) {
    if (!builder.parameters.has(name)) {
      const known = [...builder.parameters.keys()].join(', ') || 'none';
      throw new RenataError(
        'BAD_INPUT',
        `The expression has no parameter "${name}"; it has ${known}.`,
        {
          details: { parameter: name },
        },
      );
    }
  }
  const node = builder.node(root);
  return {
    source,
    nodes: builder.nodes,
    scopes: builder.scopes,
    root,
    type: node.type,
    parameters: [...builder.parameters.values()],
    lookback: node.lookback,
  };
}

/** Builds one graph; several expressions may share it. */
export class Compiler {
  readonly nodes: GraphNode[] = [];
  readonly scopes: Scope[] = [BASE_SCOPE];
  readonly parameters = new Map<string, ExpressionParameter>();
  private readonly catalogue: Catalogue;
  private readonly given: Readonly<Record<string, number>>;
  private readonly names: ReadonlyMap<string, Syntax>;
  private readonly bound = new Map<string, NodeId>();
  private readonly interned = new Map<string, NodeId>();
  private readonly derived = new Map<string, Syntax>();
  private windowBars = 0;

  /** @param names what names stand for besides those of the language, lower case */
  constructor(
    catalogue: Catalogue,
    given: Readonly<Record<string, number>>,
    names: ReadonlyMap<string, Syntax> = new Map(),
  ) {
    this.catalogue = catalogue;
    this.given = given;
    this.names = names;
  }

  node(id: NodeId): GraphNode {
    return this.nodes[id] as GraphNode;
  }

  expression(syntax: Syntax, scope: number): NodeId {
    switch (syntax.kind) {
      case 'number':
        return this.constant(syntax.value, 'number', scope);
      case 'boolean':
        return this.constant(syntax.value ? 1 : 0, 'boolean', scope);
      case 'name':
        return this.name(syntax.name, syntax.span, scope);
      case 'unary': {
        const wanted = syntax.operator === 'not' ? 'boolean' : 'number';
        const operand = this.typed(syntax.operand, scope, wanted, `"${syntax.operator}"`);
        return this.operation(
          wanted === 'boolean' ? NOT : NEGATE,
          [operand],
          [],
          wanted,
          syntax.span,
        );
      }
      case 'binary':
        return this.binary(syntax, scope);
      case 'history': {
        const series = this.expression(syntax.series, scope);
        const count = this.wholeNumber(
          syntax.bars,
          scope,
          'the number of bars in [ ]',
          0,
          MAX_BARS,
        );
        if (count === 0) return series;
        return this.operation(SHIFT, [series], [count], this.node(series).type, syntax.span);
      }
      case 'member':
        return this.member(syntax, scope);
      case 'call':
        return this.call(syntax, scope);
      case 'string':
        throw expressionError('text can only name a parameter, timeframe or symbol', syntax.span);
      case 'range':
        throw expressionError('a range can only be an argument of param', syntax.span);
    }
  }

  private typed(syntax: Syntax, scope: number, wanted: ValueType, where: string): NodeId {
    const id = this.expression(syntax, scope);
    if (this.node(id).type !== wanted) {
      const hint =
        wanted === 'number'
          ? 'a number is needed; write if(condition, 1, 0) to count a condition'
          : 'a condition is needed, such as a comparison';
      throw expressionError(`${where}: ${hint}`, syntax.span);
    }
    return id;
  }

  private binary(syntax: Extract<Syntax, { kind: 'binary' }>, scope: number): NodeId {
    const { operator } = syntax;
    const where = `"${operator}"`;
    const operation = OPERATORS[operator] as Operation;
    if (operator === 'and' || operator === 'or') {
      const left = this.typed(syntax.left, scope, 'boolean', where);
      const right = this.typed(syntax.right, scope, 'boolean', where);
      return this.operation(operation, [left, right], [], 'boolean', syntax.span);
    }
    const comparison = (COMPARISONS as readonly string[]).includes(operator);
    const equality = operator === '==' || operator === '!=';
    const left = equality
      ? this.expression(syntax.left, scope)
      : this.typed(syntax.left, scope, 'number', where);
    const right = this.typed(syntax.right, scope, this.node(left).type, where);
    return this.operation(
      operation,
      [left, right],
      [],
      comparison ? 'boolean' : 'number',
      syntax.span,
    );
  }

  private name(name: string, span: Span, scope: number): NodeId {
    const lower = name.toLowerCase();
    const named = this.names.get(lower);
    if (named !== undefined) {
      const key = `${lower} @${scope}`;
      const id = this.bound.get(key) ?? this.expression(named, scope);
      this.bound.set(key, id);
      return id;
    }
    const derived = DERIVED.get(lower);
    if (derived !== undefined) {
      const syntax = this.derived.get(lower) ?? parse(derived);
      this.derived.set(lower, syntax);
      return this.expression(syntax, scope);
    }
    const column = [...PRICE_COLUMNS, ...CLOCK_COLUMNS].find((known) => known === lower);
    if (column !== undefined) return this.column(column, scope);
    const indicator = this.catalogue.find(lower);
    if (indicator !== undefined) return this.indicator(indicator, [], span, scope);
    const known = [
      ...PRICE_COLUMNS,
      ...CLOCK_COLUMNS,
      ...DERIVED.keys(),
      ...this.names.keys(),
      ...this.functionNames(),
    ];
    throw expressionError(`unknown name ${name}`, span, nearest(lower, known));
  }

  private functionNames(): string[] {
    return [
      ...BUILT_INS.map((definition) => definition.name),
      ...SPECIAL_FUNCTIONS,
      ...this.catalogue.names(),
    ];
  }

  private call(syntax: Call, scope: number): NodeId {
    const name = syntax.name.toLowerCase();
    if (name === 'param') return this.param(syntax, scope);
    if (name === 'tf' || name === 'on') return this.otherScope(syntax, name, scope);
    const builtIn = BUILT_IN_BY_NAME.get(name);
    if (builtIn !== undefined) return this.builtIn(builtIn, syntax, scope);
    const definition = this.catalogue.find(name);
    if (definition !== undefined) {
      return this.indicator(definition, syntax.args, syntax.span, scope);
    }
    throw expressionError(
      `unknown function ${syntax.name}`,
      syntax.nameSpan,
      nearest(name, this.functionNames()),
    );
  }

  private builtIn(definition: BuiltIn, syntax: Call, scope: number): NodeId {
    const names = signatureNames(definition);
    const slots = placeArguments(definition.name, definition.signature, names, syntax);
    const args = definition.series.map((wanted, index) => {
      const value = slots[index];
      if (value === undefined)
        throw missingArgument(definition.signature, names[index] ?? '', syntax);
      return this.typed(value, scope, wanted, `${definition.name}, ${names[index]}`);
    });
    const constants = definition.constants.map((constant, index) => {
      const value = slots[definition.series.length + index];
      if (value === undefined) {
        if (constant.default === null) {
          throw missingArgument(definition.signature, constant.name, syntax);
        }
        return constant.default;
      }
      const where = `${definition.name}, ${constant.name}`;
      return this.wholeNumber(value, scope, where, constant.min, constant.max);
    });
    return this.operation(definition.operation, args, constants, definition.result, syntax.span);
  }

  private indicator(
    definition: IndicatorDefinition,
    given: readonly Argument[],
    span: Span,
    scope: number,
  ): NodeId {
    const parameterNames = definition.parameters.map(({ name }) => name);
    const positional = given.filter((argument) => argument.name === null);
    const named = given.filter((argument) => argument.name !== null);
    const compiled = positional.map(({ value }) => this.argument(value, scope));
    const series: NodeId[] = [];
    // Series come first: leading arguments that are no constants, or constants that no parameter is left for.
    for (const { id, syntax } of compiled) {
      const constant = id === null || this.node(id).kind === 'constant';
      const spare = positional.length - series.length > definition.parameters.length;
      if (id === null || (constant && !spare)) break;
      if (this.node(id).type !== 'number') {
        throw expressionError(`${definition.id}: a number is needed`, syntax.span);
      }
      series.push(id);
    }
    const usage = `${definition.id}(${[...definition.inputs, ...parameterNames].join(', ')})`;
    if (series.length > 0 && series.length !== definition.inputs.length) {
      const orNone = demandsOf(definition).length === 0 ? ' or none' : '';
      const wanted = `${definition.inputs.length} series (${definition.inputs.join(', ')})${orNone}`;
      throw expressionError(`${definition.id} takes ${wanted}; ${usage}`, span);
    }
    const [first] = compiled;
    const constants = series.length > 0 && series.every((id) => this.node(id).kind === 'constant');
    if (first !== undefined && constants && definition.parameters.length > 0) {
      // ema(12, 26) means two periods, not an average of the number 12.
      throw expressionError(
        `${definition.id} takes its series before its numbers; ${usage}`,
        first.syntax.span,
      );
    }
    const values: Record<string, ParameterValue> = {};
    const rest = compiled.slice(series.length);
    if (rest.length > definition.parameters.length) {
      throw expressionError(`${definition.id} has too many arguments; ${usage}`, span);
    }
    rest.forEach(({ id, syntax }, index) => {
      const name = parameterNames[index] ?? '';
      values[name] = parameterValue(definition, name, id === null ? null : this.node(id), syntax);
    });
    const inputs = series.length > 0 ? series : this.defaultInputs(definition, named, span, scope);
    const taken = new Set(series.length > 0 ? definition.inputs : []);
    for (const { name, value } of named) {
      this.namedArgument(definition, name ?? '', value, scope, inputs, values, taken);
    }
    return this.indicatorNode(definition, inputs, values, span, scope);
  }

  private namedArgument(
    definition: IndicatorDefinition,
    name: string,
    value: Syntax,
    scope: number,
    inputs: NodeId[],
    values: Record<string, ParameterValue>,
    taken: Set<InputName>,
  ): void {
    const lower = name.toLowerCase();
    const input = definition.inputs.findIndex((known) => known === lower);
    if (input >= 0) {
      const given = definition.inputs[input] as InputName;
      if (taken.has(given)) {
        throw expressionError(`${definition.id}: ${lower} is given twice`, value.span);
      }
      taken.add(given);
      inputs[input] = this.typed(value, scope, 'number', `${definition.id}, ${lower}`);
      return;
    }
    const parameter = definition.parameters.find((known) => known.name === lower);
    if (parameter === undefined) {
      const known = [...definition.inputs, ...definition.parameters.map((p) => p.name)];
      throw expressionError(
        `${definition.id} has no argument ${name}`,
        value.span,
        nearest(lower, known),
      );
    }
    if (values[lower] !== undefined) {
      throw expressionError(`${definition.id}: ${lower} is given twice`, value.span);
    }
    const { id, syntax } = this.argument(value, scope);
    values[lower] = parameterValue(definition, lower, id === null ? null : this.node(id), syntax);
  }

  /** Compiles an argument; texts (choices) stay as they are and have no node. */
  private argument(syntax: Syntax, scope: number): { id: NodeId | null; syntax: Syntax } {
    return { id: syntax.kind === 'string' ? null : this.expression(syntax, scope), syntax };
  }

  /** The usual series; those that are given by name take their places afterwards. */
  private defaultInputs(
    definition: IndicatorDefinition,
    named: readonly Argument[],
    span: Span,
    scope: number,
  ): NodeId[] {
    checkDemands(definition, named, span);
    return definition.inputs.map((input) => this.column(usualColumn(input), scope));
  }

  private indicatorNode(
    definition: IndicatorDefinition,
    args: readonly NodeId[],
    values: Record<string, ParameterValue>,
    span: Span,
    scope: number,
  ): NodeId {
    const parameters = atPlace(span, () =>
      resolveParameters(definition.id, definition.parameters, values),
    );
    const own = definition.lookback(parameters);
    // A whole-number parameter may be a window that the lead-in does not show; a real one is a factor.
    const windows = definition.parameters.map(({ kind, name }) =>
      kind === 'integer' ? (parameters[name] as number) : 0,
    );
    this.countWindow(Math.max(own, ...windows, 1), span);
    const id = this.add(
      `indicator ${definition.id} ${JSON.stringify(parameters)} ${args.join(' ')} @${scope}`,
      {
        kind: 'indicator',
        definition,
        parameters,
        args,
        type: 'number',
        scope,
        lookback: own + this.deepest(args),
      },
      span,
    );
    return this.output(id, 0, span);
  }

  private output(of: NodeId, index: number, span: Span): NodeId {
    const { scope, lookback } = this.node(of);
    return this.add(
      `output ${of} ${index}`,
      { kind: 'output', of, index, type: 'number', scope, lookback },
      span,
    );
  }

  private member(syntax: Extract<Syntax, { kind: 'member' }>, scope: number): NodeId {
    const id = this.expression(syntax.object, scope);
    const node = this.node(id);
    const indicator = node.kind === 'output' ? this.node(node.of) : undefined;
    if (node.kind !== 'output' || indicator?.kind !== 'indicator') {
      throw expressionError('only an indicator has named outputs', syntax.nameSpan);
    }
    const names = indicator.definition.outputs.map(({ name }) => name);
    const index = names.indexOf(syntax.name.toLowerCase());
    if (index < 0) {
      throw expressionError(
        `${indicator.definition.id} has no output ${syntax.name}; it has ${names.join(', ')}`,
        syntax.nameSpan,
        nearest(syntax.name.toLowerCase(), names),
      );
    }
    return this.output(node.of, index, syntax.span);
  }

  private param(syntax: Call, scope: number): NodeId {
    const description = readParam(syntax, (value) =>
      this.constantValue(value, scope, 'the default of param'),
    );
    const { name } = description;
    const known = this.parameters.get(name);
    if (known !== undefined && JSON.stringify(known) !== JSON.stringify(description)) {
      throw expressionError(
        `param ${name} stands twice with different ranges or defaults`,
        syntax.span,
      );
    }
    this.parameters.set(name, description);
    return this.constant(chosenValue(description, this.given, syntax.span), 'number', scope);
  }

  /** @param current what the call changes one part of; `scope` when it stands by itself */
  private otherScope(
    syntax: Call,
    name: 'tf' | 'on',
    scope: number,
    current = this.scopes[scope] as Scope,
  ): NodeId {
    const { inner, body } = readScope(syntax, name, current);
    if (name === 'on' && body.kind === 'call' && body.name.toLowerCase() === 'tf') {
      // The instrument's bars of the outer timeframe are not read, so they need not be there.
      return this.otherScope(body, 'tf', scope, inner);
    }
    const own = this.scope(inner, syntax.span);
    const innerId = this.expression(body, own);
    if (own === scope) return innerId;
    const node = this.node(innerId);
    if (node.kind === 'constant') return this.constant(node.value, node.type, scope);
    return this.add(
      `align ${innerId} @${scope}`,
      // How many base bars an inner one spans is known only with the bars; the lead-in shows it.
      { kind: 'align', of: innerId, type: node.type, scope, lookback: node.lookback },
      syntax.span,
    );
  }

  private scope(scope: Scope, span: Span): number {
    const index = this.scopes.findIndex((known) => scopeKey(known) === scopeKey(scope));
    if (index >= 0) return index;
    if (this.scopes.length >= 32) {
      throw expressionError('an expression reads 32 timeframes and symbols at most', span);
    }
    return this.scopes.push(scope) - 1;
  }

  private constantValue(syntax: Syntax, scope: number, where: string): number {
    const node = this.node(this.typed(syntax, scope, 'number', where));
    if (node.kind !== 'constant') {
      throw expressionError(`${where} must be a constant number or param(…)`, syntax.span);
    }
    return node.value;
  }

  private wholeNumber(
    syntax: Syntax,
    scope: number,
    where: string,
    min: number,
    max: number,
  ): number {
    const value = this.constantValue(syntax, scope, where);
    if (!Number.isInteger(value) || value < min || value > max) {
      throw expressionError(
        `${where}: ${value} must be a whole number from ${min} to ${max}`,
        syntax.span,
      );
    }
    return value;
  }

  private constant(value: number, type: ValueType, scope: number): NodeId {
    return this.add(
      `constant ${Object.is(value, -0) ? '-0' : value} ${type} @${scope}`,
      { kind: 'constant', value, type, scope, lookback: 0 },
      { start: 1, end: 1 },
    );
  }

  private column(name: ColumnName, scope: number): NodeId {
    return this.add(
      `column ${name} @${scope}`,
      { kind: 'column', name, type: 'number', scope, lookback: 0 },
      { start: 1, end: 1 },
    );
  }

  private operation(
    operation: Operation,
    args: readonly NodeId[],
    parameters: readonly number[],
    type: ValueType,
    span: Span,
  ): NodeId {
    const own = operation.lookback(parameters);
    const scope = this.node(args[0] as NodeId).scope;
    const values = args.map((id) => this.node(id));
    const stateless = own === 0 && operation.stream(parameters).state.length === 0;
    if (stateless && values.every((node) => node.kind === 'constant')) {
      const output = new Float64Array(1);
      const inputs = Float64Array.from(values, (node) =>
        node.kind === 'constant' ? node.value : 0,
      );
      operation.stream(parameters).step(inputs, output);
      return this.constant(output[0] as number, type, scope);
    }
    this.countWindow(own, span);
    return this.add(
      `operation ${operation.id} ${parameters.join(',')} ${args.join(' ')} @${scope}`,
      {
        kind: 'operation',
        operation,
        parameters,
        args,
        type,
        scope,
        lookback: own + this.deepest(args),
      },
      span,
    );
  }

  private deepest(args: readonly NodeId[]): number {
    return args.reduce((most, id) => Math.max(most, this.node(id).lookback), 0);
  }

  private countWindow(count: number, span: Span): void {
    this.windowBars += count;
    if (this.windowBars > MAX_WINDOW_BARS) {
      throw expressionError(
        `the windows of the expression keep more than ${MAX_WINDOW_BARS} bars together`,
        span,
      );
    }
  }

  private add(key: string, node: GraphNode, span: Span): NodeId {
    const known = this.interned.get(key);
    if (known !== undefined) return known;
    if (this.nodes.length >= MAX_NODES) {
      throw expressionError(`the expression has more than ${MAX_NODES} parts`, span);
    }
    const id = this.nodes.push(node) - 1;
    this.interned.set(key, id);
    return id;
  }
}
