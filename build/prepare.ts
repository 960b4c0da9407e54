/** Runs after `npm ci`: builds the workstation, so that the first `npm start` opens at once. */
import { existsSync } from 'node:fs';
import { ensureBundle } from './lib/bundle.ts';
import { tool } from './lib/run.ts';

if (existsSync(tool('electron-vite'))) {
  process.exitCode = (await ensureBundle()) ? 0 : 1;
} else {
  process.stderr.write('renata: development dependencies are absent, so nothing was built\n');
}
