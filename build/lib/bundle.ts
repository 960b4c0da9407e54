import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { fromRoot } from './paths.ts';
import { run, tool } from './run.ts';

const SOURCES = [
  'engine',
  'electron',
  'workers',
  'renderer',
  'electron.vite.config.ts',
  'package-lock.json',
];
const STAMP = fromRoot('out/.built');

/** Builds `out/` unless every source is older than the last build. Resolves to false on failure. */
export async function ensureBundle(): Promise<boolean> {
  if (isFresh()) return true;
  process.stderr.write('renata: building the workstation …\n');
  const result = await run(tool('electron-vite'), ['build', '--logLevel', 'warn'], {
    output: 'capture',
  });
  if (result.code !== 0) {
    process.stderr.write(result.output);
    return false;
  }
  mkdirSync(fromRoot('out'), { recursive: true });
  writeFileSync(STAMP, '');
  process.stderr.write(`renata: built in ${result.seconds.toFixed(1)} s\n`);
  return true;
}

function isFresh(): boolean {
  if (!existsSync(STAMP)) return false;
  const builtAt = statSync(STAMP).mtimeMs;
  return SOURCES.every((source) => newest(fromRoot(source)) <= builtAt);
}

function newest(path: string): number {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return 0;
  if (!stat.isDirectory()) return stat.mtimeMs;
  let latest = 0;
  for (const entry of readdirSync(path)) latest = Math.max(latest, newest(`${path}/${entry}`));
  return latest;
}
