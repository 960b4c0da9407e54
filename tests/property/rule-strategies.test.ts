import { describe, expect, it } from 'vitest';
import { runStrategy } from '../../engine/backtest/run.ts';
import type { StrategyDefinition } from '../../engine/backtest/strategy.ts';
import { DEFAULT_SETTINGS, type BacktestSettings } from '../../engine/domain/backtest.ts';
import { compile } from '../../engine/expressions/compile.ts';
import { ExpressionStream } from '../../engine/expressions/stream.ts';
import { CATALOGUE } from '../../engine/indicators/registry.ts';
import type { StrategyDocument } from '../../engine/protocol/strategy-document.ts';
import { randomWalk } from '../unit/engine/backtest/bars.ts';
import { documentOf, runDocument } from '../unit/engine/strategies/support.ts';
import { fc } from '../support/properties.ts';

/** Conditions of every kind: crossings, windows with memory, history, levels, several at once. */
const condition = fc.oneof(
  fc
    .record({ a: fc.integer({ min: 2, max: 12 }), b: fc.integer({ min: 2, max: 25 }) })
    .map(({ a, b }) => `crossover(sma(close, ${a}), ema(close, ${b}))`),
  fc
    .record({ a: fc.integer({ min: 2, max: 12 }), b: fc.integer({ min: 20, max: 80 }) })
    .map(({ a, b }) => `rsi(${a}) < ${b}`),
  fc
    .record({ a: fc.integer({ min: 2, max: 12 }), b: fc.integer({ min: 20, max: 80 }) })
    .map(({ a, b }) => `rsi(${a}) > ${b}`),
  fc.integer({ min: 2, max: 20 }).map((n) => `close > highest(high, ${n})[1]`),
  fc.integer({ min: 2, max: 20 }).map((n) => `close < lowest(low, ${n})[1]`),
  fc.integer({ min: 1, max: 9 }).map((n) => `count(close > open, ${n}) * 2 > ${n}`),
  fc.integer({ min: 1, max: 5 }).map((n) => `bars_since(close > close[${n}]) >= 2`),
  fc.constant('macd(5, 9, 3).hist > 0 and close > open'),
);

const distance = fc.oneof(
  fc.double({ min: 0.5, max: 6, noNaN: true }).map((percent) => ({ percent })),
  fc.record({
    atr: fc.double({ min: 0.5, max: 4, noNaN: true }),
    period: fc.integer({ min: 1, max: 12 }),
  }),
);

const stops = fc.record(
  {
    stopLoss: distance,
    takeProfit: distance,
    trailing: distance,
    timeStop: fc.integer({ min: 1, max: 20 }),
  },
  { requiredKeys: [] },
);

const documents = fc
  .record(
    {
      entry: fc.record({ long: condition, short: condition }, { requiredKeys: ['long'] }),
      exit: fc.record({ long: condition, short: condition }, { requiredKeys: [] }),
      stops,
      cooldown: fc.integer({ min: 1, max: 6 }),
    },
    { requiredKeys: ['entry'] },
  )
  .map(({ entry, exit, stops: given, cooldown }) =>
    documentOf({
      entry,
      ...(exit === undefined ? {} : { exit }),
      ...(given === undefined ? {} : { stops: given }),
      ...(cooldown === undefined ? {} : { filters: { cooldown } }),
    }),
  );

/**
 * The rules once more, written apart: conditions come from streams that see one bar after the other, and
 * the state of a trade is a few variables. Orders are given in the words of docs/strategies.md.
 */
function naive(document: StrategyDocument): StrategyDefinition {
  const stream = (source: string | undefined): ((bar: Record<string, number>) => number) => {
    if (source === undefined) return () => 0;
    const machine = new ExpressionStream(compile(source, CATALOGUE));
    return (bar) => machine.update(bar);
  };
  return {
    id: 'test',
    title: '',
    description: '',
    parameters: [],
    validate: () => undefined,
    create() {
      const { entry, exit } = document;
      const given = document.stops ?? {};
      const reads = [entry.long, entry.short, exit?.long, exit?.short].map(stream);
      const names = ['stopLoss', 'takeProfit', 'trailing'] as const;
      const ranges = names.map((name) => {
        const spec = given[name];
        return stream(spec?.atr === undefined ? undefined : `atr(${spec.period})`);
      });
      let now = [0, 0, 0];
      let asked = { id: -1, ranges: now };
      let side = 0;
      let held = 0;
      let flat = Infinity;
      let best = Number.NaN;
      let stop = Number.NaN;
      let trail = Number.NaN;
      let stopId = -1;
      let targetId = -1;
      let placed = Number.NaN;
      const away = (k: number, from: number, values: readonly number[]): number => {
        const spec = given[names[k] ?? 'trailing'];
        if (spec === undefined) return Number.NaN;
        return spec.percent === undefined
          ? Number(spec.atr) * (values[k] ?? 0)
          : (from * Number(spec.percent)) / 100;
      };
      const follow = (
        context: Parameters<ReturnType<StrategyDefinition['create']>['onBar']>[0],
      ): void => {
        const is = Math.sign(context.position);
        if (is === side) return;
        side = is;
        held = 0;
        best = context.entryPrice;
        stop = trail = placed = Number.NaN;
        if (is === 0) flat = 0;
        const [a, b] = [stopId, targetId];
        stopId = targetId = -1;
        if (a >= 0) context.cancel(a);
        if (b >= 0) context.cancel(b);
      };
      const placeStop = (
        context: Parameters<ReturnType<StrategyDefinition['create']>['onBar']>[0],
      ): void => {
        const levels = [stop, trail].filter((each) => !Number.isNaN(each));
        if (levels.length === 0) return;
        const level = side > 0 ? Math.max(...levels) : Math.min(...levels);
        if (level === placed) return;
        const old = stopId;
        stopId = -1;
        if (old >= 0) context.cancel(old);
        placed = level;
        const tag = level === stop ? 'stop loss' : 'trailing stop';
        stopId = context.order({
          side: side > 0 ? 'sell' : 'buy',
          reduceOnly: true,
          type: 'stop',
          stopPrice: level,
          tag,
        });
      };
      return {
        onBar(context) {
          const bar = {
            open: context.open.at(),
            high: context.high.at(),
            low: context.low.at(),
            close: context.close.at(),
          };
          const [long, short, outLong, outShort] = reads.map((read) => read(bar) === 1);
          now = ranges.map((read) => read(bar));
          follow(context);
          if (side === 0) flat += 1;
          else held += 1;
          if (side !== 0 && given.trailing !== undefined && !Number.isNaN(trail)) {
            best = side > 0 ? Math.max(best, bar.close) : Math.min(best, bar.close);
            const level = best - side * away(2, best, now);
            if ((level - trail) * side > 0) trail = level;
            placeStop(context);
          }
          const up = long === true && outLong !== true;
          const down = context.shortAllowed && short === true && outShort !== true;
          const wants = up === down ? 0 : up ? 1 : -1;
          const rested = side !== 0 || flat > Number(document.filters?.cooldown ?? 0);
          const safe = names.every(
            (name, k) => given[name] === undefined || Number.isFinite(away(k, bar.close, now)),
          );
          if (wants !== 0 && wants !== side && rested && safe) {
            const tag = wants > 0 ? 'entry long' : 'entry short';
            asked = {
              id: context.order({ side: wants > 0 ? 'buy' : 'sell', type: 'market', tag }),
              ranges: now,
            };
          } else if (side !== 0 && (side > 0 ? outLong : outShort) === true) context.exit('exit');
          else if (side !== 0 && held >= Number(given.timeStop ?? Infinity))
            context.exit('time stop');
        },
        onOrder(event, context) {
          if (event.order === stopId) {
            stopId = -1;
            placed = Number.NaN;
          }
          if (event.order === targetId) targetId = -1;
          follow(context);
          if (event.state !== 'Filled' || event.order !== asked.id || side === 0) return;
          const paid = context.entryPrice;
          if (given.stopLoss !== undefined) stop = paid - side * away(0, paid, asked.ranges);
          if (given.trailing !== undefined) trail = paid - side * away(2, paid, asked.ranges);
          placeStop(context);
          if (given.takeProfit === undefined) return;
          const limitPrice = paid + side * away(1, paid, asked.ranges);
          targetId = context.order({
            side: side > 0 ? 'sell' : 'buy',
            reduceOnly: true,
            type: 'limit',
            limitPrice,
            tag: 'target',
          });
        },
      };
    },
  };
}

describe('rules over columns and bar by bar', () => {
  it('give the same orders', () => {
    let trades = 0;
    fc.assert(
      fc.property(
        documents,
        fc.integer({ min: 1, max: 1_000 }),
        fc.boolean(),
        fc.constantFrom<BacktestSettings['fill']>('next-open', 'same-close'),
        (document, seed, short, fill) => {
          const bars = randomWalk(150, seed, 0.02);
          const settings = { ...DEFAULT_SETTINGS, short, fill };
          const mine = runDocument(document, bars, { settings });
          const theirs = runStrategy(naive(document), { parameters: {}, settings, bars });
          trades += mine.trades.count;
          expect([...mine.orders.tag]).toEqual([...theirs.orders.tag]);
          expect(mine.orderHash).toBe(theirs.orderHash);
        },
      ),
      { numRuns: 300, seed: 7 },
    );
    // Rules that never trade would agree as well.
    expect(trades).toBeGreaterThan(1_500);
  });
});
