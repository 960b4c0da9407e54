import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parsePort, startServer } from '../../electron/server.ts';
import { LAYOUT } from '../../electron/layout.ts';
import { connect, http, signIn } from '../security/socket-client.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'renata-process-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

interface Started {
  readonly child: ChildProcess;
  readonly link: string;
  /** All that it has said so far. */
  said(): string;
  readonly exit: Promise<number | null>;
}

function start(args: readonly string[], env: Record<string, string> = {}): Promise<Started> {
  const child = spawn(process.execPath, [join(LAYOUT.root, 'electron/server.ts'), ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  // All that it says has been heard then.
  const exit = new Promise<number | null>((resolve) => {
    child.once('close', resolve);
  });
  return new Promise((resolve, reject) => {
    let output = '';
    const read = (chunk: Buffer): void => {
      output += chunk.toString();
      const [link] = /http:\/\/127\.0\.0\.1:\d+\/\?token=\S+/.exec(output) ?? [];
      if (link !== undefined) resolve({ child, link, exit, said: () => output });
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    void exit.then((code) => reject(new Error(`ended with ${code}: ${output}`)));
  });
}

describe('the served workstation as a program', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)(
    'prints its address and ends cleanly on %s',
    async (signal) => {
      const { child, link, exit } = await start(['--data-dir', folder, '--port', '0']);
      const port = Number(new URL(link).port);
      expect((await http(port, '/')).status).toBe(401);
      const cookie = await signIn(port, link);
      const client = await connect(port, { cookie, origin: `http://127.0.0.1:${port}` });
      expect(await client.call('app.info', {})).toMatchObject({
        carrier: 'websocket',
        dataDirectory: folder,
      });
      const closed = new Promise<number>((resolve) => {
        client.socket.once('close', resolve);
      });
      child.kill(signal);
      expect(await closed).toBe(1001);
      expect(await exit).toBe(0);
      expect(existsSync(join(folder, 'logs/websocket.log'))).toBe(true);
    },
  );

  it('says that it cannot trade where another one on the same data does', async () => {
    const first = await start(['--data-dir', folder, '--port', '0']);
    const second = await start(['--data-dir', folder, '--port', '0']);
    await expect.poll(second.said).toMatch(/^Without trading: .+\.$/m);
    expect(first.said()).not.toContain('Without trading');
    for (const { child, exit } of [second, first]) {
      child.kill('SIGTERM');
      expect(await exit).toBe(0);
    }
  });

  it('takes its first token from the environment', async () => {
    const { child, link, exit } = await start(['--data-dir', folder, '--port', '0'], {
      RENATA_TOKEN: 'chosen',
    });
    expect(link).toMatch(/\?token=chosen$/);
    child.kill('SIGTERM');
    await exit;
  });

  it('says in one line why it cannot start', async () => {
    await expect(start(['--data-dir', folder, '--port', 'x'])).rejects.toThrow(
      /ended with 1: renata: port: "x" is not a port.*\n$/,
    );
  });

  it('takes the next port when its own is in use', async () => {
    const first = await startServer({ dataDirectory: join(folder, 'a'), seedDefault: false });
    const second = await startServer({
      dataDirectory: join(folder, 'b'),
      seedDefault: false,
      port: first.port,
    });
    try {
      expect(second.port).toBeGreaterThan(first.port);
      // The cookie of one is worth nothing to the other.
      const cookie = await signIn(first.port, first.link);
      expect((await http(first.port, '/nope', { cookie })).status).toBe(404);
      expect((await http(second.port, '/nope', { cookie })).status).toBe(401);
    } finally {
      await first.close();
      await second.close();
    }
  });

  it.each(['', '-1', '65536', '1e3', '0x50', '80 '])('refuses the port %j', (text) => {
    expect(() => parsePort(text)).toThrow(/is not a port/);
  });
});
