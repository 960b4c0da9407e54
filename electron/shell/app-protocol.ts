import type { CustomScheme, Protocol } from 'electron';
import { contentSecurityPolicy, readStaticFile, securityHeaders } from '../ipc/static-files.ts';

const SCHEME = 'renata';
export const APP_ORIGIN = `${SCHEME}://app`;

/** A scheme of our own in place of `file:`, which could read every file of the user. */
export const APP_SCHEME: CustomScheme = {
  scheme: SCHEME,
  privileges: { standard: true, secure: true, supportFetchAPI: true, codeCache: true },
};

/** Serves the window's build as `renata://app/`. */
export function serveApp(protocol: Protocol, directory: string): void {
  protocol.handle(SCHEME, (request) => answer(request, directory));
}

export async function answer(request: Request, directory: string): Promise<Response> {
  const headers = securityHeaders(contentSecurityPolicy());
  const url = new URL(request.url);
  if (url.host !== 'app' || request.method !== 'GET') {
    return new Response('Not found', { status: 404, headers });
  }
  const file = await readStaticFile(directory, url.pathname);
  if (file === undefined) return new Response('Not found', { status: 404, headers });
  return new Response(file.bytes, { status: 200, headers: { ...headers, ...file.headers } });
}
