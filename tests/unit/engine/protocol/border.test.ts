import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { RenataError } from '../../../../engine/domain/errors.ts';
import { decodeFrame, encodeFrame } from '../../../../engine/protocol/codec.ts';
import { calls, events, isCallName, isEventName } from '../../../../engine/protocol/contract.ts';
import { bundleManifest } from '../../../../engine/protocol/run-bundle.ts';
import { strategyDocument, strategyModule } from '../../../../engine/protocol/strategy-document.ts';
import { requestFrame, serverFrame, validate } from '../../../../engine/protocol/wire.ts';
import { definitionOf, placesOf, replaced, schemasIn, validOf } from './arbitrary.ts';
import { fc } from '../../../support/properties.ts';

/** Everything that is checked where it enters. */
const SCHEMAS: readonly (readonly [string, z.ZodType])[] = [
  ...Object.entries(calls).flatMap(([name, { input, output }]): [string, z.ZodType][] => [
    [`${name} asked`, input],
    [`${name} answered`, output],
  ]),
  ...Object.entries(events).map(([name, schema]): [string, z.ZodType] => [`${name} told`, schema]),
  ['request frame', requestFrame],
  ['server frame', serverFrame],
  ['manifest of a bundle', bundleManifest],
  ['strategy document', strategyDocument],
  ['strategy module', strategyModule],
];

const junk: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom(
    undefined,
    null,
    true,
    '',
    'x'.repeat(5_000),
    '__proto__',
    Number.NaN,
    Number.POSITIVE_INFINITY,
    -1,
    0.5,
    2 ** 60,
    10n,
    [],
    {},
    new Date(0),
    new Float64Array(1),
    new Int32Array(1),
    new Uint8Array(1),
    Symbol.iterator,
  ),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.double(),
  fc.jsonValue({ maxDepth: 2 }),
);

/** The sentence of a refusal; throws where the value is taken. */
function refusalOf(schema: z.ZodType, value: unknown, what = 'call'): RenataError {
  try {
    validate(schema, value, what);
  } catch (error) {
    if (error instanceof RenataError) return error;
    throw error;
  }
  throw new Error('was taken');
}

/** A refusal says what was asked and what is wrong with it, and is short enough to be read. */
function expectSentence({ code, message, details }: RenataError, what: string): void {
  expect(code).toBe('BAD_INPUT');
  expect(message.startsWith(`${what}: `)).toBe(true);
  expect(message.endsWith('.')).toBe(true);
  expect(message.length).toBeLessThan(1_000);
  expect(message).not.toMatch(/undefined|Invalid|received \w+\.$|NaN|\[object/);
  expect(typeof details?.['parameter']).toBe('string');
}

describe.each(SCHEMAS)('the schema of %s', (what, schema) => {
  it('takes what it describes as it is, also over the wire', () => {
    fc.assert(
      fc.property(validOf(schema), (value) => {
        expect(validate(schema, value, what)).toEqual(value);
        const arrived = decodeFrame(encodeFrame(value));
        expect(validate(schema, arrived, what)).toEqual(value);
      }),
      { numRuns: 25 },
    );
  });

  it('takes junk in no place that is not made for it, and says in a sentence where it is', () => {
    const changed = validOf(schema).chain((value) =>
      fc.tuple(fc.constant(value), fc.constantFrom(...placesOf(value)), junk),
    );
    fc.assert(
      fc.property(changed, ([value, at, by]) => {
        const other = replaced(value, at, by);
        if (schema.safeParse(other).success) return;
        expectSentence(refusalOf(schema, other, what), what);
      }),
      { numRuns: 60 },
    );
  });

  it('has no room for what it does not name, at any depth', () => {
    const objects = [...schemasIn(schema)].filter((each) => definitionOf(each).type === 'object');
    for (const each of objects) expect(definitionOf(each).catchall?._zod.def.type).toBe('never');
    for (const each of objects) {
      fc.assert(
        fc.property(validOf(each), (value) => {
          const error = refusalOf(each, { ...(value as object), stray: 1 });
          expect(error.message).toBe('call: has no field "stray".');
        }),
        { numRuns: 3 },
      );
    }
  });

  it('has forms of text and bounds that explain themselves', () => {
    for (const each of schemasIn(schema)) {
      const { type } = definitionOf(each);
      // Texts of a form are refused with the words of that form.
      if (type === 'string' && !each.safeParse('\u0000'.repeat(3)).success) {
        const { message } = refusalOf(each, '\u0000'.repeat(3));
        expect(message).not.toContain('not of the form');
        expect(message.length).toBeGreaterThan(20);
      }
      // Numbers are finite wherever NaN is not expressly taken.
      if (type === 'number') {
        for (const wrong of [Number.NaN, Number.POSITIVE_INFINITY, '1']) {
          expect(refusalOf(each, wrong).message).toMatch(/must be a (?:whole )?number/);
        }
      }
    }
  });
});

describe('a refusal', () => {
  const shape = z.strictObject({
    kind: z.enum(['one', 'two']),
    size: z.number().gt(0).max(5).optional(),
    list: z.array(z.number().int()).min(1).max(2).optional(),
    name: z.string().min(1).max(3).optional(),
    code: z.string().min(2).optional(),
    most: z.number().lt(1).min(-1).optional(),
    form: z.string().regex(/^a+$/).optional(),
    column: z.instanceof(Float64Array).optional(),
    values: z.record(z.string().max(3), z.boolean()).optional(),
    either: z
      .union([z.string(), z.strictObject({ entry: z.string(), exit: z.string() })])
      .optional(),
    part: z
      .discriminatedUnion('by', [
        z.strictObject({ by: z.literal('bars'), bars: z.number() }),
        z.strictObject({ by: z.literal('dates') }),
      ])
      .optional(),
    exact: z.literal(true).optional(),
    free: z.custom(() => false, { message: 'is not free' }).optional(),
    whole: z.object({}).optional(),
  });

  it.each<[object, string]>([
    [{}, 'kind: must be one or two'],
    [{ kind: 'one', part: {} }, 'part.by: must be bars or dates'],
    [{ kind: 'three' }, 'kind: must be one or two'],
    [{ kind: 'one', size: 0 }, 'size: must be more than 0'],
    [{ kind: 'one', size: 6 }, 'size: must be at most 5'],
    [{ kind: 'one', size: '1' }, 'size: must be a number'],
    [{ kind: 'one', most: 1 }, 'most: must be less than 1'],
    [{ kind: 'one', most: -2 }, 'most: must be at least -1'],
    [{ kind: 'one', list: [] }, 'list: must have at least 1 entries'],
    [{ kind: 'one', list: [1, 2, 3] }, 'list: must have at most 2 entries'],
    [{ kind: 'one', list: [1, 0.5] }, 'list.1: must be a whole number'],
    [{ kind: 'one', list: 'a' }, 'list: must be a list'],
    [{ kind: 'one', name: '' }, 'name: is empty'],
    [{ kind: 'one', name: 'abcd' }, 'name: has more than 3 characters; shorten it'],
    [{ kind: 'one', code: 'a' }, 'code: has fewer than 2 characters'],
    [{ kind: 'one', form: 'b' }, 'form: is not of the form asked for'],
    [{ kind: 'one', column: [1] }, 'column: must be a Float64Array'],
    [{ kind: 'one', values: { a: 1 } }, 'values.a: must be true or false'],
    [
      { kind: 'one', values: { abcd: true } },
      'values.abcd: is no name that can stand there: it has more than 3 characters; shorten it',
    ],
    [{ kind: 'one', either: 5 }, 'either: must be text, or must be an object'],
    [{ kind: 'one', either: { entry: 'a' } }, 'either.exit: is missing'],
    [
      { kind: 'one', either: { entry: 'a', exits: 'b' } },
      'either: must be text, or has no field "exits"',
    ],
    [{ kind: 'one', part: { by: 'weeks' } }, 'part.by: must be bars or dates'],
    [{ kind: 'one', part: { by: 'bars' } }, 'part.bars: is missing'],
    [{ kind: 'one', exact: 1 }, 'exact: must be true'],
    [{ kind: 'one', free: 1 }, 'free: is not free'],
    [{ kind: 'one', whole: [] }, 'whole: must be an object'],
    // A mistyped name is told before what is missing because of it.
    [{ knd: 'one' }, 'has no field "knd"'],
  ])('of %j says where and what', (value, words) => {
    expect(refusalOf(shape, value).message).toBe(`call: ${words}.`);
  });

  it('names the whole of a value that is none of it', () => {
    expect(refusalOf(shape, 5).message).toBe('call: must be an object.');
    expect(refusalOf(shape, undefined).message).toBe('call: is missing.');
    expect(refusalOf(z.nan(), 1).message).toBe('call: must be not a number.');
  });

  it('cuts names that no one could read', () => {
    const long = 'k'.repeat(9_000);
    expect(refusalOf(shape, { kind: 'one', [long]: 1 }).message).toBe(
      `call: has no field "${'k'.repeat(80)}…".`,
    );
    const { message, details } = refusalOf(z.record(z.string(), z.number()), { [long]: 'x' });
    expect(message).toBe(`call: ${'k'.repeat(200)}…: must be a number.`);
    expect(details).toEqual({ parameter: `${'k'.repeat(200)}…` });
  });

  it.each<[keyof typeof calls, object, string]>([
    [
      'data.get',
      { datasetId: '../x' },
      'data.get: datasetId: must be 1 to 80 letters, digits or . _ : @ / = ^ -, a letter or digit first.',
    ],
    ['data.list', { admin: true }, 'data.list: has no field "admin".'],
    [
      'data.export',
      { datasetId: 'A@1d', format: 'xlsx', adjustment: 'raw', start: null, end: null },
      'data.export: format: must be csv or parquet.',
    ],
    [
      'data.import',
      { source: { kind: 'upload', uploadId: 'u' }, options: { symbol: 'A', timeframe: '1x' } },
      'data.import: options.timeframe: must be a timeframe such as 1m, 4h, 1d, 1w or 1M.',
    ],
    [
      'strategies.save',
      { id: null, hash: 'abc', language: 'yaml', text: 'a' },
      'strategies.save: hash: must be a SHA-256 in 64 hexadecimal digits.',
    ],
    ['runs.compare', { runIds: ['a'] }, 'runs.compare: runIds: must have at least 2 entries.'],
  ])('of %s is a sentence for people', (name, input, sentence) => {
    expect(refusalOf(calls[name].input, input, name).message).toBe(sentence);
  });
});

describe('names of the contract', () => {
  it('are those that it has itself', () => {
    for (const name of Object.keys(calls)) expect(isCallName(name)).toBe(true);
    for (const name of Object.keys(events)) expect(isEventName(name)).toBe(true);
    for (const name of ['__proto__', 'toString', 'constructor', '', 'data.List', 5, null, {}]) {
      expect(isCallName(name)).toBe(false);
      expect(isEventName(name)).toBe(false);
    }
    expect(isEventName('data.list')).toBe(false);
    expect(isCallName('job.changed')).toBe(false);
  });
});
