import { RenataError } from '../domain/errors.ts';
import { IndicatorStream, toSnapshot, type SnapshotNumber } from '../indicators/runner.ts';
import type { StreamKernel } from '../indicators/definition.ts';
import {
  scopeKey,
  type ColumnName,
  type CompiledExpression,
  type GraphNode,
  type NodeId,
  type Scope,
} from './graph.ts';

/** A closed bar of one scope: the columns that the expression reads. */
export type ScopeBar = Readonly<Partial<Record<ColumnName, number>>>;

/** State of a running expression: plain values, so that it can be stored as JSON and sent. */
export interface ExpressionSnapshot {
  readonly source: string;
  readonly states: readonly (readonly SnapshotNumber[])[];
}

/** A bar that closes, and whose it is. */
export interface ClosedBar {
  readonly scope: Scope;
  readonly bar: ScopeBar;
}

interface Step {
  readonly id: NodeId;
  /** Index of the scope whose bars it runs on. */
  readonly scope: number;
  run(bar: ScopeBar): void;
}

/**
 * An expression that runs bar by bar, with the digits that the columns give. All bars that close at one
 * moment, of whatever scope, are given together: in which order they are worked out follows from what
 * reads what, not from the caller. Scopes may read each other in turn.
 */
export class ExpressionStream {
  readonly expression: CompiledExpression;
  /** Last value of every node; outputs of indicators stand in `outputs`. */
  private readonly values: Float64Array;
  private readonly outputs = new Map<NodeId, Float64Array>();
  private readonly indicators: { readonly id: NodeId; readonly stream: IndicatorStream }[] = [];
  private readonly kernels: { readonly id: NodeId; readonly kernel: StreamKernel }[] = [];
  /** In the order of the graph, where what is read stands before its readers. */
  private readonly steps: readonly Step[];
  /** Bars of the moment, by scope. */
  private readonly bars: (ScopeBar | undefined)[];
  /** Everything that changes between bars. */
  private readonly states: readonly Float64Array[];
  private readonly saved: readonly Float64Array[];
  private readonly scopeIndex: ReadonlyMap<string, number>;

  constructor(expression: CompiledExpression) {
    this.expression = expression;
    this.values = new Float64Array(expression.nodes.length).fill(Number.NaN);
    this.scopeIndex = new Map(expression.scopes.map((scope, index) => [scopeKey(scope), index]));
    this.steps = expression.nodes.map((node, id) => this.step(node, id));
    this.bars = expression.scopes.map(() => undefined);
    this.states = [
      this.values,
      ...this.outputs.values(),
      ...this.indicators.map(({ stream }) => stream.state),
      ...this.kernels.map(({ kernel }) => kernel.state),
    ];
    this.saved = this.states.map((state) => state.slice());
  }

  /**
   * Takes a bar of the base scope that closes at a moment when no other bar does.
   * @returns the expression's value on it
   */
  update(bar: ScopeBar): number {
    // The base scope is the first of every expression.
    this.bars.fill(undefined);
    this.bars[0] = bar;
    return this.run() as number;
  }

  /**
   * Takes all bars that close at one moment, at most one of each scope, in any order. Moments are given
   * in order of time.
   * @returns the expression's value on the base bar, `undefined` when none is among them
   * @throws RenataError BAD_INPUT when the expression does not read a scope or it is given twice.
   */
  updateAt(closed: readonly ClosedBar[]): number | undefined {
    const { bars } = this;
    bars.fill(undefined);
    for (const { scope, bar } of closed) {
      const index = this.scopeIndex.get(scopeKey(scope));
      if (index === undefined || bars[index] !== undefined) {
        const key = scopeKey(scope);
        const what = index === undefined ? 'does not read' : 'takes one bar a moment of';
        throw new RenataError('BAD_INPUT', `The expression ${what} ${key}.`);
      }
      bars[index] = bar;
    }
    return this.run();
  }

  /** Works out every step whose scope has a bar now. */
  private run(): number | undefined {
    const { bars, steps } = this;
    for (const step of steps) {
      const bar = bars[step.scope];
      if (bar !== undefined) step.run(bar);
    }
    return bars[0] === undefined ? undefined : this.values[this.expression.root];
  }

  /** The newest value of a node: expressions that were compiled to one graph run as one stream. */
  value(id: NodeId): number {
    return this.values[id] as number;
  }

  /** Whether the expression reads bars of a scope. */
  reads(scope: Scope): boolean {
    return this.scopeIndex.has(scopeKey(scope));
  }

  /** The value that `update` would give for a bar that is still forming; nothing is kept. */
  preview(bar: ScopeBar): number {
    return this.previewWith(bar, () => this.value(this.expression.root));
  }

  /** What is read from the stream as if a bar that is still forming had closed; nothing is kept. */
  previewWith<Result>(bar: ScopeBar, read: () => Result): Result {
    this.states.forEach((state, k) => this.saved[k]?.set(state));
    try {
      this.update(bar);
      return read();
    } finally {
      this.states.forEach((state, k) => state.set(this.saved[k] as Float64Array));
    }
  }

  snapshot(): ExpressionSnapshot {
    const states = this.states.map((state) => Array.from(state, toSnapshot));
    return { source: this.expression.source, states };
  }

  /** @throws RenataError BAD_INPUT when the snapshot is of another expression. */
  restore(snapshot: ExpressionSnapshot): void {
    const fits =
      snapshot.source === this.expression.source &&
      snapshot.states.length === this.states.length &&
      this.states.every((state, k) => snapshot.states[k]?.length === state.length);
    if (!fits) {
      throw new RenataError('BAD_INPUT', 'The snapshot is of another expression.');
    }
    this.states.forEach((state, k) => {
      snapshot.states[k]?.forEach((value, i) => {
        state[i] = Number(value);
      });
    });
  }

  private step(node: GraphNode, id: NodeId): Step {
    const { values } = this;
    const { scope } = node;
    switch (node.kind) {
      case 'constant': {
        values[id] = node.value;
        return { id, scope, run: () => undefined };
      }
      case 'column':
        return {
          id,
          scope,
          run: (bar) => {
            values[id] = bar[node.name] ?? Number.NaN;
          },
        };
      case 'align':
        return {
          id,
          scope,
          run: () => {
            values[id] = values[node.of] as number;
          },
        };
      case 'output':
        return {
          id,
          scope,
          run: () => {
            values[id] = this.outputs.get(node.of)?.[node.index] ?? Number.NaN;
          },
        };
      case 'indicator': {
        const stream = new IndicatorStream(node.definition, node.parameters);
        const outputs = new Float64Array(node.definition.outputs.length).fill(Number.NaN);
        const inputs = new Float64Array(node.args.length);
        this.outputs.set(id, outputs);
        this.indicators.push({ id, stream });
        return {
          id,
          scope,
          run: () => {
            for (let k = 0; k < inputs.length; k += 1)
              inputs[k] = values[node.args[k] as number] as number;
            stream.update(inputs, outputs);
          },
        };
      }
      case 'operation': {
        const kernel = node.operation.stream(node.parameters);
        const output = new Float64Array(1);
        const inputs = new Float64Array(node.args.length);
        this.kernels.push({ id, kernel });
        return {
          id,
          scope,
          run: () => {
            for (let k = 0; k < inputs.length; k += 1)
              inputs[k] = values[node.args[k] as number] as number;
            kernel.step(inputs, output);
            values[id] = output[0] as number;
          },
        };
      }
    }
  }
}
