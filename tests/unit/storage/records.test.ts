import { describe, expect, it } from 'vitest';
import { DEFAULT_SETTINGS } from '../../../engine/domain/backtest.ts';
import type { Run } from '../../../engine/protocol/schemas.ts';
import { packBlob, packText, unpackBlob, unpackText } from '../../../electron/storage/packing.ts';
import {
  deleteRun,
  getRun,
  listRuns,
  loadDocument,
  saveDocument,
  saveRun,
} from '../../../electron/storage/records.ts';
import { TestStore } from './support.ts';
import { fc } from '../../support/properties.ts';

const ID = 'TEST.LOCAL@1m';

describe('runs and documents', () => {
  const run: Run = {
    summary: {
      id: 'run-1',
      createdAt: 5,
      symbol: 'TEST',
      timeframe: '1d',
      dataHash: 'x',
      barCount: 3,
      firstTime: 0,
      lastTime: 2,
      durationMs: 1.5,
      orderHash: 'y',
      request: {
        strategy: 'sma-cross',
        parameters: { fast: 10 },
        datasetId: ID,
        adjustment: 'raw',
        start: null,
        end: null,
        settings: DEFAULT_SETTINGS,
      },
      statistics: [
        { name: 'Sharpe Ratio', value: Number.NaN, unit: 'ratio' },
        { name: 'SQN', value: -Infinity, unit: 'ratio' },
      ],
    },
    time: Float64Array.of(1, 2, 3),
    equity: Float64Array.of(100, Number.NaN, -0),
    benchmark: new Float64Array(0),
    position: Float64Array.of(0, 1, 0),
    orders: {
      count: 1,
      placedBar: Int32Array.of(-1),
      doneBar: Int32Array.of(2),
      side: ['buy'],
      type: ['market'],
      state: ['Filled'],
      quantity: Float64Array.of(1),
      limitPrice: Float64Array.of(Number.NaN),
      stopPrice: Float64Array.of(0),
      fillPrice: Float64Array.of(1),
      commission: Float64Array.of(0),
      tag: ['a "tag"'],
    },
    trades: {
      count: 0,
      size: new Float64Array(0),
      entryBar: new Int32Array(0),
      exitBar: new Int32Array(0),
      entryTime: new Float64Array(0),
      exitTime: new Float64Array(0),
      entryPrice: new Float64Array(0),
      exitPrice: new Float64Array(0),
      pnl: new Float64Array(0),
      returnFraction: new Float64Array(0),
      commission: new Float64Array(0),
      mae: new Float64Array(0),
      mfe: new Float64Array(0),
      open: Uint8Array.of(1, 0, 255),
      entryTag: [],
      exitTag: [],
    },
    plots: [{ name: 'SMA 10', values: Float64Array.of(1.5) }],
  };

  it('keeps runs whole', () => {
    const store = new TestStore();
    saveRun(store.connection, run);
    saveRun(store.connection, { ...run, summary: { ...run.summary, id: 'run-2', createdAt: 9 } });
    expect(getRun(store.connection, 'run-1')).toEqual(run);
    expect(Object.is(getRun(store.connection, 'run-1').equity[2], -0)).toBe(true);
    expect(listRuns(store.connection).map((summary) => summary.id)).toEqual(['run-2', 'run-1']);
    expect(listRuns(store.connection)[1]).toEqual(run.summary);
    deleteRun(store.connection, 'run-1');
    expect(() => getRun(store.connection, 'run-1')).toThrow(/There is no run "run-1"/);
    expect(() => {
      deleteRun(store.connection, 'run-1');
    }).toThrow(expect.objectContaining({ code: 'NOT_FOUND' }));
    store.connection.prepare('UPDATE runs SET result = zeroblob(9)').run();
    expect(() => getRun(store.connection, 'run-2')).toThrow(
      expect.objectContaining({ code: 'STORE_DAMAGED' }),
    );
  });

  it('keeps documents and refuses what is no JSON', () => {
    const store = new TestStore();
    expect(loadDocument(store.connection, 'layout')).toBeNull();
    saveDocument(store.connection, 'layout', '{"a":1}', 1);
    saveDocument(store.connection, 'layout', '{"a":2}', 2);
    expect(loadDocument(store.connection, 'layout')).toBe('{"a":2}');
    expect(() => {
      saveDocument(store.connection, 'layout', '{', 3);
    }).toThrow(/"layout" is not valid JSON/);
    expect(loadDocument(store.connection, 'layout')).toBe('{"a":2}');
  });

  it('packs any JSON value with any doubles in it', () => {
    const value = fc.letrec((tie) => ({
      value: fc.oneof(
        { depthSize: 'small' },
        fc.double(),
        fc.string(),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie('value')),
        fc.dictionary(
          fc.oneof(fc.string(), fc.constant('$')).filter((key) => key !== '__proto__'),
          tie('value'),
          { noNullPrototype: true },
        ),
      ),
    })).value;
    fc.assert(
      fc.property(value, fc.float64Array(), fc.int32Array(), (tree, floats, ints) => {
        const given = {
          tree,
          floats,
          more: [ints, new Uint8Array([1, 2, 3]), Uint16Array.of(65_535), Uint32Array.of(7)],
        };
        expect(unpackBlob(packBlob(given))).toEqual(given);
        expect(unpackText(packText(tree))).toEqual(tree);
      }),
    );
    expect(() => packText({ column: new Float64Array(1) })).toThrow(/need a blob/);
    expect(() => unpackText('{"$":["f64",0,1]}')).toThrow(/need a blob/);
  });
});
