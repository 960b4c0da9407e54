import type { GraphNode, NodeId, Scope } from './graph.ts';

const PRICES: ReadonlySet<string> = new Set(['open', 'high', 'low', 'close']);

/**
 * For each node, how many times the price of the chart's own instrument is in it: 1 for the close and
 * its averages, 0.5 + 0.5 for `(high + low) / 2`, 0 for a difference of prices, a ratio or an
 * oscillator. It tells whether a column fits on the scale of the prices.
 */
export function priceShares(nodes: readonly GraphNode[], scopes: readonly Scope[]): number[] {
  const shares: number[] = [];
  const of = (id: NodeId | undefined): number => shares[id ?? -1] ?? 0;
  const constant = (id: NodeId | undefined): number | undefined => {
    const node = nodes[id ?? -1];
    return node?.kind === 'constant' ? node.value : undefined;
  };
  const operation = (id: string, args: readonly NodeId[]): number => {
    const [a, b, c] = args;
    switch (id) {
      case '+':
        return of(a) + of(b);
      case '-':
        return of(a) - of(b);
      case '*':
        return of(a) * (constant(b) ?? 0) + of(b) * (constant(a) ?? 0);
      case '/':
        return of(a) / (constant(b) ?? Infinity);
      case 'negate':
        return -of(a);
      case 'abs':
      case 'round':
      case 'shift':
      case 'highest':
      case 'lowest':
        return of(a);
      case 'greatest':
      case 'least':
      case 'fill_missing':
        return Math.max(of(a), of(b));
      case 'value_when':
        return of(b);
      case 'if':
        return Math.max(of(b), of(c));
      default:
        return 0;
    }
  };
  for (const node of nodes) {
    switch (node.kind) {
      case 'constant':
        shares.push(0);
        break;
      case 'column': {
        const own = scopes[node.scope]?.instrument === null;
        shares.push(own && PRICES.has(node.name) ? 1 : 0);
        break;
      }
      case 'operation':
        shares.push(operation(node.operation.id, node.args));
        break;
      case 'indicator': {
        const overlay = node.definition.pane === 'overlay';
        shares.push(overlay ? Math.max(0, ...node.args.map(of)) : 0);
        break;
      }
      case 'output': {
        const parent = nodes[node.of];
        const style =
          parent?.kind === 'indicator' ? parent.definition.outputs[node.index]?.style : 'line';
        shares.push(style === 'marks' ? 0 : of(node.of));
        break;
      }
      case 'align':
        shares.push(of(node.of));
        break;
    }
  }
  return shares;
}

/** For each node, whether all its values are whole numbers whatever the prices are. */
export function wholeNumbers(nodes: readonly GraphNode[]): boolean[] {
  const whole: boolean[] = [];
  const all = (args: readonly NodeId[]): boolean => args.every((id) => whole[id] === true);
  const operation = (id: string, args: readonly NodeId[]): boolean => {
    switch (id) {
      case 'sign':
      case 'count':
      case 'bars_since':
        return true;
      case '+':
      case '-':
      case '*':
      case '%':
      case 'negate':
      case 'abs':
      case 'shift':
      case 'highest':
      case 'lowest':
      case 'greatest':
      case 'least':
      case 'fill_missing':
      case 'cumulate':
        return all(args);
      case 'if':
      case 'value_when':
        return all(args.slice(1));
      default:
        return false;
    }
  };
  for (const node of nodes) {
    switch (node.kind) {
      case 'constant':
        whole.push(Number.isInteger(node.value));
        break;
      case 'column':
        whole.push(!PRICES.has(node.name) && node.name !== 'volume' && node.name !== 'time');
        break;
      case 'operation':
        whole.push(operation(node.operation.id, node.args));
        break;
      case 'indicator':
        whole.push(false);
        break;
      case 'output': {
        const parent = nodes[node.of];
        const kind = parent?.kind === 'indicator' && parent.definition.outputs[node.index]?.kind;
        whole.push(kind === 'integer');
        break;
      }
      case 'align':
        whole.push(whole[node.of] === true);
        break;
    }
  }
  return whole;
}
