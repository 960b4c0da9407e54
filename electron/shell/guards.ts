import type { Session, WebContents, WebPreferences } from 'electron';
import { APP_ORIGIN } from './app-protocol.ts';

/** Hosts that links of the window may open in the user's browser. */
const EXTERNAL_HOSTS: ReadonlySet<string> = new Set(['www.tradingview.com', 'github.com']);

/** Preferences of every window. Nothing of Node reaches the page; the preload script is its only bridge. */
export function webPreferences(preloadPath: string, isDevelopment: boolean): WebPreferences {
  return {
    preload: preloadPath,
    contextIsolation: true,
    sandbox: true,
    nodeIntegration: false,
    nodeIntegrationInWorker: false,
    nodeIntegrationInSubFrames: false,
    webSecurity: true,
    allowRunningInsecureContent: false,
    experimentalFeatures: false,
    webviewTag: false,
    navigateOnDragDrop: false,
    safeDialogs: true,
    spellcheck: false,
    devTools: isDevelopment,
  };
}

/**
 * The address of the development server, where there is one: only for builds that are not packaged, and
 * only on this machine.
 */
export function developmentUrl(isPackaged: boolean, given: string | undefined): URL | undefined {
  if (isPackaged || given === undefined || !URL.canParse(given)) return undefined;
  const url = new URL(given);
  const local = url.hostname === 'localhost' || url.hostname === '127.0.0.1';
  return local && url.protocol === 'http:' ? url : undefined;
}

/** Whether a URL is a page of this application. */
export function isOwnPage(url: string, development: URL | undefined): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, host, origin } = new URL(url);
  // Schemes of our own have no origin in Node's URL, so protocol and host are compared.
  if (`${protocol}//${host}` === APP_ORIGIN) return true;
  return development !== undefined && origin === development.origin;
}

/** Whether a link may be handed to the user's browser. */
export function isExternalLink(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, hostname, username, password, port } = new URL(url);
  return (
    protocol === 'https:' &&
    username === '' &&
    password === '' &&
    port === '' &&
    EXTERNAL_HOSTS.has(hostname)
  );
}

/** Denies all that a page could use to leave: navigation, new windows, embedded web views. */
export function guardContents(contents: WebContents, openExternal: (url: string) => void): void {
  contents.on('will-navigate', (event) => event.preventDefault());
  contents.on('will-frame-navigate', (event) => event.preventDefault());
  contents.on('will-redirect', (event) => event.preventDefault());
  contents.on('will-attach-webview', (event) => event.preventDefault());
  contents.setWindowOpenHandler(({ url }) => {
    if (isExternalLink(url)) openExternal(url);
    return { action: 'deny' };
  });
}

/** Denies every permission: the window needs no device, no location and no notification of the web. */
export function guardSession(session: Session): void {
  session.setPermissionRequestHandler((_contents, _permission, reply) => reply(false));
  session.setPermissionCheckHandler(() => false);
  session.setDevicePermissionHandler(() => false);
  session.setDisplayMediaRequestHandler((_request, reply) => reply({}));
}
