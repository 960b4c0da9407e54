/** `npm run dev`: hot reload of the window and of the main process. Needs Electron and a display. */
import { spawn } from 'node:child_process';
import { findElectron, hasDisplay, isRoot } from './lib/electron-runtime.ts';
import { ROOT } from './lib/paths.ts';
import { tool } from './lib/run.ts';

const runtime = await findElectron(180_000);
if ('missing' in runtime || !hasDisplay()) {
  const reason = 'missing' in runtime ? runtime.missing : 'there is no display';
  process.stderr.write(
    `renata: no Electron window (${reason}); only the window's own dev server can run.\n`,
  );
  process.exit(1);
}
const flags = process.env['RENATA_ELECTRON_FLAGS']?.split(' ') ?? [];
const sandbox = isRoot() || flags.includes('--no-sandbox') ? ['--noSandbox'] : [];
const child = spawn(
  tool('electron-vite'),
  ['dev', '--watch', ...sandbox, ...process.argv.slice(2)],
  {
    cwd: ROOT,
    stdio: 'inherit',
    env: { ...process.env, ELECTRON_EXEC_PATH: runtime.executable },
  },
);
child.on('exit', (code) => process.exit(code ?? 1));
