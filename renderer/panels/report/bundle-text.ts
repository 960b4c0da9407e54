import type { BundleRerun } from '../../../engine/protocol/run-bundle.ts';

export function shortHash(hash: string): string {
  return hash.slice(0, 16);
}

/** What running a bundle again came to, in a sentence or two. */
export function rerunText({
  sameOrders,
  orderHash,
  expectedOrderHash,
  bars,
  differences,
}: Pick<
  BundleRerun,
  'sameOrders' | 'orderHash' | 'expectedOrderHash' | 'bars' | 'differences'
>): string {
  const of = bars === 'bundle' ? 'the bundle’s own bars' : 'the bars of this store';
  if (!sameOrders) {
    return `Other orders over ${of}: ${shortHash(orderHash)}, the bundle has ${shortHash(expectedOrderHash)}.`;
  }
  const [first] = differences;
  if (first === undefined) return `The same orders and the same statistics, over ${of}.`;
  const more = differences.length > 1 ? ` and ${differences.length - 1} more` : '';
  return `The same orders over ${of}; other statistics: ${first.name}${more}.`;
}
