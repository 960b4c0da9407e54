import { runPortfolio } from '../../../../../engine/backtest/portfolio-run.ts';
import type {
  PortfolioContext,
  PortfolioInstrument,
  PortfolioResult,
  PortfolioSettings,
} from '../../../../../engine/backtest/portfolio-types.ts';
import { Random } from '../../../../../engine/backtest/random.ts';
import type { AdjustmentEvent } from '../../../../../engine/domain/adjustments.ts';
import { DEFAULT_SETTINGS } from '../../../../../engine/domain/backtest.ts';
import { DAY, randomWalk } from '../bars.ts';
import { ruledBy } from './asking.ts';
import type { Instruction } from './exchange.ts';
import { scriptOf, settings } from './scripts.ts';
import { fc } from '../../../../support/properties.ts';

/** A portfolio and what is asked of it. */
export interface Drawn {
  readonly instruments: readonly PortfolioInstrument[];
  readonly scripts: readonly (readonly Instruction[][])[];
  readonly given: PortfolioSettings;
}

/** Some instruments with gaps, currencies, multipliers, ticks, margins and events, and what is asked of each. */
export const portfolio: fc.Arbitrary<Drawn> = fc
  .record({
    seed: fc.nat(1e9),
    count: fc.integer({ min: 1, max: 4 }),
    length: fc.integer({ min: 5, max: 50 }),
    wild: fc.constantFrom(0.02, 0.08),
    margin: fc.constantFrom(
      undefined,
      { initial: 0.5, maintenance: 0.3 },
      { initial: 0.1, maintenance: 0.08 },
    ),
    liquidation: fc.constantFrom('all' as const, 'reduce' as const),
    given: settings,
  })
  .map(({ seed, count, length, wild, margin, liquidation, given }) => {
    const random = new Random(seed);
    const instruments: PortfolioInstrument[] = [];
    const scripts: (readonly Instruction[][])[] = [];
    for (let row = 0; row < count; row += 1) {
      const whole = randomWalk(length, seed + row, wild);
      const kept = Array.from(whole.time.keys()).filter((i) => i === 0 || random.uniform() > 0.15);
      const cut = (column: Float64Array): Float64Array =>
        Float64Array.from(kept, (i) => column[i] as number);
      const bars = {
        time: cut(whole.time),
        open: cut(whole.open),
        high: cut(whole.high),
        low: cut(whole.low),
        close: cut(whole.close),
        volume: cut(whole.volume),
      };
      const events: AdjustmentEvent[] = [];
      for (let day = 1; day < length; day += 1) {
        const draw = random.uniform();
        if (draw < 0.06) events.push({ kind: 'split', day: day * DAY, ratio: 2 });
        if (draw > 0.04 && draw < 0.1) {
          events.push({ kind: 'dividend', day: day * DAY, amount: 0.7, referencePrice: null });
        }
        if (draw > 0.97) events.push({ kind: 'split', day: day * DAY, ratio: 0.3 });
      }
      instruments.push({
        symbol: `S${row}`,
        bars,
        events,
        ...(row === 1 ? { currency: 'EUR' } : {}),
        ...(row === 2 ? { multiplier: 5, tickSize: 0.05 } : {}),
        ...(row === 3 ? { margin: { initial: 0.25, maintenance: 0.2 }, borrowRate: 0.1 } : {}),
      });
      scripts.push(scriptOf(bars, seed + 100 + row, DAY));
    }
    const days = Array.from({ length }, (_, i) => i * DAY);
    const rate = Float64Array.from(days, () => 1 + random.uniform() * 0.4);
    const terms: PortfolioSettings = {
      ...DEFAULT_SETTINGS,
      ...given,
      currency: 'USD',
      rates: { EUR: { time: Float64Array.from(days), rate } },
      margin,
      liquidation,
    };
    return { instruments, scripts, given: terms };
  });

export function run({ instruments, scripts, given }: Drawn, order = instruments): PortfolioResult {
  return runPortfolio({ instruments: order, settings: given }, () => {
    const ask = ruledBy(instruments, scripts);
    return { onBar: (context: PortfolioContext) => ask(context) };
  });
}
