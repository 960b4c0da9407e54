import type { QualityRowView } from '../../../engine/protocol/execution-schemas.ts';

export const COSTS = ['decision', 'arrival', 'mid', 'vwap', 'commission', 'shortfall'] as const;
export type CostName = (typeof COSTS)[number];

export const COST_TITLES: Readonly<Record<CostName, string>> = {
  decision: 'Decision',
  arrival: 'Arrival',
  mid: 'Middle',
  vwap: 'VWAP',
  commission: 'Fees',
  shortfall: 'Shortfall',
};

export function costOf(row: QualityRowView, name: CostName): QualityRowView['commission'] {
  return name === 'commission' || name === 'shortfall' ? row[name] : row.slippage[name];
}

/** One bar of the picture: parts of the width from 0 in its middle, to the right where it costs. */
export interface CostBar {
  readonly key: string;
  readonly bps: number | null;
  /** Length as a part of half of the width. */
  readonly part: number;
}

/** Bars of one cost, drawn on one scale. */
export function barsOf(rows: readonly QualityRowView[], name: CostName): readonly CostBar[] {
  const values = rows.map((row) => costOf(row, name).bps);
  const most = values.reduce<number>((top, bps) => Math.max(top, Math.abs(bps ?? 0)), 0);
  return rows.map(({ key, currency }, i) => {
    const bps = values[i] ?? null;
    return {
      key: `${key} ${currency}`.trim(),
      bps,
      part: bps === null || most === 0 ? 0 : Math.abs(bps) / most,
    };
  });
}

export function bpsText(bps: number | null): string {
  return bps === null ? 'n/a' : bps.toFixed(2);
}
