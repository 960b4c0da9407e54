import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where the parts of the program are, run from its sources or from its build. */
export interface Layout {
  readonly fromSource: boolean;
  readonly root: string;
  readonly workerUrl: URL;
  readonly storeThreadUrl: URL;
  readonly watchdogUrl: URL;
  readonly preloadPath: string;
  readonly rendererDirectory: string;
  readonly resourcesDirectory: string;
  readonly version: string;
}

export const LAYOUT: Layout = findLayout(import.meta.url);

function findLayout(here: string): Layout {
  const fromSource = here.endsWith('.ts');
  // The bundler may put this module into `out/main/chunks` as well as into an entry of `out/main`.
  const up = fromSource ? '../' : here.includes('/chunks/') ? '../../../' : '../../';
  const rootUrl = new URL(up, here);
  const at = (path: string): string => fileURLToPath(new URL(path, rootUrl));
  const { version } = JSON.parse(readFileSync(at('package.json'), 'utf8')) as {
    readonly version: string;
  };
  return {
    fromSource,
    root: fileURLToPath(rootUrl),
    workerUrl: new URL(fromSource ? 'workers/entry.ts' : 'out/main/worker.js', rootUrl),
    storeThreadUrl: new URL(
      fromSource ? 'electron/storage/thread.ts' : 'out/main/store-thread.js',
      rootUrl,
    ),
    watchdogUrl: new URL(
      fromSource ? 'electron/watchdog/entry.ts' : 'out/main/watchdog.js',
      rootUrl,
    ),
    preloadPath: at('out/preload/preload.cjs'),
    rendererDirectory: at('out/renderer'),
    resourcesDirectory: at('resources'),
    version,
  };
}

/** The data directory that all entries share when none is given: Electron's own choice for `Renata`. */
export function defaultDataDirectory(): string {
  const given = process.env['RENATA_DATA_DIR'];
  if (given !== undefined && given !== '') return given;
  switch (process.platform) {
    case 'darwin':
      return join(homedir(), 'Library', 'Application Support', 'Renata');
    case 'win32':
      return join(process.env['APPDATA'] ?? join(homedir(), 'AppData', 'Roaming'), 'Renata');
    default:
      return join(process.env['XDG_CONFIG_HOME'] ?? join(homedir(), '.config'), 'Renata');
  }
}
