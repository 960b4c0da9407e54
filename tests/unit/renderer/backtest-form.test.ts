import { describe, expect, it } from 'vitest';
import type { Run } from '../../../engine/protocol/schemas.ts';
import { readInstruments, readSymbols } from '../../../renderer/components/instruments.ts';
import { INITIAL_FORM, parseForm } from '../../../renderer/panels/backtest/form.ts';
import { fieldsOf, rowsOf, tradesCsv } from '../../../renderer/panels/report/trade-rows.ts';
import { randomWalk } from '../engine/backtest/bars.ts';
import { smaRun } from '../engine/report/runs.ts';

const dataset = (symbol: string, timeframe = '1d', venue = 'LOCAL') => ({
  id: `${symbol}.${venue}@${timeframe}`,
  symbol,
  instrumentId: `${symbol}.${venue}`,
  timeframe,
});
const SPX = dataset('SPX', '1d', 'INDEX');
const STORED = [SPX, dataset('SPY', '1h'), dataset('SPY'), dataset('QQQ')];

describe('the instruments of a backtest', () => {
  it('are read as people write them', () => {
    expect(readSymbols(' spy, QQQ;gld  iwm ')).toEqual(['SPY', 'QQQ', 'GLD', 'IWM']);
    expect(readSymbols(' ')).toEqual([]);
  });

  it('are those typed, else those of the strategy, else the one of the chart', () => {
    const of = (text: string, named: readonly string[]) =>
      readInstruments(text, named, STORED, SPX);
    expect(of('qqq spy', ['SPY'])).toMatchObject({
      names: ['QQQ', 'SPY'],
      first: { symbol: 'QQQ' },
    });
    expect(of('', ['SPY', 'QQQ'])).toMatchObject({ names: ['SPY', 'QQQ'] });
    expect(of('', [])).toMatchObject({ names: ['SPX'], first: { id: SPX.id } });
  });

  it('take the bar length of the chart where the first has it', () => {
    const of = (shown: typeof SPX) => readInstruments('SPY', [], STORED, shown);
    expect(of(SPX)).toMatchObject({ first: { id: 'SPY.LOCAL@1d' } });
    expect(of(dataset('SPY', '1h'))).toMatchObject({ first: { id: 'SPY.LOCAL@1h' } });
    expect(readInstruments('LOCAL:QQQ', [], STORED, SPX)).toMatchObject({
      first: { symbol: 'QQQ' },
    });
  });

  it('say what is missing', () => {
    const error = (text: string): unknown => readInstruments(text, [], STORED, SPX);
    expect(error('SPY, GLD, TLT')).toEqual({
      error: 'No bars of GLD, TLT; import them or name others.',
    });
    expect(error('SPY QQQ spy')).toEqual({ error: 'SPY is there twice.' });
  });

  it('are kept with the form; forms saved without them are still read', () => {
    const { symbols: _symbols, ...before } = INITIAL_FORM;
    expect(parseForm(before)).toEqual(INITIAL_FORM);
    expect(parseForm({ ...INITIAL_FORM, symbols: 'SPY' })?.symbols).toBe('SPY');
    expect(parseForm({ ...INITIAL_FORM, symbols: 5 })).toBeUndefined();
    expect(parseForm('x')).toBeUndefined();
  });
});

describe('the trades of several instruments', () => {
  const plain = smaRun(randomWalk(400, 3)) as Run;
  const { trades } = plain;
  const instrument = Int32Array.from({ length: trades.count }, (_, i) => i % 2);
  const leg = (symbol: string) => ({
    symbol,
    datasetId: `${symbol}.LOCAL@1d`,
    dataHash: '',
    calendar: 'none',
    barCount: 400,
    firstTime: 0,
    lastTime: 0,
    weight: new Float64Array(400),
  });
  const run: Run = {
    ...plain,
    trades: { ...trades, instrument },
    instruments: [leg('ONE'), leg('TWO')],
  };

  it('say their symbol in the grid and in its CSV', () => {
    const rows = rowsOf(run);
    expect(rows.slice(0, 3).map(({ symbol }) => symbol)).toEqual(['ONE', 'TWO', 'ONE']);
    const csv = tradesCsv(rows, fieldsOf(run, rows)).split(/\r?\n/);
    expect(csv[0]).toMatch(/^Symbol,Size/);
    expect(csv[2]).toMatch(/^TWO,/);
    const alone = rowsOf(plain);
    expect(tradesCsv(alone, fieldsOf(plain, alone))).toMatch(/^Size/);
  });
});
