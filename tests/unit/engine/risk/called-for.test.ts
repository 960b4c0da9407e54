import { describe, expect, it } from 'vitest';
import { decimal } from '../../../../engine/domain/decimal.ts';
import { calledFor } from '../../../../engine/risk/gate.ts';
import { NO_LIMITS, type RiskLimits, type ScopedLimits } from '../../../../engine/risk/limits.ts';
import type { RiskBook } from '../../../../engine/risk/view.ts';

const bookOf = (dayProfit: string | null, drawdown: string | null): RiskBook => ({
  holdings: [],
  working: [],
  recent: [],
  dayProfit: dayProfit === null ? null : decimal(dayProfit),
  drawdown: drawdown === null ? null : decimal(drawdown),
});
const GLOBAL = { kind: 'global', name: '' } as const;
const ACCOUNT = { kind: 'account', name: 'A' } as const;
const set = (scope: ScopedLimits['scope'], limits: Partial<RiskLimits>): ScopedLimits => ({
  scope,
  limits: { ...NO_LIMITS, ...limits },
});

describe('limits on losses call for', () => {
  const loss = { maxDailyLoss: decimal('100'), onDailyLoss: 'halt' } as const;
  const soft = { maxDailyLoss: decimal('100'), onDailyLoss: 'reduce-only' } as const;
  const fall = { maxDrawdown: decimal('0.1'), onDrawdown: 'reduce-only' } as const;
  it.each<[string, ScopedLimits[], RiskBook, object | null]>([
    ['nothing without limits', [set(GLOBAL, {})], bookOf('-1e6', '0.9'), null],
    [
      'nothing short of them',
      [set(GLOBAL, { ...loss, ...fall })],
      bookOf('-99.99', '0.0999'),
      null,
    ],
    ['nothing when a profit was made', [set(GLOBAL, loss)], bookOf('100', null), null],
    [
      'nothing while nothing is known',
      [set(GLOBAL, { ...loss, ...fall })],
      bookOf(null, null),
      null,
    ],
    [
      'a halt, exactly at the loss',
      [set(GLOBAL, loss)],
      bookOf('-100', null),
      { state: 'halted', reason: 'loss of the day of global' },
    ],
    [
      'exits alone, where that is wanted',
      [set(ACCOUNT, soft)],
      bookOf('-101', null),
      { state: 'reduce-only', reason: 'loss of the day of account:A' },
    ],
    [
      'exits alone, exactly at the fall',
      [set(GLOBAL, fall)],
      bookOf(null, '0.1'),
      { state: 'reduce-only', reason: 'drawdown of global' },
    ],
    [
      'the stricter of two',
      [set(GLOBAL, { ...loss, ...fall })],
      bookOf('-100', '0.5'),
      { state: 'halted', reason: 'loss of the day of global' },
    ],
    [
      'the stricter of two scopes',
      [set(GLOBAL, soft), set(ACCOUNT, { ...fall, onDrawdown: 'halt' })],
      bookOf('-100', '0.5'),
      { state: 'halted', reason: 'drawdown of account:A' },
    ],
    [
      'nothing for all because of one strategy',
      [set({ kind: 'strategy', name: 's' }, loss), set({ kind: 'agent', name: 'a' }, loss)],
      bookOf('-500', null),
      null,
    ],
  ])('%s', (_what, limits, book, wanted) => {
    expect(calledFor(limits, () => book)).toEqual(wanted);
  });
});
