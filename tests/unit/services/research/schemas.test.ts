import { describe, expect, it } from 'vitest';
import { DEFAULT_SETTINGS } from '../../../../engine/domain/backtest.ts';
import { calls } from '../../../../engine/protocol/contract.ts';
import {
  sweepRequest,
  walkForwardRequest,
  type SweepRequest,
} from '../../../../engine/protocol/research-schemas.ts';

const SWEEP: SweepRequest = {
  strategy: 'sma-cross',
  datasetId: 'SPX.INDEX@1d',
  adjustment: 'raw',
  start: null,
  end: null,
  settings: DEFAULT_SETTINGS,
  ranges: { fast: '2..100' },
  fixed: { slow: 200 },
  constraints: ['fast < slow'],
  search: { kind: 'random', count: 50, seed: 1 },
  objective: 'if(trades >= 30, sharpe, -1)',
  memoryBytes: 200_000_000,
};
const WINDOWS = { by: 'dates', train: '2y', test: '6m', gap: '0d' } as const;

describe('requests of research', () => {
  it('are taken as they are meant', () => {
    expect(sweepRequest.parse(SWEEP)).toEqual(SWEEP);
    const rules = { entry: 'close > sma(20)', exit: 'close < sma(20)' };
    expect(sweepRequest.safeParse({ ...SWEEP, strategy: rules }).success).toBe(true);
    const test = { ...SWEEP, windows: WINDOWS, mode: 'rolling', carry: 'flat' };
    expect(walkForwardRequest.safeParse(test).success).toBe(true);
  });

  it.each<[string, object]>([
    ['a key that is not known', { extra: 1 }],
    ['a rule without an exit', { strategy: { entry: 'close > 1' } }],
    ['a memory that holds nothing', { memoryBytes: 1_000 }],
    ['no objective', { objective: '' }],
    ['an adaptive search without a number', { search: { kind: 'adaptive', seed: 1 } }],
    ['a sample larger than can be listed', { search: { kind: 'random', count: 1e9, seed: 1 } }],
    ['a seed below 0', { search: { kind: 'random', count: 5, seed: -1 } }],
    ['values that are no text', { ranges: { fast: 5 } }],
    [
      'more constraints than anybody writes',
      { constraints: Array.from({ length: 21 }, () => '1 < 2') },
    ],
    ['settings that a run would refuse', { settings: { ...DEFAULT_SETTINGS, cash: 0 } }],
  ])('are refused with %s', (_name, change) => {
    expect(sweepRequest.safeParse({ ...SWEEP, ...change }).success).toBe(false);
  });

  it.each<[string, object]>([
    ['an adaptive search', { search: { kind: 'adaptive', count: 5, seed: 1 } }],
    ['bars and dates mixed', { windows: { ...WINDOWS, train: '504' } }],
    ['windows of no kind', { windows: { train: '2y', test: '1y' } }],
  ])('for walking forward are refused with %s', (_name, change) => {
    const request = { ...SWEEP, windows: WINDOWS, mode: 'rolling', carry: 'flat', ...change };
    expect(walkForwardRequest.safeParse(request).success).toBe(false);
  });

  it('name a folding and a page that there are', () => {
    const map = { researchId: 'a', x: 'fast', y: 'slow', metric: 'sharpe', fold: 'best' };
    expect(calls['sweeps.heatmap'].input.safeParse(map).success).toBe(true);
    expect(calls['sweeps.heatmap'].input.safeParse({ ...map, fold: 'worst' }).success).toBe(false);
    const page = { researchId: 'a', offset: 0, limit: 5_001 };
    expect(calls['research.get'].input.safeParse(page).success).toBe(false);
  });
});
