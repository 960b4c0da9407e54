import { describe, expect, it } from 'vitest';
import { runStrategy } from '../../../../engine/backtest/run.ts';
import type { BacktestResult, BacktestSettings } from '../../../../engine/domain/backtest.ts';
import type { BarColumns } from '../../../../engine/domain/bar.ts';
import { gapsIn } from '../../../../engine/validation/audit-fills.ts';
import { DAY, flatBars, randomWalk } from '../backtest/bars.ts';
import { audit, COSTS, finding, follow, strategy } from './audit-plants.ts';

describe('fills that life would not give', () => {
  it('on bars without trading', () => {
    const bars = randomWalk(400, 2);
    const silent = { ...bars, volume: bars.volume.map((value, i) => (i % 20 === 8 ? 0 : value)) };
    // Ordered on bars 7, 27, … and filled at the next open, where nothing was traded.
    const result = audit(silent, () => strategy((c) => follow(c, c.index % 20 >= 7)));
    const found = finding(result, 'stale-fills');
    expect(found?.severity).toBe('serious');
    expect(found?.evidence).toMatchObject({ fills: 20, bar: 8, part: 20 / 39 });
  });

  it('on prices that were filled forward, where there is no volume', () => {
    const walk = randomWalk(300, 4);
    const hold = (column: Float64Array): Float64Array =>
      column.map((value, i) => (i >= 100 && i < 104 ? (walk.close[99] ?? 0) : value));
    const bars = {
      ...walk,
      open: hold(walk.open),
      high: hold(walk.high),
      low: hold(walk.low),
      close: hold(walk.close),
      volume: new Float64Array(300),
    };
    const result = audit(bars, () =>
      strategy((c) => {
        if (c.index % 50 === 10 || c.index === 101) follow(c, c.position === 0);
      }),
    );
    const found = finding(result, 'stale-fills');
    expect(found?.evidence).toMatchObject({ fills: 1, bar: 102 });
    expect(found?.message).toContain('One fill lies on bars without trading');
    expect(result.findings.some(({ message }) => message.includes('has no volumes'))).toBe(true);
  });

  it('inside bars whose path is not known', () => {
    // A stop 2 % below and a limit 2 % above, in bars that reach both.
    const wide = randomWalk(400, 9, 0.002);
    const bars = {
      ...wide,
      high: wide.open.map((value, i) => (i % 10 === 5 ? value * 1.05 : value * 1.003)),
      low: wide.open.map((value, i) => (i % 10 === 5 ? value * 0.95 : value * 0.997)),
    };
    const both = strategy((c) => {
      c.cancelAll();
      if (c.position === 0) c.buy();
      else {
        c.order({ side: 'sell', type: 'stop', stopPrice: c.close.at() * 0.98, reduceOnly: true });
        c.order({ side: 'sell', type: 'limit', limitPrice: c.close.at() * 1.02, reduceOnly: true });
      }
    });
    const result = audit(bars, () => both);
    expect(finding(result, 'same-bar')?.severity).toBe('serious');
    expect(finding(result, 'same-bar')?.evidence).toMatchObject({ bars: 40, bar: 5 });
    // With the stop alone there is nothing to choose between.
    const one = audit(bars, () =>
      strategy((c) => {
        c.cancelAll();
        if (c.position === 0) c.buy();
        else
          c.order({ side: 'sell', type: 'stop', stopPrice: c.close.at() * 0.98, reduceOnly: true });
      }),
    );
    expect(finding(one, 'same-bar')).toBeUndefined();
  });

  it('not inside bars that are entered at their open, whatever moves the price there', () => {
    const wide = randomWalk(400, 9, 0.002);
    const bars = { ...wide, low: wide.open.map((value) => value * 0.95) };
    const settings: BacktestSettings = {
      ...COSTS,
      slippageBps: 0,
      slippage: { kind: 'spread', bps: 40 },
    };
    const stopped = strategy((c) => {
      if (c.position !== 0 || c.index % 10 !== 0) return;
      const stopPrice = c.close.at() * 0.97;
      c.bracket({ entry: { side: 'buy' }, stopLoss: { stopPrice } });
    });
    const run = (part: BarColumns): BacktestResult =>
      runStrategy(stopped, { bars: part, parameters: {}, settings });
    const { trades } = run(bars);
    expect(trades.count).toBeGreaterThan(30);
    for (let i = 0; i < trades.count; i += 1) {
      expect(trades.entryBar[i]).toBe(trades.exitBar[i]);
      expect(trades.entryPrice[i]).not.toBe(bars.open[trades.entryBar[i] as number]);
    }
    expect(
      finding(
        audit(bars, () => stopped, { settings, run }),
        'same-bar',
      ),
    ).toBeUndefined();
  });

  it('inside bars that finer ones decide, but for those that the finer ones leave open', () => {
    const wide = randomWalk(400, 9, 0.002);
    const reaches = (i: number): boolean => i % 10 === 5;
    const bars = {
      ...wide,
      high: wide.open.map((value, i) => value * (reaches(i) ? 1.05 : 1.003)),
      low: wide.open.map((value, i) => value * (reaches(i) ? 0.95 : 0.997)),
    };
    const both = strategy((c) => {
      c.cancelAll();
      if (c.position === 0) c.buy();
      else {
        c.order({ side: 'sell', type: 'stop', stopPrice: c.close.at() * 0.98, reduceOnly: true });
        c.order({ side: 'sell', type: 'limit', limitPrice: c.close.at() * 1.02, reduceOnly: true });
      }
    });
    /** Two halves a bar: up first, then down; in the bars of `still`, both at once in the first half. */
    const halves = (still: ReadonlySet<number>): BarColumns => {
      const column = (pick: (i: number, half: number) => number): Float64Array =>
        Float64Array.from({ length: 800 }, (_, k) => pick(k >> 1, k & 1));
      const { time, open, high, low, close } = bars;
      return {
        time: column((i, half) => (time[i] as number) + (half * DAY) / 2),
        open: column((i) => open[i] as number),
        high: column((i, half) => (half === 0 ? (high[i] as number) : (open[i] as number))),
        low: column((i, half) =>
          half === 1 || still.has(i) ? (low[i] as number) : (open[i] as number),
        ),
        close: column((i, half) => (half === 0 ? (open[i] as number) : (close[i] as number))),
        volume: new Float64Array(800).fill(50),
      };
    };
    const audited = (finer: BarColumns) => {
      const run = (part: BarColumns) =>
        runStrategy(both, { bars: part, parameters: {}, settings: COSTS, finer });
      return audit(bars, () => both, { finer: true, run });
    };
    expect(finding(audited(halves(new Set())), 'same-bar')).toBeUndefined();
    // A position is open on bar 5 and, left there at the target, again on bar 15.
    const left = finding(audited(halves(new Set([15]))), 'same-bar');
    expect(left?.evidence).toMatchObject({ bars: 1, bar: 15 });
    expect(left?.severity).toBe('warning');
    expect(left?.message).toMatch(/^One bar could have gone either way even on the finer bars/);
  });

  it('right after holes in the data', () => {
    const walk = randomWalk(300, 6);
    // Weekdays only, with two weeks missing after bar 150.
    let day = 0;
    const time = walk.time.map((_time, i) => {
      day += i === 150 ? 15 : 1;
      while (day % 7 === 2 || day % 7 === 3) day += 1;
      return day * DAY;
    });
    const bars = { ...walk, time };
    expect([...gapsIn(bars)]).toEqual([150]);
    const hit = audit(bars, () =>
      strategy((c) => follow(c, c.index % 10 >= 9 || c.index % 10 < 4)),
    );
    expect(finding(hit, 'data-gaps')?.evidence).toMatchObject({ trades: 1, gaps: 1, bar: 150 });
    const miss = audit(bars, () =>
      strategy((c) => follow(c, c.index % 10 >= 3 && c.index % 10 < 6)),
    );
    expect(finding(miss, 'data-gaps')).toBeUndefined();
    expect(miss.findings.some(({ message }) => message.includes('no trade begins or ends'))).toBe(
      true,
    );
    const known = audit(
      bars,
      () => strategy((c) => follow(c, c.index % 10 >= 9 || c.index % 10 < 4)),
      {
        gaps: [{ from: 0, to: time[200] ?? 0 }],
      },
    );
    expect(finding(known, 'data-gaps')?.evidence).toMatchObject({ gaps: 1, bar: 200 });
  });

  it('and tell breaks, weekends and nights from holes', () => {
    const at = (days: number, hours: number): number => days * DAY + (hours * DAY) / 24;
    const bar = (time: number[]): BarColumns => ({
      ...flatBars(time.map(() => 1)),
      time: Float64Array.from(time),
    });
    // A stock's hours from 14 to 20 UTC on weekdays, then one day with three hours missing.
    const hours: number[] = [];
    for (let day = 4; day < 60; day += 1) {
      if (day % 7 === 2 || day % 7 === 3) continue;
      for (let hour = 14; hour <= 20; hour += 0.5) {
        if (day === 40 && hour > 15 && hour < 19) continue;
        hours.push(at(day, hour));
      }
    }
    const gaps = [...gapsIn(bar(hours))];
    expect(gaps.map((i) => hours[i])).toEqual([at(40, 19)]);
    // A future with a break of two hours every day has no hole.
    const broken: number[] = [];
    for (let day = 4; day < 60; day += 1) {
      if (day % 7 === 2 || day % 7 === 3) continue;
      for (let hour = 0; hour < 24; hour += 0.25)
        if (hour < 20 || hour >= 22) broken.push(at(day, hour));
    }
    expect(gapsIn(bar(broken)).size).toBe(0);
    // A coin never rests: six hours are missing.
    const coin = Array.from({ length: 500 }, (_value, i) => at(4, i + (i < 300 ? 0 : 6)));
    expect([...gapsIn(bar(coin))]).toEqual([300]);
    // A bar without a price is a hole too.
    const missing = flatBars([1, 1, Number.NaN, 1, 1]);
    expect([...gapsIn(missing)]).toEqual([3]);
    expect([...gapsIn(flatBars([1]))]).toEqual([]);
  });
});
