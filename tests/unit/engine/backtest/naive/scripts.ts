import { Random } from '../../../../../engine/backtest/random.ts';
import { Simulation } from '../../../../../engine/backtest/simulation.ts';
import type {
  OrderRequest,
  Strategy,
  StrategyContext,
} from '../../../../../engine/backtest/strategy.ts';
import type { AdjustmentEvent } from '../../../../../engine/domain/adjustments.ts';
import type { BacktestSettings } from '../../../../../engine/domain/backtest.ts';
import type { BarColumns } from '../../../../../engine/domain/bar.ts';
import { ORDER_TYPES, TIMES_IN_FORCE } from '../../../../../engine/domain/order.ts';
import { sliceColumns } from '../../../../../engine/series/columns.ts';
import { DAY, randomWalk, spx } from '../bars.ts';
import type { Instruction } from './exchange.ts';
import { fc } from '../../../../support/properties.ts';

/** Everything an order can be, near a price. */
function anyRequest(random: Random, price: number, time: number, step: number): OrderRequest {
  const pick = <Item>(items: readonly Item[]): Item =>
    items[Math.floor(random.uniform() * items.length)] as Item;
  const near = (): number => price * (0.96 + random.uniform() * 0.08);
  const type = pick(ORDER_TYPES);
  const auction = type.includes('_on_');
  const timeInForce = auction ? 'gtc' : pick([...TIMES_IN_FORCE, 'gtc', 'gtc'] as const);
  const stops = ['stop', 'stop_limit', 'market_if_touched', 'limit_if_touched'].includes(type);
  const limits = type.includes('limit') && type !== 'trailing_stop_limit';
  const trails = type.startsWith('trailing');
  const byPercent = random.uniform() < 0.5;
  return {
    side: pick(['buy', 'sell'] as const),
    type,
    ...(random.uniform() < 0.75 ? { quantity: 1 + Math.floor(random.uniform() * 300) / 10 } : {}),
    ...(stops ? { stopPrice: near() } : {}),
    ...(limits ? { limitPrice: near() } : {}),
    ...(trails && byPercent ? { trailPercent: 0.5 + random.uniform() * 3 } : {}),
    ...(trails && !byPercent ? { trailAmount: price * (0.005 + random.uniform() * 0.03) } : {}),
    ...(type === 'trailing_stop_limit' ? { limitOffset: price * 0.01 * random.uniform() } : {}),
    ...(timeInForce === 'gtc' ? {} : { timeInForce }),
    ...(timeInForce === 'gtd' ? { goodTill: time + Math.floor(random.uniform() * 6) * step } : {}),
    ...(random.uniform() < 0.25 ? { reduceOnly: true } : {}),
  };
}

/** What is asked on each bar; it does not look at what became of anything. */
export function scriptOf(bars: BarColumns, seed: number, step: number): readonly Instruction[][] {
  const random = new Random(seed);
  let count = 0;
  // Now and then a short position that is left alone, which a rising market ruins.
  if (seed % 6 === 0) {
    const sell: Instruction = { kind: 'order', request: { side: 'sell' } };
    return Array.from(bars.close, (_, bar) => (bar === 1 ? [sell] : []));
  }
  return Array.from(bars.close, (close, bar): Instruction[] => {
    const asked: Instruction[] = [];
    while (random.uniform() < 0.45) {
      const price = Number.isFinite(close) ? close : 100;
      const time = bars.time[bar] ?? 0;
      const request = anyRequest(random, price, time, step);
      const id = Math.floor(random.uniform() * (count + 1));
      const up = request.side === 'buy' ? 1 : -1;
      const away = (part: number): number => price * (1 + up * part * random.uniform());
      const draw = random.uniform();
      if (draw < 0.45) {
        asked.push({ kind: 'order', request });
        count += 1;
      } else if (draw < 0.7) {
        const trailing = { type: 'trailing_stop', trailPercent: 1 + random.uniform() } as const;
        const limited = {
          type: 'stop_limit',
          stopPrice: away(-0.02),
          limitPrice: away(-0.03),
        } as const;
        const stopLoss = [{ stopPrice: away(-0.03) }, trailing, limited][
          Math.floor(random.uniform() * 3)
        ] as { stopPrice: number };
        const day = random.uniform() < 0.2 ? { timeInForce: 'day' as const } : {};
        const { reduceOnly: _, ...entry } = request;
        asked.push({
          kind: 'bracket',
          request: {
            entry,
            stopLoss: { ...stopLoss, ...day },
            ...(random.uniform() < 0.8 ? { takeProfit: { limitPrice: away(0.03) } } : {}),
          },
        });
        count += 3;
      } else if (draw < 0.82) {
        const { goodTill: _1, timeInForce: _2, ...one } = request;
        const other: OrderRequest = {
          side: random.uniform() < 0.5 ? 'buy' : 'sell',
          type: 'limit',
          limitPrice: away(-0.02),
          quantity: 5,
        };
        asked.push({ kind: 'pair', one, other });
        count += 2;
      } else if (draw < 0.9) {
        const change = [{ quantity: 7 }, { limitPrice: away(0.02) }, { stopPrice: away(0.02) }];
        asked.push({
          kind: 'amend',
          id,
          change: change[Math.floor(random.uniform() * 3)] as { quantity: number },
        });
      } else if (draw < 0.98) asked.push({ kind: 'cancel', id });
      else asked.push({ kind: 'cancel-all' });
    }
    return asked;
  });
}

/** Settings of every kind. */
export const settings: fc.Arbitrary<Partial<BacktestSettings>> = fc.record({
  cash: fc.constantFrom(2_000, 10_000, 1e6),
  fill: fc.constantFrom('next-open' as const, 'same-close' as const),
  short: fc.boolean(),
  size: fc.constantFrom(
    { kind: 'all' } as const,
    { kind: 'percent', percent: 30 } as const,
    { kind: 'quantity', quantity: 3.5 } as const,
    { kind: 'notional', notional: 700 } as const,
  ),
  lotSize: fc.constantFrom(0, 0, 1),
  slippageBps: fc.constantFrom(0, 8),
  volumeLimit: fc.constantFrom(undefined, undefined, 0.1),
  commission: fc.constantFrom(
    { percent: 0, perShare: 0, minimum: 0 },
    { percent: 0.1, perShare: 0.01, minimum: 1 },
  ),
  margin: fc.constantFrom(
    undefined,
    { initial: 0.5, maintenance: 0.3 },
    { initial: 0.1, maintenance: 0.08 },
    { initial: 0.2, maintenance: 0.02 },
  ),
  borrowRate: fc.constantFrom(undefined, 0.2),
  debitRate: fc.constantFrom(undefined, 0.3),
  warmUp: fc.constantFrom(undefined, 3),
});

/** Bars of a quarter of a day or of a day, with missing and filled-forward ones, and what happened to them. */
export const market = fc
  .record({
    seed: fc.nat(1e9),
    length: fc.integer({ min: 2, max: 60 }),
    step: fc.constantFrom(DAY, DAY / 4),
    wild: fc.constantFrom(0.01, 0.02, 0.08, 0.3),
    spoil: fc.boolean(),
    happens: fc.boolean(),
    real: fc.boolean(),
  })
  .map(({ seed, length, step, wild, spoil, happens, real }) => {
    const random = new Random(seed);
    const bars = real ? realBars(length, random) : randomWalk(length, seed, wild);
    bars.time.forEach((_, i) => (bars.time[i] = i * step));
    for (let i = 1; spoil && i < length; i += 1) {
      const draw = random.uniform();
      if (draw < 0.05) bars.open[i] = Number.NaN;
      else if (draw < 0.15) {
        const before = bars.close[i - 1] as number;
        for (const name of ['open', 'high', 'low', 'close'] as const) bars[name][i] = before;
        bars.volume[i] = 0;
      }
    }
    const events: AdjustmentEvent[] = [];
    for (let day = 1; happens && (day * DAY) / step < length; day += 1) {
      const draw = random.uniform();
      if (draw < 0.08)
        events.push({ kind: 'dividend', day: day * DAY, amount: 1, referencePrice: null });
      if (draw > 0.04 && draw < 0.08) events.push({ kind: 'split', day: day * DAY, ratio: 2 });
      if (draw > 0.97) events.push({ kind: 'split', day: day * DAY, ratio: 0.25 });
      if (draw > 0.95 && draw < 0.96) events.push({ kind: 'split', day: day * DAY, ratio: 1.5 });
    }
    return { bars, events, step, seed };
  });

let stored: BarColumns | undefined;
/** A stretch of the S&P 500 since 2000, scaled to begin at 100 with volumes of some hundreds. */
function realBars(length: number, random: Random): BarColumns {
  stored ??= spx();
  const from = Math.floor(random.uniform() * (stored.time.length - length));
  const bars = sliceColumns(stored, from, from + length);
  const scale = 100 / (bars.open[0] as number);
  const scaled = (column: Float64Array, by: number): Float64Array => column.map((x) => x * by);
  return {
    time: Float64Array.from(bars.time),
    open: scaled(bars.open, scale),
    high: scaled(bars.high, scale),
    low: scaled(bars.low, scale),
    close: scaled(bars.close, scale),
    volume: scaled(bars.volume, 100 / (bars.volume[0] as number)),
  };
}

/** Asks a context for what is written. */
export function obey(each: Instruction, context: StrategyContext): void {
  switch (each.kind) {
    case 'order':
      context.order(each.request);
      break;
    case 'pair':
      context.order({ ...each.other, oco: context.order(each.one) });
      break;
    case 'bracket':
      context.bracket(each.request);
      break;
    case 'amend':
      context.amend(each.id, each.change);
      break;
    case 'cancel':
      context.cancel(each.id);
      break;
    case 'cancel-all':
      context.cancelAll();
      break;
  }
}

/** What the engine made of a script, bar by bar. */
export function played(
  bars: BarColumns,
  given: BacktestSettings,
  events: readonly AdjustmentEvent[],
  script: readonly Instruction[][],
) {
  const simulation = new Simulation(bars, given, { events });
  const equity: number[] = [];
  const position: number[] = [];
  const strategy: Strategy = {
    onBar(context) {
      for (const each of script[context.index] ?? []) obey(each, context);
    },
  };
  for (let i = 0; i < bars.time.length; i += 1) {
    simulation.step(i, strategy);
    equity.push(simulation.equity);
    position.push(simulation.position);
  }
  simulation.trades.finish();
  return { simulation, equity, position };
}
