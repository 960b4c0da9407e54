import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { app, dialog, ipcMain, Menu, protocol, session, type BrowserWindow } from 'electron';
import { RenataError } from '../engine/domain/errors.ts';
import { carryOverElectron } from './ipc/electron-ipc.ts';
import { LAYOUT } from './layout.ts';
import { APP_SCHEME, serveApp } from './shell/app-protocol.ts';
import { developmentUrl, guardContents, guardSession, isOwnPage } from './shell/guards.ts';
import { menuTemplate } from './shell/menu.ts';
import { logWhenUsable } from './shell/startup-log.ts';
import { electronVault } from './shell/vault.ts';
import { openWindow } from './shell/window.ts';
import { makeFolder } from './storage/make-folder.ts';
import { openWorkstation, type Workstation } from './workstation.ts';

/** How long an orderly end may take before the program ends anyway, ms. */
const CLOSE_LIMIT_MS = 10_000;

const startedAt = process.getCreationTime() ?? Date.now();
const development = developmentUrl(app.isPackaged, process.env['ELECTRON_RENDERER_URL']);
const dataDirectory = chooseDataDirectory();

let window: BrowserWindow | undefined;
let workstation: Workstation | undefined;
let isClosed = false;
let pageEnded = (): void => undefined;

protocol.registerSchemesAsPrivileged([APP_SCHEME]);
// Root, as in a container of tests, cannot use Chromium's sandbox and says so with this switch.
if (!app.commandLine.hasSwitch('no-sandbox')) app.enableSandbox();

if (app.requestSingleInstanceLock()) {
  start();
} else {
  process.stderr.write('renata: already running with this data directory; showing its window\n');
  app.exit(0);
}

function start(): void {
  app.on('second-instance', () => {
    if (window === undefined) return;
    if (window.isMinimized()) window.restore();
    window.focus();
  });
  // Whatever contents come to be, none is without guards.
  app.on('web-contents-created', (_event, contents) => guardContents(contents, () => undefined));
  app.on('window-all-closed', () => {
    if (process.platform !== 'darwin') app.quit();
  });
  app.on('will-quit', (event) => {
    if (isClosed) return;
    event.preventDefault();
    void closeWorkstation().finally(() => app.quit());
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => app.quit());
  process.on('uncaughtException', (error) => {
    workstation?.log.logger.fatal({ err: error }, 'the main process failed');
    workstation?.log.flushSync();
    process.stderr.write(`renata: ${error.stack ?? error.message}\n`);
    app.exit(1);
  });

  // Opened beside the window, which is on the screen before the first call has to be answered.
  const opening = openWorkstation({
    dataDirectory,
    version: LAYOUT.version,
    workerUrl: LAYOUT.workerUrl,
    storeThreadUrl: LAYOUT.storeThreadUrl,
    watchdogUrl: LAYOUT.watchdogUrl,
    resourcesDirectory: LAYOUT.resourcesDirectory,
    carrier: 'electron',
    seedDefault: true,
    vault: electronVault,
    vaultReady: app.whenReady(),
  });
  opening.then(
    (opened) => {
      workstation = opened;
      void opened.api.start();
    },
    () => undefined,
  );

  app.whenReady().then(
    () => run(opening),
    (error: unknown) => fail(error),
  );
}

async function run(opening: Promise<Workstation>): Promise<void> {
  guardSession(session.defaultSession);
  serveApp(protocol, LAYOUT.rendererDirectory);
  Menu.setApplicationMenu(Menu.buildFromTemplate(menuTemplate(process.platform, !app.isPackaged)));
  carryOverElectron({
    ipcMain,
    contents: () => (window === undefined || window.isDestroyed() ? undefined : window.webContents),
    isOwnPage: (url) => isOwnPage(url, development),
    onPageEnd: (listener) => {
      pageEnded = listener;
    },
    dispatch: async (name, input, context) => (await opening).dispatch(name, input, context),
    subscribe: (listener) => {
      let unsubscribe: (() => void) | undefined;
      opening.then(
        (opened) => {
          unsubscribe = opened.subscribe(listener);
        },
        () => undefined,
      );
      return () => unsubscribe?.();
    },
    onIntruder: (url) => workstation?.log.logger.warn({ url }, 'a call from a foreign frame'),
  });
  showWindow();
  app.on('activate', () => {
    if (window === undefined || window.isDestroyed()) showWindow();
  });
  try {
    await opening;
  } catch (error) {
    fail(error);
  }
}

function showWindow(): void {
  window = openWindow({
    dataDirectory,
    preloadPath: LAYOUT.preloadPath,
    development,
    isPackaged: app.isPackaged,
    onCrash: (reason) => workstation?.log.logger.error({ reason }, 'the window failed'),
    onPageEnd: () => pageEnded(),
  });
  if (process.env['RENATA_STARTUP_LOG'] !== undefined) logWhenUsable(window, startedAt);
}

function fail(error: unknown): void {
  const message =
    error instanceof RenataError ? error.message : `Unexpected failure: ${String(error)}`;
  process.stderr.write(`renata: ${message}\n`);
  dialog.showErrorBox('Renata could not start', message);
  app.exit(1);
}

async function closeWorkstation(): Promise<void> {
  const limit = setTimeout(() => app.exit(1), CLOSE_LIMIT_MS);
  try {
    await workstation?.close();
  } finally {
    clearTimeout(limit);
    isClosed = true;
  }
}

/** `--data-dir`, else RENATA_DATA_DIR, else Electron's own folder for the user's data of this program. */
function chooseDataDirectory(): string {
  const { values } = parseArgs({
    args: process.argv.slice(1),
    // Chromium's switches are in the list, too.
    strict: false,
    options: { 'data-dir': { type: 'string' } },
  });
  const given = values['data-dir'] ?? process.env['RENATA_DATA_DIR'];
  if (typeof given === 'string' && given !== '') {
    const directory = resolve(given);
    makeFolder(directory);
    // The lock of the single instance belongs to it: one window for each data directory.
    app.setPath('userData', directory);
  }
  const directory = app.getPath('userData');
  app.setPath('sessionData', join(directory, 'browser'));
  return directory;
}
