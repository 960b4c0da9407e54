import { describe, expect, it, vi } from 'vitest';
import { Random } from '../../../../engine/backtest/random.ts';
import { runStrategy } from '../../../../engine/backtest/run.ts';
import { DEFAULT_SETTINGS } from '../../../../engine/domain/backtest.ts';
import { sliceColumns } from '../../../../engine/series/columns.ts';
import { spx } from '../backtest/bars.ts';
import { CONTINGENT } from './contingent-strategies.ts';
import { Stage, type StageOptions } from './stage.ts';

vi.mock(import('../../../../engine/backtest/strategies.ts'), async (load) => {
  const real = await load();
  const { CONTINGENT: own } = await import('./contingent-strategies.ts');
  return {
    ...real,
    findStrategy: (id: string) => own.find((each) => each.id === id) ?? real.findStrategy(id),
  };
});

const WARM_UP = 300;
const BARS = sliceColumns(spx(), 0, 1_500);
const SETTINGS = {
  cash: 1_000_000,
  short: true,
  commission: { percent: 0.05, perShare: 0, minimum: 1 },
} as const;

function stage(id: string, change: Partial<StageOptions> = {}): Stage {
  return new Stage({
    program: { kind: 'built-in', id },
    bars: BARS,
    warmUp: WARM_UP,
    settings: SETTINGS,
    ...change,
  });
}

describe('orders that hang on others, beside their twin', () => {
  it.each(CONTINGENT)('$id: the same orders and fills as a backtest', (definition) => {
    const played = stage(definition.id);
    const report = played.play();
    expect(report.orders.length).toBeGreaterThan(50);
    for (const { live, model, why, time } of report.orders) {
      expect([time, live?.bar, live?.quantity, why]).toEqual([
        time,
        model?.bar,
        model?.quantity,
        '',
      ]);
      expect(live?.price).toBeCloseTo(model?.price ?? Number.NaN, 9);
    }
    expect(Math.abs(report.drift.total)).toBeLessThan(1e-6);
    const { equity, position } = runStrategy(definition, {
      parameters: {},
      settings: { ...DEFAULT_SETTINGS, ...SETTINGS, warmUp: WARM_UP },
      bars: BARS,
    });
    expect(report.live.equity).toBeCloseTo(equity.at(-1) as number, 6);
    expect(report.live.position).toBe(position.at(-1));
  });

  it.each(['both-ways', 'resting', 'straddle'])(
    '%s: a future of 50 a point, in money and fees',
    (id) => {
      const settings = { ...SETTINGS, cash: 2_000_000, slippageBps: 0, multiplier: 50 };
      const report = stage(id, {
        settings,
        fee: (quantity, price) => Math.max(1, quantity * price * 50 * 0.0005),
      }).play();
      const plain = stage(id).play();
      expect(report.orders.length).toBe(plain.orders.length);
      expect(Math.abs(report.drift.total)).toBeLessThan(1e-5);
      const profit = (twin: typeof plain.live, cash: number): number => twin.equity - cash;
      // Fees are parts of the money, so that everything is fifty times as much.
      expect(profit(report.live, 2_000_000) / profit(plain.live, 1_000_000)).toBeCloseTo(50, 1);
    },
  );

  it.each(CONTINGENT)('$id: the same after restarts at any input', ({ id }) => {
    const bars = sliceColumns(BARS, 0, 600);
    const clean = stage(id, { bars });
    const expected = clean.play();
    const random = new Random(7);
    let restarts = 0;
    const played = stage(id, {
      bars,
      restarts: () => {
        const now = random.uniform() < 0.08;
        restarts += now ? 1 : 0;
        return now;
      },
    });
    expect(played.play()).toEqual(expected);
    expect(played.sent).toEqual(clean.sent);
    expect(restarts).toBeGreaterThan(20);
  });
});
