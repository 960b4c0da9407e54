import type { z } from 'zod';
import { floats, ints, octets } from '../../../../engine/protocol/schemas.ts';
import { fc } from '../../../support/properties.ts';

/** What a schema says of itself; the parts of it that the contract uses. */
interface Definition {
  readonly type: string;
  readonly checks?: readonly { readonly _zod: { readonly def: Check } }[];
  readonly shape?: Readonly<Record<string, z.ZodType>>;
  readonly catchall?: z.ZodType;
  readonly element?: z.ZodType;
  readonly options?: readonly z.ZodType[];
  readonly entries?: Readonly<Record<string, string | number>>;
  readonly values?: readonly unknown[];
  readonly keyType?: z.ZodType;
  readonly valueType?: z.ZodType;
  readonly innerType?: z.ZodType;
  readonly partial?: boolean;
}
interface Check {
  readonly check: string;
  readonly format?: string;
  readonly value?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly length?: number;
  readonly inclusive?: boolean;
  readonly pattern?: RegExp;
}

export function definitionOf(schema: z.ZodType): Definition {
  return schema._zod.def;
}

function checksOf({ checks = [] }: Definition): readonly Check[] {
  return checks.map((each) => each._zod.def);
}

/**
 * Values that a schema takes, made from what it says of itself. A schema of a kind that is not known here
 * is an error, so that none goes untested unseen.
 */
export function validOf(schema: z.ZodType): fc.Arbitrary<unknown> {
  if (schema === floats) return fc.float64Array({ maxLength: 4 });
  if (schema === ints) return fc.int32Array({ maxLength: 4 });
  if (schema === octets) return fc.uint8Array({ maxLength: 4 });
  const definition = definitionOf(schema);
  switch (definition.type) {
    case 'object':
      return objectOf(definition);
    case 'string':
      return textOf(definition);
    case 'number':
      return numberOf(definition);
    case 'nan':
      return fc.constant(Number.NaN);
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'enum':
      return fc.constantFrom(...Object.values(definition.entries ?? {}));
    case 'literal':
      return fc.constantFrom(...(definition.values ?? []));
    case 'union':
      return fc.oneof(...(definition.options ?? []).map(validOf));
    case 'array':
      return listOf(definition);
    case 'record':
      return recordOf(definition);
    case 'nullable':
      return fc.option(validOf(definition.innerType as z.ZodType), { nil: null });
    case 'optional':
      return validOf(definition.innerType as z.ZodType);
    case 'unknown':
      // A key that no frame may hold: tests of the codec have it.
      return fc
        .jsonValue()
        .map((value) => JSON.stringify(value))
        .filter((text) => !text.includes('__proto__'))
        .map((text) => JSON.parse(text) as unknown);
    default:
      throw new Error(`no values for a schema of the kind ${definition.type}`);
  }
}

function objectOf({ shape = {} }: Definition): fc.Arbitrary<unknown> {
  const names = Object.keys(shape);
  const optional = (name: string): boolean =>
    definitionOf(shape[name] as z.ZodType).type === 'optional';
  return fc.record(
    Object.fromEntries(names.map((name) => [name, validOf(shape[name] as z.ZodType)])),
    { requiredKeys: names.filter((name) => !optional(name)), noNullPrototype: true },
  );
}

function textOf(definition: Definition): fc.Arbitrary<string> {
  const checks = checksOf(definition);
  const pattern = checks.find(({ pattern: each }) => each !== undefined)?.pattern;
  if (pattern !== undefined) return fc.stringMatching(pattern);
  const exact = checks.find(({ length }) => length !== undefined)?.length;
  const least = exact ?? Math.max(0, ...checks.map(({ minimum = 0 }) => minimum));
  const most = exact ?? Math.min(least + 20, ...checks.map(({ maximum = 30 }) => maximum));
  return fc.string({ minLength: least, maxLength: most });
}

function numberOf(definition: Definition): fc.Arbitrary<number> {
  const checks = checksOf(definition);
  let min = -1e15;
  let max = 1e15;
  let minExcluded = false;
  let maxExcluded = false;
  for (const { check, value = 0, inclusive } of checks) {
    if (check === 'greater_than' && value >= min) {
      min = value;
      minExcluded = inclusive === false;
    }
    if (check === 'less_than' && value <= max) {
      max = value;
      maxExcluded = inclusive === false;
    }
  }
  if (checks.some(({ format }) => format === 'safeint')) {
    return fc.maxSafeInteger().map((x) => Math.min(max, Math.max(min, x)));
  }
  // Zero has one sign here: a message that lost it would not be wrong.
  return fc
    .double({ min, max, minExcluded, maxExcluded, noNaN: true })
    .map((x) => (x === 0 ? 0 : x));
}

function listOf(definition: Definition): fc.Arbitrary<unknown[]> {
  const checks = checksOf(definition);
  const exact = checks.find(({ length }) => length !== undefined)?.length;
  const minLength = exact ?? Math.max(0, ...checks.map(({ minimum = 0 }) => minimum));
  const maxLength = exact ?? Math.min(minLength + 3, ...checks.map(({ maximum = 99 }) => maximum));
  return fc.array(validOf(definition.element as z.ZodType), { minLength, maxLength });
}

function recordOf({ keyType, valueType, partial }: Definition): fc.Arbitrary<unknown> {
  const value = validOf(valueType as z.ZodType);
  const keys = definitionOf(keyType as z.ZodType);
  if (keys.type === 'enum') {
    const names = Object.values(keys.entries ?? {}).map(String);
    const entries = Object.fromEntries(names.map((name) => [name, value]));
    return fc.record(entries, {
      requiredKeys: partial === true ? [] : names,
      noNullPrototype: true,
    });
  }
  // The one name that assigning does not make a key of.
  const name = validOf(keyType as z.ZodType).filter((key) => key !== '__proto__');
  return fc.dictionary(name as fc.Arbitrary<string>, value, {
    maxKeys: 3,
    noNullPrototype: true,
  });
}

/** Places inside of a value, as lists of keys; columns are one place. */
export function placesOf(value: unknown, at: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return [at];
  return [at, ...Object.entries(value).flatMap(([key, entry]) => placesOf(entry, [...at, key]))];
}

export function replaced(value: unknown, at: readonly string[], by: unknown): unknown {
  const [key, ...rest] = at;
  if (key === undefined) return by;
  if (Array.isArray(value)) {
    return value.map((entry: unknown, i) =>
      String(i) === key ? replaced(entry, rest, by) : entry,
    );
  }
  return Object.fromEntries(
    Object.entries(value as object).map(([name, entry]) => [
      name,
      name === key ? replaced(entry, rest, by) : entry,
    ]),
  );
}

/** Every schema below one, itself first. */
export function schemasIn(schema: z.ZodType, found = new Set<z.ZodType>()): Set<z.ZodType> {
  if (found.has(schema)) return found;
  found.add(schema);
  const { shape = {}, options = [], ...rest } = definitionOf(schema);
  const below = [...Object.values(shape), ...options];
  for (const each of [rest.element, rest.keyType, rest.valueType, rest.innerType]) {
    if (each !== undefined) below.push(each);
  }
  for (const each of below) schemasIn(each, found);
  return found;
}
