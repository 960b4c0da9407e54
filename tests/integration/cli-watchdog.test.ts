import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';

const ROOT = process.cwd();
let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'renata-cli-watchdog-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));

function renata(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [join(ROOT, 'bin/renata.mjs'), ...args, '--data-dir', folder],
      { timeout: 300_000 },
      (error, out, err) => {
        const code = typeof error?.code === 'number' ? error.code : error === null ? 0 : 1;
        resolve({ code, out, err });
      },
    );
  });
}

it('the watchdog is set on the command line, and bad input is refused in one sentence', async () => {
  const set = await renata('watchdog', '--seconds', '30', '--json');
  expect([set.code, JSON.parse(set.out)]).toEqual([
    0,
    {
      running: false,
      armed: false,
      note: 'No account is watched.',
      seconds: 30,
      heardAt: null,
      accounts: [],
      trip: null,
      lines: [],
    },
  ]);
  const paper = await renata('watchdog', '--account', 'PAPER', '--venue', 'simulated');
  expect([paper.code, paper.err]).toEqual([
    expect.any(Number),
    'renata: account: orders of PAPER live in this process and end with it; there is nothing to watch.\n',
  ]);
  expect(paper.code).not.toBe(0);
  for (const [args, words] of [
    [['--seconds', '3'], 'seconds: "3" is no whole number from 5 to 600.'],
    [['--flatten'], 'account: say which one with --account.'],
    [['--account', 'NONE'], 'There is no account NONE'],
  ] as const) {
    const { code, err } = await renata('watchdog', ...args);
    expect(code).not.toBe(0);
    expect(err.trim().split('\n')).toEqual([expect.stringContaining(words)]);
  }
});

it('a start after it has acted is halted until a person releases it', async () => {
  writeFileSync(
    join(folder, 'watchdog-tripped.json'),
    JSON.stringify({ time: Date.now(), reason: 'The main process has ended while orders worked.' }),
  );
  const told = await renata('watchdog');
  expect(told.out).toMatch(/TRADING IS STOPPED: The main process has ended .* kill --resume/);
  const order = ['order', 'buy', '1', 'ALFA', '--json'];
  const refused = await renata(...order);
  expect(refused.out).toContain('TRADING_HALTED');
  expect((await renata('kill', '--resume')).code).toBe(0);
  expect((await renata('watchdog')).out).not.toContain('STOPPED');
  expect((await renata(...order)).out).toContain('"Filled"');
});
