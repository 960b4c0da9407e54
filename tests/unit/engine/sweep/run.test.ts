import { describe, expect, it } from 'vitest';
import { STRATEGIES } from '../../../../engine/backtest/strategies.ts';
import { AdaptiveSearch } from '../../../../engine/sweep/adaptive.ts';
import { estimateSweep } from '../../../../engine/sweep/estimate.ts';
import { SweepRunner } from '../../../../engine/sweep/run.ts';
import { runSearch } from '../../../../engine/sweep/search.ts';
import { Objective, SweepTable } from '../../../../engine/sweep/table.ts';
import { spx } from '../backtest/bars.ts';
import { BARS, environmentOf, tableOf, TASK, whole } from './sweep-task.ts';

describe('a sweep in slices', () => {
  it.each(STRATEGIES.map(({ id }) => id))('has the rows of %s in one go', (strategy) => {
    const [first = '', second = ''] =
      STRATEGIES.find(({ id }) => id === strategy)?.parameters.map(({ name }) => name) ?? [];
    const ranges = {
      [first]: '3..6',
      [second]: strategy === 'bollinger-breakout' ? '1, 2' : '7..9',
    };
    const task = { ...TASK, strategy, space: { ranges } };
    const table = whole(task);
    const runner = new SweepRunner(task);
    const pieces = tableOf(runner);
    for (let from = 0; from < runner.space.size; from += 3) {
      const to = Math.min(from + 3, runner.space.size);
      expect(runner.run({ from, to }, pieces)).toBe(to);
    }
    expect(pieces.toChunk()).toEqual(table.toChunk());
    expect(table.length).toBeGreaterThan(5);
  });

  it('takes lists of combinations', () => {
    const table = whole(TASK);
    const runner = new SweepRunner(TASK);
    const list = tableOf(runner);
    const numbers = table.toChunk().columns[0]?.filter((_, k) => k % 7 === 0) ?? new Float64Array();
    expect(runner.runList(numbers, list)).toBe(numbers.length);
    expect(list.length).toBe(numbers.length);
    for (let row = 0; row < list.length; row += 1) {
      for (const column of runner.names.keys()) {
        // Together or alone, the bits are the same.
        expect(list.get(row, column), `${runner.names[column]} of row ${row}`).toBe(
          table.get(row * 7, column),
        );
      }
    }
  });

  it('has the same bytes however it is cut, where averages are equal, too', () => {
    // Prices in whole steps of 4: averages of different lengths are often the same number.
    const coarse = (column: Float64Array): Float64Array =>
      column.map((price) => Math.max(4, Math.round(price / 4) * 4));
    const { open, high, low, close } = BARS;
    const bars = {
      ...BARS,
      open: coarse(open),
      high: coarse(high),
      low: coarse(low),
      close: coarse(close),
    };
    for (const fill of ['next-open', 'same-close'] as const) {
      const task: typeof TASK = {
        ...TASK,
        bars,
        settings: { ...TASK.settings, fill },
        space: { ranges: { fast: '2..60', slow: '2..60' }, constraints: ['fast < slow'] },
      };
      const table = whole(task).toChunk();
      expect(table.rows).toBe((59 * 58) / 2);
      for (const step of [1_000, 97, 7]) {
        const runner = new SweepRunner(task);
        const pieces = tableOf(runner);
        for (let from = 0; from < runner.space.size; from += step) {
          runner.run({ from, to: Math.min(from + step, runner.space.size) }, pieces);
        }
        expect(pieces.toChunk(), `slices of ${step}`).toEqual(table);
      }
    }
  });

  it('stops when asked and goes on where it stopped', () => {
    for (const strategy of ['macd-trend', 'sma-cross']) {
      const task = {
        ...TASK,
        strategy,
        space: { ranges: { fast: '2..20', slow: '21..40' } },
      };
      const runner = new SweepRunner(task);
      const table = tableOf(runner);
      let asked = 0;
      let at = 0;
      let stops = 0;
      while (at < runner.space.size) {
        at = runner.run({ from: at, to: runner.space.size }, table, {
          // Every fiftieth time that it is asked.
          isCancelled: () => {
            asked += 1;
            return asked % 50 === 0;
          },
        });
        stops += 1;
      }
      if (strategy === 'macd-trend') expect(stops).toBeGreaterThan(5);
      expect(table.toChunk()).toEqual(whole(task).toChunk());
    }
  });

  it('gives nothing of a followed batch that was stopped', () => {
    const runner = new SweepRunner(TASK);
    expect(runner.path).toBe('together');
    const table = tableOf(runner);
    let asked = 0;
    const at = runner.run({ from: 0, to: runner.space.size }, table, {
      isCancelled: () => {
        asked += 1;
        return asked > 1;
      },
    });
    expect(at).toBe(0);
    expect(table.length).toBe(0);
  });

  it('tells how far it is', () => {
    const runner = new SweepRunner({
      ...TASK,
      strategy: 'macd-trend',
      space: { ranges: { fast: '2..11', slow: '20..29' } },
    });
    const seen: number[] = [];
    runner.run({ from: 0, to: 100 }, tableOf(runner), {
      onProgress: (done, total) => {
        expect(total).toBe(100);
        seen.push(done);
      },
    });
    expect(seen[0]).toBe(0);
    expect(seen.at(-1)).toBe(100);
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
    expect(new Set(seen).size).toBeGreaterThan(90);
  });

  it('waits where the table is full', () => {
    const runner = new SweepRunner({
      ...TASK,
      space: { ranges: { fast: '2..50', slow: '51..100' } },
    });
    const block = 1_024 * runner.names.length * 8;
    const table = new SweepTable(runner.names, block);
    const { size } = runner.space;
    expect(size).toBe(2_450);
    const chunks = [];
    for (let at = 0; at < size;) {
      at = runner.run({ from: at, to: size }, table);
      chunks.push(table.toChunk());
      table.clear();
    }
    expect(chunks.map(({ rows }) => rows)).toEqual([1_024, 1_024, 402]);
    expect(chunks[1]?.columns[0]?.[0]).toBe(1_024);
    table.addChunk(chunks[0] ?? table.toChunk());
    expect(() => runner.run({ from: 0, to: 1 }, table)).toThrow('The results fill the memory');
  });
});

describe('an adaptive sweep', () => {
  const task = {
    ...TASK,
    bars: spx(),
    space: { ...TASK.space, ranges: { fast: '2..60', slow: '3..200' } },
  };
  const runner = new SweepRunner(task);
  const objective = new Objective('sharpe', runner.names);

  function search(most: number, table: SweepTable, isCancelled = (): boolean => false): boolean {
    const adaptive = new AdaptiveSearch(runner.space, { seed: 9 });
    return runSearch(runner, adaptive, objective, table, most, { isCancelled });
  }

  it('comes near the best of the grid with a small part of it', () => {
    const all = tableOf(runner);
    runner.run({ from: 0, to: runner.space.size }, all);
    const scores = Array.from({ length: all.length }, (_, row) => objective.of(all, row));
    scores.sort((a, b) => b - a);
    const found = tableOf(runner);
    expect(search(250, found)).toBe(true);
    expect(found.length).toBe(250);
    const best = Math.max(...Array.from({ length: 250 }, (_, row) => objective.of(found, row)));
    // 200 slower ones less f for each fast average f: 59 × 200 - (2 + … + 60) pairs.
    expect(all.length).toBe(9_971);
    // One of the ten best among 250 of them: random draws find one in a fifth of all searches.
    expect(best).toBeGreaterThanOrEqual(scores[9] ?? Infinity);
  });

  it('ends the same with and without a kill', () => {
    const whole = tableOf(runner);
    search(90, whole);
    const killed = tableOf(runner);
    let asked = 0;
    let runs = 1;
    const isCancelled = (): boolean => {
      asked += 1;
      return asked % 40 === 0;
    };
    while (!search(90, killed, isCancelled)) runs += 1;
    expect(runs).toBeGreaterThan(2);
    expect(killed.toChunk()).toEqual(whole.toChunk());
  });

  it('ends where nothing is left', () => {
    const small = new SweepRunner({ ...TASK, space: { ranges: { fast: '2..5', slow: '6..8' } } });
    const table = tableOf(small);
    const adaptive = new AdaptiveSearch(small.space, { seed: 1 });
    expect(runSearch(small, adaptive, objective, table, 100)).toBe(true);
    expect(table.length).toBe(12);
  });
});

describe('what a sweep refuses', () => {
  it('slices that it does not have', () => {
    const runner = new SweepRunner(TASK);
    const { size } = runner.space;
    for (const [from, to] of [
      [-1, 5],
      [5, 4],
      [0, size + 1],
    ] as const) {
      expect(() => runner.run({ from, to }, tableOf(runner))).toThrow('slice: ');
    }
  });

  it.each([
    [{ strategy: 'sma-corss' }, 'strategy: "sma-corss" does not exist'],
    [
      { space: { ranges: { fsat: '2..5' } } },
      'sma-cross has no parameter "fsat"; it has fast, slow. Did you mean fast?',
    ],
    [{ space: { ranges: {} } }, 'ranges: nothing is varied'],
    [
      { space: { ranges: { fast: '200..300', slow: '700..800' } } },
      'bars: the 600 bars are fewer than the 700 that even the shortest windows need to begin',
    ],
    [
      { strategy: { entry: 'close', exit: 'close < 1' } },
      'entry: "close" is a number; a rule needs a condition',
    ],
  ])('%o', (change, message) => {
    const environment = environmentOf(BARS);
    expect(() => new SweepRunner({ ...TASK, ...change }, { environment })).toThrow(message);
  });

  it('a grid whose largest windows alone are too long runs, without trades there', () => {
    const table = whole({ ...TASK, space: { ranges: { fast: '10', slow: '50, 700' } } });
    expect(table.get(0, table.columnOf('trades'))).toBeGreaterThan(0);
    expect(table.get(1, table.columnOf('trades'))).toBe(0);
    expect(table.get(1, table.columnOf('return'))).toBe(0);
    expect(table.get(1, table.columnOf('sharpe'))).toBeNaN();
  });

  it('says how long and how large 10^9 combinations are, before they start', () => {
    const runner = new SweepRunner({
      ...TASK,
      strategy: 'macd-trend',
      bars: spx(),
      space: { ranges: { fast: '2..1000', slow: '3..1000', signal: '1..1000' } },
    });
    const { combinations, exact, bytes, seconds, text } = estimateSweep(runner, { threads: 2 });
    // 999 * 998 * 1000 in all; fast below slow for 998 * 999 / 2 of the pairs.
    expect(Math.abs(combinations / 498_501_000 - 1)).toBeLessThan(0.01);
    expect(exact).toBe(false);
    expect(bytes).toBe(combinations * 14 * 8);
    expect(seconds).toBeGreaterThan(3_600);
    expect(text).toMatch(
      /^about 49\d,\d{3},\d{3} combinations of 5,105 bars: about [\d.]+ (hours|days) on 2 threads, 5\d GB of results\.$/,
    );
    const measured = estimateSweep(runner, { threads: 1, most: 1_000, nanoseconds: 100 });
    expect(measured.combinations).toBe(1_000);
    const { seconds: all, reviewSeconds, runSeconds } = measured;
    expect(all - reviewSeconds).toBeCloseTo((1_000 * 5_105 * 100) / 1e9, 9);
    // The best one and 64 that are compared are run again, event by event.
    expect(reviewSeconds).toBeGreaterThan(65 * runSeconds);
  });

  it('names why the event-driven engine is needed', () => {
    const runner = new SweepRunner({ ...TASK, settings: { ...TASK.settings, lotSize: 1 } });
    expect(runner.path).toBe('events');
    expect(estimateSweep(runner, { threads: 1 }).text).toMatch(
      / 1 thread, .* of results\. Whole lots make sizes depend on the size of the account\.$/,
    );
  });
});
