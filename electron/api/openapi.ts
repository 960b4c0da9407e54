import { z } from 'zod';
import * as l from '../../engine/protocol/live-schemas.ts';
import { errorPayload, floats, ints, octets } from '../../engine/protocol/schemas.ts';
import * as s from '../../engine/protocol/schemas.ts';
import { streamAnswer, streamRequest } from './stream-words.ts';
import { ROUTES, type Route } from './routes.ts';

/** Shapes that have a name of their own in the document. */
const NAMED: Readonly<Record<string, z.ZodType>> = {
  Account: l.account,
  Amendment: l.amendment,
  DatasetSummary: s.datasetSummary,
  Error: z.strictObject({ error: errorPayload }),
  Fill: l.fill,
  Instrument: l.tradableInstrument,
  Order: l.liveOrder,
  OrderCheck: l.orderCheck,
  OrderTerms: l.orderTerms,
  Position: l.position,
  Quote: l.quote,
  ReconciliationCase: l.reconciliationCase,
  Risk: l.riskState,
  RiskCheck: l.riskCheck,
  RunSummary: s.runSummary,
  StreamAnswer: streamAnswer,
  StreamRequest: streamRequest,
  Ticket: l.ticket,
};

type Json = Record<string, unknown>;

/** The OpenAPI 3.1 document of the API, made from the schemas that check it. */
export function openApiDocument(version: string, origin: string): Json {
  const paths: Record<string, Json> = {};
  for (const route of ROUTES) {
    paths[route.path] = {
      ...paths[route.path],
      [route.method.toLowerCase()]: operation(route),
    };
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'Renata',
      version,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      description:
        'The local API of a running workstation. Prices, quantities and money are decimal numbers as text, times are milliseconds since 1970 in UTC. GET /v1/stream opens a WebSocket: it takes StreamRequest and sends StreamAnswer, one JSON document a message.',
    },
    servers: [{ url: origin }],
    security: [{ token: [] }],
    paths,
    components: {
      schemas: components(),
      securitySchemes: {
        token: {
          type: 'http',
          scheme: 'bearer',
          description: 'Made by renata api token create; its scope is read or trade.',
        },
      },
    },
  };
}

function operation(route: Route): Json {
  const names = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? '');
  const query = Object.entries(route.query.shape).map(([name, schema]) => ({
    name,
    in: 'query',
    required: !(schema instanceof z.ZodOptional),
    schema: jsonSchema(schema as z.ZodType),
  }));
  return {
    operationId: route.call,
    summary: route.summary,
    'x-scope': route.scope,
    parameters: [
      ...names.map((name) => ({
        name,
        in: 'path',
        required: true,
        schema: jsonSchema(s.identifier),
      })),
      ...query,
      ...(route.idempotent
        ? [
            {
              name: 'Idempotency-Key',
              in: 'header',
              required: true,
              description: 'The same key again gives the same answer and sends nothing.',
              schema: { type: 'string', minLength: 1, maxLength: 255 },
            },
          ]
        : []),
    ],
    ...(route.body === null
      ? {}
      : { requestBody: { required: true, content: content(jsonSchema(route.body)) } }),
    responses: {
      ...(route.status === undefined
        ? {}
        : { '201': { description: 'Placed', content: content(jsonSchema(route.output)) } }),
      '200': {
        description: route.status === undefined ? 'The answer' : 'Denied by the risk gate',
        content: content(jsonSchema(route.output)),
      },
      default: {
        description: 'What is wrong, where, and how to mend it',
        content: content({ $ref: '#/components/schemas/Error' }),
      },
    },
  };
}

function content(schema: Json): Json {
  return { 'application/json': { schema } };
}

function components(): Json {
  return Object.fromEntries(
    Object.entries(NAMED).map(([name, schema]) => [name, jsonSchema(schema, name)]),
  );
}

/** @param own name of the schema itself, which is written out and not pointed to */
function jsonSchema(schema: z.ZodType, own?: string): Json {
  const made = z.toJSONSchema(schema, {
    io: 'output',
    // Columns and NaN have no form of their own in JSON; `override` gives them the one that is sent.
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema: target }) => {
      const custom: unknown = zodSchema;
      const name = NAME_OF.get(zodSchema);
      if (name !== undefined && name !== own) {
        for (const key of Object.keys(target)) delete target[key as keyof typeof target];
        target.$ref = `#/components/schemas/${name}`;
      } else if (custom === floats) {
        Object.assign(target, { type: 'array', items: { type: ['number', 'null'] } });
      } else if (custom === ints || custom === octets) {
        Object.assign(target, { type: 'array', items: { type: 'integer' } });
      } else if (zodSchema._zod.def.type === 'nan') {
        target.type = 'null';
      }
    },
  }) as Json;
  delete made['$schema'];
  return made;
}

const NAME_OF: ReadonlyMap<unknown, string> = new Map(
  Object.entries(NAMED).map(([name, schema]) => [schema, name]),
);
