import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { RateGate } from '../../../electron/net/rate-gate.ts';
import { RestClient } from '../../../electron/net/rest-client.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const calls: string[] = [];
const server = createServer((request, response) => {
  calls.push(request.url ?? '');
  response.writeHead(500).end();
});

beforeAll(async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, '127.0.0.1', resolve);
  await promise;
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

it('asks no more once a question is cancelled, whether it waits for the next attempt or for the rate', async () => {
  const clock = new FakeClock();
  const client = new RestClient({
    venue: 'Venue',
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    clock,
    random: () => 1,
    gate: new RateGate(clock, [{ what: 'requests', requests: 2, perMilliseconds: 60_000 }]),
  });
  const ask = (path: string, signal: AbortSignal): Promise<unknown> =>
    client.request({ method: 'GET', path, schema: z.unknown(), priority: 'query', signal });

  // Refused once, and asked again half a second later: the clock stands still until then.
  const waiting = new AbortController();
  const failed = expect(ask('/a', waiting.signal)).rejects.toMatchObject({ failure: 'unknown' });
  await expect.poll(() => calls).toEqual(['/a']);
  await clock.pass(499);
  waiting.abort();
  await failed;
  await clock.pass(10_000);
  expect(calls).toEqual(['/a']);

  // Its place in the rate limit is free for others.
  const [other, queued] = [new AbortController(), new AbortController()];
  const refused = expect(ask('/b', other.signal)).rejects.toMatchObject({ failure: 'unknown' });
  await expect.poll(() => calls).toEqual(['/a', '/b']);
  const cancelled = expect(ask('/c', queued.signal)).rejects.toMatchObject({ failure: 'not-sent' });
  queued.abort();
  await cancelled;
  other.abort();
  await refused;
  await clock.pass(120_000);
  expect(calls).toEqual(['/a', '/b']);
});
