import { RenataError } from '../domain/errors.ts';
import { IndicatorStream } from '../indicators/runner.ts';
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

/** State of a running expression: plain numbers, so that it can be stored and sent. */
export interface ExpressionSnapshot {
  readonly source: string;
  readonly values: readonly number[];
  readonly states: readonly (readonly number[])[];
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
  private readonly scopeIndex: ReadonlyMap<string, number>;

  constructor(expression: CompiledExpression) {
    this.expression = expression;
    this.values = new Float64Array(expression.nodes.length).fill(Number.NaN);
    this.scopeIndex = new Map(expression.scopes.map((scope, index) => [scopeKey(scope), index]));
    const steps: Step[][] = expression.scopes.map(() => []);
    expression.nodes.forEach((node, id) => steps[node.scope]?.push(this.step(node, id)));
    this.steps = steps;
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
    const before = this.snapshot();
    const value = this.update(bar);
    this.restore(before);
    return value;
  }

  snapshot(): ExpressionSnapshot {
    return {
      source: this.expression.source,
      values: [...this.values, ...[...this.outputs.values()].flatMap((column) => [...column])],
      states: [
        ...this.indicators.map(({ stream }) => stream.snapshot().state),
        ...this.kernels.map(({ kernel }) => [...kernel.state]),
      ],
    };
  }

  /** @throws RenataError BAD_INPUT when the snapshot is of another expression. */
  restore(snapshot: ExpressionSnapshot): void {
    const length = [...this.outputs.values()].reduce((sum, column) => sum + column.length, 0);
    const fits =
      snapshot.source === this.expression.source &&
      snapshot.values.length === this.values.length + length &&
      snapshot.states.length === this.indicators.length + this.kernels.length;
    if (!fits) {
      throw new RenataError('BAD_INPUT', 'The snapshot is of another expression.');
    }
    this.values.set(snapshot.values.slice(0, this.values.length));
    let at = this.values.length;
    for (const column of this.outputs.values()) {
      column.set(snapshot.values.slice(at, at + column.length));
      at += column.length;
    }
    this.indicators.forEach(({ stream }, index) => {
      stream.restore({ ...stream.snapshot(), state: snapshot.states[index] ?? [] });
    });
    this.kernels.forEach(({ kernel }, index) => {
      kernel.state.set(snapshot.states[this.indicators.length + index] ?? []);
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
