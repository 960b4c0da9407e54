import { describe, expect, it } from 'vitest';
import { figuresByInstrument } from '../../../../engine/report/sections/instruments.ts';
import type { ReportRun } from '../../../../engine/report/subject.ts';
import { symbolsOf } from '../../../../engine/report/tables.ts';
import { flatBars, randomWalk } from '../backtest/bars.ts';
import { smaRun } from './runs.ts';
import { sheetOf } from './sheet.ts';

const WALK = randomWalk(400, 3);
const BASE = smaRun(WALK, {}, { parameters: { fast: 2, slow: 5 } });
/** Twelve instruments, I1 to I12, the later the larger; the last one has no equity to be measured by. */
const NAMES = Array.from({ length: 12 }, (_, i) => `I${i + 1}`);
const RUN: ReportRun = {
  ...BASE,
  trades: {
    ...BASE.trades,
    instrument: Int32Array.from({ length: BASE.trades.count }, (_, i) => i % 3),
  },
  instruments: NAMES.map((symbol, i) => ({
    symbol,
    barCount: 400,
    weight: new Float64Array(400).fill(i === 11 ? Number.NaN : (i + 1) / 100),
  })),
};

describe('a run of many instruments', () => {
  it('draws the largest, lists all, and says how many it does not draw', () => {
    const sheet = sheetOf(RUN, null);
    expect(sheet.described('instruments')).toBe(
      'Exposure of I4, I5, I6, I7, I8, I9, I10, I11 as parts of the equity, without 4 smaller ones.',
    );
    for (const symbol of NAMES) expect(sheet.row('instruments', symbol)[0]).toBe('400');
    // Without a trade nothing can be won, and without equity no size is known.
    expect(sheet.row('instruments', 'I12').slice(1)).toEqual(['0', '–']);
    const figures = figuresByInstrument({ run: RUN });
    expect(figures[11]?.average).toBeNaN();
    expect(figures[4]).toMatchObject({ trades: 0, held: 1, largest: 0.05 });
    const counted = figures.reduce((sum, { trades }) => sum + trades, 0);
    expect(counted).toBe(BASE.trades.count - (BASE.trades.open.at(-1) ?? 0));
  });

  it('says of which instrument a trade in doubt is', () => {
    const { pnl } = BASE.trades;
    const ambiguous = {
      count: 2,
      trade: Int32Array.of(1, 5),
      bar: Int32Array.of(30, 60),
      best: Float64Array.of((pnl[1] as number) + 9, (pnl[5] as number) + 5),
      worst: Float64Array.of(pnl[1] as number, pnl[5] as number),
    };
    const sheet = sheetOf({ ...RUN, ambiguous }, null);
    const day = (bar: number): string =>
      new Date(WALK.time[bar] as number).toISOString().slice(0, 10);
    expect(sheet.row('ambiguous', day(30)).slice(0, 2)).toEqual(['I2', 'long']);
    expect(sheet.row('ambiguous', day(60)).slice(0, 2)).toEqual(['I3', 'long']);
    // Without numbers of instruments all are the first one's; a run of one names none.
    const alone = sheetOf({ ...RUN, ambiguous, trades: BASE.trades }, null);
    expect(alone.row('ambiguous', day(60))[0]).toBe('I1');
    const { instruments: _none, ...one } = RUN;
    expect(sheetOf({ ...one, ambiguous }, WALK).row('ambiguous', day(60))[0]).toBe('long');
    expect(symbolsOf(BASE)).toBeUndefined();
    expect(symbolsOf(RUN)).toEqual(NAMES);
  });

  it('of a few bars, or of bars without movement, has its section all the same', () => {
    const flat = flatBars([50, 50]);
    const still = smaRun(flat);
    const run = {
      ...still,
      instruments: [{ symbol: 'ONE', barCount: 2, weight: new Float64Array(2) }],
    };
    const sheet = sheetOf(run, null);
    expect(sheet.described('instruments')).toBe('Exposure of ONE as parts of the equity.');
    // Never held: no part of the time, of size 0.
    const text = sheet.text('instruments');
    expect(text).toMatch(/ONE 2 0 – 0\.00 0\.00 0% 0\.0% 0\.0%/);
  });
});
