import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { MarketCalendar, type CalendarData } from '../../../../engine/domain/calendar.ts';
import type { RenataError } from '../../../../engine/domain/errors.ts';
import { timeframe } from '../../../../engine/domain/timeframe.ts';
import { BarsEnvironment } from '../../../../engine/expressions/bars-environment.ts';
import { evaluateColumns } from '../../../../engine/expressions/columns.ts';
import { compile, type Catalogue } from '../../../../engine/expressions/compile.ts';
import {
  compileStudy,
  evaluateStudy,
  instrumentsOf,
  sessionHoursOf,
  type CompiledStudy,
} from '../../../../engine/expressions/study.ts';
import { real, type IndicatorDefinition } from '../../../../engine/indicators/definition.ts';
import { CATALOGUE, environmentOf, MEAN, scopeOf } from './helpers.ts';

const OSCILLATOR: IndicatorDefinition = {
  ...MEAN,
  id: 'swing',
  aliases: [],
  pane: 'own',
  levels: [30, 70],
  outputs: [
    { name: 'fast', label: 'Fast', kind: 'real', style: 'line' },
    { name: 'gap', label: 'Gap', kind: 'real', style: 'histogram' },
  ],
};
const PATTERN: IndicatorDefinition = {
  ...MEAN,
  id: 'shape',
  aliases: [],
  inputs: ['open', 'high', 'low', 'close'],
  outputs: [
    { name: 'integer', label: 'Shape', kind: 'integer', style: 'marks' },
    { name: 'size', label: 'Size', kind: 'integer', style: 'marks' },
  ],
};
const ALL: Catalogue = {
  find: (name) =>
    [OSCILLATOR, PATTERN].find((definition) => definition.id === name) ?? CATALOGUE.find(name),
  names: () => [...CATALOGUE.names(), OSCILLATOR.id, PATTERN.id],
};

const study = (source: string, parameters = {}): CompiledStudy =>
  compileStudy(source, ALL, parameters);
const close = [1, 2, 3, 4, 5, 6];
const environment = environmentOf(
  { close },
  { 'SPY@': scopeOf({ close: [10, 20, 30, 40, 50, 60] }) },
);

function failure(work: () => unknown): RenataError {
  try {
    work();
  } catch (error) {
    return error as RenataError;
  }
  throw new Error('it succeeded');
}

describe('the outputs of a study', () => {
  it.each(['mean(2)', 'mean', 'MEAN(2)', 'on("SPY", mean(2))'])(
    'are all those of the indicator that it calls: %s',
    (source) => {
      const { description } = study(source);
      expect(description.indicator).toBe('mean');
      expect(description.outputs.map(({ name }) => name)).toEqual(['mean', 'double']);
    },
  );

  it.each(['mean(2).mean', 'mean(2)[1]', 'mean(2) + 0', 'close', 'on("SPY", mean(2).double)'])(
    'are one for every other expression: %s',
    (source) => {
      const { description } = study(source);
      expect(description.indicator).toBeNull();
      expect(description.outputs).toHaveLength(1);
    },
  );

  it('hold the values that the language gives each by name', () => {
    const [mean, double] = evaluateStudy(study('mean(2)'), environment);
    expect([...(mean ?? [])]).toEqual([Number.NaN, 1.5, 2.5, 3.5, 4.5, 5.5]);
    expect([...(double ?? [])]).toEqual([Number.NaN, 3, 5, 7, 9, 11]);
    for (const [source, index] of [
      ['on("SPY", mean(3).mean)', 0],
      ['on("SPY", mean(3).double)', 1],
    ] as const) {
      const alone = evaluateColumns(compile(source, CATALOGUE), environment);
      const together = evaluateStudy(study('on("SPY", mean(3))'), environment);
      expect([...(together[index] ?? [])]).toEqual([...alone]);
    }
  });

  it('never are the columns of the bars themselves', () => {
    const bars = Float64Array.from(close);
    const [values] = evaluateStudy(study('close'), {
      series: () => ({ length: bars.length, column: () => bars, closedAt: bars }),
    });
    values?.fill(0);
    expect([...bars]).toEqual(close);
  });

  it.each([
    ['close > open', 'boolean', 'marks'],
    ['count(close > open, 5)', 'integer', 'step'],
    ['sign(close - open) * 2', 'integer', 'step'],
    ['if(close > open, 1, -1)', 'integer', 'step'],
    ['day_of_week', 'integer', 'step'],
    ['if(close > open, 1, 0.5)', 'real', 'line'],
    ['volume', 'real', 'line'],
    ['swing.gap', 'real', 'histogram'],
    ['tf("1w", shape.size)', 'integer', 'marks'],
  ])('say how they are drawn: %s', (source, values, style) => {
    expect(study(source).description.outputs).toMatchObject([{ values, style }]);
  });

  it('tell the parameters of the source, a bound without a range being null', () => {
    const { description } = study('mean(close, param("n", 3, 2..9)) * param("k", 1.5)', { n: 4 });
    expect(description.parameters).toEqual([
      { name: 'n', default: 3, low: 2, high: 9, step: 1 },
      { name: 'k', default: 1.5, low: null, high: null, step: 1 },
    ]);
    expect(description.lookback).toBe(3);
  });
});

describe('the pane of a study', () => {
  it.each([
    ['close', 'overlay'],
    ['(high + low) / 2', 'overlay'],
    ['hl2', 'overlay'],
    ['mean(close, 3) * 1.02', 'overlay'],
    ['mean + 2 * (high - low)', 'overlay'],
    ['greatest(highest(high, 20), mean)', 'overlay'],
    ['tf("1w", high)[1]', 'overlay'],
    ['close > mean', 'overlay'],
    ['shape', 'overlay'],
    ['swing', 'own'],
    ['mean(volume, 3)', 'own'],
    ['mean(swing, 3)', 'own'],
    ['close - open', 'own'],
    ['close / mean', 'own'],
    ['close * volume', 'own'],
    ['on("SPY", close)', 'own'],
    ['50', 'own'],
    ['count(close > open, 5)', 'own'],
  ])('%s: %s', (source, pane) => {
    expect(study(source).description.pane).toBe(pane);
  });

  it('brings the levels of its indicator, and of nothing else', () => {
    expect(study('swing').description.levels).toEqual([30, 70]);
    expect(study('swing.fast').description.levels).toEqual([]);
  });
});

describe('the inputs of an indicator', () => {
  const VARIABLE: IndicatorDefinition = { ...MEAN, id: 'vary', inputs: ['real', 'periods'] };
  const SCALED: IndicatorDefinition = {
    ...MEAN,
    id: 'scaled',
    parameters: [...MEAN.parameters, real('scale', 'Scale', 1e8, 'Factor', [1, 1e12])],
  };
  const catalogue: Catalogue = {
    find: (name) => [VARIABLE, SCALED].find(({ id }) => id === name),
    names: () => [],
  };

  it('without a usual series may be given by name', () => {
    const { expression } = compileStudy('vary(periods = volume)', catalogue);
    const node = expression.nodes.find(({ kind }) => kind === 'indicator');
    const read = node?.kind === 'indicator' ? node.args.map((id) => expression.nodes[id]) : [];
    expect(read).toMatchObject([{ name: 'close' }, { name: 'volume' }]);
    expect(failure(() => compileStudy('vary(real = open)', catalogue)).message).toMatch(
      /needs its series: real, periods/,
    );
  });

  it('are not windows when they are factors', () => {
    expect(compileStudy('scaled(3, 100000000)', catalogue).description.indicator).toBe('scaled');
  });
});

describe('a study that cannot be', () => {
  it('is refused at its column, with the name that was meant', () => {
    expect(failure(() => study('close + meen(3)')).details).toMatchObject({
      column: 9,
      endColumn: 13,
      suggestion: 'mean',
    });
  });

  it('points at the timeframe or symbol that the bars cannot serve', () => {
    const bars = Float64Array.from([0, 1, 2], (i) => Date.UTC(2024, 0, 2 + i));
    const own = new BarsEnvironment({
      bars: { time: bars, open: bars, high: bars, low: bars, close: bars, volume: bars },
      timeframe: timeframe('1d'),
      calendar: calendarOf('us-equity'),
      hours: 'regular',
    });
    const finer = failure(() => evaluateStudy(study('close - tf("1h", close)'), own));
    expect(finer).toMatchObject({ code: 'BAD_INPUT', details: { column: 12, endColumn: 16 } });
    expect(finer.message).toMatch(/^column 12: .*1d.*1h/);
    const other = failure(() => evaluateStudy(study('close / on("QQQ", close)'), own));
    expect(other).toMatchObject({ code: 'NOT_FOUND', details: { column: 12 } });
    expect(other.message).toMatch(/QQQ/);
  });

  it.each([
    ['longer than 10000 characters', `${'('.repeat(5_000)}close${')'.repeat(5_000)}`],
    ['longer than 10000 characters', 'x'.repeat(20_000)],
    ['nested deeper than 100', `${'('.repeat(900)}close${')'.repeat(900)}`],
    ['nested deeper than 100', `${'abs('.repeat(600)}close${')'.repeat(600)}`],
    ['more than 2000 parts', Array.from({ length: 2_000 }, (_, i) => i).join('+')],
    ['more than 2000 parts', `close${'[1]'.repeat(1_999)}`],
  ])('is refused by its size alone when it is %s', (limit, source) => {
    const error = failure(() => study(source));
    expect(error.code).toBe('BAD_INPUT');
    expect(error.message).toContain(limit);
  });
});

describe('the bars that a study asks for', () => {
  it('are listed by instrument with their timeframes', () => {
    const found = instrumentsOf(study('on("spy", close + tf("1w", close)) - on("QQQ", close)'));
    expect([...found]).toEqual([
      ['SPY', [null, '1w']],
      ['QQQ', [null]],
    ]);
  });

  it('have the hours that they were traded in', () => {
    const market = calendarOf('us-equity');
    const hours = (tf: string, ...clocks: string[]): string => {
      const time = Float64Array.from(clocks, (clock) => Date.parse(`2024-01-03T${clock}:00-05:00`));
      const bars = { time, open: time, high: time, low: time, close: time, volume: time };
      return sessionHoursOf(bars, timeframe(tf), market);
    };
    expect(hours('1m', '09:30', '15:59')).toBe('regular');
    expect(hours('1m', '08:00', '09:30')).toBe('extended');
    expect(hours('1m', '09:30', '17:00')).toBe('extended');
    // An hour that begins before the open, on a grid of full hours.
    expect(hours('1h', '09:00', '10:00')).toBe('regular');
    expect(hours('1h', '08:00', '09:00')).toBe('extended');
    expect(hours('1d', '00:00')).toBe('regular');
  });
});

function calendarOf(name: string): MarketCalendar {
  const file = new URL(`../../../../resources/calendars/${name}.json`, import.meta.url);
  return new MarketCalendar(JSON.parse(readFileSync(file, 'utf8')) as CalendarData);
}
