import { request, type IncomingHttpHeaders } from 'node:http';
import { WebSocket } from 'ws';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** Null where the answer is no JSON. */
  readonly json: unknown;
}

export interface Asking {
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly raw?: string;
}

/** One request to the local API. */
export function api(port: number, method: string, path: string, asking: Asking): Promise<Answer> {
  const { token, body, raw = body === undefined ? undefined : JSON.stringify(body) } = asking;
  const headers = {
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    ...(raw === undefined ? {} : { 'content-type': 'application/json' }),
    ...asking.headers,
  };
  return new Promise((resolve, reject) => {
    const outgoing = request(
      { host: '127.0.0.1', port, path, method, headers, agent: false },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('end', () => {
          const isJson = response.headers['content-type']?.startsWith('application/json') === true;
          const json: unknown = isJson ? JSON.parse(text) : null;
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text, json });
        });
      },
    );
    outgoing.on('error', reject);
    outgoing.end(raw);
  });
}

export interface ApiStream {
  readonly socket: WebSocket;
  readonly messages: { readonly type: string; readonly name?: string }[];
  /** All events of a name, as one text. */
  named(name: string): string;
  /** The code that it was closed with. */
  readonly closed: Promise<number>;
}

/** Opens the stream; rejects with the HTTP status where it is refused. */
export function openStream(
  port: number,
  token: string,
  headers: Readonly<Record<string, string>> = {},
  path = '/v1/stream',
): Promise<ApiStream> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, {
    headers: { ...(token === '' ? {} : { authorization: `Bearer ${token}` }), ...headers },
  });
  const messages: ApiStream['messages'] = [];
  socket.on('message', (data) => {
    messages.push(JSON.parse((data as Buffer).toString('utf8')) as ApiStream['messages'][number]);
  });
  const closed = new Promise<number>((resolve) => socket.once('close', resolve));
  const named = (name: string): string =>
    JSON.stringify(messages.filter((message) => message.name === name));
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.once('open', () => resolve({ socket, messages, named, closed }));
  });
}
