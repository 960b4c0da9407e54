import { expect } from 'vitest';
import { systemClock } from '../../electron/net/system-clock.ts';
import type { Price, Quantity } from '../../engine/domain/decimal.ts';
import {
  clientOrderId,
  type AccountId,
  type InstrumentId,
  type VenueOrderId,
} from '../../engine/domain/identifiers.ts';
import type { OrderGroup, OrderIntent, OrderTerms } from '../../engine/domain/live-order.ts';
import type { FillReport, OrderRef, OrderReport } from '../../engine/ports/execution-client.ts';
import type { OrderRig, Told } from './rig.ts';

export const qty = (text: string): Quantity => text as Quantity;
export const px = (text: string): Price => text as Price;

export interface IntentMore {
  readonly group?: OrderGroup;
  readonly parent?: OrderIntent;
  readonly id?: string;
  readonly instrument?: InstrumentId;
}

export interface OrderMaker {
  /** Of a limit order that rests, but for what is given. */
  terms(given?: Partial<OrderTerms>): OrderTerms;
  /** An order of a name of its own. */
  intent(own: OrderTerms, more?: IntentMore): OrderIntent;
}

/** Makes orders of an account in an instrument. */
export function orderMaker(
  account: AccountId,
  instrument: InstrumentId,
  plain: Pick<OrderTerms, 'quantity' | 'timeInForce'> & { readonly limitPrice: Price },
): OrderMaker {
  const { limitPrice, ...always } = plain;
  let count = 0;
  return {
    terms: (given = {}) => ({
      side: 'buy',
      type: 'limit',
      ...always,
      ...(given.type === undefined || given.type === 'limit' ? { limitPrice } : {}),
      ...given,
    }),
    intent: (own, more = {}) => {
      count += 1;
      return {
        clientOrderId: clientOrderId(more.id ?? `RTEST${String(count).padStart(6, '0')}`),
        account,
        instrument: more.instrument ?? instrument,
        terms: own,
        source: { kind: 'person', name: '' },
        strategy: null,
        group: more.group ?? null,
        parent: more.parent?.clientOrderId ?? null,
        decidedAt: systemClock.now(),
        decisionPrice: null,
        tag: '',
      };
    },
  };
}

/** Sends one order, and returns the venue's name of it. */
export async function place(
  { execution }: Pick<OrderRig, 'execution'>,
  order: OrderIntent,
): Promise<VenueOrderId | null> {
  const [answer] = await execution.submit([order]);
  return answer?.venueOrderId ?? null;
}

export function refOf(order: OrderIntent, id: VenueOrderId | null = null): OrderRef {
  const { account, instrument, clientOrderId: name } = order;
  return { account, instrument, clientOrderId: name, venueOrderId: id };
}

export const fillsOf = ({ reports }: Told): readonly FillReport[] =>
  reports.filter((report) => report.kind === 'fill');

export const ordersOf = ({ reports }: Told, order: OrderIntent): readonly OrderReport[] =>
  reports.filter(
    (report) => report.kind === 'order' && report.clientOrderId === order.clientOrderId,
  ) as OrderReport[];

/** The last report of an order, once it has this status, which it keeps. */
export async function untilStatus(
  rig: Told,
  order: OrderIntent,
  status: OrderReport['status'],
): Promise<OrderReport> {
  await expect.poll(() => ordersOf(rig, order).at(-1)?.status).toBe(status);
  return ordersOf(rig, order).at(-1) as OrderReport;
}
