import { describe, expect, it } from 'vitest';
import type { StrategyContext } from '../../../../engine/backtest/strategy.ts';
import { CATALOGUE } from '../../../../engine/indicators/registry.ts';
import { RuleProgram } from '../../../../engine/strategies/rules/program.ts';
import { RuleStream, type RuleSnapshot } from '../../../../engine/strategies/rules/stream.ts';
import { barsOf, randomWalk } from '../backtest/bars.ts';
import { documentOf, environmentOf, instrument } from './support.ts';
import { barAt, marketOf } from './streamed.ts';

const DOCUMENT = documentOf({
  parameters: { n: { default: 3, min: 2, max: 50 } },
  constraints: ['n < 40'],
  entry: { long: 'close > sma(close, n)' },
  stops: { stopLoss: { atr: 2, period: 4 } },
  plot: { Mean: 'sma(close, n)' },
});
const program = new RuleProgram(DOCUMENT, CATALOGUE);
const bars = randomWalk(60, 3);
const base = instrument(bars);
const open = (values = {}, rules = program): RuleStream =>
  new RuleStream(rules, values, marketOf(base));

function take(stream: RuleStream, from: number, to: number): void {
  for (let i = from; i < to; i += 1) stream.take([{ instrument: null, bar: barAt(bars, i) }]);
}

/** A context that takes orders and remembers them. */
function desk(index: number, position = 0): StrategyContext & { readonly given: unknown[] } {
  const given: unknown[] = [];
  const view = (column: Float64Array) => ({ at: (ago = 0) => column[index - ago] ?? Number.NaN });
  return {
    given,
    index,
    position,
    time: view(bars.time),
    open: view(bars.open),
    high: view(bars.high),
    low: view(bars.low),
    close: view(bars.close),
    volume: view(bars.volume),
    cash: 1_000,
    equity: 1_000,
    shortAllowed: false,
    entryPrice: position === 0 ? Number.NaN : 100,
    warmingUp: false,
    random: () => 0,
    order: (request) => given.push(request) + 40,
    buy: () => -1,
    sell: () => -1,
    exit: () => -1,
    bracket: () => ({ entry: -1, stopLoss: -1, takeProfit: -1 }),
    amend: () => false,
    cancel: (order) => void given.push(order),
    cancelAll: () => undefined,
  };
}

describe('rules bar by bar', () => {
  it('give the values of the columns by their paths, and are ready when a backtest would be', () => {
    const stream = open({ n: 5 });
    expect(stream.lookback).toBe(4);
    expect([...stream.values().values()].every(Number.isNaN)).toBe(true);
    const columns = program.columns(program.compile({ n: 5 }), environmentOf(base));
    for (let i = 0; i < 60; i += 1) {
      expect(stream.ready).toBe(i > 4);
      take(stream, i, i + 1);
      expect(stream.barCount).toBe(i + 1);
      expect([...stream.values()]).toEqual(
        [...columns].map(([path, column]) => [path, column[i]] as const),
      );
    }
    expect([...columns.keys()]).toEqual(['entry.long', 'stops.stopLoss.range', 'plot.Mean']);
  });

  it('show what a bar that is forming would give, and forget it', () => {
    const stream = open();
    take(stream, 0, 20);
    const before = JSON.stringify(stream.snapshot());
    const forming = { ...barAt(bars, 20), close: 1_000 };
    // The mean of the last two closes and 1000, by hand.
    const mean = ((bars.close[18] ?? 0) + (bars.close[19] ?? 0) + 1_000) / 3;
    expect(stream.preview(forming).get('plot.Mean')).toBeCloseTo(mean, 9);
    expect(stream.preview(forming).get('entry.long')).toBe(1);
    expect(stream.preview({ ...forming, close: 1 }).get('entry.long')).toBe(0);
    expect(JSON.stringify(stream.snapshot())).toBe(before);
  });

  it('place a stop with what was known at the order, although bars and a restart lie between', () => {
    let stream = open();
    let at = 0;
    const ordered = (): ReturnType<typeof desk> => {
      for (; at < 60;) {
        take(stream, at, at + 1);
        at += 1;
        const context = desk(at - 1);
        stream.onBar(context);
        if (context.given.length > 0) return context;
      }
      throw new Error('no entry');
    };
    const context = ordered();
    expect(context.given).toEqual([{ side: 'buy', type: 'market', tag: 'entry long' }]);
    const range = stream.values().get('stops.stopLoss.range') ?? Number.NaN;
    const stored = JSON.parse(JSON.stringify(stream.snapshot())) as RuleSnapshot;
    stream = open();
    stream.restore(stored);
    take(stream, at, at + 5);
    expect(stream.values().get('stops.stopLoss.range')).not.toBe(range);
    const filled = desk(at + 4, 10);
    stream.onOrder(
      { order: 41, state: 'Filled', side: 'buy', quantity: 10, price: 100, tag: 'entry long' },
      filled,
    );
    expect(filled.given).toEqual([
      {
        side: 'sell',
        reduceOnly: true,
        type: 'stop',
        stopPrice: 100 - 2 * range,
        tag: 'stop loss',
      },
    ]);
  });

  it('keep the same memory however many bars come', () => {
    const stream = open();
    const size = (): number => JSON.stringify(stream.snapshot()).length;
    take(stream, 0, 30);
    const early = size();
    for (let round = 1; round < 200; round += 1) {
      const later = { ...bars, time: bars.time.map((time) => time + round * 60 * 86_400_000) };
      for (let i = 0; i < 60; i += 1) stream.take([{ instrument: null, bar: barAt(later, i) }]);
    }
    // Digits of numbers aside.
    expect(size()).toBeLessThan(early * 1.2);
  });

  it('refuse a snapshot of other rules, parameters, bars or another form', () => {
    const stream = open();
    take(stream, 0, 10);
    const snapshot = stream.snapshot();
    open().restore(snapshot);
    const other = 'snapshot: it is of other rules, parameters or bars; begin anew';
    expect(() => open({ n: 4 }).restore(snapshot)).toThrow(other);
    const renamed = new RuleProgram({ ...DOCUMENT, entry: { long: 'close > open' } }, CATALOGUE);
    expect(() => open({}, renamed).restore(snapshot)).toThrow(other);
    const weekly = new RuleStream(program, {}, marketOf(instrument(bars, '1w')));
    expect(() => weekly.restore(snapshot)).toThrow(other);
    expect(() => open().restore({ ...snapshot, version: 0 })).toThrow(other);
  });

  it('refuse parameters as a backtest does, and symbols without bars', () => {
    expect(() => open({ n: 45 })).toThrow('n < 40 must hold');
    expect(() => open({ n: 1 })).toThrow('n');
    const reads = new RuleProgram(
      documentOf({ entry: { long: 'on("SPY", close) > close' } }),
      CATALOGUE,
    );
    expect(() => open({}, reads)).toThrow('no bars of SPY');
    expect(() => new RuleStream(reads, {}, { base })).toThrow('no bars of SPY');
    const stream = new RuleStream(reads, {}, marketOf(base, { SPY: base }));
    expect(stream.instruments).toEqual(['SPY']);
    expect(stream.take([{ instrument: 'SPY', bar: barAt(barsOf([[5, 5, 5, 5]]), 0) }])).toBe(false);
    expect(stream.take([{ instrument: null, bar: barAt(barsOf([[4, 4, 4, 4]]), 0) }])).toBe(true);
    expect(stream.values().get('entry.long')).toBe(1);
    for (const [path, value] of stream.values()) expect(stream.value(path)).toBe(value);
    expect(stream.value('entry.short')).toBeUndefined();
  });
});
