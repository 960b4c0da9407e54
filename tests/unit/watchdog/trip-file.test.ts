import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  appendRecord,
  clearTrip,
  isTripped,
  readRecords,
  readTrip,
  writeTrip,
} from '../../../electron/services/watchdog/trip-file.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'renata-trip-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const line = (n: number) => ({ id: `W-${n}`, time: n, account: 'A', text: `did ${n}` });

describe('what the watchdog leaves on the disk', () => {
  it('stops trading until it is taken away; the first reason stays', () => {
    expect([isTripped(folder), readTrip(folder)]).toEqual([false, null]);
    writeTrip(folder, { time: 1, reason: 'first' });
    writeTrip(folder, { time: 2, reason: 'second' });
    expect([isTripped(folder), readTrip(folder)]).toEqual([true, { time: 1, reason: 'first' }]);
    clearTrip(folder);
    clearTrip(folder);
    expect([isTripped(folder), readTrip(folder)]).toEqual([false, null]);
  });

  it('stops trading as well where it cannot be read', () => {
    for (const text of ['', '{', '[]', '{"time":"x"}']) {
      writeFileSync(join(folder, 'watchdog-tripped.json'), text);
      expect(isTripped(folder)).toBe(true);
      expect(readTrip(folder)?.reason).toContain('cannot be read');
    }
  });

  it('keeps every line but one that was torn off', () => {
    expect(readRecords(folder)).toEqual([]);
    appendRecord(folder, line(1));
    appendRecord(folder, line(2));
    appendFileSync(join(folder, 'watchdog.jsonl'), '{"id":"W-3","time":3,"acc');
    expect(readRecords(folder)).toEqual([line(1), line(2)]);
    appendRecord(folder, line(4));
    expect(readRecords(folder)).toEqual([line(1), line(2), line(4)]);
    expect(readFileSync(join(folder, 'watchdog.jsonl'), 'utf8')).toMatch(/\n$/);
  });
});
