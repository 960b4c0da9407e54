import type {
  AccountView,
  LiveOrderView,
  PositionView,
  RiskStateView,
} from '../../../engine/protocol/live-schemas.ts';
import { isOpenOrder } from '../../components/trading/words.ts';

/** How much of a limit is used now. The gate counts exactly; this shows where things stand. */
export interface Usage {
  readonly title: string;
  readonly value: string;
  readonly limit: string;
  readonly used: number;
}

type Limits = RiskStateView['scopes'][number]['limits'];

/** Usage of an account under limits; only what the window can tell, and only where a limit is set. */
export function usageOf(
  account: AccountView,
  positions: readonly PositionView[],
  orders: Iterable<LiveOrderView>,
  limits: Limits,
): readonly Usage[] {
  const own = positions.filter((position) => position.account === account.id);
  const values = own.map(({ value }) => value ?? 0);
  const equity = Number(account.equity ?? Number.NaN);
  const gross = values.reduce((sum, value) => sum + Math.abs(value), 0);
  const net = Math.abs(values.reduce((sum, value) => sum + value, 0));
  const largest = Math.max(0, ...values.map(Math.abs));
  const loss = Math.max(0, -Number(account.dayProfit ?? Number.NaN));
  const open = [...orders].filter(
    (order) => order.account === account.id && isOpenOrder(order),
  ).length;
  const money = (value: number): string =>
    `${value.toLocaleString('en-US', { maximumFractionDigits: 0 })} ${account.currency}`;
  const percent = (value: number): string => `${(value * 100).toFixed(1)} %`;
  const rows: readonly (readonly [
    string,
    number,
    string | number | null | undefined,
    (value: number) => string,
  ])[] = [
    ['Loss of the day', loss, limits.maxDailyLoss, money],
    ['Largest position', largest, limits.maxPositionNotional, money],
    ['Concentration', largest / equity, limits.maxConcentration, percent],
    ['Gross exposure', gross / equity, limits.maxGrossExposure, percent],
    ['Net exposure', net / equity, limits.maxNetExposure, percent],
    ['Leverage', gross / equity, limits.maxLeverage, (value) => `${value.toFixed(2)} ×`],
    ['Open orders', open, limits.maxOpenOrders, String],
  ];
  return rows.flatMap(([title, value, limit, text]) => {
    if (limit === null || limit === undefined || !Number.isFinite(value)) return [];
    const most = Number(limit);
    return [{ title, value: text(value), limit: text(most), used: most > 0 ? value / most : 1 }];
  });
}
