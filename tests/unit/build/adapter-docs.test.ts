import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { adapterDocs } from '../../../build/adapter-docs.ts';
import { executionMatrix, printed, spanOf, tableOf } from '../../../build/capability-matrix.ts';
import { fromRoot } from '../../../build/lib/paths.ts';
import { MANIFESTS } from '../../../electron/adapter-list.ts';
import { MS_PER_DAY } from '../../../engine/domain/time.ts';
import type { ExecutionCapabilities } from '../../../engine/ports/execution-client.ts';

const CAN: ExecutionCapabilities = {
  orderTypes: ['market', 'limit'],
  timesInForce: ['day'],
  groups: [],
  amend: 'none',
  fractional: true,
  short: false,
  extendedHours: false,
  reduceOnly: false,
  postOnly: false,
  iceberg: false,
  whatIf: false,
  lookupByClientId: true,
  fillHistory: 7 * MS_PER_DAY,
  rateLimits: [{ what: 'orders', requests: 10, perMilliseconds: 1000 }],
};

test('docs/adapters.md says what the adapters declare now (npm run check -- --fix mends it)', () => {
  expect(readFileSync(fromRoot('docs/adapters.md'), 'utf8')).toBe(adapterDocs());
});

test('it names every adapter and every setting', () => {
  const text = adapterDocs();
  for (const { id, fields } of MANIFESTS) {
    expect(text).toContain(`[\`${id}\`](../electron/adapters/${id}/README.md)`);
    for (const { name } of fields) expect(text).toContain(`| \`${name}\` |`);
  }
});

test('it is the same at any time', () => {
  expect(adapterDocs()).toBe(adapterDocs());
  expect(adapterDocs()).toContain('since 2016-01-01');
});

test('rows say yes or no, and limits in words', () => {
  const { rows } = executionMatrix('x', CAN);
  const of = (what: string) => rows.find(([name]) => name === what)?.[1];
  expect([of('limit'), of('stop'), of('day'), of('gtc')]).toEqual(['yes', '–', 'yes', '–']);
  expect([of('amend'), of('parts of a unit'), of('short')]).toEqual(['–', 'yes', '–']);
  expect([of('fills asked for'), of('rate limits')]).toEqual([
    'back 7 days',
    '10 orders in 1 second',
  ]);
  const other = executionMatrix('y', { ...CAN, short: true, rateLimits: [] });
  const table = tableOf([{ title: 'x', rows }, other]);
  expect(table[0]).toBe('| | x | y |');
  expect(table).toContain('| short | – | yes |');
  expect(table).toContain('| rate limits | 10 orders in 1 second | none |');
  expect(printed(other).split('\n')[0]).toBe('y');
});

test('spans are told in their largest whole unit', () => {
  expect([1, 1500, 60_000, 90_000, MS_PER_DAY, 366 * MS_PER_DAY].map(spanOf)).toEqual([
    '1 millisecond',
    '1500 milliseconds',
    '1 minute',
    '90 seconds',
    '1 day',
    '1 year',
  ]);
});
