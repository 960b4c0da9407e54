import { fork } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { TokenBook } from '../../electron/api/tokens.ts';

it('no token is lost or comes back while several processes change them', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'renata-tokens-'));
  try {
    const names = ['a', 'b', 'c', 'd'];
    const codes = await Promise.all(
      names.map((name) => {
        const { promise, resolve } = Promise.withResolvers<number | null>();
        fork(join(import.meta.dirname, 'token-child.ts'), [folder, name, '20'], {
          execArgv: [],
          stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
        }).once('exit', resolve);
        return promise;
      }),
    );
    expect(codes).toEqual([0, 0, 0, 0]);
    const book = new TokenBook(folder);
    const wanted = names.flatMap((name) =>
      Array.from({ length: 10 }, (_, i) => `${name}.${2 * i}`),
    );
    expect(
      book
        .list()
        .map(({ name }) => name)
        .toSorted(),
    ).toEqual(wanted.toSorted());
    expect(statSync(join(folder, 'api-tokens.json')).mode & 0o077).toBe(0);
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
});
