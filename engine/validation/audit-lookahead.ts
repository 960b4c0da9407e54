import { Random } from '../backtest/random.ts';
import { BAR_COLUMN_NAMES, type BarColumns } from '../domain/bar.ts';
import { RenataError } from '../domain/errors.ts';
import { isoTime } from '../domain/time.ts';
import { allocateColumns } from '../series/columns.ts';
import type { AuditRun, Finding } from './audit-types.ts';
import { watch, type WatchHooks } from './watch.ts';

/** The first bars are left alone: most strategies do nothing there. */
const FIRST_CUT = 0.1;
/** Plots may differ by this part of their size: rounding. */
const ROUNDING = 1e-9;

interface Difference {
  /** Bar on which the run first did something else. */
  readonly bar: number;
  readonly what: string;
}

/**
 * Runs again with the bars after a cut taken away, and with them replaced by others. Whatever happened up to
 * the cut has to stay the same: what changes was decided by bars that were not there yet.
 */
export function auditLookAhead(
  bars: BarColumns,
  full: AuditRun,
  run: (bars: BarColumns) => AuditRun,
  cuts: number,
  seed: number,
  hooks: WatchHooks = {},
): Finding[] {
  const random = new Random(seed);
  const places = cutPlaces(bars, full, cuts, random);
  const found: { cut: number; difference: Difference }[] = [];
  let tests = 0;
  for (const cut of places) {
    for (const changed of [copyBars(bars, 0, cut), otherFuture(bars, cut, random)]) {
      watch(hooks, tests, 2 * places.length, 'The look-ahead audit');
      tests += 1;
      const difference = firstDifference(full, attempt(run, changed), cut);
      if (difference !== undefined) found.push({ cut, difference });
    }
  }
  watch(hooks, tests, tests, 'The look-ahead audit');
  const first = found[0];
  if (first === undefined) return [];
  const bar = first.difference.bar;
  const when = isoTime(bars.time[bar] as number);
  return [
    {
      check: 'look-ahead',
      severity: 'fatal',
      message: `The run reads the future: on bar ${bar} (${when}) ${first.difference.what} when the bars from ${first.cut} on are changed, and so in ${found.length} of ${tests} re-runs.`,
      evidence: {
        bar,
        cut: first.cut,
        barsAhead: first.cut - bar,
        violations: found.length,
        reRuns: tests,
      },
    },
  ];
}

/** Whether the same bars give the same run; without that nothing else can be told. */
export function auditRepeatability(
  bars: BarColumns,
  full: AuditRun,
  run: (bars: BarColumns) => AuditRun,
): Finding[] {
  const difference = firstDifference(full, run(bars), bars.time.length);
  if (difference === undefined) return [];
  return [
    {
      check: 'repeatability',
      severity: 'fatal',
      message: `The same bars gave two different runs: on bar ${difference.bar} ${difference.what}.`,
      evidence: { bar: difference.bar },
    },
  ];
}

/** The run, or the message of a strategy that failed; other failures are not its own. */
export function attempt(run: (bars: BarColumns) => AuditRun, bars: BarColumns): AuditRun | string {
  try {
    return run(bars);
  } catch (error) {
    if (error instanceof RenataError && error.code === 'STRATEGY_FAILED') return error.message;
    throw error;
  }
}

/** Half of the cuts right after bars on which an order was given, where a leak shows; the others anywhere. */
function cutPlaces(bars: BarColumns, full: AuditRun, cuts: number, random: Random): number[] {
  const length = bars.time.length;
  const first = Math.max(Math.ceil(length * FIRST_CUT), 1);
  const ordered = full.orders.placedBar
    .subarray(0, full.orders.count)
    .filter((bar) => bar + 1 >= first && bar + 1 < length);
  const places = new Set<number>();
  for (let k = 0; k < cuts; k += 1) {
    const atOrder = k % 2 === 0 && ordered.length > 0;
    const place = atOrder
      ? (ordered[Math.floor(random.uniform() * ordered.length)] as number) + 1
      : first + Math.floor(random.uniform() * (length - first));
    if (place > 0 && place < length) places.add(place);
  }
  return [...places].toSorted((a, b) => a - b);
}

/** Bars of their own memory, so that nothing behind a view leads to the rest. */
export function copyBars(bars: BarColumns, from: number, to: number): BarColumns {
  const copy = allocateColumns(to - from);
  for (const name of BAR_COLUMN_NAMES) copy[name].set(bars[name].subarray(from, to));
  return copy;
}

/** The same bars up to the cut; after it every bar is scaled by a random walk of its own. */
function otherFuture(bars: BarColumns, cut: number, random: Random): BarColumns {
  const changed = copyBars(bars, 0, bars.time.length);
  let scale = 1;
  for (let i = cut; i < changed.time.length; i += 1) {
    scale *= Math.exp(0.03 * random.normal());
    for (const column of [changed.open, changed.high, changed.low, changed.close]) {
      column[i] = (column[i] as number) * scale;
    }
    changed.volume[i] = (changed.volume[i] as number) * (0.5 + random.uniform());
  }
  return changed;
}

/** The earliest thing before `cut` that differs; a strategy that fails without the future has read it. */
function firstDifference(
  full: AuditRun,
  other: AuditRun | string,
  cut: number,
): Difference | undefined {
  if (typeof other === 'string') return { bar: cut - 1, what: `the strategy fails (${other})` };
  const candidates = [
    orderDifference(full, other, cut),
    columnDifference(full.position, other.position, cut, 'the position is another'),
    ...full.plots.map(({ name, values }, k) => {
      const same = other.plots[k]?.values;
      if (same === undefined) return { bar: 0, what: `the plot ${name} is missing` };
      return columnDifference(values, same, cut, `the plot ${name} has another value`);
    }),
  ].filter((difference) => difference !== undefined);
  return candidates.toSorted((a, b) => a.bar - b.bar)[0];
}

function orderDifference(full: AuditRun, other: AuditRun, cut: number): Difference | undefined {
  const before = (run: AuditRun): number => {
    let count = 0;
    while (count < run.orders.count && (run.orders.placedBar[count] as number) < cut) count += 1;
    return count;
  };
  const mine = before(full);
  const theirs = before(other);
  for (let i = 0; i < Math.max(mine, theirs); i += 1) {
    const a = i < mine ? describeOrder(full, i, cut) : undefined;
    const b = i < theirs ? describeOrder(other, i, cut) : undefined;
    if (a?.text === b?.text) continue;
    const bar = Math.min(a?.bar ?? cut, b?.bar ?? cut);
    return { bar, what: `${a?.text ?? 'no order'} becomes ${b?.text ?? 'no order'}` };
  }
  return undefined;
}

/** What was known of an order before the cut. */
function describeOrder(
  { orders }: AuditRun,
  i: number,
  cut: number,
): { readonly bar: number; readonly text: string } {
  const bar = orders.placedBar[i] as number;
  const done = orders.doneBar[i] as number;
  const price = (label: string, value: number): string =>
    Number.isNaN(value) ? '' : ` ${label} ${value.toPrecision(9)}`;
  const given = `${orders.side[i]} ${orders.type[i]} on bar ${bar}${price('limit', orders.limitPrice[i] as number)}${price('stop', orders.stopPrice[i] as number)}`;
  if (done < 0 || done >= cut) return { bar, text: given };
  const quantity = orders.quantity[i] as number;
  const fill = price('at', orders.fillPrice[i] as number);
  return {
    bar,
    text: `${given} ${orders.state[i]} on bar ${done}${price('of', quantity)}${fill}`,
  };
}

function columnDifference(
  a: Float64Array,
  b: Float64Array,
  cut: number,
  what: string,
): Difference | undefined {
  const end = Math.min(cut, a.length);
  for (let bar = 0; bar < end; bar += 1) {
    const x = a[bar] as number;
    const y = b[bar] as number;
    const same = Math.abs(x - y) <= ROUNDING * Math.max(Math.abs(x), Math.abs(y));
    if (same || x === y || (Number.isNaN(x) && Number.isNaN(y))) continue;
    return { bar, what: `${what} (${x} becomes ${y})` };
  }
  return undefined;
}
