import { standingOf } from '../../../../renderer/components/trading/algorithm-standing.ts';
import { describe, expect, it } from 'vitest';
import type {
  AlgorithmView,
  QualityRowView,
} from '../../../../engine/protocol/execution-schemas.ts';
import {
  algorithmText,
  canPause,
  canResume,
  canStop,
  listed,
  progressOf,
} from '../../../../renderer/panels/algorithms/algorithm-rows.ts';
import { barsOf, bpsText } from '../../../../renderer/panels/quality/quality-rows.ts';

const VIEW: AlgorithmView = {
  id: 'A1',
  account: 'PAPER',
  instrument: 'BRK.B.XNYS',
  method: 'twap',
  side: 'buy',
  quantity: '100',
  limitPrice: null,
  participation: null,
  start: 1000,
  end: 2000,
  status: 'working',
  reason: '',
  denied: false,
  filled: '25',
  working: '25',
  remainder: '75',
  children: 2,
  averagePrice: '10',
  decisionPrice: '10',
  marketShare: null,
  decidedAt: 1000,
};

describe('rows of algorithms', () => {
  it('say how each stands', () => {
    const word = (change: Partial<AlgorithmView>): string =>
      standingOf({ ...VIEW, ...change }).name;
    expect(word({})).toBe('Working');
    expect(word({ status: 'paused' })).toBe('Paused');
    expect(word({ status: 'done', remainder: '0' })).toBe('Filled');
    expect(word({ status: 'done', remainder: '75' })).toBe('Remainder');
    expect(word({ status: 'done', denied: true })).toBe('Denied');
    expect(algorithmText(VIEW)).toBe('TWAP buy 100 BRK.B');
    expect(progressOf(VIEW)).toBe(0.25);
    expect(progressOf({ ...VIEW, quantity: '0' })).toBe(0);
  });

  it('offer what can be done', () => {
    const able = (status: AlgorithmView['status']): string =>
      [canPause, canResume, canStop].map((can) => (can({ ...VIEW, status }) ? 'y' : 'n')).join('');
    expect(able('waiting')).toBe('yny');
    expect(able('working')).toBe('yny');
    expect(able('paused')).toBe('nyy');
    expect(able('finishing')).toBe('nny');
    expect(able('cancelling')).toBe('nnn');
    expect(able('done')).toBe('nnn');
  });

  it('stand newest first, the running ones alone when asked', () => {
    const all = new Map(
      [
        VIEW,
        { ...VIEW, id: 'A2', decidedAt: 3000 },
        { ...VIEW, id: 'A3', decidedAt: 2000, status: 'done' as const },
      ].map((view) => [view.id, view]),
    );
    expect(listed(all, false).map(({ id }) => id)).toEqual(['A2', 'A3', 'A1']);
    expect(listed(all, true).map(({ id }) => id)).toEqual(['A2', 'A1']);
  });
});

describe('bars of execution quality', () => {
  const none = { bps: null, money: null };
  const rowOf = (key: string, bps: number | null): QualityRowView => ({
    key,
    currency: 'USD',
    orders: 1,
    quantity: 1,
    filled: 1,
    notional: 1,
    slippage: { decision: none, arrival: { bps, money: 1 }, mid: none, vwap: none },
    commission: none,
    shortfall: none,
  });

  it('are drawn on one scale, and what is not known has none', () => {
    const rows = [rowOf('09:00', 4), rowOf('10:00', -2), rowOf('11:00', null)];
    expect(barsOf(rows, 'arrival')).toEqual([
      { key: '09:00 USD', bps: 4, part: 1 },
      { key: '10:00 USD', bps: -2, part: 0.5 },
      { key: '11:00 USD', bps: null, part: 0 },
    ]);
    expect(barsOf(rows, 'shortfall').every(({ part }) => part === 0)).toBe(true);
    expect(bpsText(null)).toBe('n/a');
    expect(bpsText(4)).toBe('4.00');
  });
});
