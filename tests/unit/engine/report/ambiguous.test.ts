import { describe, expect, it } from 'vitest';
import { money } from '../../../../engine/report/figures.ts';
import type { ReportRun } from '../../../../engine/report/subject.ts';
import { ambiguousTable, csvOf } from '../../../../engine/report/tables.ts';
import { tearSheet } from '../../../../engine/report/tear-sheet.ts';
import { between, spx } from '../backtest/bars.ts';
import { smaRun } from './runs.ts';
import { readStrictly } from './well-formed.ts';

const BARS = between(spx(), '2005-01-01', '2009-12-31');
const PLAIN = smaRun(BARS);
const pnl = (trade: number): number => PLAIN.trades.pnl[trade] as number;
/** Trades 1 and 4, of which one could have been 500 better and the other 300 worse. */
const ambiguous = {
  count: 2,
  trade: Int32Array.of(1, 4),
  bar: Int32Array.of(60, 200),
  best: Float64Array.of(pnl(1) + 500, pnl(4)),
  worst: Float64Array.of(pnl(1), pnl(4) - 300),
};
const notes = ['2 of 20 trades depend on the order of prices inside a bar.'];
const RUN: ReportRun = { ...PLAIN, ambiguous, summary: { ...PLAIN.summary, notes } };
const sheet = (run: ReportRun): string => tearSheet({ run, bars: BARS, version: '1.0.0' });

describe('trades that depend on the order of prices inside a bar', () => {
  it('have a section with the totals of both ends', () => {
    const html = sheet(RUN);
    readStrictly(html);
    const from = html.indexOf('<section id="ambiguous"');
    const text = html.slice(from, html.indexOf('</section>', from)).replaceAll(/<[^>]*>/g, '|');
    expect(text).toContain('Trades that depend on the order of prices inside a bar');
    const all = PLAIN.trades.pnl.reduce((sum, value) => sum + value, 0);
    const booked = pnl(1) + pnl(4);
    for (const [name, value] of [
      ['Booked', booked],
      ['Best case', booked + 500],
      ['Worst case', booked - 300],
      ['All trades, best', all + 500],
      ['All trades, worst', all - 300],
    ] as const) {
      const figure = money(value).replaceAll(/[.+]/g, String.raw`\$&`);
      expect(text).toMatch(new RegExp(String.raw`\|${name}\|[\s|]*${figure}\|`));
    }
    expect(html).toContain(notes[0]);
  });

  it('have none where there are none', () => {
    expect(sheet(PLAIN)).not.toContain('id="ambiguous"');
  });

  it('are exported with what was booked', () => {
    expect(csvOf(ambiguousTable(ambiguous, PLAIN.trades), String)).toBe(
      [
        'Trade,Bar,PnL,Best,Worst',
        `1,60,${pnl(1)},${pnl(1) + 500},${pnl(1)}`,
        `4,200,${pnl(4)},${pnl(4)},${pnl(4) - 300}`,
        '',
      ].join('\n'),
    );
  });
});
