import { slipped } from '../backtest/costs.ts';
import { CloseRanges } from './close-ranges.ts';
import { Findings, writeMetrics, type Frame } from './metrics.ts';

/** Numbers that an entry at a bar needs: cost of a unit, then three sums to take away. */
const ENTRY = 4;
/** Numbers that an exit at a bar needs: money for a unit, then three sums. */
const EXIT = 4;
/** Numbers of one combination between two visits. */
const STATE = 12;

/** Places in the state of one combination. */
const EQUITY = 0;
const PEAK = 1;
const LEAST = 2;
const SUM = 3;
const SQUARES = 4;
const BELOW = 5;
const TRADES = 6;
const WINS = 7;
const LOSSES = 8;
const GAINED = 9;
const LOST = 10;
const HELD = 11;

/** Share of a figure that rounding may take before a combination is replayed bar by bar instead. */
const TOLERANCE = 1e-10;

/**
 * Evaluates long-only market rules in a few operations for each trade, however long it lasts. While all
 * equity is held the equity moves with the close, so that
 * - the sums of the returns and of their squares over a stretch are differences of running sums over the
 *   bars, into which the first and the last bar with their fill prices and costs are folded;
 * - the deepest fall combines from the highest and lowest close of the stretch (`CloseRanges`);
 * - the growth of a trade is what a unit brings at the exit over what it cost at the entry.
 * Differences of sums lose digits where a stretch hardly moves against the rest of the series; `finish`
 * tells when that could show, and the caller replays that combination bar by bar.
 */
export class StretchEvaluator {
  /** Whether every price and cost lets equity stay above 0, as all this needs. */
  readonly applies: boolean;
  private readonly frame: Frame;
  private readonly ranges: CloseRanges;
  private readonly entries: Float64Array;
  private readonly exits: Float64Array;
  /** Running sums of returns, squares and squares below the risk-free return, three a bar. */
  private readonly sums: Float64Array;
  private readonly findings = new Findings();
  private readonly flatBelow: number;
  private readonly reach: number;
  private state = new Float64Array(0);
  /** Entry bar of the open position; -1 when flat. */
  private entryBar = new Int32Array(0);

  constructor(frame: Frame) {
    const { length, perPeriod } = frame;
    const { open, close } = frame.bars;
    const { fill, commission, slippageBps } = frame.settings;
    this.frame = frame;
    this.ranges = new CloseRanges(close);
    this.entries = new Float64Array(length * ENTRY);
    this.exits = new Float64Array(length * EXIT);
    this.sums = new Float64Array(length * 3);
    const { entries, exits, sums } = this;
    const below = (change: number): number => {
      const shortfall = change - perPeriod;
      return shortfall < 0 ? shortfall * shortfall : 0;
    };
    this.flatBelow = below(0);
    let applies = true;
    let [sum, squares, squaresBelow, reach] = [0, 0, 0, 0];
    for (let i = 0; i < length; i += 1) {
      const price = close[i] as number;
      const before = i === 0 ? price : (close[i - 1] as number);
      const asked = (fill === 'same-close' ? price : open[i]) as number;
      const paid = slipped(asked, 'buy', slippageBps) * (1 + commission.percent / 100);
      const got = slipped(asked, 'sell', slippageBps) * (1 - commission.percent / 100);
      const cost = paid + commission.perShare;
      const brought = got - commission.perShare;
      if (!(cost > 0 && brought > 0 && price > 0 && cost < Infinity && price < Infinity)) {
        applies = false;
      }
      const leaving = brought / before - 1;
      const exit = i * EXIT;
      exits[exit] = brought;
      exits[exit + 1] = sum + leaving;
      exits[exit + 2] = squares + leaving * leaving;
      exits[exit + 3] = squaresBelow + below(leaving);
      const change = price / before - 1;
      if (i > 0) {
        sum += change;
        squares += change * change;
        squaresBelow += below(change);
      }
      reach = Math.max(reach, Math.abs(sum));
      const coming = price / cost - 1;
      const entry = i * ENTRY;
      entries[entry] = cost;
      entries[entry + 1] = sum - coming;
      entries[entry + 2] = squares - coming * coming;
      entries[entry + 3] = squaresBelow - below(coming);
      sums[i * 3] = sum;
      sums[i * 3 + 1] = squares;
      sums[i * 3 + 2] = squaresBelow;
    }
    this.applies = applies && Number.isFinite(squares);
    this.reach = reach;
  }

  /** Starts so many combinations anew. */
  begin(count: number): void {
    if (this.entryBar.length < count) {
      this.state = new Float64Array(count * STATE);
      this.entryBar = new Int32Array(count);
    }
    const { cash } = this.frame.settings;
    this.state.fill(0, 0, count * STATE);
    this.entryBar.fill(-1, 0, count);
    for (let row = 0; row < count; row += 1) {
      this.state[row * STATE + EQUITY] = cash;
      this.state[row * STATE + PEAK] = cash;
      this.state[row * STATE + LEAST] = 1;
    }
  }

  /**
   * Goes on with a combination: `bars[from]` to `bars[to - 1]` are the bars of its next fills, entries
   * and exits in turn.
   */
  advance(row: number, bars: Int32Array, from: number, to: number): void {
    const { state, entries, exits, ranges } = this;
    const at = row * STATE;
    let entry = this.entryBar[row] as number;
    let equity = state[at + EQUITY] as number;
    let peak = state[at + PEAK] as number;
    let least = state[at + LEAST] as number;
    let sum = state[at + SUM] as number;
    let squares = state[at + SQUARES] as number;
    let below = state[at + BELOW] as number;
    let trades = state[at + TRADES] as number;
    let wins = state[at + WINS] as number;
    let losses = state[at + LOSSES] as number;
    let gained = state[at + GAINED] as number;
    let lost = state[at + LOST] as number;
    let held = state[at + HELD] as number;
    for (let k = from; k < to; k += 1) {
      const bar = bars[k] as number;
      if (entry < 0) {
        entry = bar;
        continue;
      }
      const a = entry * ENTRY;
      const b = bar * EXIT;
      const cost = entries[a] as number;
      const brought = exits[b] as number;
      sum += (exits[b + 1] as number) - (entries[a + 1] as number);
      squares += (exits[b + 2] as number) - (entries[a + 2] as number);
      below += (exits[b + 3] as number) - (entries[a + 3] as number);
      ranges.find(entry, bar - 1);
      const units = equity / cost;
      const low = units * ranges.lowest;
      if (low < least * peak) least = low / peak;
      const high = units * ranges.highest;
      if (high > peak) {
        // Only a stretch that makes a new peak can fall deeper inside than from the peak before it.
        peak = high;
        if (ranges.fall < least) least = ranges.fall;
      }
      const after = units * brought;
      if (after < least * peak) least = after / peak;
      if (after > peak) peak = after;
      trades += 1;
      if (brought > cost) {
        wins += 1;
        gained += after - equity;
      } else if (brought < cost) {
        losses += 1;
        lost += after - equity;
      }
      held += bar - entry;
      equity = after;
      entry = -1;
    }
    this.entryBar[row] = entry;
    state[at + EQUITY] = equity;
    state[at + PEAK] = peak;
    state[at + LEAST] = least;
    state[at + SUM] = sum;
    state[at + SQUARES] = squares;
    state[at + BELOW] = below;
    state[at + TRADES] = trades;
    state[at + WINS] = wins;
    state[at + LOSSES] = losses;
    state[at + GAINED] = gained;
    state[at + LOST] = lost;
    state[at + HELD] = held;
  }

  /**
   * Ends a combination and writes its metrics from `out[at]` on.
   * @returns false when rounding could show in a figure; nothing is written then
   */
  finish(row: number, out: Float64Array, at: number): boolean {
    const { state, findings, frame } = this;
    const { length } = frame;
    const s = row * STATE;
    const trades = state[s + TRADES] as number;
    let equity = state[s + EQUITY] as number;
    let sum = state[s + SUM] as number;
    let squares = state[s + SQUARES] as number;
    let below = state[s + BELOW] as number;
    let least = state[s + LEAST] as number;
    let held = state[s + HELD] as number;
    let moving = held + trades;
    const entry = this.entryBar[row] as number;
    if (entry >= 0) {
      const last = length - 1;
      const a = entry * ENTRY;
      sum += (this.sums[last * 3] as number) - (this.entries[a + 1] as number);
      squares += (this.sums[last * 3 + 1] as number) - (this.entries[a + 2] as number);
      below += (this.sums[last * 3 + 2] as number) - (this.entries[a + 3] as number);
      const units = equity / (this.entries[a] as number);
      this.ranges.find(entry, last);
      const peak = state[s + PEAK] as number;
      least = Math.min(least, (units * this.ranges.lowest) / peak, this.ranges.fall);
      equity = units * (frame.bars.close[last] as number);
      held += length - entry;
      moving += length - entry;
    }
    below += (length - moving) * this.flatBelow;
    const mean = sum / length;
    const centred = squares - length * mean * mean;
    if (!this.trusted(s, moving, equity, sum, centred, below, 1 - least)) return false;
    findings.final = equity;
    findings.mean = mean;
    findings.spread = length > 1 ? Math.sqrt(centred / (length - 1)) : Number.NaN;
    findings.downside = Math.sqrt(below / length);
    findings.deepest = 1 - least;
    findings.trades = trades;
    findings.wins = state[s + WINS] as number;
    findings.losses = state[s + LOSSES] as number;
    findings.gained = state[s + GAINED] as number;
    findings.lost = state[s + LOST] as number;
    findings.held = held;
    writeMetrics(frame, findings, out, at);
    return true;
  }

  /**
   * Bounds what rounding may have taken from the sums and from the growth, which each fill touches once,
   * against the figures that are small differences of them.
   */
  private trusted(
    s: number,
    moving: number,
    equity: number,
    sum: number,
    centred: number,
    below: number,
    deepest: number,
  ): boolean {
    if (moving === 0) return true;
    const { state } = this;
    const { length, perPeriod, settings } = this.frame;
    const last = (length - 1) * 3;
    const digits = 2 ** -52 * (2 * (state[s + TRADES] as number) + 4);
    const lostMoney = digits * (state[s + PEAK] as number);
    return (
      digits <= TOLERANCE * Math.abs(equity / settings.cash - 1) &&
      digits <= TOLERANCE * deepest &&
      digits * this.reach <= TOLERANCE * Math.abs(sum - length * perPeriod) &&
      digits * ((this.sums[last + 1] as number) + centred) <= TOLERANCE * centred &&
      digits * ((this.sums[last + 2] as number) + below) <= TOLERANCE * below &&
      (state[s + WINS] === 0 || lostMoney <= TOLERANCE * (state[s + GAINED] as number)) &&
      (state[s + LOSSES] === 0 || lostMoney <= -TOLERANCE * (state[s + LOST] as number))
    );
  }
}
