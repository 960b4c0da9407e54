import type { RiskStateView } from '../../../engine/protocol/live-schemas.ts';

type Unreached = RiskStateView['unreached'];

const countOf = (orders: number): string => (orders === 1 ? '1 order' : `${orders} orders`);

/** How many orders work where nobody hears of them; empty for none. */
export function unreachedText(unreached: Unreached): string {
  const orders = unreached.reduce((sum, each) => sum + each.orders, 0);
  if (orders === 0) return '';
  const cancels = unreached.every((each) => each.cancels);
  return `${countOf(orders)} open out of reach${cancels ? ', cancelled on reconnect' : ''}`;
}

/** Where they are, and what becomes of them. */
export function unreachedTitle(unreached: Unreached): string {
  return unreached
    .map(({ account, orders, cancels }) => {
      const open = `${countOf(orders)} of ${account} ${orders === 1 ? 'is' : 'are'} open at a venue that cannot be reached`;
      return cancels
        ? `${open}; the kill switch cancels them when it is connected again.`
        : `${open}.`;
    })
    .join(' ');
}
