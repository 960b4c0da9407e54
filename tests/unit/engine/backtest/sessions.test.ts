import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { sessionsOf } from '../../../../engine/backtest/sessions.ts';
import { MarketCalendar, type CalendarData } from '../../../../engine/domain/calendar.ts';
import { runStrategy } from '../../../../engine/backtest/run.ts';
import type { StrategyContext, StrategyDefinition } from '../../../../engine/backtest/strategy.ts';
import { DEFAULT_SETTINGS, type BacktestTask } from '../../../../engine/domain/backtest.ts';
import { barsOf, DAY, flatBars, play, type Row } from './bars.ts';

const HOUR = 3_600_000;
const file = 'resources/calendars/us-equity.json';
const nyse = new MarketCalendar(JSON.parse(readFileSync(file, 'utf8')) as CalendarData);
const at = (text: string): number => Date.parse(`${text}Z`);

describe('sessions of bars', () => {
  it('are UTC days without a calendar, each bar of a day for daily ones', () => {
    const hourly = sessionsOf(Float64Array.from({ length: 50 }, (_, i) => i * HOUR));
    expect([...hourly.first.keys()].filter((i) => hourly.first[i] === 1)).toEqual([0, 24, 48]);
    expect([...hourly.last.keys()].filter((i) => hourly.last[i] === 1)).toEqual([23, 47]);
    const daily = sessionsOf(Float64Array.of(0, DAY, 4 * DAY));
    expect([[...daily.first], [...daily.last]]).toEqual([
      [1, 1, 1],
      [1, 1, 1],
    ]);
    expect([...daily.day]).toEqual([0, DAY, 4 * DAY]);
  });

  it('follow a calendar: regular hours, early closes and summer time', () => {
    // The day after Thanksgiving 2024 closes at 13:00 in New York, 18:00 UTC; in July the market opens
    // at 13:30 UTC. Half-hour bars, with an hour before the open.
    const half = HOUR / 2;
    const day = (from: string, count: number): number[] =>
      Array.from({ length: count }, (_, i) => at(from) + i * half);
    const times = [...day('2024-07-03T12:30:00', 14), ...day('2024-11-29T13:30:00', 14)];
    const { first, last } = sessionsOf(Float64Array.from(times), nyse);
    const stamped = (flags: Uint8Array): string[] =>
      times.filter((_, i) => flags[i] === 1).map((time) => new Date(time).toISOString());
    expect(stamped(first)).toEqual(['2024-07-03T13:30:00.000Z', '2024-11-29T14:30:00.000Z']);
    // July 3, 2024 closed at 13:00 as well, 17:00 UTC.
    expect(stamped(last)).toEqual(['2024-07-03T16:30:00.000Z', '2024-11-29T17:30:00.000Z']);
  });

  it('end day orders and fill orders for the close at an early close', () => {
    const times = Array.from({ length: 14 }, (_, i) => at('2024-11-29T13:30:00') + (i * HOUR) / 2);
    const sessions = sessionsOf(Float64Array.from(times), nyse);
    const rows: Row[] = times.map((_, i) => [i, i + 0.5, i, i + 0.25]);
    const { orders } = play(
      rows,
      {
        3: (c) => {
          c.order({ side: 'buy', type: 'market_on_close', quantity: 1 });
          c.order({ side: 'sell', type: 'limit', limitPrice: 99, quantity: 1, timeInForce: 'day' });
        },
      },
      {},
      { sessions },
    );
    expect([...orders.doneBar]).toEqual([8, 8]);
    expect(orders.state).toEqual(['Filled', 'Expired']);
    expect(orders.fillPrice[0]).toBe(8.25);
  });

  it('of nothing are nothing', () => {
    expect(sessionsOf(new Float64Array(0)).day).toHaveLength(0);
  });
});

describe('a whole run', () => {
  const definition = (onBar: (context: StrategyContext) => void): StrategyDefinition => ({
    id: 'own',
    title: 'Own',
    description: 'What the test says.',
    parameters: [],
    validate: () => undefined,
    create: () => ({ onBar }),
  });
  const settings = {
    ...DEFAULT_SETTINGS,
    cash: 10_000,
    size: { kind: 'quantity', quantity: 10 } as const,
  };
  const run = (onBar: (c: StrategyContext) => void, given: Partial<BacktestTask>) =>
    runStrategy(definition(onBar), {
      parameters: {},
      settings,
      bars: flatBars([100, 100, 110, 120]),
      ...given,
    });

  it('lists fills only where an order was filled in pieces', () => {
    const buy = (c: StrategyContext): void => {
      if (c.index === 0) c.order({ side: 'buy', quantity: 60 });
    };
    const whole = run(buy, {});
    expect(whole.fills).toBeUndefined();
    expect(whole.orders.filled).toBeUndefined();
    const pieces = run(buy, { settings: { ...settings, volumeLimit: 0.25 } });
    expect(pieces.fills?.count).toBe(3);
    expect([...(pieces.fills?.price ?? [])]).toEqual([100, 110, 120]);
    expect(pieces.orderHash).not.toBe(whole.orderHash);
    expect([...pieces.position]).toEqual([0, 25, 50, 60]);
  });

  it('takes finer bars, events and sessions', () => {
    const rows: Row[] = [
      [100, 101, 99, 100],
      [100, 101, 99, 100],
      [100, 110, 90, 105],
    ];
    const bars = barsOf(rows);
    const bracket = (c: StrategyContext): void => {
      if (c.index !== 0) return;
      c.bracket({
        entry: { side: 'buy' },
        stopLoss: { stopPrice: 95 },
        takeProfit: { limitPrice: 108 },
      });
    };
    const coarse = run(bracket, { bars });
    expect(coarse.ambiguous?.count).toBe(1);
    const finer = {
      ...barsOf([
        [100, 109, 99, 108],
        [108, 108, 90, 105],
      ]),
      time: Float64Array.of(2 * DAY, 2.5 * DAY),
    };
    const sharp = run(bracket, { bars, finer });
    expect(sharp.ambiguous).toBeUndefined();
    expect(sharp.trades.exitPrice[0]).toBe(108);
    const paid = run((c) => c.index === 0 && c.buy(), {
      events: [{ kind: 'dividend', day: 2 * DAY, amount: 1, referencePrice: null }],
      sessions: sessionsOf(bars.time),
    });
    expect(paid.trades.carry?.[0]).toBe(10);
  });

  it('is judged from the end of its warm-up on', () => {
    const buy = (c: StrategyContext): void => void c.buy();
    const late = run(buy, { settings: { ...settings, warmUp: 2 } });
    const figure = (name: string) => late.statistics.find((each) => each.name === name)?.value;
    expect(figure('Start')).toBe(2 * DAY);
    // Bought and held from the open of 110 on.
    expect(figure('Buy & Hold Return [%]')).toBeCloseTo((120 / 110 - 1) * 100, 9);
    expect(late.equity).toHaveLength(4);
    expect([...late.position]).toEqual([0, 0, 0, 10]);
  });
});
