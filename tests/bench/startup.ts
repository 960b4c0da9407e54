import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { hasDisplay, prepareTestElectron } from '../../build/lib/electron-runtime.ts';
import { ROOT } from '../../build/lib/paths.ts';

/**
 * Time from `npm start` to a window that shows the chart of the default workspace, in the desktop app.
 * The first start also fills the store; the later ones open it as a user does every day.
 */
export async function run(): Promise<unknown> {
  const electron = await prepareTestElectron();
  if ('missing' in electron) return { skipped: electron.missing };
  const dataDirectory = mkdtempSync(join(tmpdir(), 'renata-startup-'));
  try {
    const first = await startOnce(dataDirectory);
    const later: number[] = [];
    for (let i = 0; i < 5; i += 1) later.push(await startOnce(dataDirectory));
    later.sort((a, b) => a - b);
    return {
      checked: 'the window reports itself usable only when the chart has data',
      firstStartMs: first,
      laterStartMs: { median: later[2], all: later },
      wantedMs: 2_500,
    };
  } finally {
    rmSync(dataDirectory, { recursive: true, force: true, maxRetries: 5 });
  }
}

function startOnce(dataDirectory: string): Promise<number> {
  const command = ['npm', 'start', '--silent', '--', '--data-dir', dataDirectory];
  const full = hasDisplay()
    ? command
    : ['xvfb-run', '-a', '-s', '-screen 0 1600x1000x24', ...command];
  const started = performance.now();
  const child = spawn(full[0] ?? 'npm', full.slice(1), {
    cwd: ROOT,
    detached: true,
    env: {
      ...process.env,
      RENATA_STARTUP_LOG: '1',
      ...(process.getuid?.() === 0 ? { RENATA_ELECTRON_FLAGS: '--no-sandbox' } : {}),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return new Promise((resolve, reject) => {
    let output = '';
    let elapsed: number | undefined;
    const read = (chunk: Buffer): void => {
      output += chunk.toString();
      if (elapsed === undefined && output.includes('window usable')) {
        elapsed = Math.round(performance.now() - started);
        // The whole group: npm, the virtual display and the app.
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGTERM');
      }
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    const limit = setTimeout(() => {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    }, 60_000);
    child.once('close', () => {
      clearTimeout(limit);
      if (elapsed === undefined) reject(new Error(`the window never became usable: ${output}`));
      else resolve(elapsed);
    });
  });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  process.stdout.write(`${JSON.stringify(await run(), null, 2)}\n`);
}
