import type { BarColumns } from '../domain/bar.ts';
import { isoTime, MS_PER_DAY } from '../domain/time.ts';
import { lowerBound } from '../series/columns.ts';
import { tradesAtWeekends } from '../stats/periods.ts';
import { quantileOf, sorted } from '../stats/shape.ts';
import { countText, percentText, type AuditRun, type Finding } from './audit-types.ts';

/** A stretch without data that is known from elsewhere, such as the calendar of the exchange. UnixMillis. */
export interface KnownGap {
  readonly from: number;
  readonly to: number;
}

/** Longest closure of a market that rests at weekends: a long weekend and a bit. */
const LONGEST_REST = 5.5 * MS_PER_DAY;
/** Usual distances of bars that make a gap. */
const GAP_BARS = 5;
/** Days with such a gap that make it a break of the session instead. */
const BREAK_DAYS = 0.2;
/** Part of the fills or trades from which a fault is serious. */
const SERIOUS_PART = 0.1;

/** Fills on bars on which nothing was traded, or whose prices are those of the bar before filled forward. */
export function auditStaleFills(bars: BarColumns, { orders }: AuditRun): Finding[] {
  const { volume } = bars;
  const hasVolume = volume.some((value) => value > 0);
  let filled = 0;
  let stale = 0;
  let first = -1;
  for (let i = 0; i < orders.count; i += 1) {
    if (!Number.isFinite(orders.fillPrice[i])) continue;
    filled += 1;
    const bar = orders.doneBar[i] as number;
    if ((hasVolume && !((volume[bar] as number) > 0)) || isFilledForward(bars, bar)) {
      stale += 1;
      if (first < 0) first = bar;
    }
  }
  const findings: Finding[] = [];
  if (stale > 0) {
    findings.push({
      check: 'stale-fills',
      severity: stale / filled > SERIOUS_PART ? 'serious' : 'warning',
      message: `${capital(countText(stale, 'fill lies', 'fills lie'))} on bars without trading, the first on bar ${first} (${isoTime(bars.time[first] as number)}), ${percentText(stale / filled)} of all fills.`,
      evidence: { fills: stale, bar: first, part: stale / filled },
    });
  }
  if (!hasVolume && filled > 0) {
    findings.push({
      check: 'stale-fills',
      severity: 'note',
      message: 'The data has no volumes, so only repeated prices show that nothing was traded.',
      evidence: {},
    });
  }
  return findings;
}

/** A bar that does not move and stands where the one before closed; two in a row are no chance. */
function isFilledForward({ open, high, low, close }: BarColumns, bar: number): boolean {
  const still = (i: number): boolean =>
    i > 0 &&
    high[i] === low[i] &&
    open[i] === close[i] &&
    high[i] === open[i] &&
    close[i] === close[i - 1];
  return still(bar) && (still(bar - 1) || still(bar + 1));
}

/**
 * Bars whose result depends on the path inside them: a stop and a limit on different sides of the open that
 * were both reached, and trades that were entered inside a bar and left in it.
 */
export function auditSameBar(
  bars: BarColumns,
  { orders, trades }: AuditRun,
  slippageBps: number,
): Finding[] {
  const ambiguous = new Set<number>();
  const alive: number[] = [];
  let next = 0;
  for (let bar = 0; bar < bars.time.length; bar += 1) {
    // Orders that were given before this bar and not done before it.
    while (next < orders.count && (orders.placedBar[next] as number) < bar) {
      alive.push(next);
      next += 1;
    }
    let kept = 0;
    let above = false;
    let below = false;
    let filled = false;
    for (const order of alive) {
      const done = orders.doneBar[order] as number;
      if (done >= 0 && done < bar) continue;
      alive[kept] = order;
      kept += 1;
      const side = reachedInside(
        bars,
        orders.limitPrice,
        orders.stopPrice,
        orders.side,
        order,
        bar,
      );
      if (side > 0) above = true;
      if (side < 0) below = true;
      if (done === bar && side !== 0 && orders.state[order] === 'Filled') filled = true;
    }
    alive.length = kept;
    if (above && below && filled) ambiguous.add(bar);
  }
  let closed = 0;
  for (let i = 0; i < trades.count; i += 1) {
    if (trades.open[i] === 1) continue;
    closed += 1;
    const bar = trades.entryBar[i] as number;
    const open = bars.open[bar] as number;
    const atOpen =
      Math.abs((trades.entryPrice[i] as number) / open - 1) <= slippageBps / 10_000 + 1e-9;
    // However far a slippage model moves it, an order at the market is filled first of all.
    if (bar === trades.exitBar[i] && !atOpen && !atMarket(orders, bar, trades.size[i] as number))
      ambiguous.add(bar);
  }
  if (ambiguous.size === 0) return [];
  let first = bars.time.length;
  for (const bar of ambiguous) first = Math.min(first, bar);
  return [
    {
      check: 'same-bar',
      severity: ambiguous.size > SERIOUS_PART * closed ? 'serious' : 'warning',
      message: `${capital(countText(ambiguous.size, 'bar', 'bars'))} could have gone either way, because the order of the prices inside a bar is not known; the first is bar ${first} (${isoTime(bars.time[first] as number)}).`,
      evidence: { bars: ambiguous.size, bar: first, trades: closed },
    },
  ];
}

/** Whether an order at the market was filled in the bar, in the direction of the trade. */
function atMarket(orders: AuditRun['orders'], bar: number, size: number): boolean {
  const side = size > 0 ? 'buy' : 'sell';
  for (let order = orders.doneBar.indexOf(bar); order >= 0;) {
    const { state, type } = orders;
    if (state[order] === 'Filled' && type[order] === 'market' && orders.side[order] === side)
      return true;
    order = orders.doneBar.indexOf(bar, order + 1);
  }
  return false;
}

/** The same for a run on finer bars: what could have gone either way even there. */
export function auditResolved(bars: BarColumns, { trades, ambiguous }: AuditRun): Finding[] {
  const open = new Set(ambiguous?.bar);
  if (open.size === 0) return [];
  const first = Math.min(...open);
  let closed = 0;
  for (let i = 0; i < trades.count; i += 1) if (trades.open[i] === 0) closed += 1;
  return [
    {
      check: 'same-bar',
      severity: open.size > SERIOUS_PART * closed ? 'serious' : 'warning',
      message: `${capital(countText(open.size, 'bar', 'bars'))} could have gone either way even on the finer bars; the first is bar ${first} (${isoTime(bars.time[first] as number)}).`,
      evidence: { bars: open.size, bar: first, trades: closed },
    },
  ];
}

/** Whether an order's price lies inside the bar, above the open (1) or below it (-1); 0 when it does not. */
function reachedInside(
  bars: BarColumns,
  limits: Float64Array,
  stops: Float64Array,
  sides: readonly string[],
  order: number,
  bar: number,
): number {
  const open = bars.open[bar] as number;
  const stop = stops[order] as number;
  const price = Number.isNaN(stop) ? (limits[order] as number) : stop;
  if (price > open) {
    // A limit that buys above the open is filled at the open; a stop that sells above it has been reached.
    const waits = Number.isNaN(stop) ? sides[order] === 'sell' : sides[order] === 'buy';
    return waits && price <= (bars.high[bar] as number) ? 1 : 0;
  }
  if (price < open) {
    const waits = Number.isNaN(stop) ? sides[order] === 'buy' : sides[order] === 'sell';
    return waits && price >= (bars.low[bar] as number) ? -1 : 0;
  }
  return 0;
}

/** Trades that were entered or left on the first bar after a hole in the data. */
export function auditDataGaps(
  bars: BarColumns,
  { trades }: AuditRun,
  known?: readonly KnownGap[],
): Finding[] {
  const after = known === undefined ? gapsIn(bars) : knownGaps(bars, known);
  if (after.size === 0) return [];
  let hit = 0;
  let first = -1;
  for (let i = 0; i < trades.count; i += 1) {
    const entry = trades.entryBar[i] as number;
    const exit = trades.open[i] === 1 ? -1 : (trades.exitBar[i] as number);
    const bar = after.has(entry) ? entry : after.has(exit) ? exit : -1;
    if (bar < 0) continue;
    hit += 1;
    if (first < 0) first = bar;
  }
  if (hit === 0) {
    return [
      {
        check: 'data-gaps',
        severity: 'note',
        message: `The data has ${countText(after.size, 'gap', 'gaps')}; no trade begins or ends at one.`,
        evidence: { gaps: after.size },
      },
    ];
  }
  return [
    {
      check: 'data-gaps',
      severity: hit > SERIOUS_PART * trades.count ? 'serious' : 'warning',
      message: `${capital(countText(hit, 'trade begins or ends', 'trades begin or end'))} right after a gap in the data, the first on bar ${first} (${isoTime(bars.time[first] as number)}).`,
      evidence: { trades: hit, gaps: after.size, bar: first },
    },
  ];
}

/**
 * Bars that follow a hole: a missing price, or a distance that neither a weekend nor a usual break explains.
 */
export function gapsIn(bars: BarColumns): Set<number> {
  const { time, open, high, low, close } = bars;
  const after = new Set<number>();
  const distances = time.slice(1).map((at, i) => at - (time[i] as number));
  if (distances.length === 0) return after;
  const usual = quantileOf(sorted(distances), 0.5);
  const rests = !tradesAtWeekends(time);
  const limit = rests && usual < LONGEST_REST ? LONGEST_REST : GAP_BARS * usual;
  const inside = rests ? breakLimit(time, distances, usual) : limit;
  for (let i = 1; i < time.length; i += 1) {
    const distance = distances[i - 1] as number;
    const sameDay = dayOf(time[i] as number) === dayOf(time[i - 1] as number);
    if (distance > (sameDay ? inside : limit)) after.add(i);
    const before =
      (open[i - 1] as number) +
      (high[i - 1] as number) +
      (low[i - 1] as number) +
      (close[i - 1] as number);
    if (!Number.isFinite(before)) after.add(i);
  }
  return after;
}

/** Longest distance inside a day that is no gap; breaks that most days have are the market's own. */
function breakLimit(time: Float64Array, distances: Float64Array, usual: number): number {
  let days = 1;
  const long: number[] = [];
  for (let i = 1; i < time.length; i += 1) {
    const distance = distances[i - 1] as number;
    if (dayOf(time[i] as number) !== dayOf(time[i - 1] as number)) days += 1;
    else if (distance > GAP_BARS * usual) long.push(distance);
  }
  if (long.length <= BREAK_DAYS * days) return GAP_BARS * usual;
  return 2 * quantileOf(sorted(long), 0.5);
}

function knownGaps({ time }: BarColumns, known: readonly KnownGap[]): Set<number> {
  const after = new Set<number>();
  for (const { to } of known) {
    const first = lowerBound(time, to);
    if (first > 0 && first < time.length) after.add(first);
  }
  return after;
}

function dayOf(time: number): number {
  return Math.floor(time / MS_PER_DAY);
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
