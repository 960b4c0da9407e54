import type { TradeColumns } from '../../../engine/domain/backtest.ts';
import type { Range } from '../../../engine/validation/splits.ts';

/** One run of a walk-forward test, with its own capital. */
export interface JoinedTest {
  readonly range: Range;
  readonly equity: Float64Array;
  readonly position: Float64Array;
  readonly trades: TradeColumns;
  readonly commission: number;
}

/** A trade within its test, with what turns it into one of the joined curve. */
interface Place {
  readonly trades: TradeColumns;
  readonly row: number;
  /** Whether nothing comes after its test. */
  readonly last: boolean;
  /** Bars before the test. */
  readonly shift: number;
  readonly scale: number;
}

/**
 * Positions and trades of the tests as one run with the money of the joined curve: each test began with
 * what the one before left, so what it held and earned is scaled by that. What a test still held at its
 * end was marked there and not held on, so it counts as closed, but for the last test.
 * @param equity of the joined curve, from the first bar of `whole` on
 */
export function joinTrades(
  tests: readonly JoinedTest[],
  whole: Range,
  equity: Float64Array,
  capital: number,
): { position: Float64Array; trades: TradeColumns; commission: number } {
  const position = new Float64Array(equity.length);
  const places: Place[] = [];
  let commission = 0;
  for (const test of tests) {
    const { trades } = test;
    const shift = test.range.from - whole.from;
    const money = shift === 0 ? capital : (equity[shift - 1] as number);
    const scale = money / capital;
    for (const [i, held] of test.position.entries()) position[shift + i] = held * scale;
    commission += test.commission * scale;
    const last = test.range.to === whole.to;
    for (let row = 0; row < trades.count; row += 1) {
      places.push({ trades, row, last, shift, scale });
    }
  }
  const isOpen = ({ trades, row, last }: Place): boolean => last && trades.open[row] === 1;
  type Floats = 'entryTime' | 'exitTime' | 'entryPrice' | 'exitPrice' | 'returnFraction';
  const plain = (name: Floats | 'mae' | 'mfe'): Float64Array =>
    Float64Array.from(places, ({ trades, row }) => trades[name][row] as number);
  const scaled = (name: 'size' | 'pnl' | 'commission'): Float64Array =>
    Float64Array.from(places, ({ trades, row, scale }) => (trades[name][row] as number) * scale);
  const scaledCarry = (): Float64Array =>
    Float64Array.from(places, ({ trades, row, scale }) => (trades.carry?.[row] ?? 0) * scale);
  const bars = (name: 'entryBar' | 'exitBar'): Int32Array =>
    Int32Array.from(places, ({ trades, row, shift }) => (trades[name][row] as number) + shift);
  return {
    position,
    commission,
    trades: {
      count: places.length,
      size: scaled('size'),
      entryBar: bars('entryBar'),
      exitBar: bars('exitBar'),
      entryTime: plain('entryTime'),
      exitTime: plain('exitTime'),
      entryPrice: plain('entryPrice'),
      exitPrice: plain('exitPrice'),
      pnl: scaled('pnl'),
      returnFraction: plain('returnFraction'),
      commission: scaled('commission'),
      mae: plain('mae'),
      mfe: plain('mfe'),
      open: Uint8Array.from(places, (place) => (isOpen(place) ? 1 : 0)),
      ...(places.some(({ trades }) => trades.carry !== undefined) ? { carry: scaledCarry() } : {}),
      entryTag: places.map(({ trades, row }) => trades.entryTag[row] as string),
      exitTag: places.map(({ trades, row }) => trades.exitTag[row] as string),
    },
  };
}
