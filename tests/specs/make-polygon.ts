/**
 * Reduces the published OpenAPI description of Polygon.io (now Massive) to what the adapter uses, without its
 * prose: `node tests/specs/make-polygon.ts && oxfmt tests/specs/polygon.json` reads ../shared/specs and writes
 * it anew.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
type Fields = { [key: string]: Json };

const CALLS = [
  '/v1/last/crypto/{from}/{to}',
  '/v1/marketstatus/now',
  '/v2/aggs/ticker/{cryptoTicker}/range/{multiplier}/{timespan}/{from}/{to}',
  '/v2/aggs/ticker/{optionsTicker}/range/{multiplier}/{timespan}/{from}/{to}',
  '/v2/aggs/ticker/{stocksTicker}/range/{multiplier}/{timespan}/{from}/{to}',
  '/v2/last/nbbo/{stocksTicker}',
  '/v2/last/trade/{optionsTicker}',
  '/v2/last/trade/{stocksTicker}',
  '/v2/snapshot/locale/us/markets/stocks/tickers/{stocksTicker}',
  '/v3/reference/conditions',
  '/v3/reference/options/contracts/{options_ticker}',
  '/v3/reference/tickers',
  '/v3/reference/tickers/{ticker}',
];

/** `format` names widths of numbers, which JSON does not have. */
const LEFT_OUT = new Set([
  'description',
  'title',
  'example',
  'examples',
  'deprecated',
  'default',
  'format',
]);

const fields = (value: Json | undefined): Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};

/** A schema of OpenAPI 3.0 as JSON Schema; `properties` holds names, everything else keywords. */
function schemaOf(value: Json): Json {
  if (Array.isArray(value)) return value.map(schemaOf);
  if (typeof value !== 'object' || value === null) return value;
  if ('$ref' in value) throw new Error('References are not expected here.');
  const result: Fields = {};
  for (const [key, each] of Object.entries(value)) {
    if (LEFT_OUT.has(key) || key.startsWith('x-') || key === 'nullable') continue;
    result[key] =
      key === 'properties'
        ? Object.fromEntries(
            Object.entries(fields(each)).map(([name, own]) => [name, schemaOf(own)]),
          )
        : schemaOf(each);
  }
  if (value['nullable'] === true && typeof result['type'] === 'string')
    result['type'] = [result['type'], 'null'];
  return result;
}

const path = new URL('../../../shared/specs/polygon-rest.openapi.json', import.meta.url);
const document = JSON.parse(readFileSync(path, 'utf8')) as Fields;
const operations: Fields = {};
for (const call of CALLS) {
  const operation = fields(fields(fields(document['paths'])[call])['get']);
  if (Object.keys(operation).length === 0) throw new Error(`The description has no ${call}.`);
  const query: Fields = {};
  for (const each of [operation['parameters']].flat()) {
    const parameter = fields(each);
    if (parameter['in'] === 'query')
      query[parameter['name'] as string] = schemaOf(parameter['schema'] ?? {});
  }
  const answer = fields(fields(fields(operation['responses'])['200'])['content']);
  const schema = fields(answer['application/json'])['schema'];
  operations[`GET ${call}`] = {
    query: { type: 'object', properties: query, additionalProperties: false },
    body: null,
    answers: { '200': schema === undefined ? null : schemaOf(schema) },
  };
}
const target = new URL('polygon.json', import.meta.url);
writeFileSync(
  fileURLToPath(target),
  `${JSON.stringify({ operations, definitions: {} }, null, 1)}\n`,
);
