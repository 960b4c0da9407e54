import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { TokenBook } from '../../electron/api/tokens.ts';
import { startServer } from '../../electron/server.ts';

const CLIENTS = 1000;
const PROGRAMS = 10;
const WANTED_P99_MS = 100;

/**
 * The local API with a thousand clients in another process, each with an open stream of quotes and a
 * connection of its own on which it asks now and then.
 */
export async function run(): Promise<unknown> {
  const dataDirectory = mkdtempSync(join(tmpdir(), 'renata-api-bench-'));
  const tokens = new TokenBook(dataDirectory);
  const secrets = Array.from({ length: PROGRAMS }, (_, i) => tokens.create(`bench${i}`, 'read', i));
  const served = await startServer({ dataDirectory, port: 0, api: { port: 0 } });
  try {
    await served.workstation.seeded;
    const client = served.workstation.localClient({ carrier: 'websocket' });
    await client.call('connections.connect', { id: 'simulated' });
    const figures = await clients(served.api?.port ?? 0, secrets);
    return {
      checked: 'every stream had quotes, every answer was 200',
      clients: CLIENTS,
      ...figures,
      wantedP99Ms: WANTED_P99_MS,
    };
  } finally {
    await served.close();
    rmSync(dataDirectory, { recursive: true, force: true, maxRetries: 5 });
  }
}

function clients(port: number, secrets: readonly string[]): Promise<Record<string, number>> {
  const file = fileURLToPath(new URL('api/clients.ts', import.meta.url));
  const child = spawn(process.execPath, [file, String(port), String(CLIENTS)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.stdin.end(secrets.join('\n'));
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => {
      if (code === 0) resolve(JSON.parse(said) as Record<string, number>);
      else reject(new Error(`the clients ended with ${String(code)}`));
    });
  });
}
