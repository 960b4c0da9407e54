import { describe, expect, it } from 'vitest';
import type {
  ResearchEstimate,
  ResearchItem,
  WalkForwardStepRow,
} from '../../../engine/protocol/research-schemas.ts';
import { extentOf, nearestPlace, ticksOf } from '../../../renderer/components/plot/scale.ts';
import {
  deflatedText,
  durationText,
  estimateFigures,
  plateauText,
  probabilityText,
  progressText,
  startText,
  trialsText,
} from '../../../renderer/panels/research/texts.ts';
import {
  changedFrom,
  promisedCurve,
  stretchOf,
  timeSpan,
  yearly,
  yearMarks,
} from '../../../renderer/panels/research/walk-model.ts';

const ESTIMATE: ResearchEstimate = {
  size: 4_900,
  combinations: 4_851,
  exact: true,
  bars: 5_105,
  bytes: 500_000,
  seconds: 0.4,
  threads: 2,
  path: 'together',
  reason: null,
  windows: null,
  text: 'all of it',
  huge: false,
};

const ITEM: ResearchItem = {
  id: 'r1',
  kind: 'sweep',
  title: 'Sweep',
  state: 'running',
  message: null,
  createdAt: 0,
  changedAt: 0,
  datasetId: 'SPX',
  dataHash: '',
  done: 1_234,
  total: 4_851,
  rows: 1_200,
  jobId: 'j1',
  rate: 612.4,
  secondsLeft: 5.9,
};

describe('estimates and progress in words', () => {
  it('say what the button will do', () => {
    expect(startText('sweep', ESTIMATE)).toBe('Run 4,851 backtests');
    expect(startText('sweep', { ...ESTIMATE, combinations: 1 })).toBe('Run 1 backtest');
    expect(startText('sweep', { ...ESTIMATE, exact: false })).toBe('Run about 4,851 backtests');
    expect(startText('walk-forward', { ...ESTIMATE, windows: 18 })).toBe('Test 4,851 × 18 windows');
    expect(startText('sweep', null)).toBe('Run the sweep');
    expect(startText('audit', null)).toBe('Audit the run');
  });

  it('give combinations, time and size', () => {
    expect(estimateFigures(ESTIMATE)).toEqual([
      { name: 'Combinations', text: '4,851 of 4,900' },
      { name: 'Bars', text: '5,105' },
      { name: 'Time', text: 'under 1 s' },
      { name: 'Results', text: '500.0 kB' },
    ]);
    const walk = estimateFigures({ ...ESTIMATE, size: 4_851, windows: 18, bytes: 0, seconds: 100 });
    expect(walk).toEqual([
      { name: 'Combinations', text: '4,851' },
      { name: 'Windows', text: '18' },
      { name: 'Time', text: '2 min' },
    ]);
  });

  it('give count, rate and time left while work runs', () => {
    expect(progressText(ITEM)).toBe('1,234 of 4,851 · 612/s · 6 s left');
    expect(progressText({ ...ITEM, rate: 2.34, secondsLeft: null })).toBe('1,234 of 4,851 · 2.3/s');
    expect(progressText({ ...ITEM, state: 'paused' })).toBe('1,234 of 4,851');
    expect(
      progressText({
        ...ITEM,
        kind: 'walk-forward',
        done: 3,
        total: 18,
        rate: null,
        secondsLeft: null,
      }),
    ).toBe('3 of 18 windows');
  });

  it.each([
    [0.2, 'under 1 s'],
    [89.4, '89 s'],
    [91, '2 min'],
    [5_340, '89 min'],
    [5_400, '1 h 30 min'],
    [200_000, '2 d 7 h'],
    [Number.POSITIVE_INFINITY, ''],
  ])('%d seconds are "%s"', (seconds, text) => expect(durationText(seconds)).toBe(text));
});

describe('findings in words', () => {
  it('never call a probability certain that is not', () => {
    expect([0, 1e-9, 0.5, 0.9999, 1, Number.NaN].map(probabilityText)).toEqual([
      '0.0 %',
      'under 0.1 %',
      '50.0 %',
      'over 99.9 %',
      '100.0 %',
      'n/a',
    ]);
  });

  it('tell luck from more, by what was tried', () => {
    const deflated = { sharpe: 0.03, benchmark: 0.02, trials: 154, independent: 33 };
    const text = (probability: number): string => deflatedText({ ...deflated, probability });
    expect(text(0.97)).toContain('After 154 trials on this data it is more than luck');
    expect(text(0.9)).toContain('may be luck');
    expect(text(0.2)).toContain('luck explains it better');
    expect(text(Number.NaN)).toContain('cannot be told');
    expect(deflatedText({ ...deflated, trials: 1, probability: 0.97 })).toContain(
      'After 1 trial on',
    );
  });

  it('tell a plateau from a peak', () => {
    const row = { combination: 1, parameters: {}, score: 1, metrics: {} };
    const text = (bestStability: number): string =>
      plateauText({ row, neighbours: 8, mean: 0.9, stability: 0.9, bestStability });
    expect(text(0.85)).toContain('on a plateau: stability 0.85');
    expect(text(0.6)).toContain('above its neighbours');
    expect(text(0.1)).toContain('a lone peak');
    expect(text(Number.NaN)).toContain('stability n/a');
  });

  it('count trials', () => {
    const totals = { dataset: 'SPX', trials: 1, strategies: 1, sources: {}, first: 0, last: 0 };
    expect(trialsText(totals)).toBe('1 trial of 1 strategy so far');
    expect(trialsText({ ...totals, trials: 2_909, strategies: 2 })).toBe(
      '2,909 trials of 2 strategies so far',
    );
  });
});

const DAY = 86_400_000;
const day = (n: number): number => Date.UTC(2001, 0, 1) + n * DAY;

function step(part: Partial<WalkForwardStepRow>, from: number): WalkForwardStepRow {
  return {
    train: { from, to: from + 10, firstTime: day(from), lastTime: day(from + 9) },
    test: { from: from + 10, to: from + 15, firstTime: day(from + 10), lastTime: day(from + 14) },
    combination: 1,
    parameters: {},
    inSampleScore: 1,
    outOfSampleScore: 0.5,
    inSampleReturn: 0.21,
    outOfSampleReturn: 0.01,
    ...part,
  };
}

describe('walk-forward windows', () => {
  const steps = [step({}, 0), step({ combination: 2, inSampleReturn: 0 }, 5)];

  it('lie in the time of all of them', () => {
    const span = timeSpan(steps);
    expect(span).toEqual({ first: day(0), last: day(19) });
    // 9 of 19 days, and 4 of 19 from the tenth on.
    expect(stretchOf((steps[0] as WalkForwardStepRow).train, span as never)).toEqual({
      left: 0,
      width: (9 / 19) * 100,
    });
    expect(stretchOf((steps[0] as WalkForwardStepRow).test, span as never).left).toBeCloseTo(
      (10 / 19) * 100,
    );
    expect(timeSpan([])).toBeNull();
  });

  it('have as many years above them as fit', () => {
    const span = { first: Date.UTC(2000, 0, 3), last: Date.UTC(2020, 3, 17) };
    expect(yearMarks(span, 8).map(({ year }) => year)).toEqual([2005, 2010, 2015]);
    expect(yearMarks(span, 10).map(({ year }) => year)).toEqual([
      2002, 2004, 2006, 2008, 2010, 2012, 2014, 2016, 2018,
    ]);
    for (const { left } of yearMarks(span, 30)) expect(left > 0 && left < 100).toBe(true);
  });

  it('promise the pace of their training', () => {
    // 1.21 in 10 bars is 1.1 in 5; the second test promises nothing.
    const curve = promisedCurve(steps, 1_000, 10);
    expect(curve[4]).toBeCloseTo(1_100, 9);
    expect(curve[9]).toBeCloseTo(1_100, 9);
    expect(curve[0]).toBeCloseTo(1_000 * 1.21 ** 0.1, 9);
  });

  it('compare by the year', () => {
    // Doubling in half a year is fourfold in one.
    const half = { firstTime: 0, lastTime: (365.25 / 2) * DAY };
    expect(yearly(1, half)).toBeCloseTo(3, 9);
    expect(yearly(-1, half)).toBeNaN();
    expect(changedFrom(steps, 1)).toBe(true);
    expect(changedFrom(steps, 0)).toBe(false);
  });
});

describe('the axes of a plot', () => {
  it('have round numbers', () => {
    expect(ticksOf(0, 1, 5)).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
    expect(ticksOf(-0.32, 0.71, 4)).toEqual([-0.25, 0, 0.25, 0.5]);
    expect(ticksOf(3, 3, 4)).toEqual([3]);
    expect(ticksOf(Number.NaN, Number.NaN, 4)).toEqual([]);
  });

  it('hold all numbers with some room', () => {
    expect(extentOf([[1, Number.NaN, 3], [2]], 0.5)).toEqual({ low: 0, high: 4 });
    expect(extentOf([[5, 5]])).toEqual({ low: 4.5, high: 5.5 });
    expect(extentOf([[Number.NaN]])).toBeNull();
    expect(nearestPlace([1, 5, 9], 6.9)).toBe(1);
    expect(nearestPlace([], 1)).toBe(-1);
  });
});
