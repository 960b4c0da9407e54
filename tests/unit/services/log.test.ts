import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openLogFile } from '../../../electron/services/log-file.ts';
import { openLog } from '../../../electron/services/log.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'renata-log-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('log', () => {
  it('keeps secrets out and errors whole', async () => {
    const log = openLog(folder, 'test');
    log.logger.info(
      { token: 'ticket-1', headers: { cookie: 'cookie-1' }, apiKey: 'key-1', port: 7 },
      'opened',
    );
    log.logger.error(
      { err: new Error('GET /?token=ticket-2&x=1 failed', { cause: 'token=ticket-3' }) },
      'bad',
    );
    await log.close();
    const text = readFileSync(join(folder, 'logs/test.log'), 'utf8');
    expect(text).not.toMatch(/ticket-1|ticket-2|ticket-3|cookie-1|key-1/);
    const [opened, bad] = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(opened).toMatchObject({ msg: 'opened', port: 7, token: '[redacted]' });
    expect(bad).toMatchObject({
      err: { type: 'Error', message: 'GET /?token=[redacted]&x=1 failed' },
    });
  });

  it('stays within its size, the newest lines in the current file', async () => {
    const path = join(folder, 'deep/down/a.log');
    const file = openLogFile(path, { maxBytes: 1_000, kept: 2 });
    for (let i = 0; i < 200; i += 1) {
      file.write(`${String(i).padStart(99, '0')}\n`);
      if (i % 5 === 0) await file.close();
    }
    await file.close();
    expect(readdirSync(join(folder, 'deep/down')).toSorted()).toEqual([
      'a.log',
      'a.log.1',
      'a.log.2',
    ]);
    for (const name of ['a.log', 'a.log.1', 'a.log.2']) {
      expect(statSync(join(folder, 'deep/down', name)).size).toBeLessThanOrEqual(1_000);
    }
    expect(readFileSync(path, 'utf8').trim().split('\n').at(-1)).toMatch(/0199$/);
  });

  it('counts lines that it has to drop', async () => {
    const path = join(folder, 'b.log');
    const file = openLogFile(path);
    for (let i = 0; i < 5_000; i += 1) file.write('x\n');
    await file.close();
    file.write('y\n');
    await file.close();
    expect(readFileSync(path, 'utf8')).toMatch(/\d+ log lines were dropped/);
  });

  it('writes what waits at once when asked', async () => {
    const path = join(folder, 'c.log');
    const file = openLogFile(path);
    file.write('first\n');
    file.write('second\n');
    file.flushSync();
    expect(readFileSync(path, 'utf8')).toContain('second');
    // The first is still on its way, and must not come while the folder is taken away.
    await file.close();
    expect(readFileSync(path, 'utf8').split('\n').toSorted()).toEqual(['', 'first', 'second']);
  });
});
