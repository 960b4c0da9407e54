import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { encodeFrame } from '../../engine/protocol/codec.ts';
import { MAX_MESSAGE_BYTES } from '../../engine/protocol/contract.ts';
import { startServer, type ServedWorkstation } from '../../electron/server.ts';
import { connect, http, signIn, type SocketClient } from './socket-client.ts';

let folder = '';
let served: ServedWorkstation;
let cookie = '';
let headers: Record<string, string> = {};

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'renata-server-'));
  const rendererDirectory = join(folder, 'renderer');
  mkdirSync(rendererDirectory);
  writeFileSync(join(rendererDirectory, 'index.html'), '<!doctype html><title>Renata</title>');
  writeFileSync(join(folder, 'secret.txt'), 'secret');
  served = await startServer({
    dataDirectory: join(folder, 'data'),
    port: 0,
    token: 'first-token',
    rendererDirectory,
    seedDefault: false,
    checkOutputs: true,
    limits: { maxSockets: 4, inFlight: 8, perSecond: 50, maxMalformed: 5 },
  });
  cookie = await signIn(served.port, served.link);
  headers = { cookie, origin: served.origin };
});
afterAll(async () => {
  await served?.close();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

async function withSocket<Result>(
  work: (client: SocketClient) => Promise<Result>,
): Promise<Result> {
  const client = await connect(served.port, headers);
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}

describe('sign-in of the server', () => {
  it('listens on this machine only', () => {
    expect(served.origin).toBe(`http://127.0.0.1:${served.port}`);
    expect(served.link).toBe(`${served.origin}/?token=first-token`);
  });

  it('exchanges the token for a cookie that scripts and other sites cannot use', async () => {
    const link = new URL(served.newLink());
    const reply = await http(served.port, `/${link.search}`);
    expect(reply.status).toBe(303);
    expect(reply.headers.location).toBe('/');
    expect(reply.headers['set-cookie']?.[0]).toMatch(
      /^renata_session_\d+=[\w-]{43}; HttpOnly; SameSite=Strict; Path=\/$/,
    );
    const again = await http(served.port, `/${link.search}`);
    expect(again.status).toBe(403);
    expect(again.headers['set-cookie']).toBeUndefined();
    expect(again.body).toContain('used already');
  });

  it.each([
    ['a wrong token', '/?token=nope'],
    ['an empty token', '/?token='],
    ['the first token again', '/?token=first-token'],
  ])('refuses %s', async (_name, path) => {
    expect((await http(served.port, path)).status).toBe(403);
  });

  it('shows nothing without a session', async () => {
    for (const path of ['/', '/index.html', '/nope', '/assets/index.js']) {
      const reply = await http(served.port, path);
      expect([path, reply.status]).toEqual([path, 401]);
      expect(reply.body).not.toContain('<title>Renata</title><p');
    }
    const name = cookie.split('=')[0] ?? '';
    for (const forged of ['', 'x', 'undefined', cookie.slice(name.length + 2)]) {
      expect((await http(served.port, '/', { cookie: `${name}=${forged}` })).status).toBe(401);
    }
  });

  it('serves further windows of a session, and old links lead them to the page', async () => {
    expect((await http(served.port, '/', { cookie })).status).toBe(200);
    const old = await http(served.port, '/?token=first-token', { cookie: `other=1; ${cookie}` });
    expect(old.status).toBe(303);
    expect(old.headers['set-cookie']).toBeUndefined();
  });

  it('answers to its own host name only', async () => {
    for (const host of [
      'example.org',
      `example.org:${served.port}`,
      `localhost:${served.port}`,
      '127.0.0.1',
      `127.0.0.1:${served.port + 1}`,
      `127.0.0.1.example.org:${served.port}`,
    ]) {
      expect([host, (await http(served.port, '/', { cookie, host })).status]).toEqual([host, 421]);
    }
  });

  it('sends every answer under strict headers', async () => {
    for (const reply of [
      await http(served.port, '/', { cookie }),
      await http(served.port, '/'),
      await http(served.port, '/?token=nope'),
      await http(served.port, '/', { host: 'example.org' }),
    ]) {
      expect(reply.headers['content-security-policy']).toContain("script-src 'self'");
      expect(reply.headers['x-content-type-options']).toBe('nosniff');
      expect(reply.headers['referrer-policy']).toBe('no-referrer');
      expect(reply.headers['cross-origin-opener-policy']).toBe('same-origin');
      expect(reply.headers['x-frame-options']).toBe('DENY');
      expect(reply.headers['access-control-allow-origin']).toBeUndefined();
      expect(reply.headers['x-powered-by']).toBeUndefined();
    }
  });

  it.each(['/../secret.txt', '/%2e%2e/secret.txt', '/..%2fsecret.txt', '//secret.txt', '/%'])(
    'serves no file outside of its folder: %s',
    async (path) => {
      const reply = await http(served.port, path, { cookie });
      expect(reply.status).toBeGreaterThanOrEqual(400);
      expect(reply.body).not.toContain('secret');
    },
  );

  it.each(['POST', 'PUT', 'DELETE', 'OPTIONS'])('refuses %s', async (method) => {
    expect((await http(served.port, '/', { cookie }, method)).status).toBe(405);
  });
});

describe('the socket of the server', () => {
  it('opens for our own page in a signed-in browser', async () => {
    await withSocket(async (client) => {
      expect(await client.call('app.info', {})).toMatchObject({
        name: 'Renata',
        carrier: 'websocket',
        store: { state: 'ready' },
      });
    });
  });

  it.each([
    ['without a cookie', { cookie: '' }],
    ['with a forged cookie', { cookie: 'renata_session=x' }],
    ['without an origin', { origin: '' }],
    ['from another site', { origin: 'https://example.org' }],
    ['from another port', { origin: 'http://127.0.0.1:1' }],
    ['from localhost by name', { origin: 'http://localhost:PORT' }],
    ['over https', { origin: 'https://127.0.0.1:PORT' }],
    ['from a page without an origin', { origin: 'null' }],
    ['under another host name', { host: 'example.org:PORT' }],
    ['under localhost', { host: 'localhost:PORT' }],
  ])('stays shut %s', async (_name, change) => {
    const all = { ...headers, ...change };
    const used = Object.fromEntries(
      Object.entries(all)
        .filter(([, value]) => value !== '')
        .map(([key, value]) => [key, value.replace('PORT', String(served.port))]),
    );
    await expect(connect(served.port, used)).rejects.toThrow('status 403');
  });

  it('is at one path only', async () => {
    await expect(connect(served.port, headers, '/socket/../')).rejects.toThrow('status 404');
    await expect(connect(served.port, headers, '/')).rejects.toThrow('status 404');
  });

  it('is there for a bounded number of windows', async () => {
    // The server may not have noticed yet that the sockets of earlier tests are closed.
    const free = (): Promise<SocketClient> =>
      vi.waitFor(() => connect(served.port, headers), { timeout: 30_000 });
    const open = await Promise.all([1, 2, 3, 4].map(() => free()));
    await expect(connect(served.port, headers)).rejects.toThrow('status 503');
    await Promise.all(open.map((client) => client.close()));
    const next = await free();
    await next.call('jobs.list', {});
    await next.close();
  });

  it('answers malformed messages with an error and goes on', async () => {
    await withSocket(async (client) => {
      const junk: (Uint8Array | string)[] = [
        'text',
        new Uint8Array([]),
        new Uint8Array([0xc1]),
        new Uint8Array([0xdd, 0xff, 0xff, 0xff, 0xff]),
      ];
      for (const message of junk) {
        expect(await client.raw(message)).toMatchObject({
          kind: 'error',
          error: { code: 'BAD_INPUT' },
        });
      }
      for (const frame of [null, 7, [], {}, { kind: 'result', id: -3 }, { kind: 'call' }]) {
        expect(await client.raw(encodeFrame(frame))).toMatchObject({
          kind: 'error',
          error: { code: 'BAD_INPUT' },
        });
      }
      expect(await client.call('jobs.list', {})).toEqual([]);
    });
  });

  it('closes on a client that sends nothing but malformed messages', async () => {
    const client = await connect(served.port, headers);
    const closed = new Promise<number>((resolve) => {
      client.socket.once('close', (code) => resolve(code));
    });
    for (let i = 0; i < 10; i += 1) client.socket.send('x');
    expect(await closed).toBe(1008);
  });

  it('closes on messages beyond the limit, and takes those below it', async () => {
    const client = await connect(served.port, headers);
    const closed = new Promise<number>((resolve) => {
      client.socket.once('close', (code) => resolve(code));
    });
    client.socket.send(new Uint8Array(MAX_MESSAGE_BYTES + 1));
    expect(await closed).toBe(1009);
    await withSocket(async (other) => {
      const bytes = new Uint8Array(MAX_MESSAGE_BYTES - 1_000);
      const input = { uploadId: 'none', offset: 0, bytes };
      await expect(other.call('data.upload-chunk', input)).rejects.toMatchObject({
        code: 'NOT_FOUND',
      });
    });
  });

  it.each(['__proto__', 'constructor', 'toString', 'valueOf', 'data', '', 'DATA.LIST'])(
    'knows no call %j',
    async (name) => {
      await withSocket(async (client) => {
        expect(await client.send(name, {})).toMatchObject({
          kind: 'error',
          error: { code: 'NOT_FOUND' },
        });
      });
    },
  );

  it('bounds what one window can ask, and lets other windows work', async () => {
    await withSocket(async (client) => {
      await withSocket(async (other) => {
        const answers = await Promise.all(
          Array.from({ length: 400 }, () => client.send('data.list', {})),
        );
        const refused = answers.filter((answer) => answer.kind === 'error');
        expect(refused.length).toBeGreaterThan(100);
        for (const answer of refused) {
          expect(answer).toMatchObject({ error: { code: 'UNAVAILABLE', retryable: true } });
        }
        expect(answers.length - refused.length).toBeGreaterThan(0);
        expect(await other.call('data.list', {})).toEqual([]);
      });
    });
  });

  it('lets no window name a file by its path', async () => {
    await withSocket(async (client) => {
      const source = { kind: 'path', path: '/etc/passwd' };
      const options = { symbol: 'X' };
      for (const name of ['data.preview', 'data.import']) {
        await expect(client.call(name, { source, options })).rejects.toMatchObject({
          code: 'UNAUTHORIZED',
        });
      }
    });
  });

  it('bounds uploads', async () => {
    await withSocket(async (client) => {
      await expect(
        client.call('data.upload-start', { name: 'a', bytes: 3 * 1024 ** 3 }),
      ).rejects.toMatchObject({ code: 'BAD_INPUT' });
      const { uploadId } = await client.call<{ uploadId: string }>('data.upload-start', {
        name: 'a.csv',
        bytes: 3,
      });
      const bytes = new Uint8Array(4);
      await expect(
        client.call('data.upload-chunk', { uploadId, offset: 0, bytes }),
      ).rejects.toMatchObject({ code: 'TOO_LARGE' });
      const source = { kind: 'upload', uploadId };
      await expect(client.call('data.preview', { source, options: {} })).rejects.toMatchObject({
        code: 'CONFLICT',
      });
      const starts = await Promise.allSettled(
        Array.from({ length: 7 }, () =>
          client.call('data.upload-start', { name: 'b', bytes: 1024 ** 3 }),
        ),
      );
      const refused = starts.filter((start) => start.status === 'rejected');
      expect(refused.length).toBeGreaterThanOrEqual(3);
    });
  });

  it('tells every window of events', async () => {
    await withSocket(async (first) => {
      await withSocket(async (second) => {
        await first.call('workspace.save', { name: 'layout', json: '{}' });
        await expect.poll(() => second.events.length).toBeGreaterThan(0);
        expect(second.events[0]).toMatchObject({ kind: 'event', name: 'app.health' });
      });
    });
  });

  it('keeps the workstation’s own documents to itself', async () => {
    await withSocket(async (client) => {
      await expect(client.call('workspace.load', { name: 'Renata.seed' })).rejects.toMatchObject({
        code: 'BAD_INPUT',
      });
    });
  });
});
