import type { LiveOrderView } from '../../../engine/protocol/live-schemas.ts';
import { readDecimal } from '../../components/trading/decimals.ts';
import { isOpenOrder, symbolOf, TYPE_SHORT } from '../../components/trading/words.ts';

/** Fields of an order that can be changed in its row, with what they change. */
export const AMENDABLE = ['quantity', 'limitPrice', 'stopPrice', 'trail'] as const;
export type Amendable = (typeof AMENDABLE)[number];

/** Orders as the panel lists them: the newest first. */
export function listed(
  orders: Iterable<LiveOrderView>,
  filter: { readonly open: boolean; readonly account: string },
): readonly LiveOrderView[] {
  return [...orders]
    .filter(
      (order) =>
        (!filter.open || isOpenOrder(order)) &&
        (filter.account === '' || order.account === filter.account),
    )
    .toSorted((a, b) => b.createdAt - a.createdAt || (a.clientOrderId < b.clientOrderId ? 1 : -1));
}

/** The value of a field as it will be: a change that waits for the venue is shown already. */
export function termOf(order: LiveOrderView, field: Amendable): string | null {
  const { terms, pending } = order;
  if (field === 'trail') {
    return (
      pending?.trailAmount ??
      pending?.trailPercent ??
      terms.trailAmount ??
      terms.trailPercent ??
      null
    );
  }
  return pending?.[field] ?? terms[field] ?? null;
}

/** Whether a change may be asked for now. */
export function canAmend(order: LiveOrderView, field: Amendable): boolean {
  if (!isOpenOrder(order) || order.pending !== null) return false;
  if (['Unknown', 'PendingCancel', 'PendingUpdate', 'Submitted'].includes(order.state))
    return false;
  return field === 'quantity' || termOf(order, field) !== null;
}

/** Whether a cancellation may be asked for. */
export function canCancel(order: LiveOrderView): boolean {
  return isOpenOrder(order) && order.state !== 'PendingCancel';
}

/** What is to be changed, or what is wrong with what was typed; undefined where nothing changes. */
export function amendmentOf(
  order: LiveOrderView,
  field: Amendable,
  typed: string,
): { readonly change: Readonly<Record<string, string>> } | { readonly fault: string } | undefined {
  const value = readDecimal(typed);
  if (value === undefined) return { fault: `“${typed}” is not a number; write it as 187.25.` };
  if (value === readDecimal(termOf(order, field) ?? '')) return undefined;
  if (field !== 'trail') return { change: { [field]: value } };
  const name = order.terms.trailPercent === undefined ? 'trailAmount' : 'trailPercent';
  return { change: { [name]: value } };
}

/** An order in one line, for questions and names: `Buy 100 ALFA @ 187.2 LMT`. */
export function orderText(order: LiveOrderView): string {
  const { side, quantity, type, limitPrice, stopPrice } = order.terms;
  return [
    side === 'buy' ? 'Buy' : 'Sell',
    quantity,
    symbolOf(order.instrument),
    ...(limitPrice === undefined ? [] : [`@ ${limitPrice}`]),
    ...(stopPrice === undefined ? [] : [`stop ${stopPrice}`]),
    TYPE_SHORT[type],
  ].join(' ');
}

/** What a group makes of an order: the part that it plays. */
export function roleText(order: LiveOrderView): string {
  switch (order.group?.role) {
    case 'entry':
      return 'entry';
    case 'stop-loss':
      return 'stop loss';
    case 'take-profit':
      return 'take profit';
    case 'leg':
      return 'one of two';
    case undefined:
      return '';
  }
}
