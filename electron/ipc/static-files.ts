import { readFile, realpath } from 'node:fs/promises';
import { extname, join, sep } from 'node:path';

/** A file of the window's build, with the headers that it is served under. */
export interface StaticFile {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly headers: Readonly<Record<string, string>>;
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
  '.txt': 'text/plain; charset=utf-8',
};

/** Names that the build makes from a file's content, which therefore never changes. */
const HASHED = /^\/assets\/.+-[\w-]{8,}\.\w+$/;

/**
 * The policy of every page: scripts, styles, fonts and connections of our own only. Styles may be
 * inline because table, chart and dock libraries write style elements; scripts may not.
 * @param connect further origins that the page may connect to, such as the WebSocket's
 */
export function contentSecurityPolicy(connect: readonly string[] = []): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "font-src 'self'",
    ["connect-src 'self'", ...connect].join(' '),
    "worker-src 'self'",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "object-src 'none'",
  ].join('; ');
}

/** Headers of every answer, files and error pages alike. */
export function securityHeaders(policy: string): Record<string, string> {
  return {
    'Content-Security-Policy': policy,
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'DENY',
    'Referrer-Policy': 'no-referrer',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Embedder-Policy': 'require-corp',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Permissions-Policy':
      'camera=(), microphone=(), geolocation=(), usb=(), serial=(), hid=(), payment=(), display-capture=()',
  };
}

/**
 * Reads a file of the window's build. `/` is its page. Nothing outside of the folder is ever read,
 * by dots, encoded dots, absolute names or links.
 * @param pathname path of the URL, still encoded
 * @returns undefined for whatever is no file of the build
 */
export async function readStaticFile(
  directory: string,
  pathname: string,
): Promise<StaticFile | undefined> {
  const name = decodePath(pathname);
  if (name === undefined) return undefined;
  try {
    const root = await realpath(directory);
    const file = await realpath(join(root, name === '/' ? 'index.html' : name));
    if (!file.startsWith(root + sep)) return undefined;
    const type = TYPES[extname(file)];
    if (type === undefined) return undefined;
    const bytes = new Uint8Array(await readFile(file));
    return {
      bytes,
      headers: {
        'Content-Type': type,
        'Content-Length': String(bytes.byteLength),
        'Cache-Control': HASHED.test(name) ? 'private, max-age=31536000, immutable' : 'no-cache',
      },
    };
  } catch {
    return undefined;
  }
}

function decodePath(pathname: string): string | undefined {
  try {
    const name = decodeURIComponent(pathname);
    const sound = name.startsWith('/') && !/[\\\0:]/.test(name);
    return sound && !name.split('/').includes('..') ? name : undefined;
  } catch {
    return undefined;
  }
}
