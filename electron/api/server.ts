import {
  fastify,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type RouteHandlerMethod,
} from 'fastify';
import { RenataError } from '../../engine/domain/errors.ts';
import type { EventName } from '../../engine/protocol/contract.ts';
import type { QuoteView } from '../../engine/protocol/live-schemas.ts';
import { validate } from '../../engine/protocol/wire.ts';
import { HOST } from '../ipc/http-pages.ts';
import type { RateLimits } from '../ipc/rate-limit.ts';
import type { CallContext, Dispatch } from '../ipc/registry.ts';
import type { Live } from '../services/live.ts';
import { openLog } from '../services/log.ts';
import { ApiError, errorAnswer, jsonText } from './answers.ts';
import { createGuard, demand } from './guard.ts';
import { createMetrics } from './metrics.ts';
import { openApiDocument } from './openapi.ts';
import { createQuotes, QUOTE_PATIENCE } from './quotes.ts';
import { readQuery, ROUTES, type RequestParts, type Route } from './routes.ts';
import { openStream, type StreamLimits } from './stream.ts';
import { TokenBook, type Program, type Scope } from './tokens.ts';

export interface ApiOptions {
  readonly dataDirectory: string;
  readonly version: string;
  /** 0 takes any that is free. */
  readonly port: number;
  readonly dispatch: Dispatch;
  readonly subscribe: (listener: (name: EventName, payload: unknown) => void) => () => void;
  readonly live: Live | RenataError;
  readonly limits?: Partial<RateLimits> & Partial<StreamLimits>;
}

export interface Api {
  readonly port: number;
  /** `http://127.0.0.1:PORT` */
  readonly origin: string;
  close(): Promise<void>;
}

const MAX_BODY_BYTES = 64 * 1024;
const MAX_CONNECTIONS = 4096;
const LONGEST_KEY = 255;
const JSON_TYPE = 'application/json; charset=utf-8';

/** What one request is known by until its answer has been sent. */
interface Asked {
  readonly startedAt: number;
  program: Program | null;
  end: (() => void) | null;
  /** Code of the error that it was answered with. */
  code: string | null;
}

/**
 * Serves the API to the user's other programs, on this machine alone.
 * @throws RenataError UNAVAILABLE when the port is in use
 */
export async function openApi(options: ApiOptions): Promise<Api> {
  const { dispatch, subscribe, dataDirectory } = options;
  const tokens = new TokenBook(dataDirectory);
  const log = openLog(dataDirectory, 'api');
  const { logger } = log;
  let port = 0;
  const guard = createGuard({
    tokens,
    port: () => port,
    ...(options.limits === undefined ? {} : { limits: options.limits }),
  });
  const metrics = createMetrics(options.live, () => stream.sockets);
  const quotes = createQuotes({ dispatch, subscribe });
  const asked = new WeakMap<FastifyRequest, Asked>();

  const app = fastify({
    logger: false,
    bodyLimit: MAX_BODY_BYTES,
    requestTimeout: 30_000,
    forceCloseConnections: true,
    exposeHeadRoutes: false,
    routerOptions: { maxParamLength: 200 },
    http: { maxHeaderSize: 16 * 1024 },
    frameworkErrors: (error, _request, reply) => void sendError(reply, error),
    clientErrorHandler: (_error, socket) => {
      const body = jsonText({
        error: { code: 'BAD_INPUT', message: 'This is no HTTP request.', retryable: false },
      });
      socket.end(
        `HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Type: ${JSON_TYPE}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
      );
    },
  });
  app.server.maxConnections = MAX_CONNECTIONS;
  // JSON and nothing else.
  app.removeContentTypeParser('text/plain');

  app.addHook('onRequest', async (request, reply) => {
    const own: Asked = { startedAt: performance.now(), program: null, end: null, code: null };
    asked.set(request, own);
    // Also when the other side goes away before the answer.
    reply.raw.once('close', () => finish(request, reply, own));
    void reply.headers({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
    own.program = guard.admit(request.headers);
    own.end = guard.enter(own.program);
  });

  function finish(request: FastifyRequest, reply: FastifyReply, own: Asked): void {
    own.end?.();
    const seconds = (performance.now() - own.startedAt) / 1000;
    // The pattern and not the address: what a program wrote there is nobody's business in a log.
    const route = request.routeOptions.url ?? 'unknown';
    const { statusCode: status } = reply;
    metrics.request(request.method, route, status, seconds);
    logger.info(
      {
        program: own.program?.name ?? null,
        method: request.method,
        route,
        status,
        code: own.code,
        ms: Math.round(seconds * 1e4) / 10,
      },
      'request',
    );
  }

  function sendError(reply: FastifyReply, thrown: unknown): FastifyReply {
    const { status, error } = errorAnswer(thrown);
    if (status === 401) void reply.header('www-authenticate', 'Bearer');
    if (status === 429 || status === 503) void reply.header('retry-after', '1');
    return reply.code(status).type(JSON_TYPE).send(jsonText({ error }));
  }

  app.setErrorHandler((thrown, request, reply) => {
    const { status, error } = errorAnswer(thrown);
    const own = asked.get(request);
    if (own !== undefined) own.code = error.code;
    if (status === 500) logger.error({ err: thrown }, 'a request failed');
    return sendError(reply, thrown);
  });
  app.setNotFoundHandler(() => {
    throw new ApiError(404, 'NOT_FOUND', 'There is nothing at this address; see /v1/openapi.json.');
  });

  function programOf(request: FastifyRequest, scope: Scope): Program {
    const program = asked.get(request)?.program;
    if (program === undefined || program === null) throw new Error('a request passed no guard');
    demand(program, scope);
    return program;
  }

  for (const route of ROUTES) {
    const url = route.path.replaceAll(/\{(\w+)\}/g, ':$1');
    const handler: RouteHandlerMethod = async (request, reply) => {
      const program = programOf(request, route.scope);
      const output = await answer(route, partsOf(route, request, program));
      validate(route.output, output, route.call);
      return reply
        .code(route.status?.(output) ?? 200)
        .type(JSON_TYPE)
        .send(jsonText(output));
    };
    app.route({ method: route.method, url, handler });
  }

  async function answer(route: Route, parts: RequestParts): Promise<unknown> {
    const context: CallContext = { carrier: 'api', program: parts.program.name };
    const input = route.input(parts);
    if (route.special === 'quote') return quoteOf(String(parts.params['instrument']));
    if (route.special === 'priced') await priced(input['ticket']);
    return dispatch(route.call, input, context);
  }

  async function quoteOf(instrument: string): Promise<QuoteView> {
    const quote = await quotes.newest(instrument);
    if (quote !== null) return quote;
    const message = `No quote of ${instrument} came within ${QUOTE_PATIENCE / 1000} s.`;
    throw new ApiError(503, 'UNAVAILABLE', message, true);
  }

  /** The risk gate wants a price: it is asked for before the order is. */
  async function priced(ticket: unknown): Promise<void> {
    if (typeof ticket !== 'object' || ticket === null || !('instrument' in ticket)) return;
    // What is wrong with the instrument, or that it has no price, is the order's own answer.
    await quotes.newest(String(ticket.instrument).slice(0, 100)).catch(() => null);
  }

  app.get('/v1/openapi.json', async (request, reply) => {
    programOf(request, 'read');
    return reply.type(JSON_TYPE).send(jsonText(openApiDocument(options.version, originOf(port))));
  });
  app.get('/metrics', async (request, reply) => {
    programOf(request, 'read');
    return reply.type(metrics.contentType).send(await metrics.text());
  });

  const stream = openStream({
    server: app.server,
    guard,
    tokens,
    dispatch,
    subscribe,
    onOpened: ({ name }) => logger.info({ program: name }, 'stream opened'),
    onClosed: ({ name }, code) => logger.info({ program: name, code }, 'stream closed'),
    onRefused: (status) => {
      metrics.request('GET', '/v1/stream', status, 0);
      logger.info({ route: '/v1/stream', status }, 'stream refused');
    },
    ...(options.limits === undefined ? {} : { limits: options.limits }),
  });

  async function closeAll(): Promise<void> {
    await stream.close();
    await app.close();
    await quotes.close();
    metrics.close();
    await log.close();
  }
  try {
    port = await listen(app, options.port);
  } catch (error) {
    await closeAll();
    throw error;
  }
  logger.info({ port }, 'opened');
  let closing: Promise<void> | undefined;
  return { port, origin: originOf(port), close: () => (closing ??= closeAll()) };
}

function originOf(port: number): string {
  return `http://${HOST}:${port}`;
}

function partsOf(route: Route, request: FastifyRequest, program: Program): RequestParts {
  const query = validate(route.query, readQuery(route.query, request.query), 'query');
  let idempotencyKey = '';
  if (route.idempotent) {
    const given = request.headers['idempotency-key'];
    if (typeof given !== 'string' || given === '' || given.length > LONGEST_KEY) {
      throw new RenataError(
        'BAD_INPUT',
        `Idempotency-Key: send this header with a text of your own of 1 to ${LONGEST_KEY} characters, a new one for each order.`,
        { details: { parameter: 'Idempotency-Key' } },
      );
    }
    idempotencyKey = given;
  }
  return {
    params: request.params as Readonly<Record<string, string>>,
    query: query as RequestParts['query'],
    body: request.body ?? undefined,
    program,
    idempotencyKey,
  };
}

async function listen(app: FastifyInstance, wanted: number): Promise<number> {
  try {
    await app.listen({ port: wanted, host: HOST });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new RenataError(
      'UNAVAILABLE',
      `api-port: ${wanted} on ${HOST} cannot be had (${code}); choose another with --api-port.`,
      { details: { parameter: 'api-port' }, cause: error },
    );
  }
  const address = app.server.address();
  return typeof address === 'object' && address !== null ? address.port : wanted;
}
