import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect as connectRaw } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { TokenBook } from '../../electron/api/tokens.ts';
import { startServer, type ServedWorkstation } from '../../electron/server.ts';
import { api, openStream, type Answer } from '../support/api-client.ts';

let folder = '';
let data = '';
let served: ServedWorkstation;
let reader = '';
let trader = '';
let port = 0;
let account = '';

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'renata-api-'));
  data = join(folder, 'data');
  const rendererDirectory = join(folder, 'renderer');
  mkdirSync(rendererDirectory);
  writeFileSync(join(rendererDirectory, 'index.html'), '<!doctype html><title>Renata</title>');
  const tokens = new TokenBook(data);
  reader = tokens.create('reader', 'read', 1);
  trader = tokens.create('trader', 'trade', 2);
  served = await startServer({
    dataDirectory: data,
    port: 0,
    rendererDirectory,
    checkOutputs: true,
    api: { port: 0, limits: { perSecond: 5000, tokenCheckMs: 50 } },
  });
  port = served.api?.port ?? 0;
  await served.workstation.seeded;
  const client = served.workstation.localClient({ carrier: 'websocket' });
  await client.call('connections.connect', { id: 'simulated' });
  account = await vi.waitFor(
    async () => {
      const [first] = await client.call('accounts.list', {});
      if (first?.equity === undefined || first.equity === null) throw new Error('no account yet');
      return first.id;
    },
    { timeout: 120_000 },
  );
});
afterAll(async () => {
  await served?.close();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

const get = (path: string, token = reader): Promise<Answer> => api(port, 'GET', path, { token });

function place(key: string, ticket: unknown, token = trader): Promise<Answer> {
  return api(port, 'POST', '/v1/orders', {
    token,
    body: ticket,
    headers: { 'idempotency-key': key },
  });
}

/** A buy so far below the market that it rests; the collar of the gate is for the other side. */
function resting(quantity = '1', limitPrice = '50'): unknown {
  return {
    account,
    instrument: 'ALFA.SIM',
    terms: { side: 'buy', type: 'limit', quantity, limitPrice, timeInForce: 'day' },
  };
}

interface Order {
  readonly clientOrderId: string;
  readonly state: string;
  readonly source: { readonly kind: string; readonly name: string };
}
const ordersOf = ({ json }: Answer): readonly Order[] => (json as { orders: Order[] }).orders;

describe('who may use the API', () => {
  it('is closed unless it was asked for', async () => {
    const { startServer: start } = await import('../../electron/server.ts');
    const other = await start({
      dataDirectory: join(folder, 'without'),
      port: 0,
      rendererDirectory: join(folder, 'renderer'),
      seedDefault: false,
    });
    expect(other.api).toBeNull();
    await other.close();
  });

  it('answers nobody without a token that stands', async () => {
    for (const path of ['/v1/accounts', '/v1/openapi.json', '/metrics', '/v1/nothing', '/']) {
      const { status, json, headers } = await api(port, 'GET', path, {});
      expect([path, status, headers['www-authenticate']]).toEqual([path, 401, 'Bearer']);
      expect(json).toMatchObject({ error: { code: 'UNAUTHORIZED', retryable: false } });
    }
    for (const token of ['', 'x', `${reader}x`, reader.slice(0, -1), reader.toUpperCase()]) {
      const { status } = await get('/v1/accounts', token);
      expect([401, 429]).toContain(status);
    }
    expect((await get('/v1/accounts')).status).toBe(200);
  });

  it('holds guesses up and nobody else', async () => {
    const statuses = new Set<number>();
    for (let round = 0; round < 10 && !statuses.has(429); round += 1) {
      const guesses = await Promise.all(
        Array.from({ length: 100 }, (_, i) => get('/v1/accounts', `guess${i}`)),
      );
      for (const { status } of guesses) statuses.add(status);
    }
    expect(statuses.has(429)).toBe(true);
    expect(statuses.has(200)).toBe(false);
    expect((await get('/v1/accounts')).status).toBe(200);
  });

  it.each(['example.org', 'localhost', '127.0.0.1', '127.0.0.1.example.org'])(
    'answers to its own address only, not to %s',
    async (host) => {
      const named = await api(port, 'GET', '/v1/accounts', { token: reader, headers: { host } });
      expect(named.status).toBe(421);
      if (host === '127.0.0.1') return;
      const withPort = { host: `${host}:${port}` };
      const again = await api(port, 'GET', '/v1/accounts', { token: reader, headers: withPort });
      expect(again.status).toBe(421);
    },
  );

  it('answers no web page, not even with a token', async () => {
    for (const origin of ['https://example.org', `http://127.0.0.1:${port}`, 'null']) {
      const answer = await api(port, 'GET', '/v1/accounts', { token: reader, headers: { origin } });
      expect(answer.status).toBe(403);
      expect(answer.headers['access-control-allow-origin']).toBeUndefined();
    }
    const preflight = await api(port, 'OPTIONS', '/v1/orders', {
      headers: { origin: 'https://example.org', 'access-control-request-method': 'POST' },
    });
    expect(preflight.status).toBe(403);
  });

  it('lets a reader change nothing', async () => {
    const before = (await get('/v1/orders')).json as unknown[];
    const refused = [
      await place('reader-1', resting(), reader),
      await api(port, 'PATCH', '/v1/orders/X', { token: reader, body: { quantity: '2' } }),
      await api(port, 'DELETE', '/v1/orders/X', { token: reader }),
      await api(port, 'DELETE', `/v1/orders?account=${account}`, { token: reader }),
    ];
    for (const { status, json } of refused) {
      expect(status).toBe(403);
      expect(json).toMatchObject({ error: { code: 'UNAUTHORIZED' } });
    }
    expect((await get('/v1/orders')).json).toEqual(before);
  });

  it('keeps digests that only the user can read, and forgets revoked tokens at once', async () => {
    const file = join(data, 'api-tokens.json');
    if (process.platform !== 'win32') expect(statSync(file).mode & 0o777).toBe(0o600);
    const text = readFileSync(file, 'utf8');
    expect(text).toContain('trader');
    for (const secret of [reader, trader]) expect(text).not.toContain(secret.slice(7));

    // Another process, as the command line is one.
    const tokens = new TokenBook(data);
    const secret = tokens.create('passing', 'trade', 3);
    expect((await get('/v1/accounts', secret)).status).toBe(200);
    const stream = await openStream(port, secret);
    tokens.revoke('passing');
    expect([401, 429]).toContain((await get('/v1/accounts', secret)).status);
    expect(await stream.closed).toBe(1008);
  });

  it('bounds what one program asks for', async () => {
    const limited = await startServer({
      dataDirectory: join(folder, 'limited'),
      port: 0,
      rendererDirectory: join(folder, 'renderer'),
      seedDefault: false,
      api: { port: 0, limits: { perSecond: 5, inFlight: 4 } },
    });
    const tokens = new TokenBook(join(folder, 'limited'));
    const [loud, calm] = [tokens.create('loud', 'read', 1), tokens.create('calm', 'read', 1)];
    const at = limited.api?.port ?? 0;
    const statuses: number[] = [];
    // On a slow machine it takes more of them to be too many for a second.
    for (let i = 0; i < 40 || (i < 1000 && !statuses.includes(429)); i += 1) {
      const { status, headers, json } = await api(at, 'GET', '/v1/accounts', { token: loud });
      statuses.push(status);
      if (status !== 429) continue;
      expect(headers['retry-after']).toBe('1');
      expect(json).toMatchObject({ error: { code: 'UNAVAILABLE', retryable: true } });
    }
    expect(statuses.slice(0, 10)).toEqual(Array(10).fill(200));
    expect(statuses).toContain(429);
    expect((await api(at, 'GET', '/v1/accounts', { token: calm })).status).toBe(200);
    await limited.close();
  });
});

describe('orders of programs', () => {
  it('places an order under the name of its program, once for each key', async () => {
    const first = await place('buy-1', resting());
    expect([first.status, first.text]).toEqual([201, expect.any(String)]);
    const [order] = ordersOf(first);
    expect(order?.source).toEqual({ kind: 'api', name: 'trader' });
    const again = await place('buy-1', resting());
    expect(again.status).toBe(201);
    expect(ordersOf(again).map(({ clientOrderId }) => clientOrderId)).toEqual([
      order?.clientOrderId,
    ]);
    const other = await place('buy-1', resting('2'));
    expect(other.status).toBe(409);
    expect(other.json).toMatchObject({ error: { code: 'CONFLICT' } });
    const all = (await get('/v1/orders?limit=1000')).json as Order[];
    expect(all.filter(({ clientOrderId }) => clientOrderId === order?.clientOrderId)).toHaveLength(
      1,
    );
  });

  it('sends one order when the same request comes many times at once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => place('at-once', resting('3', '51'))),
    );
    const ids = new Set(
      answers.flatMap((each) => ordersOf(each)).map((each) => each.clientOrderId),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(201));
    expect(ids.size).toBe(1);
  });

  it('keeps the keys of one program apart from those of another', async () => {
    const secret = new TokenBook(data).create('second', 'trade', 4);
    const [mine] = ordersOf(await place('shared', resting('4', '52')));
    const [theirs] = ordersOf(await place('shared', resting('5', '53'), secret));
    expect(theirs?.source.name).toBe('second');
    expect(theirs?.clientOrderId).not.toBe(mine?.clientOrderId);
  });

  it('changes, cancels and tells the life of an order', async () => {
    const [order] = ordersOf(await place('life', resting('6', '54')));
    const path = `/v1/orders/${order?.clientOrderId ?? ''}`;
    await expect.poll(async () => stateOf(await get(path))).toBe('Accepted');
    const changed = await api(port, 'PATCH', path, { token: trader, body: { limitPrice: '55' } });
    expect(changed.status).toBe(200);
    await expect.poll(async () => limitOf(await get(path))).toBe('55');
    expect((await api(port, 'DELETE', path, { token: trader })).status).toBe(200);
    await expect.poll(async () => stateOf(await get(path))).toBe('Canceled');
  });

  it('fills at the market, and shows the fill and the position', async () => {
    const ticket = {
      account,
      instrument: 'ALFA.SIM',
      terms: { side: 'buy', type: 'market', quantity: '7', timeInForce: 'day' },
    };
    const checked = await api(port, 'POST', '/v1/orders/check', { token: reader, body: ticket });
    expect(checked.json).toMatchObject({ allowed: true, quantity: '7' });
    const [order] = ordersOf(await place('market', ticket));
    await expect
      .poll(async () => stateOf(await get(`/v1/orders/${order?.clientOrderId ?? ''}`)))
      .toBe('Filled');
    const fills = (await get(`/v1/fills?account=${account}`)).json as { clientOrderId: string }[];
    expect(fills.some(({ clientOrderId }) => clientOrderId === order?.clientOrderId)).toBe(true);
    await expect
      .poll(async () => (await get('/v1/positions')).json)
      .toMatchObject([{ instrument: 'ALFA.SIM', quantity: '7' }]);
  });

  it('is denied by the risk gate like everybody', async () => {
    const denied = await place('too-large', resting('100000', '90'));
    expect(denied.status).toBe(200);
    expect(denied.json).toMatchObject({ check: { allowed: false }, orders: [{ state: 'Denied' }] });
    const again = await place('too-large', resting('100000', '90'));
    expect(again.status).toBe(200);
    expect(again.json).toMatchObject({ check: { allowed: false }, orders: [{ state: 'Denied' }] });
  });

  it('cancels all of an account', async () => {
    await place('rest', resting('8', '56'));
    const canceled = await api(port, 'DELETE', `/v1/orders?account=${account}`, { token: trader });
    expect(canceled.status).toBe(200);
    await expect.poll(async () => (await get('/v1/orders?open=true')).json).toEqual([]);
  });
});

function stateOf({ json }: Answer): string {
  return (json as { order: Order }).order.state;
}
function limitOf({ json }: Answer): unknown {
  return (json as { order: { terms: { limitPrice: unknown } } }).order.terms.limitPrice;
}

describe('what is wrong', () => {
  const junk: readonly [string, string, string, number, unknown?][] = [
    ['an unknown field of the query', 'GET', '/v1/orders?colour=red', 400],
    ['a field twice', 'GET', '/v1/orders?limit=1&limit=2', 400],
    ['a limit that is none', 'GET', '/v1/orders?limit=many', 400],
    ['a limit that is too high', 'GET', '/v1/orders?limit=1001', 400],
    ['a truth value that is none', 'GET', '/v1/orders?open=1', 400],
    ['a name of the prototype', 'GET', '/v1/orders?constructor=1', 400],
    ['a path that is no name', 'GET', '/v1/orders/..%2f..%2fetc', 400],
    ['a broken escape', 'GET', '/v1/orders/%zz', 400],
    ['an order that is not there', 'GET', '/v1/orders/NOPE', 404],
    ['a dataset that is not there', 'GET', '/v1/datasets/NOPE', 404],
    ['a method that is not there', 'PUT', '/v1/orders', 404],
    ['an address that is not there', 'GET', '/v2/orders', 404],
    ['no body', 'POST', '/v1/orders', 400],
    ['a list', 'POST', '/v1/orders', 400, []],
    ['a number', 'POST', '/v1/orders', 400, 7],
    ['an empty object', 'POST', '/v1/orders', 400, {}],
    ['a field too many', 'PATCH', '/v1/orders/X', 400, { quantity: '1', state: 'Filled' }],
    ['a number for a decimal', 'PATCH', '/v1/orders/X', 400, { quantity: 1 }],
    ['a body without end', 'POST', '/v1/orders', 413, { tag: 'x'.repeat(70_000) }],
    ['no account', 'DELETE', '/v1/orders', 400],
  ];
  it.each(junk)(
    'refuses %s in the one form of errors',
    async (_what, method, path, status, body) => {
      const answer = await api(port, method, path, {
        token: trader,
        headers: { 'idempotency-key': 'junk' },
        ...(body === undefined ? {} : { body }),
      });
      expect([answer.status, answer.text.slice(0, 200)]).toEqual([status, expect.any(String)]);
      const { error } = answer.json as { error: Record<string, unknown> };
      expect(typeof error['code']).toBe('string');
      expect(error['message']).toMatch(/\.$/);
      expect(answer.text).not.toMatch(/node_modules|\.ts:|at Object/);
      expect(Object.keys(answer.json as object)).toEqual(['error']);
    },
  );

  it('refuses a body that is no JSON, and one of another type', async () => {
    const raw = (type: string, body: string): Promise<Answer> =>
      api(port, 'POST', '/v1/orders', {
        token: trader,
        headers: { 'content-type': type },
        raw: body,
      });
    expect((await raw('application/json', '{"account":')).status).toBe(400);
    expect((await raw('application/json', '{"__proto__":{"x":1}}')).status).toBe(400);
    expect((await raw('text/plain', 'buy')).status).toBe(415);
  });

  it('wants a key for every order', async () => {
    const answer = await api(port, 'POST', '/v1/orders', { token: trader, body: resting() });
    expect(answer.status).toBe(400);
    expect(answer.json).toMatchObject({ error: { details: { parameter: 'Idempotency-Key' } } });
  });

  it('names the field of a ticket that is wrong', async () => {
    const answer = await place('bad', { ...(resting() as object), terms: { side: 'up' } });
    expect(answer.json).toMatchObject({ error: { details: { parameter: 'ticket.terms.side' } } });
  });

  it('survives what is no HTTP', async () => {
    const socket = connectRaw(port, '127.0.0.1');
    let said = '';
    socket.on('data', (chunk) => (said += chunk.toString()));
    socket.write('\u0000\u0001 junk\r\n\r\n');
    await new Promise((done) => socket.once('close', done));
    expect(said).toMatch(/^HTTP\/1\.1 400 [\s\S]*"BAD_INPUT"/);
    expect((await get('/v1/accounts')).status).toBe(200);
  });
});

describe('the stream', () => {
  it.each([
    ['no token', {}, 401],
    ['a web page', { origin: 'https://example.org' }, 403],
    ['another host', { host: 'example.org' }, 421],
  ])('opens not for %s', async (what, headers: Record<string, string>, status) => {
    const token = what === 'no token' ? '' : reader;
    await expect(openStream(port, token, headers)).rejects.toThrow(String(status));
  });

  it('opens at one path', async () => {
    await expect(openStream(port, reader, {}, '/v1/orders')).rejects.toThrow('404');
  });

  it('brings orders and the quotes that were asked for, numbered', async () => {
    const stream = await openStream(port, reader);
    stream.socket.send(
      JSON.stringify({
        type: 'subscribe',
        topics: ['orders.changed', 'market.data'],
        instruments: ['ALFA.SIM'],
      }),
    );
    await expect
      .poll(() => stream.messages[0])
      .toEqual({
        type: 'subscribed',
        topics: ['orders.changed', 'market.data'],
        instruments: ['ALFA.SIM'],
      });
    const [order] = ordersOf(await place('streamed', resting('9', '57')));
    await expect.poll(() => stream.named('orders.changed')).toContain(order?.clientOrderId);
    await expect.poll(() => stream.named('market.data')).toContain('"ALFA.SIM"');
    const events = stream.messages.slice(1) as unknown as {
      sequence: number;
      name: string;
      payload: unknown;
    }[];
    expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, i) => i + 1));
    expect(new Set(events.map(({ name }) => name)).size).toBe(2);
    expect(stream.named('market.data')).not.toMatch(/"instrument":"(?!ALFA\.SIM)/);
    // Nothing more once nothing is wanted.
    const last = stream.messages.length;
    stream.socket.send(JSON.stringify({ type: 'subscribe', topics: [] }));
    await expect
      .poll(() => stream.messages.slice(last).some((each) => each.type === 'subscribed'))
      .toBe(true);
    const quiet = stream.messages.length;
    await api(port, 'DELETE', `/v1/orders/${order?.clientOrderId ?? ''}`, { token: trader });
    await expect
      .poll(async () => stateOf(await get(`/v1/orders/${order?.clientOrderId ?? ''}`)))
      .toBe('Canceled');
    expect(stream.messages).toHaveLength(quiet);
    stream.socket.close();
    await stream.closed;
  });

  it('tells what is wrong with a message, and closes for one that sends nothing else', async () => {
    const stream = await openStream(port, reader);
    for (const text of ['', '{', '[]', '{"type":"subscribe"}', '{"type":"call"}']) {
      stream.socket.send(text);
    }
    stream.socket.send(JSON.stringify({ type: 'subscribe', topics: ['audit.list'] }));
    stream.socket.send(
      JSON.stringify({ type: 'subscribe', topics: ['market.data'], instruments: ['NOPE.XXXX'] }),
    );
    await expect.poll(() => stream.messages.length).toBe(7);
    expect(stream.messages.every(({ type }) => type === 'error')).toBe(true);
    for (let i = 0; i < 20; i += 1) stream.socket.send(Buffer.from([i]));
    expect(await stream.closed).toBe(1008);
  });

  it('cuts off a message without end', async () => {
    const stream = await openStream(port, reader);
    stream.socket.send('x'.repeat(70_000));
    expect(await stream.closed).toBe(1009);
  });
});

describe('what it says of itself', () => {
  it('describes itself in OpenAPI 3.1, and answers as it says', async () => {
    const document = (await get('/v1/openapi.json')).json as Document;
    expect(document.openapi).toMatch(/^3\.1\.\d$/);
    const ajv = new Ajv2020({ strict: false, validateFormats: false });
    ajv.addSchema({ $id: 'doc', ...document });
    const ids: string[] = [];
    for (const [path, methods] of Object.entries(document.paths)) {
      for (const operation of Object.values(methods)) {
        ids.push(operation.operationId);
        const declared = operation.parameters.filter((each) => each.in === 'path');
        const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
        expect(declared.map(({ name }) => name)).toEqual(named);
        for (const status of Object.keys(operation.responses)) schemaOf(path, operation, status);
      }
    }
    expect(new Set(ids).size).toBe(ids.length);

    function schemaOf(path: string, operation: Operation, status: string) {
      const method = Object.entries(document.paths[path] ?? {}).find(
        ([, each]) => each === operation,
      )?.[0];
      const place = [
        'paths',
        path,
        method,
        'responses',
        status,
        'content',
        'application/json',
        'schema',
      ];
      const pointer = place.map((part) =>
        encodeURIComponent(String(part).replaceAll('~', '~0').replaceAll('/', '~1')),
      );
      // Throws for a reference to nothing.
      const validate = ajv.compile({ $ref: `doc#/${pointer.join('/')}` });
      return validate;
    }

    const runs = (await get('/v1/runs')).json as { id: string }[];
    const datasets = (await get('/v1/datasets')).json as { id: string }[];
    const orders = (await get('/v1/orders')).json as Order[];
    const fillIn: Record<string, string> = {
      runId: runs[0]?.id ?? '',
      datasetId: datasets[0]?.id ?? '',
      clientOrderId: orders[0]?.clientOrderId ?? '',
      instrument: 'ALFA.SIM',
    };
    let compared = 0;
    for (const [path, { get: operation }] of Object.entries(document.paths)) {
      if (operation === undefined) continue;
      const query = path === '/v1/instruments' ? '?query=ALFA' : '';
      const at = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => fillIn[name] ?? '');
      const answer = await get(`${at}${query}`);
      const validate = schemaOf(path, operation, '200');
      expect([path, answer.status, validate(answer.json), validate.errors]).toEqual([
        path,
        200,
        true,
        null,
      ]);
      compared += 1;
    }
    expect(compared).toBe(14);
    const failed = schemaOf(
      '/v1/runs',
      document.paths['/v1/runs']?.['get'] as Operation,
      'default',
    );
    expect(failed((await get('/v1/runs/NOPE')).json)).toBe(true);
    expect(failed({ error: { code: 'NOPE' } })).toBe(false);
  });

  it('gives figures to Prometheus', async () => {
    const { text, headers, status } = await get('/metrics');
    expect([status, headers['content-type']]).toEqual([200, expect.stringContaining('text/plain')]);
    for (const line of text.split('\n').filter((each) => each !== '')) {
      expect(line).toMatch(/^(#|[a-z_0-9]+(\{.*\})? -?(\d|\+Inf|NaN))/);
    }
    expect(text).toMatch(/^renata_event_loop_delay_p99_seconds \d/m);
    expect(text).toMatch(/^renata_memory_resident_bytes [1-9]/m);
    expect(text).toMatch(/^renata_orders_open \d/m);
    const client0 = served.workstation.localClient({ carrier: 'websocket' });
    const every = await client0.call('orders.list', { account: null, open: false, limit: 10_000 });
    for (const state of ['Filled', 'Denied', 'Accepted', 'Unknown']) {
      const count = every.filter((order) => order.state === state).length;
      expect(text).toMatch(new RegExp(`^renata_orders\\{state="${state}"\\} ${count}$`, 'm'));
    }
    expect(every.length).toBeGreaterThan(0);
    const fills = await client0.call('fills.list', { account: null, since: null, limit: 10_000 });
    expect(text).toContain(`renata_fills_total ${fills.length}\n`);
    expect(text).toContain('renata_trading_state{state="active"} 1');
    expect(text).toContain('renata_trading_state{state="halted"} 0');
    expect(text).toMatch(/^renata_risk_denials_total\{code="[A-Z_]+"\} [1-9]/m);
    expect(text).toContain('renata_watchdog_armed 0');
    expect(text).toContain('renata_watchdog_tripped 0');
    expect(text).toContain('renata_market_data_working{source="simulated"} 1');
    expect(text).toMatch(/^renata_market_data_received_total\{source="simulated"\} [1-9]/m);
    expect(text).toMatch(/^renata_market_data_told_total\{source="simulated"\} [1-9]/m);
    expect(text).toMatch(/^renata_recording_rows_total \d/m);
    expect(text).toMatch(/^renata_recording_lost_total 0$/m);
    expect(text).toMatch(/^renata_event_loop_delay_seconds\{quantile="0.5"\} \d/m);
    expect(text).toMatch(/^renata_event_loop_utilization (0|1|0\.\d+)/m);
    expect(text).toContain('renata_connection{connection="simulated",phase="ready"} 1');
    const served200 =
      /renata_api_requests_total\{method="GET",route="\/v1\/accounts",status="200"\} (\d+)/;
    const count = Number(served200.exec(text)?.[1]);
    await get('/v1/accounts');
    await expect
      .poll(async () => Number(served200.exec((await get('/metrics')).text)?.[1]))
      .toBe(count + 1);
    const client = served.workstation.localClient({ carrier: 'websocket' });
    const { entries } = await client.call('audit.verify', {});
    const counted = Number(
      /^renata_journal_entries (\d+)/m.exec((await get('/metrics')).text)?.[1],
    );
    expect(counted).toBeGreaterThanOrEqual(entries);
    expect(entries).toBeGreaterThan(5);
  });

  it('logs every request and no token', async () => {
    await get(`/v1/orders?token=${trader}`);
    await get(`/v1/${trader}`);
    const read = (): string =>
      ['api', 'websocket']
        .map((name) => readFileSync(join(data, 'logs', `${name}.log`), 'utf8'))
        .join('');
    await expect
      .poll(read)
      .toMatch(/"program":"trader","method":"POST","route":"\/v1\/orders","status":201/);
    await expect.poll(read).toContain('"route":"unknown","status":404');
    for (const secret of [reader, trader]) expect(read()).not.toContain(secret.slice(7));
  });

  it('ends its streams with the workstation', async () => {
    const stream = await openStream(port, reader);
    await served.close();
    expect(await stream.closed).toBe(1001);
    await expect(get('/v1/accounts')).rejects.toThrow(/ECONNREFUSED/);
    expect(stream.socket.readyState).toBe(WebSocket.CLOSED);
  });
});

interface Operation {
  readonly operationId: string;
  readonly parameters: readonly { readonly name: string; readonly in: string }[];
  readonly responses: Readonly<Record<string, unknown>>;
}
interface Document {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}
