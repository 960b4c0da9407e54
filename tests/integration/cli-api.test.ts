import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { api } from '../support/api-client.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'renata-cli-api-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));

describe('the local API on the command line', () => {
  const renata = (...args: string[]): Promise<{ code: number; out: string; err: string }> =>
    new Promise((resolve) => {
      const whole = ['bin/renata.mjs', ...args, '--data-dir', folder];
      execFile(process.execPath, whole, { timeout: 300_000 }, (error, out, err) => {
        const code = typeof error?.code === 'number' ? error.code : error === null ? 0 : 1;
        resolve({ code, out, err });
      });
    });

  it('makes, lists and revokes tokens, and opens the API', async () => {
    const create = ['api', 'token', 'create', '--name', 'bot', '--scope'];
    const made = await renata(...create, 'read', '--json');
    const { token } = JSON.parse(made.out) as { token: string };
    expect(token).toMatch(/^renata_[\w-]{43}$/);
    expect(await renata(...create, 'trade')).toMatchObject({
      code: 2,
      err: expect.stringContaining('already') as unknown,
    });
    expect((await renata(...create, 'all')).code).toBe(2);
    const listed = await renata('api', 'token', 'list');
    expect(listed.out).toMatch(/bot +read/);
    expect(listed.out).not.toContain(token.slice(7));

    const server = spawn(
      process.execPath,
      ['bin/renata.mjs', 'serve', '--api', '--api-port', '0', '--port', '0', '--data-dir', folder],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const ended = new Promise<number | null>((resolve) => server.once('exit', resolve));
    let said = '';
    server.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
    await expect.poll(() => said).toMatch(/The API is at http:\/\/127\.0\.0\.1:\d+\/v1;/);
    const at = Number(/The API is at http:\/\/127\.0\.0\.1:(\d+)/.exec(said)?.[1]);
    expect((await api(at, 'GET', '/v1/datasets', { token })).status).toBe(200);
    expect((await renata('api', 'token', 'revoke', 'bot')).code).toBe(0);
    expect((await api(at, 'GET', '/v1/datasets', { token })).status).toBe(401);
    expect((await renata('api', 'token', 'revoke', 'bot')).code).toBe(2);
    server.kill('SIGTERM');
    expect(await ended).toBe(0);
  });
});
