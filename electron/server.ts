import { realpathSync } from 'node:fs';
import type { Server } from 'node:http';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { RenataError } from '../engine/domain/errors.ts';
import type { Api, ApiOptions } from './api/server.ts';
import { createPageServer, HOST, mayOpenSocket, originOf } from './ipc/http-pages.ts';
import { createSignIn } from './ipc/sign-in.ts';
import { carryOverWebSocket, type SocketLimits } from './ipc/websocket.ts';
import { defaultDataDirectory, LAYOUT } from './layout.ts';
import { openWorkstation, type Workstation } from './workstation.ts';

export const DEFAULT_PORT = 7311;
const PORTS_TRIED = 20;

export interface ServeOptions {
  /** The shared data directory by default. */
  readonly dataDirectory?: string;
  /** The next free one is taken where it is in use; 0 takes any. */
  readonly port?: number;
  /** First one-time token, random by default. */
  readonly token?: string;
  /** The window's build. */
  readonly rendererDirectory?: string;
  readonly seedDefault?: boolean;
  readonly checkOutputs?: boolean;
  readonly limits?: Partial<SocketLimits>;
  /** Opens the API for other programs of the user on a port of its own; left to the user's setting when absent. */
  readonly api?: Partial<Pick<ApiOptions, 'port' | 'limits'>>;
}

export interface ServedWorkstation {
  readonly port: number;
  /** `http://127.0.0.1:PORT` */
  readonly origin: string;
  /** Address with the first one-time token. */
  readonly link: string;
  readonly workstation: Workstation;
  /** The API for other programs; null where it was not asked for here. */
  readonly api: Api | null;
  /** Address with a fresh one-time token; the link before it no longer works. */
  newLink(): string;
  /** Closes sockets, server and workstation. */
  close(): Promise<void>;
}

/**
 * Serves the workstation to browsers of this machine.
 * @throws RenataError UNAVAILABLE when no port can be had, or what opening the workstation throws
 */
export async function startServer(options: ServeOptions = {}): Promise<ServedWorkstation> {
  const signIn = createSignIn(options.token);
  const firstToken = options.token ?? signIn.newToken();
  let port = 0;
  const pages = {
    directory: options.rendererDirectory ?? LAYOUT.rendererDirectory,
    signIn,
    port: () => port,
  };
  const server = createPageServer(pages);
  port = await listen(server, options.port ?? DEFAULT_PORT);
  try {
    const workstation = await openWorkstation({
      dataDirectory: resolve(options.dataDirectory ?? defaultDataDirectory()),
      version: LAYOUT.version,
      workerUrl: LAYOUT.workerUrl,
      storeThreadUrl: LAYOUT.storeThreadUrl,
      watchdogUrl: LAYOUT.watchdogUrl,
      resourcesDirectory: LAYOUT.resourcesDirectory,
      carrier: 'websocket',
      seedDefault: options.seedDefault ?? true,
      checkOutputs: options.checkOutputs ?? false,
    });
    const api = await apiOf(options, workstation);
    const closeSockets = carryOverWebSocket({
      server,
      authorize: (request) => mayOpenSocket(request, pages),
      dispatch: workstation.dispatch,
      subscribe: workstation.subscribe,
      ...(options.limits === undefined ? {} : { limits: options.limits }),
    });
    const origin = originOf(pages);
    const linkOf = (token: string): string => `${origin}/?token=${token}`;
    let closing: Promise<void> | undefined;
    const closeAll = async (): Promise<void> => {
      await api?.close();
      await closeSockets();
      await stop(server);
      await workstation.close();
    };
    return {
      port,
      origin,
      link: linkOf(firstToken),
      workstation,
      api,
      newLink: () => linkOf(signIn.newToken()),
      close: () => (closing ??= closeAll()),
    };
  } catch (error) {
    await stop(server);
    throw error;
  }
}

/** The workstation is closed where the API was asked for and cannot be had. */
async function apiOf(options: ServeOptions, { api, close }: Workstation): Promise<Api | null> {
  if (options.api === undefined) {
    await api.start();
    return null;
  }
  try {
    return await api.open(options.api);
  } catch (error) {
    await close();
    throw error;
  }
}

async function listen(server: Server, wanted: number): Promise<number> {
  const last = wanted === 0 ? 0 : Math.min(wanted + PORTS_TRIED - 1, 65_535);
  for (let port = wanted; port <= last; port += 1) {
    const bound = await tryPort(server, port);
    if (bound !== undefined) return bound;
  }
  throw new RenataError(
    'UNAVAILABLE',
    `port: ${wanted} to ${last} are all in use on ${HOST}; choose another with --port.`,
    { details: { parameter: 'port' } },
  );
}

/** Resolves to the port, or to undefined where another program has it. */
function tryPort(server: Server, port: number): Promise<number | undefined> {
  return new Promise((resolvePort, reject) => {
    const onError = (error: NodeJS.ErrnoException): void => {
      if (error.code === 'EADDRINUSE' || error.code === 'EACCES') resolvePort(undefined);
      else reject(error);
    };
    server.once('error', onError);
    server.listen(port, HOST, () => {
      server.off('error', onError);
      const address = server.address();
      resolvePort(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}

function stop(server: Server): Promise<void> {
  return new Promise((done) => {
    server.close(() => done());
    server.closeAllConnections();
  });
}

/** `node server.js [--data-dir DIR] [--port N]`: serves until it is told to end. */
async function main(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    // Arguments of `npm start` that only the desktop app or its launcher knows come here too.
    strict: false,
    options: { 'data-dir': { type: 'string' }, port: { type: 'string' } },
  });
  const dataDirectory = textOf(values['data-dir']);
  const port = textOf(values['port']);
  const token = process.env['RENATA_TOKEN'];
  const served = await startServer({
    ...(dataDirectory === undefined ? {} : { dataDirectory }),
    ...(port === undefined ? {} : { port: parsePort(port) }),
    ...(token === undefined || token === '' ? {} : { token }),
  });
  serveUntilSignal(served, (line) => process.stdout.write(`${line}\n`));
}

/**
 * Prints the address, then a new one on every `n`, and closes on Ctrl+C, `q`, SIGINT and SIGTERM.
 * @param print takes one line without its end
 */
export function serveUntilSignal(served: ServedWorkstation, print: (line: string) => void): void {
  print(`Renata is at ${served.link} (works once)`);
  const { live } = served.workstation;
  // A second one on the same data has charts and backtests, and no orders: nobody should look for them.
  if (live instanceof RenataError) print(`Without trading: ${live.message}`);
  const end = (): void => {
    served.close().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.once('SIGINT', end);
  process.once('SIGTERM', end);
  const { stdin } = process;
  if (!stdin.isTTY) return;
  print('Press n for a new link, q to end.');
  stdin.setRawMode(true);
  stdin.setEncoding('utf8');
  stdin.on('data', (key: string) => {
    if (key === 'n') print(`New link: ${served.newLink()}`);
    // In raw mode Ctrl+C arrives as a character.
    if (key === 'q' || key === '\u0003') {
      stdin.setRawMode(false);
      end();
    }
  });
}

function textOf(value: string | boolean | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** @throws RenataError BAD_INPUT */
export function parsePort(text: string, parameter = 'port'): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw new RenataError(
    'BAD_INPUT',
    `${parameter}: "${text}" is not a port; use a number from 0 to 65535.`,
    {
      details: { parameter },
    },
  );
}

/** True when this file is what Node was started with, and not a module of the command line. */
function isEntry(): boolean {
  const [, started] = process.argv;
  if (started === undefined) return false;
  const entry = LAYOUT.fromSource ? 'electron/server.ts' : 'out/main/server.js';
  try {
    return realpathSync(started) === realpathSync(join(LAYOUT.root, entry));
  } catch {
    return false;
  }
}

if (isEntry()) {
  main(process.argv.slice(2)).catch((error: unknown) => {
    const message = error instanceof Error ? error.message : String(error);
    process.stderr.write(`renata: ${message}\n`);
    process.exit(1);
  });
}
