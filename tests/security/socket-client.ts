import { request, type IncomingHttpHeaders } from 'node:http';
import { WebSocket } from 'ws';
import { RenataError } from '../../engine/domain/errors.ts';
import { decodeFrame, encodeFrame } from '../../engine/protocol/codec.ts';
import { serverFrame, type ServerFrame } from '../../engine/protocol/wire.ts';

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** One HTTP request with exactly these headers; redirects are not followed. */
export function http(
  port: number,
  path: string,
  headers: Readonly<Record<string, string>> = {},
  method = 'GET',
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      { host: '127.0.0.1', port, path, method, headers, agent: false },
      (response) => {
        let body = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          body += chunk;
        });
        response.on('end', () => {
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body });
        });
      },
    );
    outgoing.on('error', reject);
    outgoing.end();
  });
}

/** Signs in with a link and returns the cookie header of the session. */
export async function signIn(port: number, link: string): Promise<string> {
  const { search } = new URL(link);
  const reply = await http(port, `/${search}`);
  const [cookie = ''] = reply.headers['set-cookie'] ?? [];
  return cookie.split(';')[0] ?? '';
}

export interface SocketClient {
  readonly socket: WebSocket;
  readonly events: ServerFrame[];
  /** Resolves to the answer, be it a result or an error. */
  send(name: string, input: unknown): Promise<ServerFrame>;
  /** Resolves to the output. @throws RenataError */
  call<Output>(name: string, input: unknown): Promise<Output>;
  /** Sends bytes as they are and resolves to the next answer without an id. */
  raw(bytes: Uint8Array | string): Promise<ServerFrame>;
  close(): Promise<number>;
}

/** Opens a socket; rejects with the HTTP status where the server refuses. */
export async function connect(
  port: number,
  headers: Readonly<Record<string, string>>,
  path = '/socket',
): Promise<SocketClient> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, { headers });
  const events: ServerFrame[] = [];
  const waiting = new Map<number, (frame: ServerFrame) => void>();
  let nameless: ((frame: ServerFrame) => void) | undefined;
  let nextId = 1;
  socket.on('error', () => undefined);
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('unexpected-response', (_request, response) => {
      reject(new Error(`status ${response.statusCode}`));
      socket.terminate();
    });
    socket.once('close', () => reject(new Error('closed')));
  });
  socket.on('message', (data: Buffer) => {
    const frame = serverFrame.parse(decodeFrame(data));
    if (frame.kind === 'event') events.push(frame);
    else if (frame.id === -1) nameless?.(frame);
    else waiting.get(frame.id)?.(frame);
  });
  const closed = new Promise<number>((resolve) => {
    socket.once('close', (code) => resolve(code));
  });
  const send = (name: string, input: unknown): Promise<ServerFrame> => {
    const id = nextId;
    nextId += 1;
    return new Promise((resolve, reject) => {
      waiting.set(id, resolve);
      void closed.then((code) => reject(new Error(`closed with ${code}`)));
      socket.send(encodeFrame({ kind: 'call', id, name, input }));
    });
  };
  return {
    socket,
    events,
    send,
    async call<Output>(name: string, input: unknown): Promise<Output> {
      const frame = await send(name, input);
      if (frame.kind === 'result') return frame.output as Output;
      if (frame.kind !== 'error') throw new Error('not an answer');
      const { code, message, retryable } = frame.error;
      throw new RenataError(code, message, { retryable });
    },
    raw: (bytes) =>
      new Promise((resolve, reject) => {
        nameless = resolve;
        void closed.then((code) => reject(new Error(`closed with ${code}`)));
        socket.send(bytes);
      }),
    close() {
      socket.close();
      return closed;
    },
  };
}
