import { describe, expect, it } from 'vitest';
import {
  accountId,
  clientOrderId,
  instrumentId,
  jobId,
  runId,
  strategyId,
  symbolOf,
  tradeId,
  venueOf,
  venueOrderId,
} from '../../../engine/domain/identifiers.ts';
import { resolveParameters, type Parameter } from '../../../engine/domain/parameters.ts';
import { isoDate, parseIsoTime, unixMillis } from '../../../engine/domain/time.ts';

describe('identifiers', () => {
  it('join and part symbols that hold dots', () => {
    const id = instrumentId(' brk.b ', 'xnys');
    expect([id, symbolOf(id), venueOf(id)]).toEqual(['BRK.B.XNYS', 'BRK.B', 'XNYS']);
    expect(instrumentId('spx')).toBe('SPX.LOCAL');
  });

  it.each(['', '-A', 'A B', 'Ä', 'A'.repeat(33)])('refuse the symbol "%s"', (symbol) => {
    expect(() => instrumentId(symbol)).toThrow('is not a symbol');
  });

  it.each(['', '1X', 'X.Y', 'X'.repeat(17)])('refuse the venue "%s"', (venue) => {
    expect(() => instrumentId('A', venue)).toThrow('is not a venue');
  });

  it('of orders, trades, accounts, runs and jobs are short printable texts', () => {
    for (const make of [
      clientOrderId,
      venueOrderId,
      tradeId,
      strategyId,
      accountId,
      runId,
      jobId,
    ]) {
      expect(make('a-1:b.c_D')).toBe('a-1:b.c_D');
      for (const wrong of ['', '-a', 'a b', 'a/b', 'a'.repeat(65)]) {
        expect(() => make(wrong)).toThrow('must be 1 to 64');
      }
    }
  });
});

describe('times', () => {
  it('are whole milliseconds within the range of dates', () => {
    expect(unixMillis(0)).toBe(0);
    for (const wrong of [0.5, Number.NaN, Infinity, 8.65e15]) {
      expect(() => unixMillis(wrong)).toThrow('is not a whole number of milliseconds');
    }
  });

  it('are read from ISO texts with and without offset', () => {
    expect(isoDate(parseIsoTime('2020-02-29'))).toBe('2020-02-29');
    const noon = Date.UTC(2020, 0, 2, 12);
    for (const text of [
      '2020-01-02T12:00Z',
      '2020-01-02 14:00:00+02:00',
      '2020-01-02T06:30:00.000-0530',
    ]) {
      expect(parseIsoTime(text)).toBe(noon);
    }
    expect(parseIsoTime('2020-01-02T12:00:00.25Z')).toBe(noon + 250);
  });

  it.each(['', '2019-02-29', '2020-13-01', '2020-01-01T24:00', '2020-01-01T10:60', '01/02/2020'])(
    'refuse "%s"',
    (text) => {
      expect(() => parseIsoTime(text, 'start')).toThrow(`start: "${text}" is not a date`);
    },
  );
});

describe('parameters', () => {
  const schema: readonly Parameter[] = [
    {
      kind: 'integer',
      name: 'fast',
      label: '',
      description: '',
      default: 10,
      min: 2,
      max: 50,
      step: 1,
    },
    {
      kind: 'real',
      name: 'width',
      label: '',
      description: '',
      default: 2,
      min: 0,
      max: 9,
      step: 0.1,
    },
    {
      kind: 'choice',
      name: 'source',
      label: '',
      description: '',
      default: 'close',
      choices: ['open', 'close'],
    },
    { kind: 'boolean', name: 'short', label: '', description: '', default: false },
  ];

  it('take defaults and given values', () => {
    expect(resolveParameters('x', schema, { fast: 3, source: 'open', short: true })).toEqual({
      fast: 3,
      width: 2,
      source: 'open',
      short: true,
    });
  });

  it.each([
    [{ fast: 1 }, 'x fast: 1 must be a whole number from 2 to 50.'],
    [{ fast: 2.5 }, 'x fast: 2.5 must be a whole number'],
    [{ fast: Number.NaN }, 'x fast: NaN must be'],
    [{ fast: '3' }, 'x fast: 3 must be'],
    [{ width: Infinity }, 'x width: Infinity must be a number from 0 to 9.'],
    [{ source: 'high' }, 'x source: high must be one of open, close.'],
    [{ source: 1 }, 'x source: 1 must be one of'],
    [{ short: 1 }, 'x short: 1 must be true or false.'],
    [{ slow: 1 }, 'x has no parameter "slow"; it has fast, width, source, short.'],
  ])('refuse %j', (given, message) => {
    expect(() => resolveParameters('x', schema, given)).toThrow(message);
  });

  it('say so when there are none', () => {
    expect(() => resolveParameters('x', [], { a: 1 })).toThrow('it has none');
  });
});
