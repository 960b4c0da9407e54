import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fromRoot } from '../../../../build/lib/paths.ts';
import { strategySchema } from '../../../../build/strategy-schema.ts';
import {
  readStrategyDocument,
  writeStrategyDocument,
} from '../../../../electron/services/strategies/read-document.ts';
import { stripTypes } from '../../../../electron/services/strategies/strip-types.ts';
import { RenataError } from '../../../../engine/domain/errors.ts';
import { CATALOGUE } from '../../../../engine/indicators/registry.ts';
import { canonicalJson } from '../../../../engine/strategies/rules/canonical.ts';
import { RuleProgram } from '../../../../engine/strategies/rules/program.ts';
import { exampleFiles } from '../../../golden/examples.ts';
import { flatBars } from '../backtest/bars.ts';
import { documentOf, runDocument } from './support.ts';

const HEAD = `name: T
description: ''
version: 1
`;

function failure(work: () => unknown): RenataError {
  try {
    work();
  } catch (error) {
    if (error instanceof RenataError) return error;
    throw error;
  }
  throw new Error('it was accepted');
}

function read(text: string): RenataError {
  return failure(() => readStrategyDocument(HEAD + text, 't.yaml'));
}

describe('errors in a document name line, column and path', () => {
  it.each<[string, string, [line: number, column: number], string, string]>([
    ['broken YAML', 'entry: {long: close', [4, 20], '', 't.yaml, line 4'],
    ['a key given twice', 'entry: {long: "true"}\nentry: {}', [5, 1], '', 'unique'],
    ['an unknown field', 'entries: {long: "true"}', [4, 1], 'entries', 'no field of a strategy'],
    ['an unknown field inside', 'entry:\n  lnog: close > 1', [5, 3], 'entry.lnog', 'no field'],
    ['a missing entry', 'exit: {}', [1, 1], 'entry', 'expected object'],
    ['an empty entry', 'entry: {}', [4, 8], 'entry', 'give entry.long, entry.short or both'],
    ['a field of the wrong kind', 'entry:\n  long: 5', [5, 9], 'entry.long', 'expected string'],
    [
      'a mistyped function',
      'entry:\n  long: rsl(14) < 30',
      [5, 9],
      'entry.long',
      'did you mean rsi?',
    ],
    ['one further on', 'entry:\n  long: close > 1 and rsl(14) < 30', [5, 23], 'entry.long', 'rsl'],
    ['one in quotes', 'entry:\n  long: "close > 1 and rsl(14) < 30"', [5, 24], 'entry.long', 'rsl'],
    [
      'one in a block',
      'entry:\n  long: |\n    close > 1\n    and rsl(14) < 30',
      [7, 9],
      'entry.long',
      'rsl',
    ],
    [
      'one in a folded block',
      'entry:\n  long: >-\n    close > 1\n    and rsl(14) < 30',
      [7, 9],
      'entry.long',
      'rsl',
    ],
    [
      'a number for a condition',
      'entry:\n  long: close',
      [5, 9],
      'entry.long',
      'a condition is needed',
    ],
    [
      'a condition for a number',
      'entry: {long: close > 1}\nplot: {x: close > 1}',
      [5, 11],
      'plot.x',
      'a number is needed',
    ],
    [
      'a name of the language',
      'parameters:\n  rsi: {default: 1, min: 1, max: 2}\nentry: {long: close > 1}',
      [5, 8],
      'parameters.rsi',
      'choose another',
    ],
    [
      'a bad name',
      'parameters:\n  2x: {default: 1, min: 1, max: 2}\nentry: {long: close > 1}',
      [5, 7],
      'parameters.2x',
      'begins with a letter',
    ],
    [
      'names that differ in capitals',
      'define:\n  aa: close\n  AA: open\nentry: {long: close > 1}',
      [6, 7],
      'define.AA',
      'twice',
    ],
    [
      'a definition used too early',
      'define:\n  aa: bb\n  bb: close\nentry: {long: close > 1}',
      [5, 7],
      'define.aa',
      'unknown name bb',
    ],
    [
      'a default outside',
      'parameters:\n  n: {default: 9, min: 1, max: 2}\nentry: {long: close > 1}',
      [5, 6],
      'parameters.n',
      'must lie between',
    ],
    [
      'a parameter that is missing',
      'entry: {long: close > levle}\nparameters: {level: {default: 1, min: 0, max: 2}}',
      [4, 23],
      'entry.long',
      'did you mean level?',
    ],
    [
      'two kinds of stop',
      'entry: {long: close > 1}\nstops:\n  stopLoss: {percent: 1, atr: 2}',
      [6, 13],
      'stops.stopLoss',
      'one of percent, atr',
    ],
    [
      'a series for a number',
      'entry: {long: close > 1}\nstops:\n  stopLoss: {percent: close}',
      [6, 23],
      'stops.stopLoss.percent',
      'not of prices',
    ],
    [
      'a wrong period',
      'entry: {long: close > 1}\nstops:\n  stopLoss: {atr: 1, period: 0}',
      [6, 30],
      'stops.stopLoss.period',
      'timeperiod',
    ],
    [
      'risk without a stop',
      'entry: {long: close > 1}\nsizing: {riskPercent: 1}',
      [5, 23],
      'sizing.riskPercent',
      'risk needs a stop',
    ],
    [
      'two sizes',
      'entry: {long: close > 1}\nsizing: {percent: 1, quantity: 2}',
      [5, 9],
      'sizing',
      'one of percent',
    ],
    [
      'a limit without a price',
      'entry: {long: close > 1}\norder: {type: limit}',
      [5, 8],
      'order',
      'needs a price',
    ],
    [
      'a wrong order type',
      'entry: {long: close > 1}\norder: {type: limt}',
      [5, 15],
      'order.type',
      'limit',
    ],
    [
      'a wrong session',
      'entry: {long: close > 1}\nfilters: {session: "9-16"}',
      [5, 20],
      'filters.session',
      '09:30-16:00',
    ],
    [
      'a session of no length',
      'entry: {long: close > 1}\nfilters: {session: "09:30-09:30"}',
      [5, 20],
      'filters.session',
      'different',
    ],
    [
      'a wrong weekday',
      'entry: {long: close > 1}\nfilters: {weekdays: [mon, tus]}',
      [5, 27],
      'filters.weekdays.1',
      'tue',
    ],
    [
      'a constraint that does not hold',
      'parameters:\n  a: {default: 2, min: 1, max: 3}\nconstraints: [a < 2]\nentry: {long: close > a}',
      [6, 15],
      'constraints.0',
      'must hold',
    ],
    [
      'a constraint of prices',
      'constraints: [close > 2]\nentry: {long: close > 1}',
      [4, 15],
      'constraints.0',
      'not of prices',
    ],
  ])('%s', (_name, text, [line, column], path, message) => {
    const error = read(text);
    expect(error.code).toBe('BAD_FILE');
    expect(error.message).toContain(message);
    expect(error.details).toMatchObject({ file: 't.yaml', line, column });
    if (path !== '') expect(error.message).toMatch(/^t\.yaml, line \d+, column \d+: /);
  });

  it('in JSON as well', () => {
    const text =
      '{\n "name": "T", "description": "", "version": 1,\n "entry": {"long": "rsl(3) > 1"}\n}';
    const error = failure(() => readStrategyDocument(text, 't.json'));
    expect(error.details).toMatchObject({ line: 3, column: 21, suggestion: 'rsi' });
  });

  it('survives documents that are made to hurt', () => {
    const bomb = `a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefgh'
      .split('')
      .map(
        (name, i) =>
          `${name}: &${name} [${Array.from({ length: 9 }, () => `*${'abcdefg'[i]}`).join(',')}]`,
      )
      .join('\n')}`;
    expect(failure(() => readStrategyDocument(bomb, 't.yaml')).code).toBe('BAD_FILE');
    const deep = '['.repeat(50_000);
    expect(() => readStrategyDocument(deep, 't.yaml')).toThrow();
    expect(failure(() => readStrategyDocument('x'.repeat(300_000), 't.yaml')).code).toBe(
      'TOO_LARGE',
    );
    // Each definition doubles the one before; shared parts are compiled once.
    const names = Array.from(
      { length: 60 },
      (_, i) => `  d${i}: ${i === 0 ? 'close' : `d${i - 1} + d${i - 1}`}`,
    );
    const text = `${HEAD}define:\n${names.join('\n')}\nentry: {long: d59 > 1}`;
    const { document } = readStrategyDocument(text, 't.yaml');
    expect(Object.keys(document.define ?? {})).toHaveLength(60);
  });
});

describe('parameters of a document', () => {
  const document = documentOf({
    parameters: {
      n: { default: 5, min: 2, max: 20 },
      level: { default: 30, min: 0, max: 100, step: 0.5 },
    },
    constraints: ['n < level'],
    entry: { long: 'rsi(n) < level and close > param("floor", 1, 0..10)' },
  });
  const program = new RuleProgram(document, CATALOGUE);

  it('are described for forms and sweeps, those of param(…) with them', () => {
    expect(program.parameters.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
      'integer n',
      'real level',
      'integer floor',
    ]);
  });

  it('are checked before a run', () => {
    const bars = flatBars([1, 2, 3, 4, 5, 6, 7, 8]);
    const of = (parameters: Record<string, number>): string =>
      failure(() => runDocument(document, bars, { parameters })).message;
    expect(of({ m: 3 })).toContain('no parameter "m"');
    expect(of({ n: 1 })).toContain('from 2 to 20');
    expect(of({ n: 10, level: 5 })).toBe(
      'Test: n < level must hold; it does not for n 10, level 5, floor 1.',
    );
  });

  it('and too few bars are told with what needs them', () => {
    const error = failure(() => runDocument(document, flatBars([1, 2, 3, 4, 5])));
    expect(error).toMatchObject({ code: 'BAD_INPUT', details: { needed: 6, bars: 5 } });
    expect(error.message).toBe(
      'test: the data have 5 bars; entry.long needs 6 before it can be known. Use more data or shorter periods.',
    );
    expect(runDocument(document, flatBars([1, 2, 3, 4, 5, 6])).barCount).toBe(6);
  });
});

describe('the canonical form', () => {
  it('is the same whatever the order of keys, and reads back as the same', () => {
    const a = readStrategyDocument(
      'version: 1\nentry: {short: close < x, long: close > x}\nexit: {}\nparameters: {x: {max: 9, min: 1, default: 5}}\nname: T\ndescription: d',
      'a.yaml',
    ).document;
    const b = readStrategyDocument(
      'name: T\ndescription: d\nversion: 1\nparameters: {x: {default: 5, min: 1, max: 9}}\nentry:\n  long: close > x\n  short: close < x\n',
      'b.yaml',
    ).document;
    expect(canonicalJson(a)).toBe(canonicalJson(b));
    expect(writeStrategyDocument(a)).toBe(writeStrategyDocument(b));
  });

  it.each(exampleFiles().filter((name) => name.endsWith('.yaml')))('of %s reads back', (name) => {
    const { document } = readStrategyDocument(
      readFileSync(fromRoot(`resources/strategies/${name}`), 'utf8'),
      name,
    );
    const yaml = writeStrategyDocument(document);
    const again = readStrategyDocument(yaml, name).document;
    expect(again).toEqual(document);
    expect(writeStrategyDocument(again)).toBe(yaml);
    expect(readStrategyDocument(canonicalJson(document), name).document).toEqual(document);
  });
});

describe('what stands beside documents', () => {
  it('the JSON schema is that of the code', () => {
    const file = readFileSync(fromRoot('resources/schemas/strategy.schema.json'), 'utf8');
    expect(file).toBe(strategySchema());
  });

  it('types are taken out of TypeScript in place, and errors are where they are', () => {
    expect(stripTypes('const a: number = 1;\nb();', 'm.ts')).toBe('const a         = 1;\nb();');
    const broken = failure(() => stripTypes('const a: number = 1;\n\n  const b = ;', 'm.ts'));
    expect(broken).toMatchObject({
      code: 'BAD_FILE',
      details: { file: 'm.ts', line: 3, column: 13 },
    });
    const enumerated = failure(() => stripTypes('const a = 1;\nenum X { A }', 'm.ts'));
    expect(enumerated.details).toMatchObject({ line: 2 });
    expect(enumerated.message).toContain('enum');
  });
});
