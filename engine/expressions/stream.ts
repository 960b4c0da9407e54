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

interface Step {
  readonly id: NodeId;
  run(bar: ScopeBar): void;
}

/**
 * An expression that runs bar by bar, with the digits that the columns give. Bars of other scopes are
 * pushed when they close and before the base bar that may know them.
 */
export class ExpressionStream {
  readonly expression: CompiledExpression;
  /** Last value of every node; outputs of indicators stand in `outputs`. */
  private readonly values: Float64Array;
  private readonly outputs = new Map<NodeId, Float64Array>();
  private readonly indicators: { readonly id: NodeId; readonly stream: IndicatorStream }[] = [];
  private readonly kernels: { readonly id: NodeId; readonly kernel: StreamKernel }[] = [];
  private readonly steps: readonly (readonly Step[])[];
  /** Everything that changes between bars. */
  private readonly states: readonly Float64Array[];
  private readonly saved: readonly Float64Array[];
  private readonly scopeIndex: ReadonlyMap<string, number>;

  constructor(expression: CompiledExpression) {
    this.expression = expression;
    this.values = new Float64Array(expression.nodes.length).fill(Number.NaN);
    this.scopeIndex = new Map(expression.scopes.map((scope, index) => [scopeKey(scope), index]));
    const steps: Step[][] = expression.scopes.map(() => []);
    expression.nodes.forEach((node, id) => steps[node.scope]?.push(this.step(node, id)));
    this.steps = steps;
    this.states = [
      this.values,
      ...this.outputs.values(),
      ...this.indicators.map(({ stream }) => stream.state),
      ...this.kernels.map(({ kernel }) => kernel.state),
    ];
    this.saved = this.states.map((state) => state.slice());
  }

  /** Takes a closed bar of the base scope and gives the expression's value on it. */
  update(bar: ScopeBar): number {
    this.run(0, bar);
    return this.values[this.expression.root] as number;
  }

  /**
   * Takes a closed bar of another scope.
   * @throws RenataError BAD_INPUT when the expression does not read that scope.
   */
  updateScope(scope: Scope, bar: ScopeBar): void {
    const index = this.scopeIndex.get(scopeKey(scope));
    if (index === undefined) {
      throw new RenataError('BAD_INPUT', `The expression does not read ${scopeKey(scope)}.`);
    }
    this.run(index, bar);
  }

  /** The value that `update` would give for a bar that is still forming; nothing is kept. */
  preview(bar: ScopeBar): number {
    this.states.forEach((state, k) => this.saved[k]?.set(state));
    const value = this.update(bar);
    this.states.forEach((state, k) => state.set(this.saved[k] as Float64Array));
    return value;
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

  private run(scope: number, bar: ScopeBar): void {
    for (const step of this.steps[scope] ?? []) step.run(bar);
  }

  private step(node: GraphNode, id: NodeId): Step {
    const { values } = this;
    switch (node.kind) {
      case 'constant': {
        values[id] = node.value;
        return { id, run: () => undefined };
      }
      case 'column':
        return {
          id,
          run: (bar) => {
            values[id] = bar[node.name] ?? Number.NaN;
          },
        };
      case 'align':
        return {
          id,
          run: () => {
            values[id] = values[node.of] as number;
          },
        };
      case 'output':
        return {
          id,
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
