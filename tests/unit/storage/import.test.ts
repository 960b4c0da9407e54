import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { findInstrument, getDataset, listDatasets } from '../../../electron/storage/datasets.ts';
import { file, quiet, refusal, TestStore } from './support.ts';

const HEAD = 'date,open,high,low,close,volume\n';
const GOOD = `${HEAD}2020-01-02,10,12,9,11,100\n2020-01-03,11,13,10,12,200\n2020-01-06,12,12.5,11,11.5,300\n`;
const ROWS = [
  '2020-01-02 10 12 9 11 100',
  '2020-01-03 11 13 10 12 200',
  '2020-01-06 12 12.5 11 11.5 300',
];

describe('reading CSV', () => {
  it.each<[string, string]>([
    ['the usual header', GOOD],
    ['CRLF', GOOD.replaceAll('\n', '\r\n')],
    ['CR alone', GOOD.replaceAll('\n', '\r')],
    ['a BOM', `\uFEFF${GOOD}`],
    ['no line break at the end', GOOD.trimEnd()],
    ['blank lines', `${GOOD.replaceAll('\n', '\n\n')}\n\n  \n,,,,,\n`],
    ['comments', `# made by a tool\n${GOOD.replace('2020-01-03', '# halted\n2020-01-03')}# end\n`],
    ['semicolons', GOOD.replaceAll(',', ';')],
    ['tabs', GOOD.replaceAll(',', '\t')],
    ['pipes', GOOD.replaceAll(',', '|')],
    ['quotes', GOOD.replaceAll(/[^,\n]+/g, '"$&"')],
    ['decimal commas', GOOD.replaceAll(',', ';').replaceAll('.5', ',5')],
    ['capitals and spaces', GOOD.replace(HEAD, 'Date, Open ,HIGH,Low,"Close",Vol.\n')],
    ['angle brackets', GOOD.replace(HEAD, '<DATE>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>\n')],
    ['spaces around cells', GOOD.replaceAll(',', ' , ')],
    ['empty cells at the end', GOOD.replaceAll(/(\d)\n/g, '$1,,\n')],
    ['slashes', GOOD.replaceAll(/(\d{4})-(\d\d)-(\d\d)/g, '$1/$2/$3')],
    ['compact dates', GOOD.replaceAll(/(\d{4})-(\d\d)-(\d\d)/g, '$1$2$3')],
    ['month names', GOOD.replaceAll(/(\d{4})-01-0(\d)/g, 'Jan $2 $1')],
    ['short month names', GOOD.replaceAll(/20(\d\d)-01-0(\d)/g, '$2-Jan-$1')],
    ['no header', GOOD.replace(HEAD, '')],
    [
      'seconds since 1970',
      GOOD.replaceAll(/\d{4}-\d\d-\d\d/g, (d) => String(Date.parse(d) / 1_000)),
    ],
    [
      'seconds at the open in New York',
      GOOD.replaceAll(/\d{4}-\d\d-\d\d/g, (d) => String(Date.parse(`${d}T14:30:00Z`) / 1_000)),
    ],
    ['times with a zone', GOOD.replaceAll(/(\d{4}-\d\d-\d\d)/g, '$1 00:00:00-05:00')],
    ['newest first', `${HEAD}${GOOD.trim().split('\n').slice(1).toReversed().join('\n')}\n`],
  ])('takes %s', async (_what, text) => {
    const store = new TestStore();
    const result = await store.importText(text);
    expect(store.rows()).toEqual(ROWS);
    expect(result).toMatchObject({
      datasetId: 'TEST.LOCAL@1d',
      version: 1,
      barCount: 3,
      addedBars: 3,
      unchanged: false,
      timeframe: '1d',
    });
    expect(getDataset(store.connection, 'TEST.LOCAL@1d').summary.calendar).toBe('us-equity');
  });

  it('takes columns in any order and leaves others out with a note', async () => {
    const store = new TestStore();
    const result = await store.importText(
      'Volume,Adj Close,Close,Low,Note,High,Open,Date\n100,5,11,9,x,12,10,2020-01-02\n200,6,12,10,"a, b",13,11,2020-01-03\n',
    );
    expect(store.rows()).toEqual(ROWS.slice(0, 2));
    expect(result.notes).toEqual([
      'Column "Adj Close" was left out; prices are those of the other columns.',
    ]);
  });

  it.each([
    ['the index of a table first, without a name', GOOD.replace('date', '')],
    ['rows that end before columns that are not needed', GOOD.replace('volume', 'volume,note')],
    ['cells at the end that the header does not have', GOOD.replaceAll('00\n', '00,\n')],
    [
      'a name that is common to two columns, the better one first',
      GOOD.replace('close,volume', 'close,volume,last').replaceAll('00\n', '00,77\n'),
    ],
  ])('takes %s', async (_what, text) => {
    const store = new TestStore();
    await store.importText(text);
    expect(store.rows()).toEqual(ROWS);
  });

  it('takes columns by number where there is no header', async () => {
    const store = new TestStore();
    const columns = { date: '1', open: '2', high: '3', low: '4', close: '5', volume: '6' };
    await store.importText(GOOD.replace(HEAD, ''), { columns });
    expect(store.rows()).toEqual(ROWS);
  });

  it('takes a clock column that the user names', async () => {
    const store = new TestStore();
    const text = 'day,at,open,high,low,close\n2020-01-02,09:30,1,1,1,1\n2020-01-02,09:35,1,1,1,1\n';
    await store.importText(text, { columns: { date: 'day', clock: 'at' }, timeZone: 'UTC' });
    expect(store.rows({ datasetId: 'TEST.LOCAL@5m' })[1]).toBe('2020-01-02T09:35:00Z 1 1 1 1 0');
  });

  it('turns a long newest-first file round', async () => {
    const rows = Array.from(
      { length: 20_000 },
      (_, i) => `${new Date(i * 60_000).toISOString().slice(0, 19)},1,1,1,1,${i}`,
    );
    const store = new TestStore();
    await store.importText(bars(...rows.toReversed()), { timeZone: 'UTC' });
    const { volume } = store.read({ datasetId: 'TEST.LOCAL@1m' }).bars;
    expect([...volume]).toEqual(rows.map((_, i) => i));
  });

  it('takes UTF-16 with a byte order mark', async () => {
    const store = new TestStore();
    const path = file(
      'wide.csv',
      Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(GOOD, 'utf16le')]),
    );
    await store.import(path);
    expect(store.rows()).toEqual(ROWS);
  });

  it('takes columns that the user names, by name or number', async () => {
    const text = GOOD.replace(HEAD, 'a,b,c,d,e,f\n');
    const columns = { time: 'a', open: 'b', high: 'C', low: '4', close: 'e', volume: 'f' };
    const store = new TestStore();
    await store.importText(text, { columns });
    expect(store.rows()).toEqual(ROWS);
  });

  it('sets volume to 0 where there is none and says so', async () => {
    const store = new TestStore();
    const result = await store.importText(GOOD.replaceAll(/,[^,\n]+\n/g, '\n'));
    expect(store.rows()).toEqual(ROWS.map((row) => row.replace(/ \d+$/, ' 0')));
    expect(result.notes).toEqual(['The file has no volume column; volume is 0.']);
    expect(result.quality.issues).toContainEqual(
      expect.objectContaining({ kind: 'zero-volume', severity: 'info' }),
    );
  });

  it('leaves rows without any price out and says so', async () => {
    const store = new TestStore();
    const result = await store.importText(
      `${GOOD}2020-01-07,null,null,null,null,null\n2020-01-08,,,,,\n`,
    );
    expect(store.rows()).toEqual(ROWS);
    expect(result.notes).toEqual(['2 rows have no prices and were left out, the first in line 5.']);
  });

  it('reads volumes that are missing or shortened', async () => {
    const store = new TestStore();
    await store.importText(`${HEAD}2020-01-02,10,12,9,11,1.5K\n2020-01-03,11,13,10,12,\n`);
    expect([...store.read().bars.volume]).toEqual([1_500, 0]);
  });

  it('joins a date and a clock column, in the zone of the market', async () => {
    const store = new TestStore();
    await store.importText(
      '<DATE>\t<TIME>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\t<TICKVOL>\n2020.01.02\t09:30:00\t1\t2\t1\t2\t5\n2020.01.02\t09:31:00\t2\t2\t1\t1\t6\n',
    );
    expect(store.rows({ datasetId: 'TEST.LOCAL@1m' })).toEqual([
      '2020-01-02T14:30:00Z 1 2 1 2 5',
      '2020-01-02T14:31:00Z 2 2 1 1 6',
    ]);
  });

  it('takes rows without a header with a clock column second', async () => {
    const store = new TestStore();
    const result = await store.importText(
      '2020.01.02,09:30,1,2,1,2,5\n2020.01.02,09:31,2,2,1,1,6\n',
      {
        timeZone: 'UTC',
      },
    );
    expect(store.rows({ datasetId: 'TEST.LOCAL@1m' })[0]).toBe('2020-01-02T09:30:00Z 1 2 1 2 5');
    expect(result.notes[0]).toMatch(/no header/);
  });

  const minutes = (times: readonly string[]): string =>
    `time,open,high,low,close\n${times.map((t) => `${t},1,1,1,1\n`).join('')}`;

  it('tells the hour that comes twice by the order of the rows', async () => {
    const store = new TestStore();
    const times = [
      '2020-11-01 00:30',
      '2020-11-01 01:00',
      '2020-11-01 01:30',
      '2020-11-01 01:00',
      '2020-11-01 01:30',
      '2020-11-01 02:00',
    ];
    await store.importText(minutes(times));
    const utc = ['04:30', '05:00', '05:30', '06:00', '06:30', '07:00'];
    const read = (): string[] =>
      store.rows({ datasetId: 'TEST.LOCAL@30m' }).map((row) => row.slice(11, 16));
    expect(read()).toEqual(utc);
    await store.importText(minutes(times.toReversed()));
    expect(read()).toEqual(utc);
  });

  it.each([
    ['unix-s', ['1577975400', '1577975460']],
    ['unix-ms', ['1577975400000', '1577975460000']],
    ['unix-us', ['1577975400000000', '1577975460000000']],
    ['unix-ns', ['1577975400000000000', '1577975460000000000']],
  ])('reads %s as instants whatever the zone', async (_format, times) => {
    const store = new TestStore();
    await store.importText(minutes(times), { timeZone: 'Asia/Tokyo' });
    expect(store.rows({ datasetId: 'TEST.LOCAL@1m' })[0]).toMatch(/^2020-01-02T14:30:00Z/);
  });

  it('resolves day and month by the values of the whole file', async () => {
    const store = new TestStore();
    await store.importText('date,open,high,low,close\n12/01/2020,1,1,1,1\n13/01/2020,1,1,1,1\n');
    expect(store.rows().map((row) => row.slice(0, 10))).toEqual(['2020-01-12', '2020-01-13']);
    // Far more rows than are looked at first tell nothing; the last one does.
    const days = Array.from({ length: 20_001 }, (_, i) => {
      const clock = new Date(i * 2_000).toISOString().slice(11, 19);
      return `0${1 + Math.floor(i / 40_000)}/02/2020 ${clock},1,1,1,1\n`;
    });
    const text = `date,open,high,low,close\n${days.join('')}13/02/2020 00:00:00,1,1,1,1\n`;
    await store.importText(text, { timeZone: 'UTC', calendar: 'crypto' });
    const { bars } = store.read({ datasetId: 'TEST.LOCAL@2s' });
    expect(new Date(bars.time[0] ?? 0).toISOString()).toBe('2020-02-01T00:00:00.000Z');
  });

  it.each([
    ['1w', ['2020-01-06', '2020-01-13', '2020-01-20']],
    ['1M', ['2020-01-31', '2020-02-29', '2020-03-31', '2020-04-30']],
    ['1d', ['2020-01-06']],
  ])('finds bars of %s', async (timeframe, dates) => {
    const store = new TestStore();
    const result = await store.importText(minutes(dates));
    expect(result.timeframe).toBe(timeframe);
  });

  it('keeps one of two equal times when asked', async () => {
    const twice = GOOD.replace('2020-01-06', '2020-01-03,20,21,19,20,999\n2020-01-06');
    const first = new TestStore();
    const result = await first.importText(twice, { duplicates: 'keep-first' });
    expect(first.rows()).toEqual(ROWS);
    expect(result.quality.issues).toContainEqual(
      expect.objectContaining({ kind: 'duplicate', count: 1 }),
    );
    const last = new TestStore();
    await last.importText(twice, { duplicates: 'keep-last' });
    expect(last.rows()[1]).toBe('2020-01-03 20 21 19 20 999');
    expect(last.rows()).toHaveLength(3);
  });

  it('keeps bars whose high is below their close, and reports them as errors', async () => {
    const store = new TestStore();
    const result = await store.importText(GOOD.replace('13,10,12,200', '11.5,10,12,200'));
    expect(result.barCount).toBe(3);
    expect(result.quality.issues[0]).toMatchObject({
      kind: 'ohlc-violation',
      severity: 'error',
      count: 1,
    });
    expect(listDatasets(store.connection)[0]?.quality.errors).toBe(1);
  });

  it('describes the instrument from options, what is known, and the symbol', async () => {
    const store = new TestStore();
    await store.importText(GOOD, { symbol: 'btc/eur', venue: 'kraken', name: 'Bitcoin' });
    expect(findInstrument(store.connection, 'BTC/EUR.KRAKEN')).toMatchObject({
      symbol: 'BTC/EUR',
      venue: 'KRAKEN',
      name: 'Bitcoin',
      assetClass: 'crypto',
      currency: 'EUR',
      calendar: 'crypto',
      lotSize: 0,
    });
    await store.importText(GOOD.replace('100', '101'), {
      symbol: 'BTC/EUR',
      venue: 'KRAKEN',
      currency: 'CHF',
    });
    expect(findInstrument(store.connection, 'BTC/EUR.KRAKEN')).toMatchObject({
      name: 'Bitcoin',
      currency: 'CHF',
    });
    await store.importText(GOOD, { symbol: 'EURUSD' });
    expect(findInstrument(store.connection, 'EURUSD.LOCAL')).toMatchObject({
      assetClass: 'forex',
      calendar: 'forex',
    });
    await store.importText(GOOD, { symbol: 'SPX', venue: 'INDEX' });
    expect(findInstrument(store.connection, 'SPX.INDEX')).toMatchObject({
      assetClass: 'index',
      currency: 'USD',
    });
  });

  it('keeps provenance', async () => {
    const store = new TestStore();
    await store.importText(GOOD, { adjustment: 'split' });
    expect(getDataset(store.connection, 'TEST.LOCAL@1d').summary.current.provenance).toEqual({
      source: 'prices.csv',
      fetchedAt: 1_700_000_000_000,
      adjustment: 'split',
    });
  });

  it('reports bytes read and bars, and ends with the write', async () => {
    const seen: string[] = [];
    const store = new TestStore();
    await store.import(
      file('prices.csv', GOOD),
      {},
      {
        ...quiet,
        onProgress: (progress) =>
          seen.push(`${progress.stage} ${progress.done}/${progress.total} ${progress.bars}`),
      },
    );
    expect(seen.at(0)).toMatch(/^read 1\d\d\/1\d\d/);
    expect(seen.at(-1)).toBe('write 1/1 3');
  });
});

const bars = (...rows: string[]): string => HEAD + rows.map((row) => `${row}\n`).join('');

describe('refusing CSV', () => {
  it.each<[what: string, text: string | Uint8Array, message: RegExp]>([
    ['an empty file', '', /^prices\.csv: the file is empty/],
    ['a file of blank lines', '\n\n', /^prices\.csv: the file has no rows/],
    [
      'a header alone',
      HEAD,
      /line 1: the file has a header \("date", "open", .*\) and no rows below it; choose a file with rows/,
    ],
    [
      'a header alone that calls its column time',
      'time,open,high,low,close,volume\n',
      /line 1: the file has a header \("time", "open", .*\) and no rows below it/,
    ],
    ['a binary file', Buffer.from([1, 2, 0, 3, 4]), /^prices\.csv: the file is not text/],
    [
      'bytes that are not UTF-8',
      Buffer.concat([Buffer.from(GOOD), Buffer.from([0xc3, 0x28])]),
      /not UTF-8 text/,
    ],
    [
      'a wrong header',
      'date,opening price of day,close\n2020-01-02,1,2\n',
      /line 1: the header has no column for open, high, low; found "date", "opening price of day", "close", expected a date/,
    ],
    [
      'two columns of one name',
      GOOD.replace('volume', 'Close'),
      /line 1, column 6 "Close": columns 5 and 6 are both called "close"/,
    ],
    [
      'no header and an unknown order',
      '2020-01-02,11,9,12,10,100\n2020-01-03,12,10,13,11,200\n',
      /line 1: the file has no header, and its 6 columns are not in the order/,
    ],
    [
      'no header and too few columns',
      '2020-01-02,11\n2020-01-03,12\n',
      /no header, and its 2 columns/,
    ],
    [
      'text for a price',
      bars('2020-01-02,10,12,9,11,1', '2020-01-03,10,abc,9,11,1'),
      /^prices\.csv line 3, column 3 "high": "abc" is not a number; correct/,
    ],
    ['an empty price', bars('2020-01-02,10,12,,11,1'), /line 2, column 4 "low": the cell is empty/],
    [
      'text for a volume',
      bars('2020-01-02,10,12,9,11,many'),
      /line 2, column 6 "volume": "many" is not a number/,
    ],
    [
      'a price below zero',
      bars('2020-01-02,10,12,-9,11,1'),
      /line 2, column 4 "low": price -9 is not above 0/,
    ],
    [
      'a price of zero',
      bars('2020-01-02,0,12,9,11,1'),
      /line 2, column 2 "open": price 0 is not above 0/,
    ],
    ['a close of zero', bars('2020-01-02,1,12,1,0,1'), /line 2, column 5 "close": price 0/],
    [
      'a volume below zero',
      bars('2020-01-02,10,12,9,11,-1'),
      /line 2, column 6 "volume": volume -1 is below 0/,
    ],
    [
      'too few columns',
      bars('2020-01-02,10,12,9,11,1', '2020-01-03,10,12'),
      /line 3: the row has 3 columns, 6 are expected/,
    ],
    [
      'too many columns',
      bars('2020-01-02,10,12,9,11,1', '2020-01-03,1,234,12,9,11,1'),
      /line 3, column 7: the row has 7 columns/,
    ],
    [
      'a date that does not exist',
      bars('2020-01-02,10,12,9,11,1', '2020-02-30,10,12,9,11,1'),
      /line 3, column 1 "date": "2020-02-30" is a date or time that does not exist/,
    ],
    [
      'another date format half-way',
      bars('2020-01-02,10,12,9,11,1', '03.01.2020,10,12,9,11,1'),
      /line 3, column 1 "date": "03\.01\.2020" is not a date of the form YYYY-MM-DD/,
    ],
    [
      'a year out of range',
      bars('2020-01-02,10,12,9,11,1', '0020-01-03,10,12,9,11,1'),
      /"0020-01-03" is outside the years 1800 to 2200/,
    ],
    [
      'dates of no known form',
      bars('week 1,10,12,9,11,1'),
      /line 2, column 1 "date": "week 1" is not a date that is known/,
    ],
    [
      'an empty date',
      bars('2020-01-02,10,12,9,11,1', ',10,12,9,11,1'),
      /line 3, column 1 "date": "" is not a date/,
    ],
    [
      'day or month first',
      bars('01/02/2020,10,12,9,11,1', '02/02/2020,10,12,9,11,1'),
      /line 2, column 1 "date": "01\/02\/2020" can be day\/month or month\/day/,
    ],
    [
      'times out of order',
      bars(
        '2020-01-02,1,1,1,1,1',
        '2020-01-06,1,1,1,1,1',
        '2020-01-03,1,1,1,1,1',
        '2020-01-07,1,1,1,1,1',
      ),
      /line 4, column 1 "date": 2020-01-03 comes before 2020-01-06 of line 3,/,
    ],
    [
      'a newest-first file that turns',
      bars(
        '2020-01-08,1,1,1,1,1',
        '2020-01-07,1,1,1,1,1',
        '2020-01-06,1,1,1,1,1',
        '2020-01-09,1,1,1,1,1',
      ),
      /line 5, column 1 "date": 2020-01-09 comes after 2020-01-06 of line 4, but the file is newest-first/,
    ],
    [
      'a time that comes twice',
      bars('2020-01-02,1,1,1,1,1', '2020-01-03,1,1,1,1,1', '2020-01-03,1,1,1,1,1'),
      /line 4, column 1 "date": 2020-01-03 comes twice, here and at line 3;/,
    ],
    [
      'a quote that is not closed',
      `${HEAD}2020-01-02,10,"12,9,11,1\n`,
      /line 2: a quoted field is broken/,
    ],
    [
      'a quote in the middle',
      `${HEAD}2020-01-02,10,"12"x,9,11,1\n2020-01-03,10,12,9,11,1\n`,
      /line 2: a quoted field is broken/,
    ],
    [
      'a quote that opens a text without end',
      `${HEAD}2020-01-02,10,"${'12,9,11,1\n'.repeat(1_000_000)}`,
      /line 2: a quoted field that begins here has no end/,
    ],
    [
      'a close that is no number',
      bars('2020-01-02,10,12,9,x,1'),
      /line 2, column 5 "close": "x" is not a number/,
    ],
    ['text for a low', bars('2020-01-02,10,12,l,11,1'), /line 2, column 4 "low": "l" is not/],
    [
      'an impossible clock',
      bars('2020-01-02 25:00,10,12,9,11,1', '2020-01-02 26:00,10,12,9,11,1'),
      /"2020-01-02 25:00" is not a date that is known/,
    ],
    ['rows without any price', bars('2020-01-02,,,,,', '2020-01-03,,,,,'), /the file has no bars/],
    [
      'times without a common distance',
      `time,open,high,low,close\n${[0, 1, 5, 7, 20, 31].map((m) => `2020-01-02 09:${String(m).padStart(2, '0')}:0${m % 7},1,1,1,1\n`).join('')}`,
      /the bar length cannot be told/,
    ],
  ])('refuses %s', async (_what, content, message) => {
    const store = new TestStore();
    const text = await refusal(store.import(file('prices.csv', content)), 'BAD_FILE');
    expect(text).toMatch(message);
    expect(listDatasets(store.connection)).toEqual([]);
    expect(store.connection.prepare('SELECT count(*) AS n FROM chunks').get()).toEqual({ n: 0 });
  });

  it('counts lines over quoted line breaks, blank lines and comments', async () => {
    const store = new TestStore();
    const text =
      'date,open,high,low,close,note\n\n# x\n2020-01-02,1,1,1,1,"two\nlines"\n2020-01-03,1,1,x,1,\n';
    expect(await refusal(store.importText(text), 'BAD_FILE')).toMatch(
      /^prices\.csv line 6, column 4 "low"/,
    );
  });

  it('names the line far into a long file', async () => {
    const rows = Array.from(
      { length: 60_000 },
      (_, i) => `${new Date(i * 60_000).toISOString().slice(0, 19)},1,1,1,1,1`,
    );
    rows[54_321] = rows[54_321]?.replace(',1,1,1,1,1', ',1,1,oops,1,1') ?? '';
    const store = new TestStore();
    expect(await refusal(store.importText(bars(...rows)), 'BAD_FILE')).toMatch(
      /line 54323, column 4 "low": "oops"/,
    );
  });

  it('refuses a file that is not there, or a folder', async () => {
    const store = new TestStore();
    expect(await refusal(store.import('/nowhere/x.csv'), 'BAD_FILE')).toMatch(
      /^x\.csv: there is no such file/,
    );
    expect(await refusal(store.import(store.directory), 'BAD_FILE')).toMatch(/is a folder/);
  });

  it.each<[Record<string, unknown>, RegExp]>([
    [{ symbol: 'A B' }, /symbol: "A B" is not a symbol/],
    [{ timeframe: '1x' }, /timeframe: "1x" is not a bar length/],
    [{ timeframe: '1w' }, /timeframe: 1w was given, but the bars of prices\.csv are 1d apart/],
    [
      { calendar: 'mars' },
      /there is no calendar "mars"; use one of crypto, forex, none, us-equity/,
    ],
    [{ timeZone: 'Mars/Olympus' }, /timeZone: "Mars\/Olympus" is not a time zone/],
    [{ dateFormat: 'stardate' }, /dateFormat: "stardate" is not known/],
  ])('refuses options %j', async (options, message) => {
    const store = new TestStore();
    expect(await refusal(store.importText(GOOD, options), 'BAD_INPUT')).toMatch(message);
  });

  it('refuses a column that the file does not have', async () => {
    const store = new TestStore();
    expect(
      await refusal(store.importText(GOOD, { columns: { open: 'first' } }), 'BAD_FILE'),
    ).toMatch(/there is no column "first" for open; the file has "date", "open"/);
  });

  it('refuses rows that do not fit a date format that was given', async () => {
    const store = new TestStore();
    expect(await refusal(store.importText(GOOD, { dateFormat: 'DD/MM/YYYY' }), 'BAD_FILE')).toMatch(
      /"2020-01-02" is not a date of the form DD\/MM\/YYYY/,
    );
  });

  it('stops when cancelled and stores nothing', async () => {
    const store = new TestStore();
    const cancelled = store.import(
      file('prices.csv', GOOD),
      {},
      { ...quiet, isCancelled: () => true },
    );
    expect(await refusal(cancelled, 'CANCELLED')).toMatch(
      /import of prices\.csv was cancelled; nothing was stored/,
    );
    expect(listDatasets(store.connection)).toEqual([]);
  });
});

describe('the S&P 500 of vega-datasets', () => {
  it('is imported as it is, every value the one in the file', async () => {
    const path = 'node_modules/vega-datasets/data/sp500-2000.csv';
    const store = new TestStore();
    const result = await store.import(path, { symbol: 'SPX', venue: 'INDEX' });
    expect(result).toMatchObject({ datasetId: 'SPX.INDEX@1d', barCount: 5_105 });
    expect(result.quality).toMatchObject({ expectedBars: 5_105, issues: [] });
    const { bars } = store.read({ datasetId: 'SPX.INDEX@1d' });
    const lines = readFileSync(path, 'utf8').trim().split('\n').slice(1);
    for (const [i, line] of lines.entries()) {
      const [date = '', open, high, low, close, , volume] = line.split(',');
      expect([
        bars.time[i],
        bars.open[i],
        bars.high[i],
        bars.low[i],
        bars.close[i],
        bars.volume[i],
      ]).toEqual([
        Date.parse(date),
        Number(open),
        Number(high),
        Number(low),
        Number(close),
        Number(volume),
      ]);
    }
  });
});
