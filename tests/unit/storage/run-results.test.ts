import { describe, expect, it } from 'vitest';
import { run as runSchema, type Run } from '../../../engine/protocol/schemas.ts';
import { packTexts, unpackRun } from '../../../engine/protocol/text-columns.ts';
import { getRun, listRuns, saveRun } from '../../../electron/storage/records.ts';
import { onSharedMemory } from '../../../workers/shared-memory.ts';
import { spx, between } from '../engine/backtest/bars.ts';
import { smaRun } from '../engine/report/runs.ts';
import { TestStore } from './support.ts';

const base = smaRun(between(spx(), '2018-01-01', '2019-12-31'));
const run = {
  ...base,
  summary: { ...base.summary, durationMs: 1, notes: ['1 of 9 trades depends on it.'] },
  orders: base.orders,
  trades: { ...base.trades, carry: Float64Array.from(base.trades.size, (_, i) => i / 3) },
  plots: [],
  fills: {
    count: 2,
    order: Int32Array.of(0, 0),
    bar: Int32Array.of(3, 4),
    quantity: Float64Array.of(1, 1 / 3),
    price: Float64Array.of(100.1, 99.9),
    commission: Float64Array.of(-0, 0.1),
  },
  ambiguous: {
    count: 1,
    trade: Int32Array.of(2),
    bar: Int32Array.of(40),
    best: Float64Array.of(12.5),
    worst: Float64Array.of(-7.25),
  },
  reads: {
    calendar: 'us-equity',
    events: [
      { kind: 'split', day: 86_400_000, ratio: 7 },
      { kind: 'dividend', day: 172_800_000, amount: 0.25, referencePrice: null },
    ],
    finer: { datasetId: 'SPX.INDEX@1m', timeframe: '1m', contentHash: 'abc' },
  },
} as unknown as Run;

describe('a run with everything that the engine tells', () => {
  it('is one of the contract', () => {
    expect(runSchema.parse(run)).toEqual(run);
  });

  it('comes out of threads and store as it went in', () => {
    const packed = onSharedMemory({
      ...run,
      orders: packTexts(run.orders),
      trades: packTexts(run.trades),
    });
    expect(packed.fills?.price.buffer).toBeInstanceOf(SharedArrayBuffer);
    expect(packed.ambiguous?.trade.buffer).toBeInstanceOf(SharedArrayBuffer);
    const arrived = unpackRun(packed);
    const store = new TestStore();
    saveRun(store.connection, arrived);
    const read = getRun(store.connection, run.summary.id);
    expect(read).toEqual(run);
    expect(Object.is(read.fills?.commission[0], -0)).toBe(true);
    expect(listRuns(store.connection)[0]?.notes).toEqual(run.summary.notes);
  });
});
