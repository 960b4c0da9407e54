import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { SOCKET_PATH } from '../../engine/protocol/bridge.ts';
import type { SignIn } from './sign-in.ts';
import { contentSecurityPolicy, readStaticFile, securityHeaders } from './static-files.ts';

export interface PagesOptions {
  /** The window's build. */
  readonly directory: string;
  readonly signIn: SignIn;
  /** Port that the server listens on, once it does. */
  readonly port: () => number;
}

/** Only this machine's own loopback address; the name `localhost` could be pointed elsewhere. */
export const HOST = '127.0.0.1';

/** Serves the window's files to signed-in browsers of this machine and signs them in. */
export function createPageServer(options: PagesOptions): Server {
  return createServer({ maxHeaderSize: 16 * 1024, requestTimeout: 30_000 }, (request, response) => {
    answer(request, response, options).catch(() => {
      if (!response.headersSent) page(response, options, 500, 'Renata could not read this page.');
    });
  });
}

/** Whether a request to open a WebSocket comes from our own page in a signed-in browser. */
export function mayOpenSocket(request: IncomingMessage, options: PagesOptions): boolean {
  return (
    hasOwnHost(request, options) &&
    request.headers.origin === originOf(options) &&
    isSignedIn(request, options)
  );
}

export function originOf({ port }: PagesOptions): string {
  return `http://${HOST}:${port()}`;
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  options: PagesOptions,
): Promise<void> {
  // A foreign name that was pointed at this machine (DNS rebinding) shows in the Host header.
  if (!hasOwnHost(request, options)) {
    return page(response, options, 421, 'Renata answers to its own address only.');
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('Allow', 'GET, HEAD');
    return page(response, options, 405, 'Renata serves its window here and nothing else.');
  }
  const url = parseTarget(request.url ?? '/', options);
  if (url === undefined) return page(response, options, 400, 'This address cannot be read.');
  const token = url.searchParams.get('token');
  const signedIn = isSignedIn(request, options);
  if (token !== null) return exchange(token, signedIn, response, options);
  if (!signedIn) {
    const hint = 'Open the link that Renata printed in its terminal; press n there for a new one.';
    return page(response, options, 401, hint);
  }
  const file = await readStaticFile(options.directory, url.pathname);
  if (file === undefined) return page(response, options, 404, 'There is no such page in Renata.');
  setHeaders(response, options, file.headers);
  response.writeHead(200);
  response.end(request.method === 'HEAD' ? undefined : file.bytes);
}

function exchange(
  token: string,
  signedIn: boolean,
  response: ServerResponse,
  options: PagesOptions,
): void {
  const secret = signedIn ? undefined : options.signIn.redeem(token);
  if (!signedIn && secret === undefined) {
    const hint =
      'This link was used already or is out of date. Press n in the terminal where Renata runs to get a new one.';
    return page(response, options, 403, hint);
  }
  setHeaders(response, options, { Location: '/', 'Cache-Control': 'no-store' });
  if (secret !== undefined) {
    // Browsers share cookies between the ports of one host, hence the port in the name.
    const name = cookieName(options);
    response.setHeader('Set-Cookie', `${name}=${secret}; HttpOnly; SameSite=Strict; Path=/`);
  }
  response.writeHead(303);
  response.end();
}

function hasOwnHost(request: IncomingMessage, { port }: PagesOptions): boolean {
  return request.headers.host === `${HOST}:${port()}`;
}

function isSignedIn(request: IncomingMessage, options: PagesOptions): boolean {
  const prefix = `${cookieName(options)}=`;
  return (request.headers.cookie ?? '')
    .split(';')
    .map((part) => part.trim())
    .some((part) => part.startsWith(prefix) && options.signIn.isSession(part.slice(prefix.length)));
}

function cookieName({ port }: PagesOptions): string {
  return `renata_session_${port()}`;
}

function parseTarget(target: string, options: PagesOptions): URL | undefined {
  // `//host/` and absolute targets would name another host.
  if (!target.startsWith('/') || target.startsWith('//')) return undefined;
  return URL.canParse(target, originOf(options)) ? new URL(target, originOf(options)) : undefined;
}

function setHeaders(
  response: ServerResponse,
  options: PagesOptions,
  headers: Readonly<Record<string, string>>,
): void {
  const policy = contentSecurityPolicy([`ws://${HOST}:${options.port()}${SOCKET_PATH}`]);
  for (const [key, value] of Object.entries({ ...securityHeaders(policy), ...headers })) {
    response.setHeader(key, value);
  }
}

function page(
  response: ServerResponse,
  options: PagesOptions,
  status: number,
  message: string,
): void {
  const body = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Renata</title><body style="font:16px/1.5 system-ui,sans-serif;max-width:34rem;margin:18vh auto;padding:0 1rem"><h1 style="font-size:1.25rem">Renata</h1><p>${message}</p></body></html>\n`;
  setHeaders(response, options, {
    'Content-Type': 'text/html; charset=utf-8',
    'Cache-Control': 'no-store',
  });
  response.writeHead(status);
  response.end(body);
}
