import { describe, expect, it } from 'vitest';
import { runStrategy } from '../../../../engine/backtest/run.ts';
import { computeIndicator } from '../../../../engine/indicators/registry.ts';
import { METRICS } from '../../../../engine/sweep/metrics.ts';
import { ruleStrategy } from '../../../../engine/sweep/rules.ts';
import { SweepRunner } from '../../../../engine/sweep/run.ts';
import { nextTarget, signalsFromColumns } from '../../../../engine/sweep/signals.ts';
import { BARS, environmentOf, tableOf, TASK } from './sweep-task.ts';

describe('rules', () => {
  it('turn, enter and leave in one order of precedence', () => {
    const at = (entry: number, exit: number, shortEntry: number, shortExit: number) => ({
      entry: [entry],
      exit: [exit],
      shortEntry: [shortEntry],
      shortExit: [shortExit],
    });
    const next = (position: number, ...conditions: [number, number, number, number]): number =>
      nextTarget(at(...conditions), 0, position, true);
    expect(next(0, 1, 0, 0, 0)).toBe(1);
    expect(next(0, 0, 0, 1, 0)).toBe(-1);
    // An entry that its own exit contradicts, and entries to both sides, do not count.
    expect(next(0, 1, 1, 0, 0)).toBe(0);
    expect(next(0, 1, 0, 1, 0)).toBe(0);
    expect(next(0, 1, 1, 1, 0)).toBe(-1);
    expect(next(1, 0, 1, 0, 0)).toBe(0);
    expect(next(1, 1, 1, 0, 0)).toBe(0);
    // The other side's entry turns, with or without the exit.
    expect(next(1, 0, 0, 1, 0)).toBe(-1);
    expect(next(1, 0, 1, 1, 0)).toBe(-1);
    expect(next(-1, 0, 0, 0, 1)).toBe(0);
    expect(next(-1, 1, 0, 0, 0)).toBe(1);
    expect(next(-1, Number.NaN, 0, 0, 0)).toBe(-1);
    expect(nextTarget(at(0, 0, 1, 0), 0, 0, false)).toBe(0);
  });

  it('become targets where they change', () => {
    const signals = signalsFromColumns(
      { entry: [0, 1, 1, 0, 0, 1, 1], exit: [1, 0, 0, 1, 1, 0, 0] },
      false,
    );
    expect(Array.from(signals.bar.subarray(0, signals.count))).toEqual([1, 3, 5]);
    expect(Array.from(signals.target.subarray(0, signals.count))).toEqual([1, 0, 1]);
  });

  const SOURCE = {
    entry:
      'close < sma(close, param("period", 10, 2..50)) and rsi(param("rsi", 14, 2..30)) < param("level", 40, 5..95)',
    exit: 'close > sma(close, param("period", 10, 2..50))',
  };

  it('run as expressions with their parameters', () => {
    const task = {
      ...TASK,
      strategy: SOURCE,
      space: { ranges: { period: '5, 20', level: '35, 45' }, fixed: { rsi: 7 } },
    };
    const runner = new SweepRunner(task, { environment: environmentOf(BARS) });
    expect(runner.path).toBe('alone');
    const table = tableOf(runner);
    runner.run({ from: 0, to: runner.space.size }, table);
    expect(table.length).toBe(4);
    for (let row = 0; row < 4; row += 1) {
      const period = table.get(row, 1);
      const level = table.get(row, 2);
      const average = computeIndicator('sma', { timeperiod: period }, BARS)[0]?.values ?? [];
      const strength = computeIndicator('rsi', { timeperiod: 7 }, BARS)[0]?.values ?? [];
      // The conditions once more, by hand.
      const entry = Array.from(BARS.close, (close, i) =>
        close < (average[i] ?? 0) && (strength[i] ?? 100) < level ? 1 : 0,
      );
      const exit = Array.from(BARS.close, (close, i) => (close > (average[i] ?? 0) ? 1 : 0));
      const { statistics } = runStrategy(ruleStrategy({ entry, exit }), {
        parameters: {},
        settings: task.settings,
        bars: BARS,
      });
      for (const [k, { title }] of METRICS.entries()) {
        const wanted = statistics.find(({ name }) => name === title)?.value ?? Number.NaN;
        expect(table.get(row, 3 + k)).toBeCloseTo(wanted, 8);
      }
      expect(table.get(row, table.columnOf('trades'))).toBeGreaterThan(3);
    }
    const events = new SweepRunner(task, { environment: environmentOf(BARS), eventDriven: true });
    const same = tableOf(events);
    events.run({ from: 0, to: 4 }, same);
    expect(same.get(2, 5)).toBeCloseTo(table.get(2, 5), 9);
  });

  it('take short sides and refuse parameters that contradict each other', () => {
    const environment = environmentOf(BARS);
    const short = {
      ...SOURCE,
      shortEntry: 'close > 1.02 * sma(close, param("period", 10, 2..50))',
      shortExit: 'close < sma(close, param("period", 10, 2..50))',
    };
    const task = {
      ...TASK,
      strategy: short,
      settings: { ...TASK.settings, short: true },
      space: { ranges: { period: '5..7' } },
    };
    const tables = [false, true].map((eventDriven) => {
      const runner = new SweepRunner(task, { environment, eventDriven });
      const table = tableOf(runner);
      runner.run({ from: 0, to: 3 }, table);
      return table.toChunk();
    });
    expect(tables[0]).toEqual(tables[1]);
    const contrary = { ...SOURCE, exit: 'close > sma(close, param("period", 11, 2..50))' };
    expect(() => new SweepRunner({ ...task, strategy: contrary }, { environment })).toThrow(
      "period: the rule's conditions give this parameter different defaults or ranges",
    );
    expect(() => new SweepRunner(task)).toThrow('needs the environment of its bars');
  });

  it('need bars beyond their windows', () => {
    const environment = environmentOf(BARS);
    const strategy = {
      entry: 'close > sma(close, param("n", 700, 650..900))',
      exit: 'close < open',
    };
    expect(
      () =>
        new SweepRunner(
          { ...TASK, strategy, space: { ranges: { n: '650..800' } } },
          { environment },
        ),
    ).toThrow('bars: the 600 bars are fewer than the 650');
  });
});
