import { describe, expect, it } from 'vitest';
import { CANDLESTICKS } from '../../../../engine/indicators/candlesticks/index.ts';
import type { IndicatorDefinition } from '../../../../engine/indicators/definition.ts';
import { IndicatorStream, runIndicator } from '../../../../engine/indicators/runner.ts';
import { spx } from '../backtest/bars.ts';
import { barsOf, CASES, MAT, TRAP } from './candlesticks-drawings.ts';

function definitionOf(id: string): IndicatorDefinition {
  const definition = CANDLESTICKS.find((each) => each.id === id);
  if (definition === undefined) throw new Error(`no pattern ${id}`);
  return definition;
}

/** The mark of the last bar of a drawing. */
function markOf(id: string, drawing: string, parameters = {}): number | undefined {
  return runIndicator(definitionOf(id), barsOf(drawing), parameters)[0]?.at(-1);
}

describe('candlestick patterns', () => {
  it.each(CASES)('%s gives %i on %s (%s)', (id, mark, drawing) => {
    expect(markOf(id, drawing)).toBe(mark);
    const stream = new IndicatorStream(definitionOf(id));
    const [open, high, low, close] = barsOf(drawing) as [
      Float64Array,
      Float64Array,
      Float64Array,
      Float64Array,
    ];
    const output = new Float64Array(1);
    open.forEach((_, i) => {
      const bar = [open, high, low, close].map((column) => column[i] as number);
      stream.update(Float64Array.from(bar), output);
    });
    expect(output[0]).toBe(mark);
  });

  it('are all drawn, each with a near miss', () => {
    const ids = CANDLESTICKS.map(({ id }) => id).toSorted();
    expect(ids.length).toBe(61);
    const drawn = (wanted: boolean): string[] =>
      [
        ...new Set(CASES.filter(([, mark]) => (mark !== 0) === wanted).map(([id]) => id)),
      ].toSorted();
    expect(drawn(true)).toEqual(ids);
    expect(drawn(false)).toEqual(ids);
  });

  it('measure how far the last close comes back by the penetration', () => {
    // Closes at 102.5: 1.5 of the body of 4 taken back.
    const cloud = '100 104.2 99.8 104 | 104.5 105 102 102.5';
    expect(markOf('cdldarkcloudcover', cloud, { penetration: 0.3 })).toBe(-100);
    expect(markOf('cdldarkcloudcover', cloud, { penetration: 0.5 })).toBe(0);
    // Closes at 102.5: 2.5 of 4 regained.
    const star = '104 104.5 99.5 100 | 99 99.5 98.3 98.5 | 99.5 103 99 102.5';
    expect(markOf('cdlmorningstar', star, { penetration: 0.6 })).toBe(100);
    expect(markOf('cdlmorningstar', star, { penetration: 0.7 })).toBe(0);
    // The pullback falls to 102, 2.5 of 4.5.
    const hold = `${MAT} | 102.8 103 101.7 102 | 104 107 103.8 106.5`;
    expect(markOf('cdlmathold', hold, { penetration: 0.6 })).toBe(100);
    expect(() => markOf('cdlmathold', hold, { penetration: -0.1 })).toThrow('penetration');
  });

  it('confirm a hikkake within three bars, once', () => {
    const quiet = '98 103 95 99';
    const found = `${TRAP} | 99 103 94 98`;
    const confirmed = '99 105 97 104.5';
    expect(markOf('cdlhikkake', `${found} | ${quiet} | ${quiet} | ${confirmed}`)).toBe(200);
    expect(markOf('cdlhikkake', `${found} | ${quiet} | ${quiet} | ${quiet} | ${confirmed}`)).toBe(
      0,
    );
    expect(markOf('cdlhikkake', `${found} | ${confirmed} | 104 107 97 106`)).toBe(0);
  });

  it('take bars without range for dojis and for nothing else that has a body', () => {
    const flat = [5, 5, 5, 5].map((price) => new Float64Array(40).fill(price));
    const marked = CANDLESTICKS.filter(
      (definition) => runIndicator(definition, flat)[0]?.at(-1) !== 0,
    ).map(({ id }) => id);
    expect(marked).toEqual(['cdldoji']);
  });

  it('start anew after a bar that is not finite', () => {
    const columns = barsOf('100 102 98 100.3');
    (columns[1] as Float64Array)[4] = Number.NaN;
    const marks = runIndicator(definitionOf('cdldoji'), columns)[0] as Float64Array;
    // Ten bars from bar 5 on are needed, so bar 15 is the first with a value and bar 16 the doji.
    expect(marks.findIndex(Number.isFinite)).toBe(15);
    expect(marks[16]).toBe(100);
  });

  it('go on over thousands of bars as bar by bar', () => {
    // Longer than what is scanned at once, so that sums and memory are carried over.
    const bars = spx();
    const columns = [bars.open, bars.high, bars.low, bars.close];
    expect(bars.close.length).toBeGreaterThan(3_000);
    const bar = new Float64Array(4);
    const output = new Float64Array(1);
    let found = 0;
    for (const definition of CANDLESTICKS) {
      const marks = runIndicator(definition, columns)[0] as Float64Array;
      const stream = new IndicatorStream(definition);
      const streamed = marks.map((_, i) => {
        columns.forEach((column, k) => (bar[k] = column[i] as number));
        stream.update(bar, output);
        return output[0] as number;
      });
      expect(streamed, definition.id).toEqual(marks);
      found += marks.subarray(2_100).filter((mark) => mark !== 0).length;
    }
    expect(found).toBeGreaterThan(1_000);
  });
});
