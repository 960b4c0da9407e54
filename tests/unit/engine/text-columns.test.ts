import { describe, expect, it } from 'vitest';
import { packTexts, unpackRun, unpackTexts } from '../../../engine/protocol/text-columns.ts';
import type { Run } from '../../../engine/protocol/schemas.ts';
import { fc } from '../../support/properties.ts';

describe('columns of text between threads', () => {
  it('come back as they went, on shared memory in between', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), (texts) => {
        const columns = {
          count: texts.length,
          tag: texts,
          size: Float64Array.from(texts, (_, i) => i),
        };
        const packed = packTexts(columns);
        expect(packed.tag.codes.buffer).toBeInstanceOf(SharedArrayBuffer);
        expect(new Set(packed.tag.texts).size).toBe(packed.tag.texts.length);
        expect(packed.size).toBe(columns.size);
        expect(unpackTexts<typeof columns>(packed)).toEqual(columns);
      }),
    );
  });

  it('are left alone in a run that has them already', () => {
    const run = {
      summary: { id: 'r' },
      orders: { count: 1, side: ['buy'] },
      trades: { count: 1, entryTag: ['a'] },
    } as unknown as Run;
    expect(unpackRun(run)).toEqual(run);
    const packed = { ...run, orders: packTexts(run.orders), trades: packTexts(run.trades) };
    expect(unpackRun(packed)).toEqual(run);
  });
});
