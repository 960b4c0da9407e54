/**
 * Reduces Binance's published OpenAPI description to what the adapter uses, without its prose:
 * `node tests/specs/make-binance.ts && oxfmt tests/specs/binance.json` reads ../shared/specs and writes it anew.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
type Fields = { [key: string]: Json };

const FILE = 'binance-spot.openapi.yaml';
const CALLS = [
  'GET /api/v3/time',
  'GET /api/v3/exchangeInfo',
  'GET /api/v3/depth',
  'GET /api/v3/klines',
  'GET /api/v3/ticker/price',
  'GET /api/v3/ticker/bookTicker',
  'GET /api/v3/account',
  'GET /api/v3/order',
  'POST /api/v3/order',
  'DELETE /api/v3/order',
  'GET /api/v3/openOrders',
  'DELETE /api/v3/openOrders',
  'GET /api/v3/allOrders',
  'GET /api/v3/myTrades',
  'POST /api/v3/orderList/oco',
  'POST /api/v3/userDataStream',
  'PUT /api/v3/userDataStream',
  'DELETE /api/v3/userDataStream',
];
const PROSE = new Set(['description', 'title', 'example', 'examples', 'deprecated', 'default']);

const fields = (value: Json | undefined): Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};

/** A schema of OpenAPI 3.0 as JSON Schema; `properties` holds names, everything else keywords. */
function schemaOf(value: Json, used: Set<string>): Json {
  if (Array.isArray(value)) return value.map((each) => schemaOf(each, used));
  if (typeof value !== 'object' || value === null) return value;
  if (typeof value['$ref'] === 'string') {
    const name = value['$ref'].split('/').at(-1) as string;
    used.add(name);
    return { $ref: `#/definitions/${name}` };
  }
  const result: Fields = {};
  for (const [key, each] of Object.entries(value)) {
    if (PROSE.has(key) || key.startsWith('x-')) continue;
    if (key === 'properties') {
      result[key] = Object.fromEntries(
        Object.entries(fields(each)).map(([name, own]) => [name, schemaOf(own, used)]),
      );
      // Longer answers to an order are shorter ones with more in them, so that one fits several.
    } else result[key === 'oneOf' ? 'anyOf' : key] = schemaOf(each, used);
  }
  // Of the filters the description shows the one of prices alone, and asks for its fields in all of them.
  const { properties, required } = result;
  if ('filterType' in fields(properties) && Array.isArray(required))
    result['required'] = ['filterType'];
  return result;
}

function resolve(document: Fields, value: Json): Fields {
  const { $ref: reference } = fields(value);
  if (typeof reference !== 'string') return fields(value);
  let found: Json = document;
  for (const part of reference.slice(2).split('/')) found = fields(found)[part] ?? null;
  return fields(found);
}

const path = new URL(`../../../shared/specs/${FILE}`, import.meta.url);
const document = parse(readFileSync(path, 'utf8')) as Fields;
const schemas = fields(fields(document['components'])['schemas']);
const used = new Set<string>();
const operations: Fields = {};
for (const call of CALLS) {
  const [method, route] = call.split(' ') as [string, string];
  const operation = fields(fields(fields(document['paths'])[route])[method.toLowerCase()]);
  if (Object.keys(operation).length === 0) throw new Error(`${FILE} has no ${call}.`);
  const query: Fields = {};
  const required: string[] = [];
  for (const each of [operation['parameters'] ?? []].flat()) {
    const parameter = resolve(document, each);
    if (parameter['in'] !== 'query') continue;
    const name = parameter['name'] as string;
    query[name] = schemaOf(parameter['schema'] ?? {}, used);
    if (parameter['required'] === true) required.push(name);
  }
  const answers: Fields = {};
  for (const [status, answer] of Object.entries(fields(operation['responses']))) {
    const content = fields(resolve(document, answer)['content']);
    const schema = fields(content['application/json'])['schema'];
    answers[status] = schema === undefined ? null : schemaOf(schema, used);
  }
  operations[call] = {
    key: 'security' in operation,
    query: { type: 'object', properties: query, required, additionalProperties: false },
    answers,
  };
}
const definitions: Fields = {};
// Definitions name further ones; the set grows while it is walked.
for (const name of used) definitions[name] = schemaOf(schemas[name] ?? {}, used);
const target = new URL('binance.json', import.meta.url);
writeFileSync(fileURLToPath(target), `${JSON.stringify({ operations, definitions }, null, 1)}\n`);
