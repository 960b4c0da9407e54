import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startServer, type ServedWorkstation } from '../../electron/server.ts';
import type { ContractClient } from '../../engine/protocol/contract.ts';
import { api } from '../support/api-client.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'renata-api-setting-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));

/**
 * A server that holds a port of this machine: without one, some port that the system gives to nobody by
 * itself, so that nobody else gets it while it is free.
 */
async function holder(port?: number): Promise<{ server: Server; port: number }> {
  for (;;) {
    const server = createServer();
    const wanted = port ?? 20_000 + Math.floor(Math.random() * 10_000);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    server.once('error', reject);
    server.listen(wanted, '127.0.0.1', resolve);
    try {
      await promise;
      return { server, port: wanted };
    } catch (error) {
      if (port !== undefined || (error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    }
  }
}

async function freed({ server }: { server: Server }): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  server.close(() => resolve());
  await promise;
}

async function opened(): Promise<{ served: ServedWorkstation; client: ContractClient }> {
  const served = await startServer({
    dataDirectory: folder,
    port: 0,
    seedDefault: false,
    checkOutputs: true,
  });
  return { served, client: served.workstation.localClient({ carrier: 'electron' }) };
}

it('opens with Renata once it is turned on, and not before', async () => {
  const held = await holder();
  const { port } = held;
  const first = await opened();
  try {
    const { client } = first;
    expect(await client.call('api.get', {})).toEqual({
      enabled: false,
      port: 7411,
      origin: null,
      failure: '',
      programs: [],
    });
    // A port that another program has: the setting is kept, and the reason is told.
    await expect(client.call('api.configure', { enabled: true, port })).rejects.toMatchObject({
      code: 'UNAVAILABLE',
    });
    const failed = await client.call('api.get', {});
    expect(failed).toMatchObject({ enabled: true, port, origin: null });
    expect(failed.failure).toContain('EADDRINUSE');
    await freed(held);
    await client.call('api.configure', { enabled: true, port });
    const { token } = await client.call('api.createToken', { name: 'bot', scope: 'read' });
    expect((await api(port, 'GET', '/v1/datasets', { token })).status).toBe(200);
    expect((await api(port, 'GET', '/v1/datasets', {})).status).toBe(401);
    const view = await client.call('api.get', {});
    expect(view).toMatchObject({
      origin: `http://127.0.0.1:${port}`,
      failure: '',
      programs: [{ name: 'bot', scope: 'read' }],
    });
    expect(JSON.stringify(view)).not.toContain(token);
  } finally {
    await first.served.close();
  }
  // The port is free again, and taken by the next start.
  await freed(await holder(port));
  const second = await opened();
  try {
    const { client } = second;
    expect(await client.call('api.get', {})).toMatchObject({ origin: `http://127.0.0.1:${port}` });
    await client.call('api.revokeToken', { name: 'bot' });
    await client.call('api.configure', { enabled: false, port });
    expect(await client.call('api.get', {})).toMatchObject({
      enabled: false,
      origin: null,
      programs: [],
    });
    await freed(await holder(port));
  } finally {
    await second.served.close();
  }
});

it('a port that is taken at the start keeps nobody from working', async () => {
  const held = await holder();
  const first = await opened();
  await first.client
    .call('api.configure', { enabled: true, port: held.port })
    .catch(() => undefined);
  await first.served.close();
  const second = await opened();
  try {
    const view = await second.client.call('api.get', {});
    expect(view).toMatchObject({ enabled: true, origin: null });
    expect(view.failure).toContain(String(held.port));
    await second.client.call('api.configure', { enabled: false, port: held.port });
  } finally {
    await second.served.close();
    await freed(held);
  }
});
