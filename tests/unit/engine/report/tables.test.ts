import { describe, expect, it } from 'vitest';
import type {
  FillColumns,
  OrderColumns,
  TradeColumns,
} from '../../../../engine/domain/backtest.ts';
import {
  counted,
  days,
  instant,
  minute,
  money,
  price,
  statisticText,
  tone,
} from '../../../../engine/report/figures.ts';
import { cellBar, toned } from '../../../../engine/report/table.ts';
import {
  csvOf,
  equityTable,
  fillTable,
  orderTable,
  tradeTable,
} from '../../../../engine/report/tables.ts';
import { DAY } from '../backtest/bars.ts';
import { smaRun } from './runs.ts';
import { flatBars } from '../backtest/bars.ts';

const date = (at: number): string => new Date(at).toISOString().slice(0, 10);

const TRADES: TradeColumns = {
  count: 2,
  size: Float64Array.of(10, -5),
  entryBar: Int32Array.of(1, 4),
  exitBar: Int32Array.of(3, 6),
  entryTime: Float64Array.of(DAY, 4 * DAY),
  exitTime: Float64Array.of(3.5 * DAY, 6 * DAY),
  entryPrice: Float64Array.of(100, 120),
  exitPrice: Float64Array.of(110, 118),
  pnl: Float64Array.of(100, 10),
  returnFraction: Float64Array.of(0.1, Number.NaN),
  commission: Float64Array.of(0, 0),
  mae: Float64Array.of(0.01, 0),
  mfe: Float64Array.of(0.12, 0.02),
  open: Uint8Array.of(0, 1),
  entryTag: ['a "quoted", tag', 'top'],
  exitTag: ['', ''],
};

const ORDERS: OrderColumns = {
  count: 1,
  placedBar: Int32Array.of(0),
  doneBar: Int32Array.of(1),
  side: ['buy'],
  type: ['limit'],
  state: ['Filled'],
  quantity: Float64Array.of(10),
  limitPrice: Float64Array.of(99.5),
  stopPrice: Float64Array.of(Number.NaN),
  fillPrice: Float64Array.of(99.25),
  commission: Float64Array.of(1),
  tag: ['first\nline'],
};

describe('exported tables', () => {
  it('of trades leave the exit of an open one empty, and quote what CSV needs quoted', () => {
    expect(csvOf(tradeTable(TRADES), date).split('\n')).toEqual([
      'Size,EntryBar,ExitBar,EntryPrice,ExitPrice,SL,TP,PnL,ReturnPct,EntryTime,ExitTime,Duration,Tag,Commission,MAE,MFE',
      '10,1,3,100,110,,,100,0.1,1970-01-02,1970-01-04,2.5,"a ""quoted"", tag",0,0.01,0.12',
      '-5,4,,120,118,,,10,,1970-01-05,,2,open,0,0,0.02',
      '',
    ]);
    const carried = tradeTable({ ...TRADES, carry: Float64Array.of(-0.5, 0) });
    expect(carried.at(-1)).toMatchObject({ name: 'Carry', values: Float64Array.of(-0.5, 0) });
  });

  it('of orders and fills have the columns that were recorded', () => {
    expect(csvOf(orderTable(ORDERS), String)).toBe(
      'PlacedBar,DoneBar,Side,Type,State,Quantity,LimitPrice,StopPrice,FillPrice,Commission,Tag\n' +
        '0,1,buy,limit,Filled,10,99.5,,99.25,1,"first\nline"\n',
    );
    const more = orderTable({ ...ORDERS, timeInForce: ['gtc'], filled: Float64Array.of(4) });
    expect(more.slice(-2).map(({ name, values }) => [name, values[0]])).toEqual([
      ['TimeInForce', 'gtc'],
      ['Filled', 4],
    ]);
    const fills: FillColumns = {
      count: 2,
      order: Int32Array.of(0, 0),
      bar: Int32Array.of(1, 2),
      quantity: Float64Array.of(4, 6),
      price: Float64Array.of(99.25, 99.5),
      commission: Float64Array.of(0.4, 0.6),
    };
    expect(csvOf(fillTable(fills), String)).toBe(
      'Order,Bar,Quantity,Price,Commission\n0,1,4,99.25,0.4\n0,2,6,99.5,0.6\n',
    );
    expect(csvOf([], String)).toBe('\n');
  });

  it('of equity have the depth below the highest mark and the days since it', () => {
    const run = smaRun(flatBars([100, 100, 100, 100, 100]));
    const table = equityTable({
      ...run,
      equity: Float64Array.of(100, 80, 90, 100, 50),
      benchmark: Float64Array.of(1, 2, 3, 4, 5),
      position: Float64Array.of(0, 1, 1, 0, -1),
    });
    expect(csvOf(table, date).split('\n').slice(0, 6)).toEqual([
      'time,Equity,DrawdownPct,DrawdownDuration,BuyAndHold,Position',
      '1970-01-01,100,0,0,1,0',
      // 80 / 100 - 1 in doubles.
      '1970-01-02,80,-0.19999999999999996,1,2,1',
      '1970-01-03,90,-0.09999999999999998,2,3,1',
      '1970-01-04,100,0,0,4,0',
      '1970-01-05,50,-0.5,1,5,-1',
    ]);
  });
});

describe('figures in words', () => {
  it.each([
    [1, '1 trade'],
    [0, '0 trades'],
    [12_345, '12,345 trades'],
  ])('count %d', (count, text) => {
    expect(counted(count, 'trade')).toBe(text);
  });

  it('keep what counts of very small prices', () => {
    // A coin at 0.0000123456 would else be 0.000012 at entry and exit.
    expect(price(0.000012345678)).toBe('0.000012346');
    expect(price(0.0000125)).toBe('0.0000125');
    expect(price(0.0099)).toBe('0.0099');
    expect(price(-0.000012345678)).toBe('−0.000012346');
    expect(price(0)).toBe('0.00');
    expect(price(1e-30)).toBe('0.00');
    expect(price(Number.NaN)).toBe('–');
  });

  it('of a whole day less seconds is a day', () => {
    expect(days(1 - 1e-6)).toBe('1 day');
    expect(days(0)).toBe('0 days');
    expect(days(Number.NaN)).toBe('–');
    expect(days(23.5 / 24)).toBe('23 h 30 min');
  });

  it('of statistics go by their unit', () => {
    const at = Date.UTC(2024, 1, 29, 13, 45);
    expect(
      (
        [
          [1_234.5, 'currency'],
          [12.345, 'percent'],
          [1.005, 'ratio'],
          [1_234, 'count'],
          [0.5, 'days'],
          [at, 'time'],
          [Number.NaN, 'time'],
        ] as const
      ).map(([value, unit]) => statisticText({ value, unit })),
    ).toEqual(['1,234.50', '12.35', '1.01', '1,234', '12 h 0 min', '2024-02-29 13:45', '–']);
    expect(instant(Date.UTC(2024, 1, 29))).toBe('2024-02-29');
    expect(minute(Date.UTC(2024, 1, 29))).toBe('2024-02-29 00:00');
    expect([money(999.994), money(1_000.4), money(-2_000.6)]).toEqual([
      '999.99',
      '1,000',
      '−2,001',
    ]);
  });

  it('have a tone only where they have a sign', () => {
    expect([tone(1), tone(-1), tone(0), tone(Number.NaN)]).toEqual(['up', 'down', '', '']);
    expect(String(toned('+1.00', 1))).toBe('<span class="up">+1.00</span>');
    expect(String(toned('−1.00', -1))).toBe('<span class="down">−1.00</span>');
    // What is written as 0 has no colour, nor has what is not known.
    expect(toned('0.00', 0.001)).toBe('0.00');
    expect(toned('–', Number.NaN)).toBe('–');
    expect(toned('1', Number.NaN)).toBe('1');
    expect(String(cellBar(-5, 10))).toContain('class="cell-bar down"');
    expect(String(cellBar(-5, 10))).toContain('width:50%');
    expect(String(cellBar(5, 0))).toContain('width:0%');
    expect(String(cellBar(Number.NaN, 10))).toContain('width:0%');
  });
});
