import { createHash } from 'node:crypto';
import { z } from 'zod';
import { calls, type CallName } from '../../engine/protocol/contract.ts';
import * as l from '../../engine/protocol/live-schemas.ts';
import { adjustment, identifier, time } from '../../engine/protocol/schemas.ts';
import type { Program, Scope } from './tokens.ts';

/** What a request says, checked but for its body, which the contract checks. */
export interface RequestParts {
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly body: unknown;
  readonly program: Program;
  readonly idempotencyKey: string;
}

/** One address of the API: a call of the contract in the form that programs expect. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** With the names of its variable parts in braces, as OpenAPI writes it. */
  readonly path: string;
  readonly call: CallName;
  readonly scope: Scope;
  readonly summary: string;
  readonly query: z.ZodObject;
  readonly body: z.ZodType | null;
  readonly output: z.ZodType;
  readonly idempotent: boolean;
  /** Input of the contract's call, which validates it. */
  readonly input: (parts: RequestParts) => Readonly<Record<string, unknown>>;
  /** Status of an answer; 200 when absent. */
  readonly status?: (output: unknown) => number;
  /** What is done besides the call: a quote is waited for, as the answer or before the call. */
  readonly special?: 'quote' | 'priced';
}

/** Most entries of one answer. */
const MOST = 1000;
const MOST_BARS = 10_000;
const USUAL = 100;

const limit = z.number().int().min(1).max(MOST);
const none = z.strictObject({});

type Given = Pick<Route, 'method' | 'path' | 'summary'> & Partial<Omit<Route, 'input' | 'call'>>;

function route(
  call: CallName,
  given: Given,
  input: (parts: RequestParts) => Readonly<Record<string, unknown>>,
): Route {
  return {
    scope: 'read',
    query: none,
    body: null,
    output: calls[call].output,
    idempotent: false,
    ...given,
    call,
    input,
  };
}

/** A name for a request that no other program can take. */
function requestIdOf({ program, idempotencyKey }: RequestParts): string {
  const digest = createHash('sha256').update(`${program.name}\0${idempotencyKey}`).digest('hex');
  return `api-${digest.slice(0, 48)}`;
}

function denied(output: unknown): boolean {
  const { orders } = output as { readonly orders: readonly { readonly state: string }[] };
  return orders.some(({ state }) => state === 'Denied');
}

export const ROUTES: readonly Route[] = [
  route('accounts.list', { method: 'GET', path: '/v1/accounts', summary: 'Accounts' }, () => ({})),
  route(
    'positions.list',
    { method: 'GET', path: '/v1/positions', summary: 'Positions' },
    () => ({}),
  ),
  route(
    'orders.list',
    {
      method: 'GET',
      path: '/v1/orders',
      summary: 'Orders, newest first; those that may still fill with open=true',
      query: z.strictObject({
        account: identifier.optional(),
        open: z.boolean().optional(),
        limit: limit.optional(),
      }),
    },
    ({ query }) => ({
      account: query['account'] ?? null,
      open: query['open'] ?? false,
      limit: query['limit'] ?? USUAL,
    }),
  ),
  route(
    'orders.history',
    {
      method: 'GET',
      path: '/v1/orders/{clientOrderId}',
      summary: 'One order and what became of it, fact by fact',
    },
    ({ params }) => ({ clientOrderId: params['clientOrderId'] }),
  ),
  route(
    'orders.place',
    {
      method: 'POST',
      path: '/v1/orders',
      scope: 'trade',
      summary:
        'Places an order with its exits, once for each Idempotency-Key; 201, or 200 when the risk gate denied it',
      body: l.ticket,
      idempotent: true,
      special: 'priced',
      status: (output) => (denied(output) ? 200 : 201),
    },
    (parts) => ({ requestId: requestIdOf(parts), ticket: parts.body }),
  ),
  route(
    'orders.check',
    {
      method: 'POST',
      path: '/v1/orders/check',
      summary: 'What the risk gate would say to an order; sends nothing',
      special: 'priced',
      body: l.ticket,
    },
    ({ body }) => ({ ticket: body }),
  ),
  route(
    'orders.amend',
    {
      method: 'PATCH',
      path: '/v1/orders/{clientOrderId}',
      scope: 'trade',
      summary: 'Changes quantity or prices of a working order',
      body: l.amendment,
    },
    ({ params, body }) => ({ clientOrderId: params['clientOrderId'], change: body }),
  ),
  route(
    'orders.cancel',
    {
      method: 'DELETE',
      path: '/v1/orders/{clientOrderId}',
      scope: 'trade',
      summary: 'Asks the venue to cancel an order',
    },
    ({ params }) => ({ clientOrderId: params['clientOrderId'] }),
  ),
  route(
    'orders.cancelAll',
    {
      method: 'DELETE',
      path: '/v1/orders',
      scope: 'trade',
      summary: 'Cancels every open order of an account, or of one instrument in it',
      query: z.strictObject({ account: identifier, instrument: identifier.optional() }),
    },
    ({ query }) => ({ account: query['account'], instrument: query['instrument'] ?? null }),
  ),
  route(
    'fills.list',
    {
      method: 'GET',
      path: '/v1/fills',
      summary: 'Fills, newest first',
      query: z.strictObject({
        account: identifier.optional(),
        since: time.optional(),
        limit: limit.optional(),
      }),
    },
    ({ query }) => ({
      account: query['account'] ?? null,
      since: query['since'] ?? null,
      limit: query['limit'] ?? USUAL,
    }),
  ),
  route(
    'instruments.find',
    {
      method: 'GET',
      path: '/v1/instruments',
      summary: 'Instruments of the connected venues whose symbol or name fits',
      query: z.strictObject({
        query: z.string().min(1).max(64),
        connection: identifier.optional(),
      }),
    },
    ({ query }) => ({ query: query['query'], connection: query['connection'] ?? null }),
  ),
  route(
    'market.watch',
    {
      method: 'GET',
      path: '/v1/quotes/{instrument}',
      summary: 'The newest quote of an instrument such as AAPL.XNAS',
      output: l.quote,
      special: 'quote',
    },
    ({ params }) => ({ instrument: params['instrument'], kinds: ['quote'] }),
  ),
  route(
    'risk.get',
    { method: 'GET', path: '/v1/risk', summary: 'Whether trading is allowed, and every limit' },
    () => ({}),
  ),
  route(
    'reconciliation.cases',
    {
      method: 'GET',
      path: '/v1/reconciliation/cases',
      summary: 'Differences between a venue and these books; open ones unless open=false',
      query: z.strictObject({ open: z.boolean().optional() }),
    },
    ({ query }) => ({ open: query['open'] ?? true }),
  ),
  route('runs.list', { method: 'GET', path: '/v1/runs', summary: 'Stored backtests' }, () => ({})),
  route(
    'runs.get',
    { method: 'GET', path: '/v1/runs/{runId}', summary: 'One backtest with its orders and trades' },
    ({ params }) => ({ runId: params['runId'] }),
  ),
  route('data.list', { method: 'GET', path: '/v1/datasets', summary: 'Stored series' }, () => ({})),
  route(
    'data.get',
    {
      method: 'GET',
      path: '/v1/datasets/{datasetId}',
      summary: 'One series: its versions and the quality of its bars',
    },
    ({ params }) => ({ datasetId: params['datasetId'] }),
  ),
  route(
    'data.bars',
    {
      method: 'GET',
      path: '/v1/datasets/{datasetId}/bars',
      summary: 'Bars of a series by columns; of more than limit the newest',
      query: z.strictObject({
        start: time.optional(),
        end: time.optional(),
        adjustment: adjustment.optional(),
        limit: z.number().int().min(1).max(MOST_BARS).optional(),
      }),
    },
    ({ params, query }) => ({
      datasetId: params['datasetId'],
      start: query['start'] ?? null,
      end: query['end'] ?? null,
      adjustment: query['adjustment'] ?? 'raw',
      maxPoints: query['limit'] ?? MOST,
    }),
  ),
];

/** Query texts as the numbers and truth values that a route's schema asks for; what is neither stays text. */
export function readQuery(schema: z.ZodObject, given: unknown): Record<string, unknown> {
  const read: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(given as Record<string, unknown>)) {
    const field: unknown = Object.hasOwn(schema.shape, name) ? schema.shape[name] : undefined;
    read[name] = typeof value === 'string' ? asKind(innermost(field), value) : value;
  }
  return read;
}

function innermost(schema: unknown): unknown {
  return schema instanceof z.ZodOptional ? innermost(schema.unwrap()) : schema;
}

function asKind(schema: unknown, value: string): unknown {
  if (schema instanceof z.ZodNumber && /^-?\d{1,17}$/.test(value)) return Number(value);
  if (schema instanceof z.ZodBoolean && (value === 'true' || value === 'false')) {
    return value === 'true';
  }
  return value;
}
