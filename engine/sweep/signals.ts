import type { Frame } from './metrics.ts';

/**
 * What a rule wants to hold: on the close of `bar[k]` it turns to `target[k]`, 1 long, 0 flat, -1 short.
 * Bars increase and each target differs from the one before; the first differs from flat.
 */
export class TargetSignals {
  bar: Int32Array;
  target: Int8Array;
  count = 0;

  constructor(capacity = 256) {
    this.bar = new Int32Array(capacity);
    this.target = new Int8Array(capacity);
  }

  clear(): void {
    this.count = 0;
  }

  push(bar: number, target: number): void {
    if (this.count === this.bar.length) {
      const { bar: bars, target: targets } = this;
      this.bar = new Int32Array(bars.length * 2);
      this.target = new Int8Array(targets.length * 2);
      this.bar.set(bars);
      this.target.set(targets);
    }
    this.bar[this.count] = bar;
    this.target[this.count] = target;
    this.count += 1;
  }
}

/**
 * Fills of a rule in order of time. On one bar a fill at the open or inside stands before one at the
 * close.
 */
export class FillList {
  bar: Int32Array;
  target: Int8Array;
  /** Asked price, before slippage. */
  price: Float64Array;
  /** 1 for a limit order, which pays no slippage. */
  limited: Uint8Array;
  count = 0;

  constructor(capacity = 256) {
    this.bar = new Int32Array(capacity);
    this.target = new Int8Array(capacity);
    this.price = new Float64Array(capacity);
    this.limited = new Uint8Array(capacity);
  }

  clear(): void {
    this.count = 0;
  }

  push(bar: number, target: number, price: number, limited: boolean): void {
    if (this.count === this.bar.length) this.grow();
    const at = this.count;
    this.bar[at] = bar;
    this.target[at] = target;
    this.price[at] = price;
    this.limited[at] = limited ? 1 : 0;
    this.count = at + 1;
  }

  private grow(): void {
    const { bar, target, price, limited } = this;
    const capacity = bar.length * 2;
    this.bar = new Int32Array(capacity);
    this.target = new Int8Array(capacity);
    this.price = new Float64Array(capacity);
    this.limited = new Uint8Array(capacity);
    this.bar.set(bar);
    this.target.set(target);
    this.price.set(price);
    this.limited.set(limited);
  }
}

/** Market orders of the targets as fills, by the run's fill timing; those after the last bar stay out. */
export function marketFills(signals: TargetSignals, frame: Frame, out: FillList): void {
  out.clear();
  const { fill } = frame.settings;
  const { open, close } = frame.bars;
  const wait = fill === 'same-close' ? 0 : 1;
  const price = fill === 'same-close' ? close : open;
  for (let k = 0; k < signals.count; k += 1) {
    const bar = (signals.bar[k] as number) + wait;
    if (bar < frame.length) out.push(bar, signals.target[k] as number, price[bar] as number, false);
  }
}

/**
 * Targets of the rule "long when `fast` gets above `slow`, out (or short) when it gets below": a
 * crossing is a bar on the far side after one on the near side or exactly between. Comparisons with NaN
 * are false, so lead-ins give none.
 */
export function crossSignals(
  fast: Float64Array,
  slow: Float64Array,
  short: boolean,
  out: TargetSignals,
): void {
  out.clear();
  const length = fast.length;
  let i = 1;
  if (short) {
    // The first crossing of either kind opens a position.
    const down = nextDown(fast, slow, 1);
    if (down < nextUp(fast, slow, 1)) {
      out.push(down, -1);
      i = down + 1;
    }
  }
  for (;;) {
    i = nextUp(fast, slow, i);
    if (i >= length) return;
    out.push(i, 1);
    i = nextDown(fast, slow, i + 1);
    if (i >= length) return;
    out.push(i, short ? -1 : 0);
    i += 1;
  }
}

/** The first bar from `from` on, which is not the first of all, on which `fast` gets above `slow`. */
function nextUp(fast: Float64Array, slow: Float64Array, from: number): number {
  const length = fast.length;
  let i = from;
  for (; i < length; i += 1) {
    if (!((fast[i] as number) > (slow[i] as number))) continue;
    if ((fast[i - 1] as number) <= (slow[i - 1] as number)) return i;
  }
  return length;
}

function nextDown(fast: Float64Array, slow: Float64Array, from: number): number {
  const length = fast.length;
  let i = from;
  for (; i < length; i += 1) {
    if (!((fast[i] as number) < (slow[i] as number))) continue;
    if ((fast[i - 1] as number) >= (slow[i - 1] as number)) return i;
  }
  return length;
}

/** Conditions of a rule as columns: 1 is true, everything else is not. */
export interface RuleColumns {
  readonly entry: ArrayLike<number>;
  readonly exit: ArrayLike<number>;
  readonly shortEntry?: ArrayLike<number> | undefined;
  readonly shortExit?: ArrayLike<number> | undefined;
}

/**
 * What a rule wants next. An entry that its own exit contradicts on the same bar, or entries to both
 * sides at once, do not count; the opposite entry turns a position, its exit leaves it.
 * @param position 1, 0 or -1
 */
export function nextTarget(
  columns: RuleColumns,
  i: number,
  position: number,
  short: boolean,
): number {
  const { entry, exit, shortEntry, shortExit } = columns;
  const wantsLong = entry[i] === 1 && exit[i] !== 1;
  const wantsShort = short && shortEntry?.[i] === 1 && shortExit?.[i] !== 1;
  if (wantsLong !== wantsShort) {
    if (wantsLong && position <= 0) return 1;
    if (wantsShort && position >= 0) return -1;
  }
  if (position > 0 && exit[i] === 1) return 0;
  if (position < 0 && shortExit?.[i] === 1) return 0;
  return position;
}

/** Targets of a rule whose conditions are columns over the bars. */
export function signalsFromColumns(
  columns: RuleColumns,
  short: boolean,
  out: TargetSignals = new TargetSignals(),
): TargetSignals {
  out.clear();
  const { length } = columns.entry;
  let position = 0;
  for (let i = 0; i < length; i += 1) {
    const target = nextTarget(columns, i, position, short);
    if (target === position) continue;
    out.push(i, target);
    position = target;
  }
  return out;
}
