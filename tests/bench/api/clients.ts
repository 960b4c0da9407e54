import { Agent, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { WebSocket } from 'ws';

/** Clients of the API benchmark: `clients.ts PORT COUNT`, tokens on standard input, one JSON document out. */
const [, , portText = '', countText = ''] = process.argv;
const port = Number(portText);
const count = Number(countText);
const secrets = (await text(process.stdin)).split('\n');
const ASKS = 5;
/** Over which the requests of all clients are spread, ms. */
const SPAN = 12_000;
const OPENED_AT_ONCE = 25;
const PATHS = ['/v1/positions', '/v1/orders?open=true', '/v1/accounts', '/v1/risk'];

let messages = 0;
const served = new Set<number>();

function open(index: number): Promise<WebSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/v1/stream`, {
    headers: { authorization: `Bearer ${secrets[index % secrets.length] ?? ''}` },
  });
  socket.on('message', () => {
    messages += 1;
    served.add(index);
  });
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.once('open', () => {
      const instruments = ['ALFA.SIM'];
      socket.send(
        JSON.stringify({
          type: 'subscribe',
          topics: ['market.data', 'orders.changed'],
          instruments,
        }),
      );
      resolve(socket);
    });
  });
}

function ask(index: number, turn: number, agent: Agent): Promise<number> {
  const started = performance.now();
  const path = PATHS[(index + turn) % PATHS.length] ?? '';
  const headers = { authorization: `Bearer ${secrets[index % secrets.length] ?? ''}` };
  return new Promise((resolve, reject) => {
    const outgoing = request({ host: '127.0.0.1', port, path, headers, agent }, (response) => {
      response.resume();
      response.once('end', () => {
        if (response.statusCode === 200) resolve(performance.now() - started);
        else reject(new Error(`${path} answered ${String(response.statusCode)}`));
      });
    });
    outgoing.once('error', reject);
    outgoing.end();
  });
}

const sockets: WebSocket[] = [];
for (let i = 0; i < count; i += OPENED_AT_ONCE) {
  const some = Math.min(OPENED_AT_ONCE, count - i);
  sockets.push(...(await Promise.all(Array.from({ length: some }, (_, k) => open(i + k)))));
  await wait(10);
}
while (served.size < count) await wait(20);

const before = messages;
const times: number[] = [];
await Promise.all(
  Array.from({ length: count }, async (_, index) => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    await wait((index / count) * (SPAN / ASKS));
    for (let turn = 0; turn < ASKS; turn += 1) {
      times.push(await ask(index, turn, agent));
      await wait(SPAN / ASKS);
    }
    agent.destroy();
  }),
);
times.sort((a, b) => a - b);
const part = (p: number): number =>
  Math.round((times[Math.floor(p * times.length)] ?? 0) * 10) / 10;
const figures = {
  requests: times.length,
  streamMessages: messages - before,
  p50Ms: part(0.5),
  p99Ms: part(0.99),
  maxMs: Math.round(times.at(-1) ?? 0),
};
for (const socket of sockets) socket.terminate();
process.stdout.write(JSON.stringify(figures));
