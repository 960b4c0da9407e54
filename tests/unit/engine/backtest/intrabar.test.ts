import { describe, expect, it } from 'vitest';
import { ambiguousTrades } from '../../../../engine/backtest/ambiguity.ts';
import type { Simulation } from '../../../../engine/backtest/simulation.ts';
import type { BracketRequest, StrategyContext } from '../../../../engine/backtest/strategy.ts';
import { barsOf, DAY, play, type Row } from './bars.ts';

const QUIET: Row = [100, 101, 99, 100];
const HOUR = 3_600_000;

const bracket =
  (entry: BracketRequest['entry'], stop: number, target: number) =>
  (c: StrategyContext): void => {
    c.bracket({
      entry: { quantity: 10, ...entry },
      stopLoss: { stopPrice: stop },
      takeProfit: { limitPrice: target },
    });
  };
const LONG = bracket({ side: 'buy' }, 95, 108);

function doubts(run: Simulation) {
  const found = ambiguousTrades(run.trades, run.trades.toColumns(), run.desk.doubts);
  return found === undefined
    ? undefined
    : {
        trade: [...found.trade],
        bar: [...found.bar],
        best: [...found.best],
        worst: [...found.worst],
      };
}

describe('a bar that reaches stop and target of a position', () => {
  const rows: Row[] = [QUIET, QUIET, [100, 110, 90, 105]];

  it('is booked at the stop and listed with both ends', () => {
    const { run } = play(rows, { 0: LONG });
    expect(run.trades.toColumns().exitPrice[0]).toBe(95);
    // Stop: 10 × (95 − 100). Target: 10 × (108 − 100).
    expect(doubts(run)).toEqual({ trade: [0], bar: [2], best: [80], worst: [-50] });
  });

  it('is not listed when the open decides', () => {
    const { run } = play([QUIET, QUIET, [94, 110, 90, 105]], { 0: LONG });
    expect(run.trades.toColumns().exitPrice[0]).toBe(94);
    expect(doubts(run)).toBeUndefined();
  });

  it('counts loose reduce-only orders as well', () => {
    const exits = (c: StrategyContext): void => {
      c.order({ side: 'sell', type: 'stop', stopPrice: 95, reduceOnly: true });
      c.order({ side: 'sell', type: 'limit', limitPrice: 108, reduceOnly: true });
    };
    const { run } = play(rows, { 0: (c) => c.buy(), 1: exits });
    expect(doubts(run)).toMatchObject({ best: [80], worst: [-50] });
  });

  it('is resolved on finer bars: the target came first', () => {
    const finer = barsOf([
      [100, 109, 99, 108],
      [108, 108, 90, 105],
    ]);
    const time = Float64Array.of(2 * DAY, 2 * DAY + HOUR);
    const { run } = play(rows, { 0: LONG }, {}, { finer: { ...finer, time } });
    expect(run.trades.toColumns().exitPrice[0]).toBe(108);
    expect(run.orders.toColumns().state).toEqual(['Filled', 'Canceled', 'Filled']);
    expect(doubts(run)).toBeUndefined();
  });

  it('stays in doubt when one finer bar reaches both', () => {
    const finer = barsOf([
      [100, 101, 99, 100],
      [100, 110, 90, 105],
    ]);
    const time = Float64Array.of(2 * DAY, 2 * DAY + HOUR);
    const { run } = play(rows, { 0: LONG }, {}, { finer: { ...finer, time } });
    expect(run.trades.toColumns().exitPrice[0]).toBe(95);
    expect(doubts(run)).toEqual({ trade: [0], bar: [2], best: [80], worst: [-50] });
  });

  it('has nothing to resolve where there are no finer bars', () => {
    const finer = { ...barsOf([QUIET]), time: Float64Array.of(5 * DAY) };
    const { run } = play(rows, { 0: LONG }, {}, { finer });
    expect(run.trades.toColumns().exitPrice[0]).toBe(95);
  });
});

describe('an entry inside a bar', () => {
  it('by a limit is stopped out when the bar falls further: every path leads there', () => {
    const { run } = play([QUIET, [100, 101, 94, 100]], {
      0: bracket({ side: 'buy', type: 'limit', limitPrice: 98 }, 95, 200),
    });
    expect(run.trades.toColumns()).toMatchObject({ count: 1, open: Uint8Array.of(0) });
    expect(run.trades.toColumns().exitPrice[0]).toBe(95);
    expect(doubts(run)).toBeUndefined();
  });

  it('by a limit reaches a target above only for sure when the bar closes beyond it', () => {
    const entry = bracket({ side: 'buy', type: 'limit', limitPrice: 98 }, 90, 102);
    const sure = play([QUIET, [100, 104, 97, 103]], { 0: entry });
    expect(sure.run.trades.toColumns().exitPrice[0]).toBe(102);
    expect(doubts(sure.run)).toBeUndefined();
    const unsure = play([QUIET, [100, 104, 97, 99]], { 0: entry });
    expect(unsure.run.position).toBe(10);
    // Held at the close of 99, +10; out at 102 it would be +40.
    expect(doubts(unsure.run)).toEqual({ trade: [0], bar: [1], best: [40], worst: [10] });
  });

  it('by a stop is taken to be stopped out by a low that may have come before it', () => {
    const { run } = play([QUIET, [100, 106, 94, 104]], {
      0: bracket({ side: 'buy', type: 'stop', stopPrice: 103 }, 95, 200),
    });
    expect(run.trades.toColumns().exitPrice[0]).toBe(95);
    // Stopped: −80; still held at the close of 104: +10.
    expect(doubts(run)).toEqual({ trade: [0], bar: [1], best: [10], worst: [-80] });
  });

  it('by a stop reaches a target beyond it for sure', () => {
    const { run } = play([QUIET, [100, 110, 99, 104]], {
      0: bracket({ side: 'buy', type: 'stop', stopPrice: 103 }, 90, 108),
    });
    expect(run.trades.toColumns().exitPrice[0]).toBe(108);
    expect(doubts(run)).toBeUndefined();
  });

  it('is resolved on finer bars as well', () => {
    const finer = barsOf([
      [100, 101, 94, 100],
      [100, 106, 100, 104],
    ]);
    const time = Float64Array.of(DAY, DAY + HOUR);
    const { run } = play(
      [QUIET, [100, 106, 94, 104]],
      { 0: bracket({ side: 'buy', type: 'stop', stopPrice: 103 }, 95, 200) },
      {},
      { finer: { ...finer, time } },
    );
    // The low came first, so the position is still open.
    expect(run.position).toBe(10);
    expect(doubts(run)).toBeUndefined();
  });
});

describe('a trailing stop', () => {
  it('that the high moves within reach of the low is in doubt', () => {
    // The high of 110 would put the stop at 105; the low of 99 lies below, the close of 108 does not.
    const rows: Row[] = [QUIET, QUIET, [100, 110, 99, 108], [109, 112, 108, 111]];
    const { run } = play(rows, {
      0: (c) => c.buy(),
      1: (c) => c.order({ side: 'sell', type: 'trailing_stop', trailAmount: 5, reduceOnly: true }),
    });
    expect(run.position).toBe(10);
    // Held at the last close of 111: +110; out at 105: +50.
    expect(doubts(run)).toEqual({ trade: [0], bar: [2], best: [110], worst: [50] });
  });
});

describe('two entries of which one cancels the other', () => {
  it('in one bar are listed with the other side, marked at the close', () => {
    const { run } = play([QUIET, [100, 106, 94, 100]], {
      0: (c) => {
        const up = c.order({ side: 'buy', type: 'stop', stopPrice: 105, quantity: 10 });
        c.order({ side: 'sell', type: 'stop', stopPrice: 95, quantity: 10, oco: up });
      },
    });
    // Bought at 105 and worth 100: −50. Sold at 95 and worth 100: −50 as well.
    expect(doubts(run)).toEqual({ trade: [0], bar: [1], best: [-50], worst: [-50] });
  });
});
