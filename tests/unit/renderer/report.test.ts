import { describe, expect, it } from 'vitest';
import type { Run, RunSummary } from '../../../engine/protocol/schemas.ts';
import { noteOfDoubt } from '../../../engine/protocol/run-notes.ts';
import { formatAmount, formatDays } from '../../../renderer/components/format.ts';
import { runDetails, runLabel, strategyNames } from '../../../renderer/components/run-label.ts';
import { doubtOf, otherNotes } from '../../../renderer/panels/report/doubt.ts';
import { fieldsOf, rowsOf, tradesCsv } from '../../../renderer/panels/report/trade-rows.ts';
import { between, spx } from '../engine/backtest/bars.ts';
import { smaRun } from '../engine/report/runs.ts';

const BARS = between(spx(), '2005-01-01', '2009-12-31');
const PLAIN = smaRun(BARS) as Run;
const pnl = (trade: number): number => PLAIN.trades.pnl[trade] as number;
/** Trades 1 and 4, of which one could have been 500 better and the other 300 worse. */
const DOUBTED: Run = {
  ...PLAIN,
  ambiguous: {
    count: 2,
    trade: Int32Array.of(1, 4),
    bar: Int32Array.of(60, 200),
    best: Float64Array.of(pnl(1) + 500, pnl(4)),
    worst: Float64Array.of(pnl(1), pnl(4) - 300),
  },
};

describe('what the inside of bars leaves open', () => {
  it('is what the ledger would come to with each trade at its best and at its worst', () => {
    const results = Array.from(PLAIN.trades.pnl);
    const total = (list: readonly number[]): number =>
      list.reduce((sum, value) => sum + value, 100_000);
    const best = total(results.map((value, i) => (i === 1 ? value + 500 : value)));
    const worst = total(results.map((value, i) => (i === 4 ? value - 300 : value)));
    const doubt = doubtOf(DOUBTED);
    expect(doubt).toMatchObject({ count: 2, trades: PLAIN.trades.count });
    expect(doubt?.booked).toBeCloseTo(total(results), 6);
    expect(doubt?.best).toBeCloseTo(best, 6);
    expect(doubt?.worst).toBeCloseTo(worst, 6);
  });

  it('is nothing where no trade depends on it', () => {
    const none = { ...DOUBTED.ambiguous, count: 0 } as NonNullable<Run['ambiguous']>;
    expect(doubtOf(PLAIN)).toBeNull();
    expect(doubtOf({ ...PLAIN, ambiguous: none })).toBeNull();
  });

  it('is said once: its own note is left out of the others, whatever they are', () => {
    const { count } = PLAIN.trades;
    const said = `2 of ${count} trades depend on the order of prices inside a bar.`;
    expect(noteOfDoubt(2, count)).toBe(said);
    expect(noteOfDoubt(1, 7)).toBe('1 of 7 trades depends on the order of prices inside a bar.');
    const run = { ...DOUBTED, summary: { ...DOUBTED.summary, notes: ['Pays dividends.', said] } };
    expect(otherNotes(run, doubtOf(run))).toEqual(['Pays dividends.']);
    expect(otherNotes(run, null)).toEqual(['Pays dividends.', said]);
    expect(otherNotes(PLAIN, null)).toEqual([]);
  });
});

describe('trades as rows', () => {
  const rows = rowsOf(DOUBTED);

  it('have their bounds and the bar that decides, where there are any', () => {
    expect(rows).toHaveLength(PLAIN.trades.count);
    expect(rows.flatMap(({ worst }, i) => (worst === null ? [] : [i]))).toEqual([1, 4]);
    expect(rows[1]).toMatchObject({ worst: pnl(1), best: pnl(1) + 500, decidedAt: BARS.time[60] });
    expect(rows[4]).toMatchObject({ worst: pnl(4) - 300, best: pnl(4), decidedAt: BARS.time[200] });
    expect(rows[0]).toMatchObject({ worst: null, best: null, decidedAt: null });
  });

  it('say what closed them, and which are open', () => {
    const { trades } = PLAIN;
    const last = trades.count - 1;
    const run: Run = {
      ...PLAIN,
      trades: {
        ...trades,
        entryTag: trades.entryTag.map(() => 'long'),
        exitTag: trades.exitTag.map(() => 'stop'),
        open: trades.open.map((_, i) => (i === last ? 1 : 0)),
      },
    };
    const tags = rowsOf(run).map(({ tag }) => tag);
    expect(tags[0]).toBe('long → stop');
    expect(tags[last]).toBe('long → open');
  });

  it('have the columns that the run has something for', () => {
    const none = { doubt: false, commission: false, carry: false, tag: false, clock: false };
    const { trades } = PLAIN;
    const untold = {
      ...trades,
      entryTag: trades.entryTag.map(() => ''),
      exitTag: trades.exitTag.map(() => ''),
      open: trades.open.map(() => 0),
    };
    const bare: Run = { ...PLAIN, trades: untold };
    expect(fieldsOf(bare, rowsOf(bare))).toEqual(none);
    expect(fieldsOf(DOUBTED, rows).doubt).toBe(true);
    const rich: Run = {
      ...bare,
      time: bare.time.map((time) => time + 60_000),
      trades: {
        ...untold,
        commission: trades.commission.map(() => 1),
        carry: trades.pnl.map(() => 2),
      },
    };
    expect(fieldsOf(rich, rowsOf(rich))).toEqual({
      ...none,
      commission: true,
      carry: true,
      clock: true,
    });
  });

  it('become CSV with every digit, times in UTC and nothing where nothing is known', () => {
    const lines = tradesCsv(rows.slice(0, 2), fieldsOf(DOUBTED, rows)).trimEnd().split('\n');
    const [header = '', first = '', second = ''] = lines;
    expect(lines).toHaveLength(3);
    const names = header.split(',');
    expect(names.slice(0, 10)).toEqual(
      'Size,EntryTime,ExitTime,EntryPrice,ExitPrice,PnL,Worst,Best,Decided,ReturnPct'.split(','),
    );
    const cell = (line: string, name: string): string =>
      line.split(',')[names.indexOf(name)] ?? '?';
    expect(Number(cell(first, 'PnL'))).toBe(pnl(0));
    expect(cell(first, 'Worst')).toBe('');
    expect(Number(cell(second, 'Best'))).toBe(pnl(1) + 500);
    expect(cell(second, 'Decided')).toBe(new Date(BARS.time[60] as number).toISOString());
    // The same number as the chart and the tear sheet: days from entry to exit.
    const { entryTime, exitTime } = PLAIN.trades;
    const days = ((exitTime[1] as number) - (entryTime[1] as number)) / 86_400_000;
    expect(Number(cell(second, 'Duration'))).toBe(days);
  });
});

describe('the name of a run', () => {
  const { strategyTitle: _, ...summary }: RunSummary = PLAIN.summary;
  const named = (strategy: string, strategyTitle?: string): RunSummary => ({
    ...summary,
    request: { ...summary.request, strategy },
    ...(strategyTitle === undefined ? {} : { strategyTitle }),
  });

  it('is the title it ran under, then the one its strategy has now, then the id', () => {
    const nameOf = strategyNames([], [{ id: 'mine', title: 'New name' }]);
    expect(nameOf(named('mine', 'Old name'))).toBe('Old name');
    expect(nameOf(named('mine'))).toBe('New name');
    expect(nameOf(named('gone'))).toBe('gone');
  });

  it('has the id as well where two strategies share a title', () => {
    const known = [
      { id: 'a', title: 'Breakout' },
      { id: 'b', title: 'Reversion' },
    ];
    const copy = named('a-2', 'Breakout');
    const nameOf = strategyNames([copy], known);
    expect(nameOf(copy)).toBe('Breakout (a-2)');
    expect(nameOf(named('a'))).toBe('Breakout (a)');
    expect(nameOf(named('b'))).toBe('Reversion');
  });

  it('stands before parameters, data and time; the rest is told on demand', () => {
    expect(runLabel(summary, 'SMA cross')).toBe('SMA cross 10/30 · TEST 1d · 2026-01-02 03:04:00');
    expect(runDetails({ ...summary, strategyHash: 'abcdef0123' }).split('\n')).toEqual([
      'Strategy sma-cross, text abcdef01',
      'fast 10, slow 30',
      'Run 3f0c2a52-0000-4000-8000-000000000001',
    ]);
  });
});

describe('figures', () => {
  it('are as short as their size allows', () => {
    expect(formatAmount(136_087.49)).toBe('136,087');
    expect(formatAmount(-1_000.5)).toBe('-1,001');
    expect(formatAmount(12.345)).toBe('12.35');
    expect(formatAmount(Number.NaN)).toBe('n/a');
  });

  it('tell time in days, hours or minutes', () => {
    expect(formatDays(0)).toBe('0 d');
    expect(formatDays(1_389.04)).toBe('1,389 d');
    expect(formatDays(0.25)).toBe('6 h');
    expect(formatDays(5 / 1_440)).toBe('5 min');
  });
});
