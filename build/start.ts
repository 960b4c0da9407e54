/**
 * `npm start`: the desktop app when Electron can run here, else the same workstation in a browser.
 * Arguments are passed on (`npm start -- --data-dir DIR`).
 */
import { spawn } from 'node:child_process';
import { ensureBundle } from './lib/bundle.ts';
import { findElectron, hasDisplay, isRoot } from './lib/electron-runtime.ts';
import { fromRoot, ROOT } from './lib/paths.ts';

/** An Electron that ends this soon with an error never showed a window. */
const FAILED_START_MS = 5_000;
const DOWNLOAD_TIMEOUT_MS = 180_000;

const args = process.argv.slice(2);
/** Set when somebody asked us to end: an app that ends then has not failed. */
let endedBy: NodeJS.Signals | undefined;

if (!(await ensureBundle())) process.exit(1);

const reason = await startDesktop();
if (reason !== undefined) {
  process.stderr.write(`renata: no desktop window (${reason}); serving the workstation instead\n`);
  process.exit(await runUntilEnd(process.execPath, [fromRoot('out/main/server.js'), ...args]));
}

/** Runs the desktop app to its end; resolves at once to the reason where it cannot be shown. */
async function startDesktop(): Promise<string | undefined> {
  if (args.includes('--serve')) return 'asked for with --serve';
  if (!hasDisplay()) return 'there is no display';
  const noSandbox = process.env['RENATA_ELECTRON_FLAGS']?.includes('--no-sandbox') ?? false;
  if (isRoot() && !noSandbox) return 'Electron keeps its sandbox on and so does not run as root';
  const runtime = await findElectron(DOWNLOAD_TIMEOUT_MS);
  if ('missing' in runtime) return runtime.missing;
  const started = Date.now();
  const flags = process.env['RENATA_ELECTRON_FLAGS']?.split(' ') ?? [];
  const code = await runUntilEnd(runtime.executable, [...flags, ROOT, ...args]);
  if (code !== 0 && endedBy === undefined && Date.now() - started < FAILED_START_MS) {
    return `Electron ended with code ${code} at its start`;
  }
  process.exit(code);
}

function runUntilEnd(command: string, commandArgs: readonly string[]): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn(command, commandArgs, { cwd: ROOT, stdio: 'inherit' });
    // The terminal sends Ctrl+C to the whole group: wait for the child to end cleanly.
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.on(signal, () => {
        endedBy = signal;
        if (signal === 'SIGTERM') child.kill(signal);
      });
    }
    child.on('error', () => resolve(127));
    child.on('exit', (code, signal) => resolve(code ?? (signal === 'SIGINT' ? 130 : 1)));
  });
}
