import { describe, expect, it } from 'vitest';
import { equalPartsBars } from '../../../engine/backtest/portfolio-benchmark.ts';
import { runPortfolio } from '../../../engine/backtest/portfolio-run.ts';
import type { PortfolioContext } from '../../../engine/backtest/portfolio-types.ts';
import { DEFAULT_SETTINGS } from '../../../engine/domain/backtest.ts';
import type { BarColumns } from '../../../engine/domain/bar.ts';
import type { CalendarData } from '../../../engine/domain/calendar.ts';
import type { PortfolioPart } from '../../../engine/protocol/research-tasks.ts';
import { sliceColumns } from '../../../engine/series/columns.ts';
import { auditRun, type Audit } from '../../../engine/validation/audit.ts';
import { asOne, during, inOtherFuture } from '../../../workers/research/portfolio.ts';
import { randomWalk } from '../engine/backtest/bars.ts';

const SETTINGS = { ...DEFAULT_SETTINGS, currency: 'USD' };
const LATE = 60;

function partOf(columns: readonly BarColumns[]): PortfolioPart {
  const calendar = {} as CalendarData;
  return {
    currency: 'USD',
    instruments: columns.map((bars, k) => ({
      symbol: 'ABC'[k] as string,
      bars,
      timeframe: '1d' as PortfolioPart['instruments'][number]['timeframe'],
      calendar,
    })),
  };
}

/** Three instruments; the last begins later. */
const WALKS = [1, 2, 3].map((seed) => randomWalk(400, seed));
const PART = partOf(WALKS.map((bars, k) => (k === 2 ? sliceColumns(bars, LATE, 400) : bars)));
const BARS = equalPartsBars({ instruments: PART.instruments, settings: SETTINGS });

describe('an equal part of each instrument', () => {
  it('is worth what a third put into each at its first close has become', () => {
    const at = (k: number, i: number): number => WALKS[k]?.close[i] as number;
    const worth = (i: number): number => {
      const grown = [
        at(0, i) / at(0, 0),
        at(1, i) / at(1, 0),
        i < LATE ? 1 : at(2, i) / at(2, LATE),
      ];
      return grown.reduce((sum, each) => sum + each / 3, 0);
    };
    expect(BARS.time).toEqual(WALKS[0]?.time);
    for (const i of [0, 1, LATE - 1, LATE, LATE + 1, 399]) {
      expect(BARS.close[i]).toBeCloseTo(worth(i), 12);
    }
    // No one volume is that of all.
    expect(BARS.volume.every(Number.isNaN)).toBe(true);
  });

  it('has as many units as the positions are worth', () => {
    const result = runPortfolio({ instruments: PART.instruments, settings: SETTINGS }, () => ({
      onBar: (portfolio) => {
        if (portfolio.index === 5) portfolio.setTargets({ A: 0.5, B: 0.25 });
      },
    }));
    const one = asOne(result, BARS);
    for (const i of [4, 6, 100, 399]) {
      expect((one.position[i] as number) * (BARS.close[i] as number)).toBeCloseTo(
        result.gross[i] as number,
        6,
      );
    }
    expect(one.orderHash).toBe(result.orderHash);
  });
});

describe('another future', () => {
  it('leaves the instruments alone up to it, and moves each in its own way', () => {
    const from = 300;
    const close = BARS.close.map((value, i) => (i < from ? value : value * 1.1));
    const changed = inOtherFuture(PART, BARS, { ...BARS, close });
    const ratios = changed.instruments.map(({ bars }, k) => {
      const own = PART.instruments[k]?.bars as BarColumns;
      const begin = own.time.indexOf(BARS.time[from] as number);
      expect(bars.close.subarray(0, begin)).toEqual(own.close.subarray(0, begin));
      return (bars.close[begin] as number) / (own.close[begin] as number);
    });
    expect(ratios[0]).toBeCloseTo(1.1, 12);
    expect(ratios[1]).toBeCloseTo(1 / 1.1, 12);
    expect(ratios[2]).toBeCloseTo(Math.sqrt(1.1), 12);
  });

  it('is none where bars are only taken away, at either end', () => {
    expect(inOtherFuture(PART, BARS, sliceColumns(BARS, 0, 200))).toBe(PART);
    expect(inOtherFuture(PART, BARS, sliceColumns(BARS, 100, 400))).toBe(PART);
  });
});

/** A strategy that may do with the bars of its instruments whatever it likes. */
type Plant = (bars: readonly BarColumns[]) => (portfolio: PortfolioContext) => void;

function audit(plant: Plant): Audit {
  return auditRun({
    bars: BARS,
    settings: { ...SETTINGS, slippageBps: 2, fees: { table: 'ibkr-fixed' } },
    universe: 'point-in-time',
    seed: 5,
    instruments: PART.instruments,
    run: (bars) => {
      const { instruments } = inOtherFuture(PART, BARS, bars);
      const cut = instruments.map((each) => ({ ...each, bars: during(each.bars, bars.time) }));
      const onBar = plant(cut.map((each) => each.bars));
      const task = { instruments: cut, settings: SETTINGS };
      return asOne(
        runPortfolio(task, () => ({ onBar })),
        bars,
      );
    },
  });
}

/** Holds the instrument that has risen most over bars that the difference is between. */
const strongest =
  (from: number, to: number): Plant =>
  (bars) =>
  (portfolio) => {
    if (portfolio.index % 10 !== 9 || portfolio.index < 100) return;
    const rises = portfolio.symbols.map((symbol, k) => {
      const { index } = portfolio.instrument(symbol);
      const { close } = bars[k] as BarColumns;
      const at = (i: number): number => close[Math.max(0, Math.min(i, close.length - 1))] as number;
      return at(index + to) / at(index + from);
    });
    const best = rises.indexOf(Math.max(...rises));
    portfolio.setTargets({ [portfolio.symbols[best] as string]: 1 });
  };

const found = ({ findings }: Audit, check: string) =>
  findings.find((each) => each.check === check && each.severity !== 'note');

describe('the audit of a strategy of several instruments', () => {
  it('passes one that reads the past', () => {
    const result = audit(strongest(-20, 0));
    expect(found(result, 'look-ahead')).toBeUndefined();
    expect(result.passed).toEqual(expect.arrayContaining(['stale-fills', 'same-bar', 'costs']));
    expect(['A', 'B']).toContain(result.grade);
  });

  it.each([
    ['the next bars of all', strongest(0, 10)],
    ['how the instruments will stand to each other tomorrow', strongest(0, 1)],
  ])('finds one that reads %s', (_what, plant) => {
    const result = audit(plant);
    expect(found(result, 'look-ahead')?.severity).toBe('fatal');
    expect(result.grade).toBe('F');
  });

  it('looks at fills on the bars of the instrument itself', () => {
    const silent = WALKS.map((bars, k) =>
      k === 1 ? { ...bars, volume: bars.volume.map((value, i) => (i === 11 ? 0 : value)) } : bars,
    );
    const part = partOf(silent);
    const bars = equalPartsBars({ instruments: part.instruments, settings: SETTINGS });
    const result = auditRun({
      bars,
      settings: SETTINGS,
      universe: 'single',
      seed: 1,
      instruments: part.instruments,
      run: (given) => {
        const { instruments } = inOtherFuture(part, bars, given);
        const cut = instruments.map((each) => ({ ...each, bars: during(each.bars, given.time) }));
        const task = { instruments: cut, settings: SETTINGS };
        const onBar = (portfolio: PortfolioContext): void => {
          if (portfolio.index === 10)
            for (const name of ['A', 'B']) portfolio.order(name, { side: 'buy', quantity: 1 });
        };
        return asOne(
          runPortfolio(task, () => ({ onBar })),
          given,
        );
      },
    });
    const survivors = result.findings.find(({ check }) => check === 'survivorship');
    expect(survivors?.message).toMatch(/^The instruments that were tested/);
    const stale = result.findings.filter(({ check }) => check === 'stale-fills');
    expect(stale.map(({ message }) => message.slice(0, 3))).toEqual(['B: ']);
    expect(stale[0]?.evidence).toMatchObject({ symbol: 'B', fills: 1, bar: 11 });
  });
});
