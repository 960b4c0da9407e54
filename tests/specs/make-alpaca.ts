/**
 * Reduces Alpaca's published OpenAPI descriptions to what the adapter uses, without their prose:
 * `node tests/specs/make-alpaca.ts && oxfmt tests/specs/alpaca.json` reads ../shared/specs and writes it anew.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
type Fields = { [key: string]: Json };

const SOURCES = [
  {
    file: 'alpaca-trading-api.openapi.json',
    prefix: 'trading',
    calls: [
      'GET /v2/account',
      'GET /v2/account/activities/{activity_type}',
      'GET /v2/assets',
      'GET /v2/assets/{symbol_or_asset_id}',
      'GET /v2/calendar',
      'GET /v2/clock',
      'GET /v2/orders',
      'POST /v2/orders',
      'DELETE /v2/orders',
      'GET /v2/orders/{order_id}',
      'PATCH /v2/orders/{order_id}',
      'DELETE /v2/orders/{order_id}',
      'GET /v2/orders:by_client_order_id',
      'GET /v2/positions',
    ],
  },
  {
    file: 'alpaca-market-data-api.openapi.json',
    prefix: 'data',
    calls: ['GET /v2/stocks/bars', 'GET /v2/stocks/quotes/latest'],
  },
] as const;

const PROSE = new Set(['description', 'title', 'example', 'examples', 'deprecated', 'default']);

const fields = (value: Json | undefined): Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};

/** A schema of OpenAPI 3.0 as JSON Schema; `properties` holds names, everything else keywords. */
function schemaOf(value: Json, prefix: string, used: Set<string>): Json {
  if (Array.isArray(value)) return value.map((each) => schemaOf(each, prefix, used));
  if (typeof value !== 'object' || value === null) return value;
  if (typeof value['$ref'] === 'string') {
    const name = value['$ref'].split('/').at(-1) as string;
    used.add(name);
    return { $ref: `#/definitions/${prefix}.${name}` };
  }
  const result: Fields = {};
  for (const [key, each] of Object.entries(value)) {
    if (PROSE.has(key) || key.startsWith('x-') || key === 'nullable') continue;
    if (key === 'properties') {
      result[key] = Object.fromEntries(
        Object.entries(fields(each)).map(([name, own]) => [name, schemaOf(own, prefix, used)]),
      );
      // Both kinds of an activity are open objects, so that one of a trade fits both.
    } else result[key === 'oneOf' ? 'anyOf' : key] = schemaOf(each, prefix, used);
  }
  if (value['nullable'] === true) {
    if (typeof result['type'] === 'string') result['type'] = [result['type'], 'null'];
    if (Array.isArray(result['enum'])) result['enum'] = [...result['enum'], null];
  }
  return result;
}

function resolve(document: Fields, value: Json): Fields {
  const { $ref: reference } = fields(value);
  if (typeof reference !== 'string') return fields(value);
  let found: Json = document;
  for (const part of reference.slice(2).split('/')) found = fields(found)[part] ?? null;
  return fields(found);
}

const jsonSchema = (holder: Fields): Json | undefined =>
  fields(fields(holder['content'])['application/json'])['schema'];

const operations: Fields = {};
const definitions: Fields = {};
for (const { file, prefix, calls } of SOURCES) {
  const path = new URL(`../../../shared/specs/${file}`, import.meta.url);
  const document = JSON.parse(readFileSync(path, 'utf8')) as Fields;
  const schemas = fields(fields(document['components'])['schemas']);
  const used = new Set<string>();
  for (const call of calls) {
    const [method, route] = call.split(' ') as [string, string];
    const whole = fields(fields(document['paths'])[route]);
    const operation = fields(whole[method.toLowerCase()]);
    if (Object.keys(operation).length === 0) throw new Error(`${file} has no ${call}.`);
    const query: Fields = {};
    const required: string[] = [];
    for (const each of [whole['parameters'], operation['parameters']].flat()) {
      const parameter = resolve(document, each ?? null);
      if (parameter['in'] !== 'query') continue;
      const name = parameter['name'] as string;
      query[name] = schemaOf(parameter['schema'] ?? {}, prefix, used);
      if (parameter['required'] === true) required.push(name);
    }
    const body = jsonSchema(resolve(document, operation['requestBody'] ?? null));
    const answers: Fields = {};
    for (const [status, answer] of Object.entries(fields(operation['responses']))) {
      const schema = jsonSchema(resolve(document, answer));
      answers[status] = schema === undefined ? null : schemaOf(schema, prefix, used);
    }
    operations[call] = {
      query: { type: 'object', properties: query, required, additionalProperties: false },
      body: body === undefined ? null : schemaOf(body, prefix, used),
      answers,
    };
  }
  // Definitions name further ones; the set grows while it is walked.
  for (const name of used) {
    definitions[`${prefix}.${name}`] = schemaOf(schemas[name] ?? {}, prefix, used);
  }
}
const target = new URL('alpaca.json', import.meta.url);
writeFileSync(fileURLToPath(target), `${JSON.stringify({ operations, definitions }, null, 1)}\n`);
