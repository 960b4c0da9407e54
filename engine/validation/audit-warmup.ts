import type { BarColumns } from '../domain/bar.ts';
import { attempt, copyBars } from './audit-lookahead.ts';
import { percentText, type AuditRun, type Finding } from './audit-types.ts';
import { watch, type WatchHooks } from './watch.ts';

/** Later starts of the history, as parts of the bars. */
const STARTS = [0.1, 0.25, 0.4];
/** A plot has settled when it stays within this part of its mean size. */
const SETTLED = 1e-3;
/** The end of the bars in which a settled plot must not differ, and in which orders are compared. */
const TAIL = 1 / 3;
/** Orders at the end that may differ: a position that was open at the start can live long. */
const FEW_ORDERS = 0.1;
const MANY_ORDERS = 0.5;

/**
 * Runs again with the history starting later. Indicators with a memory forget their start after a while; one
 * that never does, or orders that stay different, make the result depend on where the data happens to begin.
 */
export function auditWarmUp(
  bars: BarColumns,
  full: AuditRun,
  run: (bars: BarColumns) => AuditRun,
  hooks: WatchHooks = {},
): Finding[] {
  const length = bars.time.length;
  let settled = 0;
  let unsettled: { name: string; start: number; error: number } | undefined;
  let different = 0;
  let start = 0;
  for (const [k, part] of STARTS.entries()) {
    watch(hooks, k, STARTS.length, 'The warm-up audit');
    const from = Math.floor(length * part);
    if (from < 1) continue;
    const later = attempt(run, copyBars(bars, from, length));
    if (typeof later === 'string') return [failure(from, later)];
    for (const [plot, { name, values }] of full.plots.entries()) {
      const other = later.plots[plot]?.values;
      if (other === undefined) continue;
      const { last, error } = lastDifference(values, other, from);
      if (last >= Math.floor(length * (1 - TAIL))) {
        if (unsettled === undefined || error > unsettled.error) {
          unsettled = { name, start: from, error };
        }
      } else if (last >= from) {
        settled = Math.max(settled, last - from + 1);
      }
    }
    const share = ordersThatDiffer(full, later, from, Math.floor(length * (1 - TAIL)));
    if (share > different) {
      different = share;
      start = from;
    }
  }
  watch(hooks, STARTS.length, STARTS.length, 'The warm-up audit');
  const findings: Finding[] = [];
  if (unsettled !== undefined) {
    const { name, start: from, error } = unsettled;
    findings.push({
      check: 'warm-up',
      severity: 'serious',
      message: `The plot ${name} never forgets where the data begins: with the first ${from} bars left out it still differs by ${percentText(error)} of its size at the end.`,
      evidence: { plot: name, start: from, relativeDifference: error },
    });
  } else if (settled > 0) {
    findings.push({
      check: 'warm-up',
      severity: 'note',
      message: `The indicators need ${settled} bars before they no longer depend on where the data begins.`,
      evidence: { bars: settled },
    });
  }
  if (different > FEW_ORDERS) {
    findings.push({
      check: 'warm-up',
      severity: different > MANY_ORDERS ? 'serious' : 'warning',
      message: `With the first ${start} bars left out, ${percentText(different)} of the orders in the last third of the data are others.`,
      evidence: { start, differentOrders: different },
    });
  }
  return findings;
}

function failure(start: number, message: string): Finding {
  return {
    check: 'warm-up',
    severity: 'serious',
    message: `With the first ${start} bars left out the strategy fails: ${message}`,
    evidence: { start },
  };
}

/** Last bar at which the later run's plot differs, and by how much of the plot's mean size at the end. */
function lastDifference(
  values: Float64Array,
  later: Float64Array,
  from: number,
): { readonly last: number; readonly error: number } {
  let size = 0;
  let count = 0;
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    size += Math.abs(value);
    count += 1;
  }
  const scale = size / count;
  let last = -1;
  let error = 0;
  for (let i = from; i < values.length; i += 1) {
    const distance = Math.abs((values[i] as number) - (later[i - from] as number)) / scale;
    // NaN is the lead-in of the later run, which is no difference of memory.
    if (!(distance > SETTLED)) continue;
    last = i;
    error = distance;
  }
  return { last, error };
}

/** Part of the orders from bar `tail` on that only one of the two runs gave. */
function ordersThatDiffer(full: AuditRun, later: AuditRun, from: number, tail: number): number {
  const mine = ordersFrom(full, 0, tail);
  const theirs = ordersFrom(later, from, tail);
  let common = 0;
  for (const order of theirs) if (mine.has(order)) common += 1;
  const all = mine.size + theirs.size - common;
  return all === 0 ? 0 : 1 - common / all;
}

/** What was ordered on which bar; sizes follow the equity and are left out. */
function ordersFrom({ orders }: AuditRun, shift: number, tail: number): Set<string> {
  const found = new Set<string>();
  for (let i = 0; i < orders.count; i += 1) {
    const bar = (orders.placedBar[i] as number) + shift;
    if (bar >= tail) found.add(`${bar} ${orders.side[i]} ${orders.type[i]}`);
  }
  return found;
}
