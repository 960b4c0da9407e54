import { describe, expect, it } from 'vitest';
import { rerunText } from '../../../renderer/panels/report/bundle-text.ts';

const SAME = {
  sameOrders: true,
  orderHash: 'a'.repeat(64),
  expectedOrderHash: 'a'.repeat(64),
  bars: 'bundle',
  differences: [],
} as const;

describe('what running a bundle again came to', () => {
  it('is said with the bars that were read', () => {
    expect(rerunText({ ...SAME, differences: [] })).toBe(
      'The same orders and the same statistics, over the bundle’s own bars.',
    );
    expect(rerunText({ ...SAME, differences: [], bars: 'store' })).toContain('of this store');
  });

  it('names both hashes of other orders, and statistics that differ', () => {
    const other = { ...SAME, sameOrders: false, orderHash: 'b'.repeat(64), differences: [] };
    expect(rerunText(other)).toBe(
      'Other orders over the bundle’s own bars: bbbbbbbbbbbbbbbb, the bundle has aaaaaaaaaaaaaaaa.',
    );
    const differences = ['Sharpe Ratio', 'SQN'].map((name) => ({ name, bundle: 1, run: 2 }));
    expect(rerunText({ ...SAME, differences })).toContain('Sharpe Ratio and 1 more');
    expect(rerunText({ ...SAME, differences: differences.slice(1) })).toContain(': SQN.');
  });
});
