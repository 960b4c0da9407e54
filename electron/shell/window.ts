import { BrowserWindow, dialog, nativeTheme, screen, shell } from 'electron';
import { APP_ORIGIN } from './app-protocol.ts';
import { guardContents, webPreferences } from './guards.ts';
import { DEFAULT_SIZE, loadWindowState, MINIMUM_SIZE, saveWindowState } from './window-bounds.ts';

export interface WindowOptions {
  readonly dataDirectory: string;
  readonly preloadPath: string;
  /** The development server's address, in place of the built window. */
  readonly development: URL | undefined;
  readonly isPackaged: boolean;
  readonly onCrash: (reason: string) => void;
  /** The page is about to be loaded anew, has crashed, or its window is closed. */
  readonly onPageEnd: () => void;
}

/** The window's background before its styles are there, so that a dark desktop sees no white flash. */
const BACKGROUND = { dark: '#0d1117', light: '#ffffff' } as const;

/** Opens the workstation's window where it was last; it shows once it has something to show. */
export function openWindow(options: WindowOptions): BrowserWindow {
  const screens = screen.getAllDisplays().map((display) => display.workArea);
  const { bounds, maximized } = loadWindowState(options.dataDirectory, screens);
  const window = new BrowserWindow({
    ...DEFAULT_SIZE,
    ...bounds,
    minWidth: MINIMUM_SIZE.width,
    minHeight: MINIMUM_SIZE.height,
    title: 'Renata',
    show: false,
    backgroundColor: nativeTheme.shouldUseDarkColors ? BACKGROUND.dark : BACKGROUND.light,
    webPreferences: webPreferences(options.preloadPath, !options.isPackaged),
  });
  guardContents(window.webContents, (url) => void shell.openExternal(url));
  if (maximized) window.maximize();
  window.once('ready-to-show', () => window.show());
  window.on('close', () => {
    saveWindowState(options.dataDirectory, {
      bounds: window.getNormalBounds(),
      maximized: window.isMaximized(),
    });
  });
  window.webContents.on('did-start-navigation', ({ isMainFrame, isSameDocument }) => {
    if (isMainFrame && !isSameDocument) options.onPageEnd();
  });
  window.on('closed', () => options.onPageEnd());
  window.webContents.on('render-process-gone', (_event, { reason }) => {
    options.onPageEnd();
    if (reason === 'clean-exit') return;
    options.onCrash(reason);
    void offerReload(window, `The window stopped working (${reason}).`);
  });
  window.on('unresponsive', () => {
    void offerReload(window, 'The window does not answer.');
  });
  void window.loadURL(options.development?.href ?? `${APP_ORIGIN}/`).catch((error: unknown) => {
    options.onCrash(`the page could not be loaded: ${String(error)}`);
  });
  return window;
}

async function offerReload(window: BrowserWindow, message: string): Promise<void> {
  if (window.isDestroyed()) return;
  const { response } = await dialog.showMessageBox(window, {
    type: 'error',
    title: 'Renata',
    message,
    detail: 'Your data are safe: they live outside the window. Jobs that run go on.',
    buttons: ['Reload', 'Wait'],
    defaultId: 0,
    cancelId: 1,
  });
  if (response === 0 && !window.isDestroyed()) window.webContents.reload();
}
