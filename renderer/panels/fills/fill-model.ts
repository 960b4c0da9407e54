import { add, decimal, ZERO, type Decimal } from '../../../engine/domain/decimal.ts';
import type { FillView } from '../../../engine/protocol/live-schemas.ts';
import { groupDigits } from '../../components/trading/decimals.ts';

const DAY_MS = 86_400_000;

/** How many fills there are today (UTC), and what they cost, by currency. */
export function fillSums(fills: readonly FillView[], now: number): string {
  const today = Math.floor(now / DAY_MS);
  const own = fills.filter(({ venueTime }) => Math.floor(venueTime / DAY_MS) === today);
  const costs = new Map<string, Decimal>();
  for (const { commission, commissionCurrency } of own) {
    if (commission === null) continue;
    const before = costs.get(commissionCurrency) ?? ZERO;
    costs.set(commissionCurrency, add(before, decimal(commission)));
  }
  const paid = [...costs].map(([currency, sum]) => `${groupDigits(sum, 2)} ${currency}`);
  const count = `${own.length} ${own.length === 1 ? 'fill' : 'fills'} today`;
  return paid.length === 0 ? count : `${count}, commission ${paid.join(' + ')}`;
}

/** Fills as a table for a file: exact digits, times in UTC. */
export function fillsTable(fills: readonly FillView[]): {
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
} {
  return {
    header: [
      'time',
      'account',
      'instrument',
      'side',
      'quantity',
      'price',
      'commission',
      'commissionCurrency',
      'liquidity',
      'tradeId',
      'clientOrderId',
      'venueOrderId',
    ],
    rows: fills.map((fill) => [
      new Date(fill.venueTime).toISOString(),
      fill.account,
      fill.instrument,
      fill.side,
      fill.quantity,
      fill.price,
      fill.commission ?? '',
      fill.commissionCurrency,
      fill.liquidity,
      fill.tradeId,
      fill.clientOrderId,
      fill.venueOrderId ?? '',
    ]),
  };
}
