import { describe, expect, it } from 'vitest';
import { Slippage } from '../../../../engine/backtest/costs/slippage.ts';
import { marketFigures } from '../../../../engine/execution/market-figures.ts';

describe('figures of a market', () => {
  it('are worked out by hand', () => {
    // Returns of ln 1.1, ln 1/1.1 and ln 1.1: mean L/3, squares (2/3 L)² * 2 + (4/3 L)² = 24/9 L².
    const bars = { close: [100, 110, 100, 110], volume: [10, 20, Number.NaN, 30] };
    const found = marketFigures(bars);
    const change = Math.log(1.1);
    expect(found?.volatility).toBeCloseTo(change * Math.sqrt(24 / 9 / 2), 12);
    expect(found?.volume).toBe(20);
  });

  it('are those that a backtest uses', () => {
    const close = Float64Array.from({ length: 60 }, (_, i) => 100 + 10 * Math.sin(i * i));
    const volume = Float64Array.from({ length: 60 }, (_, i) => 1000 + 500 * Math.cos(i));
    const bars = { time: close, open: close, high: close, low: close, close, volume };
    const found = marketFigures(bars, 20);
    const slippage = new Slippage(
      { slippage: { kind: 'square-root', coefficient: 0.7, window: 20 } } as never,
      bars,
    );
    // 50 units on the bar after the last one: every bar of the window is over.
    const paid = slippage.price(100, true, 50, 60);
    const { volatility = 0, volume: mean = 0 } = found ?? {};
    expect(paid).toBeCloseTo(100 * (1 + 0.7 * volatility * Math.sqrt(50 / mean)), 10);
  });

  it.each([
    ['one bar', [100], [10]],
    ['two bars', [100, 101], [10, 10]],
    ['no volume', [100, 101, 102], [0, 0, 0]],
    ['volume that nobody knows', [100, 101, 102], [Number.NaN, Number.NaN, Number.NaN]],
  ])('are not known from %s', (_name, close, volume) => {
    expect(marketFigures({ close, volume })).toBeNull();
  });
});
