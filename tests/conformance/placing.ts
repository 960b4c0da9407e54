/** Placing an order at a venue under test, and reading what the adapter told of it. */
import { expect } from 'vitest';
import { add, ZERO, type Decimal } from '../../engine/domain/decimal.ts';
import type { VenueOrderId } from '../../engine/domain/identifiers.ts';
import type { OrderIntent, OrderTerms } from '../../engine/domain/live-order.ts';
import type {
  ExecutionClient,
  ExecutionReport,
  FillReport,
  OrderReport,
} from '../../engine/ports/execution-client.ts';
import { until } from './checks.ts';
import type { Context } from './execution-bench.ts';
import { intentOf, limit } from './orders.ts';

/** An order arrives once, in the words of the venue, and the adapter tells it in ours. */
export async function arrives(context: Context, terms: OrderTerms): Promise<void> {
  const { bench, client, reports } = context;
  const order = intentOf(bench, terms);
  await client.submit([order]);
  const at = bench.venue.arrived(order.clientOrderId);
  expect({ terms, at }).toMatchObject({ terms, at: bench.venue.words(terms) });
  expect(bench.venue.copies(order.clientOrderId)).toBe(1);
  await until(reports, (each) => isOrderOf(each, order));
  const told = reports.find((each) => isOrderOf(each, order)) as OrderReport;
  expect(told.terms).toEqual(terms);
}

export async function placed(context: Context, terms?: OrderTerms): Promise<OrderIntent> {
  const order = intentOf(context.bench, terms ?? limit(context.bench));
  await context.client.submit([order]);
  await accepted(context, order);
  return order;
}

export async function accepted({ reports }: Context, order: OrderIntent): Promise<OrderReport> {
  await until(reports, (each) => isOrderOf(each, order) && each.status === 'accepted');
  return reports.find(
    (each) => isOrderOf(each, order) && each.status === 'accepted',
  ) as OrderReport;
}

export async function readyAgain(client: ExecutionClient): Promise<void> {
  await expect.poll(() => client.connection.phase).toBe('ready');
}

export const isOrderOf = (report: ExecutionReport, order: OrderIntent): report is OrderReport =>
  report.kind === 'order' && report.clientOrderId === order.clientOrderId;
export const isFillOf = (report: ExecutionReport, order: OrderIntent): report is FillReport =>
  report.kind === 'fill' && report.clientOrderId === order.clientOrderId;
export const fillsIn = (reports: readonly ExecutionReport[]): readonly FillReport[] =>
  reports.filter((report) => report.kind === 'fill');

export function venueIdIn(
  reports: readonly ExecutionReport[],
  order: OrderIntent,
): VenueOrderId | null {
  return reports.findLast((each) => isOrderOf(each, order))?.venueOrderId ?? null;
}

/** Fills as the core books them: one of each trade id. */
export function once(fills: readonly FillReport[]): readonly FillReport[] {
  const seen = new Set<string>();
  return fills.filter(({ tradeId }) => !seen.has(tradeId) && seen.add(tradeId) !== undefined);
}

export const sumOf = (fills: readonly FillReport[]): Decimal =>
  fills.reduce<Decimal>((sum, { quantity }) => add(sum, quantity), ZERO);
