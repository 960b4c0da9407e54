import { describe, expect, it } from 'vitest';
import { RenataError } from '../../../../engine/domain/errors.ts';
import { CATALOGUE } from '../../../../engine/indicators/registry.ts';
import type { StrategyDocument } from '../../../../engine/protocol/strategy-document.ts';
import { CodeColumns } from '../../../../engine/strategies/code/columns.ts';
import { describeModule } from '../../../../engine/strategies/code/module.ts';
import { checkedRequest, checkedTargets } from '../../../../engine/strategies/code/request.ts';
import {
  beyondConditions,
  conditionColumns,
} from '../../../../engine/strategies/rules/definition.ts';
import { checkRules } from '../../../../engine/strategies/rules/problems.ts';
import { RuleProgram } from '../../../../engine/strategies/rules/program.ts';
import { flatBars, randomWalk } from '../backtest/bars.ts';
import { documentOf, environmentOf, fillsOf, instrument, runDocument } from './support.ts';

const ENTRY = { entry: { long: 'close > 1' } } as const;

function refusal(work: () => unknown): RenataError {
  try {
    work();
  } catch (error) {
    if (error instanceof RenataError) return error;
    throw error;
  }
  throw new Error('it was taken');
}

const program = (given: Partial<StrategyDocument>): RuleProgram =>
  new RuleProgram(documentOf({ ...ENTRY, ...given }), CATALOGUE);

describe('what a document cannot say', () => {
  it.each<[string, Partial<StrategyDocument>, string, string]>([
    ['no entry', { entry: {} }, 'entry', 'a strategy needs an entry'],
    [
      'a market order with a price',
      { order: { type: 'market', price: 'close' } },
      'order',
      'a market order has no price; choose limit or stop',
    ],
    [
      'a market order that waits',
      { order: { type: 'market', timeInForce: 'gtc' } },
      'order.timeInForce',
      'a market order fills at once',
    ],
    [
      'a limit without a price for the side that enters',
      { order: { type: 'limit', short: 'close' } },
      'order',
      'a limit order needs a price for its long entries',
    ],
    [
      'a period without a range',
      { stops: { stopLoss: { percent: 1, period: 3 } } },
      'stops.stopLoss.period',
      'the period belongs to atr',
    ],
    ['no kind of stop', { stops: { trailing: {} } }, 'stops.trailing', 'give one of percent, atr'],
    ['no kind of size', { sizing: {} }, 'sizing', 'give one of percent'],
    [
      'two kinds of size',
      { sizing: { percent: 5, quantity: 5 } },
      'sizing',
      'give one of percent, quantity',
    ],
    [
      'a lookback without volatility',
      { sizing: { percent: 5, lookback: 5 } },
      'sizing.lookback',
      'belongs to volatilityTarget',
    ],
    [
      'a most that bounds nothing',
      { sizing: { quantity: 5, maxPercent: 5 } },
      'sizing.maxPercent',
      'belongs to riskPercent and volatilityTarget',
    ],
    ['an hour that is none', { filters: { session: '09:30-25:00' } }, 'filters.session', 'clock'],
    ['a minute that is none', { filters: { session: '09:75-10:00' } }, 'filters.session', 'clock'],
    ['an empty session', { filters: { session: '09:30-09:30' } }, 'filters.session', 'different'],
    [
      'a least above the most',
      { parameters: { n: { default: 5, min: 9, max: 2 } } },
      'parameters.n',
      'min 9 must not be above max 2',
    ],
    [
      'parameters that differ in capitals',
      { parameters: { n: { default: 5, min: 1, max: 9 }, N: { default: 5, min: 1, max: 9 } } },
      'parameters.N',
      'N is there twice',
    ],
    [
      'a definition of a name of the language',
      { define: { rsi: 'close' } },
      'define.rsi',
      'choose',
    ],
    [
      'a parameter in two ways',
      {
        parameters: { n: { default: 5, min: 1, max: 9 } },
        entry: { long: 'close > param("n", 3, 1..9)' },
      },
      'parameters.n',
      'an expression has a param("n", …) as well',
    ],
    [
      'a constraint that its defaults break',
      { constraints: ['1 > 2'] },
      'constraints.0',
      'must hold',
    ],
  ])('%s', (_name, given, path, message) => {
    const error = refusal(() => program(given));
    expect(error.code).toBe('BAD_INPUT');
    expect(error.details).toMatchObject({ path });
    expect(error.message).toContain(message);
  });

  it.each<[string, Partial<StrategyDocument>, string]>([
    [
      'nothing at risk',
      { stops: { stopLoss: { percent: 0 } } },
      'stops.stopLoss.percent: 0 must be above 0, at most 100',
    ],
    [
      'half a close',
      { stops: { timeStop: 1.5 } },
      'stops.timeStop: 1.5 must be a whole number from 1 to 1000000000',
    ],
    [
      'time that runs back',
      { filters: { cooldown: -1 } },
      'filters.cooldown: -1 must be a whole number from 0',
    ],
    [
      'more than everything',
      { sizing: { percent: 101 } },
      'sizing.percent: 101 must be above 0, at most 100',
    ],
  ])('%s is refused before a run', (_name, given, message) => {
    const error = refusal(() => runDocument(documentOf({ ...ENTRY, ...given }), flatBars([2, 2])));
    expect(error.message).toContain(message);
    expect(error.code).toBe('BAD_INPUT');
  });

  it('too few bars are told with the part that needs most', () => {
    const document = documentOf({ entry: { long: 'close > sma(close, 9)' } });
    expect(refusal(() => runDocument(document, flatBars([1, 2, 3]))).message).toContain(
      'test: the data have 3 bars; entry.long needs 9 before it can be known',
    );
  });
});

describe('what is wrong in several places', () => {
  it('ends where a definition is wrong, and tells what came before', () => {
    const broken = { ...ENTRY, define: { a: 'clos' }, exit: { long: 'opn > 1' } };
    const { problems } = checkRules(documentOf(broken), CATALOGUE);
    expect(problems.map(({ path }) => path)).toEqual(['define.a']);
    expect(problems[0]?.suggestion).toBe('close');
  });

  it('ends at an implied expression, which no field can be set aside for', () => {
    // The range of a stop is an expression that the document does not hold.
    const { problems } = checkRules(
      documentOf({
        ...ENTRY,
        stops: { stopLoss: { atr: 1, period: 0 } },
        exit: { long: 'opn > 1' },
      }),
      CATALOGUE,
    );
    expect(problems.map(({ path }) => path)).toEqual(['exit.long', 'stops.stopLoss.range']);
  });

  it('lets what is no mistake of the document through', () => {
    const catalogue = {
      ...CATALOGUE,
      find: (): never => {
        throw new TypeError('a defect');
      },
    };
    expect(() => checkRules(documentOf({ entry: { long: 'rsi(3) > 1' } }), catalogue)).toThrow(
      'a defect',
    );
  });
});

describe('parameters for forms', () => {
  it('are whole where all of their numbers are', () => {
    const { parameters } = program({
      parameters: {
        whole: { default: 5, min: 1, max: 9 },
        part: { default: 5, min: 1, max: 9, step: 0.5, unit: '%' },
        fixed: { default: 0.5, min: 0.5, max: 0.5 },
        wide: { default: 0.5, min: 0, max: 2 },
      },
      entry: { long: 'close > param("a", 1.5, 0.5..3:0.25) + param("b", 2) + param("c", 2, 1..3)' },
    });
    const of = (name: string) => parameters.find((each) => each.name === name);
    expect(of('whole')).toMatchObject({ kind: 'integer', step: 1 });
    expect(of('part')).toMatchObject({ kind: 'real', step: 0.5, unit: '%' });
    expect(of('fixed')).toMatchObject({ kind: 'real', step: 1 });
    // A twentieth of the range.
    expect(of('wide')).toMatchObject({ kind: 'real', step: 0.1 });
    expect(of('a')).toMatchObject({ kind: 'real', min: 0.5, max: 3, step: 0.25 });
    // Without a range any number will do, so it is no whole one, and a form gets bounds.
    expect(of('b')).toMatchObject({ kind: 'real', min: -1e9, max: 1e9 });
    expect(of('c')).toMatchObject({ kind: 'integer', min: 1, max: 3 });
  });

  it('other than numbers are none of a document', () => {
    const rules = program({ parameters: { n: { default: 3, min: 1, max: 9 } } });
    expect(rules.compile({ n: 4, other: 'text' }).lookback).toBe(0);
  });
});

describe('sizes', () => {
  it('are notional values in the money of the instrument', () => {
    const document = documentOf({ ...ENTRY, sizing: { notional: 500 } });
    expect(fillsOf(runDocument(document, flatBars([10, 10, 10])))).toEqual([
      '1 buy 50 @ 10 entry long',
    ]);
  });

  it('take no entry whose stop is on the wrong side of its price', () => {
    const above = { stopLoss: { price: 'close + 1' } };
    const document = documentOf({ ...ENTRY, stops: above, sizing: { riskPercent: 1 } });
    expect(runDocument(document, flatBars([10, 10, 10])).orders.count).toBe(0);
    const below = { stopLoss: { price: 'close - 1' } };
    const right = documentOf({
      ...ENTRY,
      stops: below,
      sizing: { riskPercent: 1, maxPercent: 100 },
    });
    // 1 % of 100,000 is lost over a way of 1: 1,000 units.
    expect(fillsOf(runDocument(right, flatBars([10, 10, 10])))).toEqual([
      '1 buy 1000 @ 10 entry long',
    ]);
  });
});

describe('rules that are more than conditions', () => {
  it.each<[Partial<StrategyDocument>, string | undefined]>([
    [{}, undefined],
    [{ stops: {}, sizing: 'all', order: { type: 'market' }, filters: { maxOpen: 1 } }, undefined],
    [{ stops: { timeStop: 3 } }, 'it has stops'],
    [{ sizing: { percent: 5 } }, 'it has a size rule of its own'],
    [{ order: { type: 'stop', price: 'close' } }, 'it enters with stop orders'],
    [{ filters: { maxOpen: 2 } }, 'it may hold several entries'],
    [{ filters: { cooldown: 2 } }, 'it waits after an exit'],
  ])('%j: %s', (given, reason) => {
    expect(beyondConditions(program(given))).toBe(reason);
  });

  it('have their filters in the entries, and none where there are none', () => {
    const environment = environmentOf(instrument(flatBars([1, 2, 3, 4])));
    const plain = conditionColumns(program({ exit: { long: 'close > 3' } }), {}, environment);
    expect([...(plain.entry ?? [])]).toEqual([0, 1, 1, 1]);
    expect([...(plain.exit ?? [])]).toEqual([0, 0, 0, 1]);
    expect(plain.shortEntry).toBeUndefined();
    const gated = program({ filters: { when: 'close != 3' } });
    const { entry, shortEntry } = conditionColumns(gated, {}, environment);
    expect([...(entry ?? [])]).toEqual([0, 1, 0, 1]);
    expect(shortEntry).toBeUndefined();
  });
});

describe('what code gives is checked', () => {
  it.each<[unknown, string]>([
    [5, 'an order is an object'],
    [null, 'an order is an object'],
    [{}, 'side must be buy or sell, not undefined'],
    [{ side: 'x'.repeat(99) }, `not "${'x'.repeat(32)}"`],
    [{ side: 'buy', type: 'iceberg' }, 'type must be one of market,'],
    [{ side: 'buy', type: 5 }, 'not number'],
    [{ side: 'buy', tag: 5 }, 'tag must be text'],
    [{ side: 'buy', limitPrice: '5' }, 'limitPrice must be a number'],
    [{ side: 'buy', reduceOnly: 1 }, 'reduceOnly must be true or false'],
  ])('an order %j', (given, message) => {
    const error = refusal(() => checkedRequest(given));
    expect(error.code).toBe('STRATEGY_FAILED');
    expect(error.message).toContain(message);
  });

  it('an order that is one comes back with its tag cut', () => {
    expect(checkedRequest({ side: 'sell', quantity: 5 })).toEqual({ side: 'sell', quantity: 5 });
    const long = checkedRequest({ side: 'buy', type: 'limit', tag: 'x'.repeat(99) });
    expect(long.tag).toBe('x'.repeat(64));
  });

  it.each<[unknown, string]>([
    [null, 'an object of weights by symbol'],
    [[0.5], 'an object of weights by symbol'],
    [{ SPY: 'half' }, 'the target of SPY must be a number, not "half"'],
    [{ SPY: {} }, 'not object'],
  ])('targets %j', (given, message) => {
    expect(refusal(() => checkedTargets(given)).message).toContain(message);
  });

  it('targets that are some come back as they are', () => {
    expect(checkedTargets({ SPY: 0.5 })).toEqual({ SPY: 0.5 });
  });

  const described = (parameters: unknown) =>
    describeModule('my.ts', { title: 'T', description: '', parameters }).parameters;

  it.each<[unknown, string, string]>([
    [{ n: { default: 5, min: 6, max: 9 } }, 'parameters.n', 'the default 5 must lie between'],
    [{ n: { default: 'c', choices: ['a', 'b'] } }, 'parameters.n', 'c is none of its choices'],
    [{ n: { default: 5 } }, 'parameters.n', 'my.ts: strategy.parameters.n'],
  ])('parameters %j', (given, path, message) => {
    const error = refusal(() => described(given));
    expect(error.code).toBe('STRATEGY_FAILED');
    expect(String(error.details?.['path'])).toContain(path);
    expect(error.message).toContain(message);
  });

  it('parameters of every kind have what a form needs', () => {
    const [whole, part, fixed, choice, flag] = described({
      whole: { default: 5, min: 1, max: 9 },
      part: { default: 0.5, min: 0, max: 2, unit: '%', label: 'Part' },
      fixed: { default: 0.5, min: 0.5, max: 0.5 },
      choice: { default: 'b', choices: ['a', 'b'] },
      flag: { default: true, description: 'on' },
    });
    expect(whole).toMatchObject({ kind: 'integer', step: 1, label: 'whole' });
    expect(part).toMatchObject({ kind: 'real', step: 0.1, unit: '%', label: 'Part' });
    expect(fixed).toMatchObject({ kind: 'real', step: 1 });
    expect(choice).toMatchObject({ kind: 'choice', choices: ['a', 'b'] });
    expect(flag).toMatchObject({ kind: 'boolean', default: true, description: 'on' });
  });

  it('columns are computed once, and refused where they have no value', () => {
    const bars = randomWalk(20, 1);
    const columns = new CodeColumns(bars, environmentOf(instrument(bars)));
    const mean = columns.indicator('sma', { timeperiod: 3 });
    expect(columns.indicator('sma', { timeperiod: 3 })).toBe(mean);
    expect(columns.series('close + 1')).toBe(columns.series('close + 1'));
    expect(columns.series('close + 1')[7]).toBe((bars.close[7] ?? 0) + 1);
    const nope = refusal(() =>
      columns.indicator('macd', { fastperiod: 2, slowperiod: 3, signalperiod: 2 }, 'nope'),
    );
    expect(nope.message).toContain('The indicator macd has no output "nope"; it has macd');
    expect(refusal(() => columns.series('sma(close, 21)')).message).toBe(
      '"sma(close, 21)" has no value on any of the 20 bars; use more data or shorter periods.',
    );
    const none = new CodeColumns(flatBars([]), environmentOf(instrument(flatBars([]))));
    expect(none.series('close').length).toBe(0);
  });
});
