import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fromRoot } from './paths.ts';
import { onPath, run } from './run.ts';

/** A usable Electron, or the reason why there is none, as the second half of a sentence. */
export type ElectronRuntime = { readonly executable: string } | { readonly missing: string };

const EXECUTABLE: Readonly<Record<string, string>> = {
  darwin: 'Electron.app/Contents/MacOS/Electron',
  win32: 'electron.exe',
};
const executableName = EXECUTABLE[process.platform] ?? 'electron';

/**
 * Looks for Electron's runtime: the folder that ELECTRON_OVERRIDE_DIST_PATH names, the one the
 * `electron` package has fetched, else lets that package fetch it.
 */
export async function findElectron(downloadTimeoutMs: number): Promise<ElectronRuntime> {
  const override = process.env['ELECTRON_OVERRIDE_DIST_PATH'];
  if (override !== undefined) {
    const executable = join(override, executableName);
    if (existsSync(executable)) return { executable };
    return { missing: `ELECTRON_OVERRIDE_DIST_PATH (${override}) holds no ${executableName}` };
  }
  const installed = fromRoot(`node_modules/electron/dist/${executableName}`);
  if (existsSync(installed)) return { executable: installed };
  const installer = fromRoot('node_modules/electron/install.js');
  if (!existsSync(installer)) return { missing: 'the electron package is not installed' };
  process.stderr.write('renata: fetching the Electron runtime, once …\n');
  const result = await run(process.execPath, [installer], {
    output: 'capture',
    timeoutMs: downloadTimeoutMs,
  });
  if (result.code === 0 && existsSync(installed)) return { executable: installed };
  return { missing: 'the Electron runtime could not be downloaded' };
}

/** Whether a window can be shown at all. */
export function hasDisplay(): boolean {
  if (process.platform !== 'linux') return true;
  return Boolean(process.env['DISPLAY']) || Boolean(process.env['WAYLAND_DISPLAY']);
}

/** Chromium refuses to run as root with its sandbox on, and the app never turns the sandbox off. */
export function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/** Programs and libraries that Debian needs to run Electron without a display of its own. */
const DEBIAN_PACKAGES = [
  'xvfb',
  'xauth',
  'libnss3',
  'libgtk-3-0',
  'libgbm1',
  'libasound2',
  'libxss1',
  'libatk-bridge2.0-0',
  'libcups2',
  'libdrm2',
  'libxkbcommon0',
  'libnotify4',
  'libsecret-1-0',
  'libxtst6',
];

/**
 * For tests: finds Electron and a virtual display, installing Debian's packages when allowed.
 * A test runtime beside the checkout is used where the normal download cannot be had.
 */
export async function prepareTestElectron(): Promise<ElectronRuntime> {
  if (!hasDisplay() && !(await onPath('xvfb-run'))) {
    if (!isRoot() || !(await onPath('apt-get'))) {
      return { missing: 'there is no display and no xvfb-run' };
    }
    if (!(await installDebian(DEBIAN_PACKAGES))) {
      return { missing: 'xvfb and the libraries of Electron could not be installed' };
    }
  }
  if (process.env['ELECTRON_OVERRIDE_DIST_PATH'] === undefined) {
    const provider = fromRoot('../shared/tools/electron-test-runtime/electron-test-runtime');
    if (existsSync(provider)) {
      const result = await run('bash', ['-c', `'${provider}' 2>/dev/null`], { output: 'capture' });
      if (result.code === 0) process.env['ELECTRON_OVERRIDE_DIST_PATH'] = result.output.trim();
    }
  }
  return findElectron(300_000);
}

/** Installs Debian packages; true when apt says that all are there. */
export async function installDebian(packages: readonly string[]): Promise<boolean> {
  process.stderr.write(`renata: installing ${packages.join(' ')} …\n`);
  // Another run of apt may hold its lock, and a mirror may fail once.
  const patient = ['-o', 'DPkg::Lock::Timeout=300', '-o', 'Acquire::Retries=5'];
  await run('apt-get', [...patient, 'update', '-qq'], { output: 'capture' });
  const result = await run(
    'apt-get',
    [...patient, 'install', '-y', '-qq', '--no-install-recommends', ...packages],
    { output: 'capture', env: { DEBIAN_FRONTEND: 'noninteractive' } },
  );
  if (result.code !== 0) process.stderr.write(result.output);
  return result.code === 0;
}
