import { describe, expect, it } from 'vitest';
import {
  dateFormat,
  fittingFormats,
  isClock,
  TimeParser,
} from '../../../electron/storage/import/dates.ts';
import type { DateFormat } from '../../../electron/storage/import/dates.ts';

describe('TimeParser', () => {
  it.each<[DateFormat, string, string]>([
    ['YYYY-MM-DD', '2020-01-02', '2020-01-02T00:00:00.000Z'],
    ['YYYY-MM-DD', '2020-01-02 09:30', '2020-01-02T09:30:00.000Z'],
    ['YYYY-MM-DD', '2020-01-02T09:30:15', '2020-01-02T09:30:15.000Z'],
    ['YYYY-MM-DD', '2020-01-02T09:30:15Z', '2020-01-02T09:30:15.000Z'],
    ['YYYY-MM-DD', '2020-01-02T09:30:15.1234567Z', '2020-01-02T09:30:15.123Z'],
    ['YYYY-MM-DD', '2020-01-02 09:30:15-05:00', '2020-01-02T14:30:15.000Z'],
    ['YYYY-MM-DD', '2020-01-02T09:30:00+0530', '2020-01-02T04:00:00.000Z'],
    ['YYYY-MM-DD', '2020-01-02 09:30:00 UTC', '2020-01-02T09:30:00.000Z'],
    ['YYYY-MM-DD', '2020/1/2', '2020-01-02T00:00:00.000Z'],
    ['YYYY-MM-DD', '2020.01.02 09:30', '2020-01-02T09:30:00.000Z'],
    ['YYYYMMDD', '20200102', '2020-01-02T00:00:00.000Z'],
    ['YYYYMMDD', '20200102 09:30', '2020-01-02T09:30:00.000Z'],
    ['YYYYMMDD', '20200102 093015', '2020-01-02T09:30:15.000Z'],
    ['YYYYMMDD', '202001020930', '2020-01-02T09:30:00.000Z'],
    ['YYYYMMDD', '20200102093015', '2020-01-02T09:30:15.000Z'],
    ['DD/MM/YYYY', '31/12/2019', '2019-12-31T00:00:00.000Z'],
    ['DD/MM/YYYY', '31.12.2019 18:05', '2019-12-31T18:05:00.000Z'],
    ['DD/MM/YYYY', '3-1-00', '2000-01-03T00:00:00.000Z'],
    ['MM/DD/YYYY', '12/31/2019', '2019-12-31T00:00:00.000Z'],
    ['MM/DD/YYYY', '1/3/99 4:05 PM', '1999-01-03T16:05:00.000Z'],
    ['MM/DD/YYYY', '1/3/69 12:00 am', '2069-01-03T00:00:00.000Z'],
    ['MM/DD/YYYY', '1/3/70 12:30 pm', '1970-01-03T12:30:00.000Z'],
    ['D MMM YYYY', '3-Jan-00', '2000-01-03T00:00:00.000Z'],
    ['D MMM YYYY', '03 January 2000 09:30', '2000-01-03T09:30:00.000Z'],
    ['MMM D YYYY', 'Jan 3 2000', '2000-01-03T00:00:00.000Z'],
    ['MMM D YYYY', 'Sept. 3, 2000', '2000-09-03T00:00:00.000Z'],
    ['unix-s', '946857600', '2000-01-03T00:00:00.000Z'],
    ['unix-s', '946857600.5', '2000-01-03T00:00:00.500Z'],
    ['unix-ms', '946857600123', '2000-01-03T00:00:00.123Z'],
    ['unix-us', '946857600123456', '2000-01-03T00:00:00.123Z'],
    ['unix-ns', '946857600123456789', '2000-01-03T00:00:00.123Z'],
  ])('reads %s: %s', (format, text, iso) => {
    const parser = new TimeParser(format);
    expect(parser.parse(text)).toBe(true);
    expect(new Date(parser.value).toISOString()).toBe(iso);
  });

  it('tells instants from clock times and dates', () => {
    const parser = new TimeParser('YYYY-MM-DD');
    const facts = (text: string): [boolean, boolean] => {
      parser.parse(text);
      return [parser.absolute, parser.hasClock];
    };
    expect(facts('2020-01-02')).toEqual([false, false]);
    expect(facts('2020-01-02 09:30')).toEqual([false, true]);
    expect(facts('2020-01-02T09:30:00Z')).toEqual([true, true]);
    expect(facts('2020-01-02 09:30+01:00')).toEqual([true, true]);
    const unix = new TimeParser('unix-s');
    unix.parse('946857600');
    expect([unix.absolute, unix.hasClock]).toEqual([true, true]);
  });

  it('joins a clock column', () => {
    const parser = new TimeParser('DD/MM/YYYY');
    expect(parser.parse('31/12/2019', '18:05:30')).toBe(true);
    expect(new Date(parser.value).toISOString()).toBe('2019-12-31T18:05:30.000Z');
    const compact = new TimeParser('YYYYMMDD');
    expect(compact.parse('20191231', '093000')).toBe(true);
    expect(new Date(compact.value).toISOString()).toBe('2019-12-31T09:30:00.000Z');
  });

  it('remembers the latest date without mixing it up', () => {
    const parser = new TimeParser('YYYY-MM-DD');
    const read = (text: string): string => {
      expect(parser.parse(text)).toBe(true);
      return new Date(parser.value).toISOString().slice(0, 16);
    };
    expect(read('2020-01-02 09:30')).toBe('2020-01-02T09:30');
    expect(read('2020-01-02 09:31')).toBe('2020-01-02T09:31');
    expect(read('2020-01-03 09:30')).toBe('2020-01-03T09:30');
    expect(read('2020-01-02 09:30')).toBe('2020-01-02T09:30');
  });

  it.each<[DateFormat, string, string]>([
    ['YYYY-MM-DD', '2020-13-01', 'range'],
    ['YYYY-MM-DD', '2020-02-30', 'range'],
    ['YYYY-MM-DD', '2020-01-02 24:00', 'range'],
    ['YYYY-MM-DD', '2020-01-02 09:61:00', 'range'],
    ['YYYY-MM-DD', '0020-01-02', 'year'],
    ['YYYY-MM-DD', '2500-01-02', 'year'],
    ['YYYY-MM-DD', '02.01.2020', 'form'],
    ['YYYY-MM-DD', '2020-01-02X09:30', 'form'],
    ['YYYY-MM-DD', '2020-01-02 9h30', 'form'],
    ['YYYY-MM-DD', '20a0-01-02', 'form'],
    ['YYYY-MM-DD', '', 'form'],
    ['MM/DD/YYYY', '31/12/2019', 'range'],
    ['MM/DD/YYYY', '1/2/2020 13:00 PM', 'range'],
    ['D MMM YYYY', '3-Foo-2000', 'range'],
    ['unix-s', '94685760x', 'form'],
    ['unix-s', '946857600000', 'year'],
  ])('refuses %s: %s (%s)', (format, text, problem) => {
    const parser = new TimeParser(format);
    expect(parser.parse(text)).toBe(false);
    expect(parser.problem).toBe(problem);
  });
});

describe('fittingFormats', () => {
  it.each<[string[], string[]]>([
    [['2020-01-02', '2020-01-03'], ['YYYY-MM-DD']],
    [['13/01/2020', '01/02/2020'], ['DD/MM/YYYY']],
    [['01/13/2020'], ['MM/DD/YYYY']],
    [
      ['01/02/2020', '02/02/2020'],
      ['DD/MM/YYYY', 'MM/DD/YYYY'],
    ],
    [['13/01/2020', '01/13/2020'], []],
    [['20200102'], ['YYYYMMDD']],
    [['202001020930'], ['YYYYMMDD']],
    [['20200102093015'], ['YYYYMMDD']],
    [['946857600', '1577923200'], ['unix-s']],
    [['946857600123'], ['unix-ms']],
    [['1577923200123'], ['unix-ms']],
    [['1577923200123456'], ['unix-us']],
    [['1577923200123456789'], ['unix-ns']],
    [['946857600', '2020-01-02'], []],
    [['946857600', '1577923200123'], []],
    [['hello'], []],
    [[], []],
  ])('%j fits %j', (texts, formats) => {
    expect(fittingFormats(texts)).toEqual(formats);
  });
});

describe('dateFormat', () => {
  it.each([
    ['YYYY-MM-DD', 'YYYY-MM-DD'],
    ['yyyy/mm/dd', 'YYYY-MM-DD'],
    ['YYYY-MM-DD HH:mm:ss', 'YYYY-MM-DD'],
    ['DD.MM.YYYY', 'DD/MM/YYYY'],
    ['d/m/yy', 'DD/MM/YYYY'],
    ['MM-DD-YYYY', 'MM/DD/YYYY'],
    ['dd-mmm-yy', 'D MMM YYYY'],
    ['MMM D, YYYY', 'MMM D YYYY'],
    ['yyyymmdd', 'YYYYMMDD'],
    ['UNIX-MS', 'unix-ms'],
  ])('%s is %s', (text, format) => {
    expect(dateFormat(text)).toBe(format);
  });

  it('lists the formats when it knows none', () => {
    expect(() => dateFormat('week 3')).toThrow(
      /"week 3" is not known; use one of YYYY-MM-DD, YYYYMMDD/,
    );
  });
});

describe('isClock', () => {
  it.each(['09:30', '9:30:00', '09:30:00.123', '9:30 PM', '0930', '093000'])(
    '%s is one',
    (text) => {
      expect(isClock(text)).toBe(true);
    },
  );
  it.each(['2020-01-02', '12345', '946857600', '', '9h30'])('"%s" is none', (text) => {
    expect(isClock(text)).toBe(false);
  });
});
