import { RenataError } from '../domain/errors.ts';
import { runIndicator } from '../indicators/runner.ts';
import type { Environment, ScopeSeries } from './environment.ts';
import { argumentsOf, type CompiledExpression, type GraphNode, type NodeId } from './graph.ts';

/** Most memory that the columns of one evaluation may take at the same time. */
export const MAX_COLUMN_BYTES = 2 * 1024 ** 3;

export interface EvaluateOptions {
  /** Asked between nodes, and within indicators whose work grows with their period; true stops. */
  readonly isCancelled?: () => boolean;
}

/**
 * Evaluates an expression over whole columns, each shared sub-expression once. Columns that no later
 * node reads are let go.
 * @returns one value a bar of the base scope; conditions are 1, 0 or NaN
 * @throws RenataError CANCELLED, and what the environment throws for a scope it lacks.
 */
export function evaluateColumns(
  expression: CompiledExpression,
  environment: Environment,
  options: EvaluateOptions = {},
): Float64Array {
  const [result] = evaluateTogether([expression], environment, options);
  return result as Float64Array;
}

/** Evaluates several nodes of one graph together, so that what they share is computed once. */
export function evaluateRoots(
  expression: CompiledExpression,
  roots: readonly NodeId[],
  environment: Environment,
  options: EvaluateOptions = {},
): Float64Array[] {
  return new Evaluation(expression, environment, roots).run(options);
}

/** Evaluates several expressions that were compiled apart; each has its own graph. */
export function evaluateTogether(
  expressions: readonly CompiledExpression[],
  environment: Environment,
  options: EvaluateOptions = {},
): Float64Array[] {
  return expressions.flatMap((expression) =>
    evaluateRoots(expression, [expression.root], environment, options),
  );
}

class Evaluation {
  private readonly expression: CompiledExpression;
  private readonly series: readonly ScopeSeries[];
  private readonly values: (readonly Float64Array[] | undefined)[];
  private readonly needed: Uint8Array;
  /** How many needed nodes are still to read each. */
  private readonly readers: Int32Array;
  private readonly roots: readonly NodeId[];

  constructor(expression: CompiledExpression, environment: Environment, roots: readonly NodeId[]) {
    this.expression = expression;
    this.roots = roots;
    this.series = expression.scopes.map((scope) => environment.series(scope));
    this.values = expression.nodes.map(() => undefined);
    this.needed = this.findNeeded();
    this.readers = new Int32Array(expression.nodes.length);
    expression.nodes.forEach((node, reader) => {
      if (this.needed[reader] !== 1) return;
      for (const id of argumentsOf(node)) this.readers[id] = (this.readers[id] ?? 0) + 1;
    });
  }

  run(options: EvaluateOptions): Float64Array[] {
    const { nodes } = this.expression;
    const { needed } = this;
    this.checkMemory();
    for (let id = 0; id < nodes.length; id += 1) {
      if (needed[id] !== 1) continue;
      if (options.isCancelled?.() === true) {
        throw new RenataError('CANCELLED', 'The evaluation was cancelled.');
      }
      const node = nodes[id] as GraphNode;
      this.values[id] = this.compute(node, options.isCancelled);
      for (const argument of argumentsOf(node)) this.release(argument);
    }
    return this.roots.map((root) => {
      const result = this.value(root);
      // A column of the bars themselves must not be handed out: the caller may write into the result.
      return nodes[root]?.kind === 'column' ? result.slice() : result;
    });
  }

  private findNeeded(): Uint8Array {
    const needed = new Uint8Array(this.expression.nodes.length);
    for (const root of this.roots) needed[root] = 1;
    for (let id = needed.length - 1; id >= 0; id -= 1) {
      if (needed[id] !== 1) continue;
      for (const argument of argumentsOf(this.expression.nodes[id] as GraphNode))
        needed[argument] = 1;
    }
    return needed;
  }

  /**
   * Counts the columns that will be kept at one time, before any is made.
   * @throws RenataError BAD_INPUT when they would take more than `MAX_COLUMN_BYTES`
   */
  private checkMemory(): void {
    const { needed } = this;
    const { nodes } = this.expression;
    const left = this.readers.slice();
    const sizes = new Float64Array(nodes.length);
    let kept = 0;
    let most = 0;
    for (let id = 0; id < nodes.length; id += 1) {
      if (needed[id] !== 1) continue;
      const node = nodes[id] as GraphNode;
      const columns =
        node.kind === 'column' ? 0 : node.kind === 'indicator' ? node.definition.outputs.length : 1;
      sizes[id] = columns * 8 * (this.series[node.scope] as ScopeSeries).length;
      kept += sizes[id] as number;
      most = Math.max(most, kept);
      for (const argument of argumentsOf(node)) {
        left[argument] = (left[argument] as number) - 1;
        if (left[argument] === 0 && !this.roots.includes(argument))
          kept -= sizes[argument] as number;
      }
    }
    if (most <= MAX_COLUMN_BYTES) return;
    const gigabytes = (most / 1024 ** 3).toFixed(1);
    throw new RenataError(
      'BAD_INPUT',
      `expression: over these bars it would keep ${gigabytes} GB of columns at one time; ` +
        `${MAX_COLUMN_BYTES / 1024 ** 3} GB is the most. Split it, or use fewer or longer bars.`,
      { details: { parameter: 'expression' } },
    );
  }

  private release(id: NodeId): void {
    const left = (this.readers[id] as number) - 1;
    this.readers[id] = left;
    if (left === 0 && !this.roots.includes(id)) this.values[id] = undefined;
  }

  private value(id: NodeId): Float64Array {
    return this.values[id]?.[0] as Float64Array;
  }

  private compute(
    node: GraphNode,
    isCancelled: EvaluateOptions['isCancelled'],
  ): readonly Float64Array[] {
    const series = this.series[node.scope] as ScopeSeries;
    switch (node.kind) {
      case 'constant':
        return [new Float64Array(series.length).fill(node.value)];
      case 'column':
        return [series.column(node.name)];
      case 'indicator':
        return runIndicator(
          node.definition,
          node.args.map((id) => this.value(id)),
          node.parameters,
          undefined,
          isCancelled,
        );
      case 'output':
        return [this.values[node.of]?.[node.index] as Float64Array];
      case 'operation': {
        const output = new Float64Array(series.length);
        node.operation.columns(
          node.args.map((id) => this.value(id)),
          node.parameters,
          output,
        );
        return [output];
      }
      case 'align': {
        const inner = this.expression.nodes[node.of] as GraphNode;
        const from = this.series[inner.scope] as ScopeSeries;
        return [align(this.value(node.of), from.closedAt, series.closedAt)];
      }
    }
  }
}

/** For each base bar, the value of the last inner bar that was complete when the base bar was. */
function align(
  values: Float64Array,
  closedAt: Float64Array,
  baseClosedAt: Float64Array,
): Float64Array {
  const output = new Float64Array(baseClosedAt.length);
  let known = -1;
  for (let i = 0; i < output.length; i += 1) {
    const now = baseClosedAt[i] as number;
    while (known + 1 < values.length && (closedAt[known + 1] as number) <= now) known += 1;
    output[i] = known < 0 ? Number.NaN : (values[known] as number);
  }
  return output;
}
