import { describe, expect, it } from 'vitest';
import { progressLine, timeLeft } from '../../../electron/cli/progress.ts';

const PROGRESS = {
  title: 'Sweep: SMA cross on SPX 1d, fast 2..100, slow 2..100',
  share: 0.5,
  completed: 2_500,
  total: 5_000,
  unit: 'combinations',
  rate: 500,
};

describe('a line of progress', () => {
  it('tells the rate and the time that is left', () => {
    expect(progressLine(PROGRESS, 200)).toBe(
      'Sweep: SMA cross on SPX 1d, fast 2..100, slow 2..100  ████████████░░░░░░░░░░░░ 50%  2,500 / 5,000 combinations  500/s, 5 s left',
    );
  });

  it('keeps its figures on a narrow terminal and cuts the title', () => {
    const line = progressLine(PROGRESS, 80);
    expect(line).toBe(
      'Sweep: SMA cross on SPX 1d, f… 50%  2,500 / 5,000 combinations  500/s, 5 s left',
    );
    expect(line.length).toBeLessThan(80);
    expect(progressLine(PROGRESS, 40).length).toBeLessThan(40);
  });

  it('says nothing of a rate that is not known', () => {
    const { rate: _rate, ...rest } = PROGRESS;
    expect(progressLine(rest, 200)).toMatch(/combinations$/);
  });

  it('rounds times', () => {
    expect([0.2, 59, 60, 3_599, 3_600, 12_000].map(timeLeft)).toEqual([
      '1 s',
      '59 s',
      '1 min',
      '1 h 0 min',
      '1 h 0 min',
      '3 h 20 min',
    ]);
  });
});
