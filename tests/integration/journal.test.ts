import { fork } from 'node:child_process';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RenataError } from '../../engine/domain/errors.ts';
import { openJournal, type OrderJournal } from '../../electron/storage/journal.ts';
import { ANCHOR_FILE, JOURNAL_FILE } from '../../electron/storage/journal-role.ts';

const threadUrl = pathToFileURL('electron/storage/thread.ts');
let folder = '';
let open: OrderJournal[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'renata-journal-'));
});
afterEach(async () => {
  await Promise.all(open.map((journal) => journal.close()));
  open = [];
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

async function journal(): Promise<OrderJournal> {
  const opened = await openJournal({ directory: folder, threadUrl });
  open.push(opened);
  return opened;
}

const draft = (n: number) => ({ kind: 'order', subject: `C${n}`, body: `{"n":${n}}` });

/** Changes the file as somebody would who wants to hide something. */
function tamper(sql: string): void {
  const connection = new Database(join(folder, JOURNAL_FILE));
  connection.exec('DROP TRIGGER entries_keep; DROP TRIGGER entries_stay;');
  connection.exec(sql);
  connection.close();
}

describe('the journal', () => {
  it('keeps entries in the order in which they were given, also those given at once', async () => {
    const kept = await journal();
    const answers = await Promise.all(
      Array.from({ length: 500 }, (_, n) => kept.append([draft(2 * n), draft(2 * n + 1)])),
    );
    expect(answers.map(([first]) => first?.sequence)).toEqual(
      Array.from({ length: 500 }, (_, n) => 2 * n + 1),
    );
    const read = await kept.read(1, 2000);
    expect(read.map(({ subject }) => subject)).toEqual(
      Array.from({ length: 1000 }, (_, n) => `C${n}`),
    );
    expect(await kept.about('C7', 10)).toHaveLength(1);
    expect(await kept.verify()).toMatchObject({ entries: 1000, fault: null });
  });

  it('goes on after it was closed, and is one chain', async () => {
    const first = await journal();
    await first.append([draft(1)]);
    await first.close();
    const second = await journal();
    await second.append([draft(2)]);
    expect(await second.head()).toMatchObject({ sequence: 2 });
    expect(await second.verify()).toMatchObject({ entries: 2, fault: null });
  });

  it('is one chain when two processes write', async () => {
    const [one, other] = [await journal(), await journal()];
    await Promise.all(
      Array.from({ length: 40 }, (_, n) => (n % 2 === 0 ? one : other).append([draft(n)])),
    );
    expect(await one.verify()).toMatchObject({ entries: 40, fault: null });
  });

  it('refuses changes and deletions', async () => {
    const kept = await journal();
    await kept.append([draft(1)]);
    const connection = new Database(join(folder, JOURNAL_FILE));
    expect(() => connection.exec("UPDATE entries SET body = '{}'")).toThrow('append-only');
    expect(() => connection.exec('DELETE FROM entries')).toThrow('append-only');
    connection.close();
  });

  it.each([
    ['a changed entry', 'UPDATE entries SET body = \'{"n":8}\' WHERE sequence = 500', 500],
    ['a changed time', 'UPDATE entries SET time = time + 1 WHERE sequence = 3', 3],
    ['a missing entry', 'DELETE FROM entries WHERE sequence = 700', 700],
    ['a missing end', 'DELETE FROM entries WHERE sequence > 900', 901],
    ['moved fields', "UPDATE entries SET kind = 'orderC', subject = '9' WHERE sequence = 10", 10],
  ])('finds %s', async (_name, sql, sequence) => {
    const kept = await journal();
    await kept.append(Array.from({ length: 1000 }, (_, n) => draft(n)));
    await kept.close();
    tamper(sql);
    const check = await (await journal()).verify();
    expect(check.fault?.sequence).toBe(sequence);
  });

  it('finds a journal that was written anew', async () => {
    const kept = await journal();
    await kept.append([draft(1), draft(2)]);
    await kept.close();
    rmSync(join(folder, JOURNAL_FILE));
    const forged = await journal();
    await forged.append([draft(1), draft(3)]);
    expect((await forged.verify()).fault).toMatchObject({ sequence: 2 });
  });

  it('does not mind an anchor that was not written whole', async () => {
    const kept = await journal();
    await kept.append([draft(1)]);
    await kept.close();
    appendFileSync(join(folder, ANCHOR_FILE), '77 abc');
    expect((await (await journal()).verify()).fault).toBeNull();
  });

  it('is not set aside when it is damaged', async () => {
    const kept = await journal();
    await kept.append([draft(1)]);
    await kept.close();
    const path = join(folder, JOURNAL_FILE);
    const bytes = readFileSync(path);
    writeFileSync(path, Buffer.concat([Buffer.from('no database at all'), bytes.subarray(18)]));
    const failure = await openJournal({ directory: folder, threadUrl }).catch(
      (error: unknown) => error,
    );
    expect(failure).toBeInstanceOf(RenataError);
    expect((failure as RenataError).code).toBe('STORE_DAMAGED');
    expect((failure as RenataError).message).toContain('reconcile');
  });

  it('has everything on the disk that it answered for, after kill -9', async () => {
    const program = join(folder, 'writer.ts');
    const at = (path: string): string => JSON.stringify(pathToFileURL(path).href);
    writeFileSync(
      program,
      `import { openJournal } from ${at('electron/storage/journal.ts')};
       const journal = await openJournal({ directory: ${JSON.stringify(folder)}, threadUrl: new URL(${at('electron/storage/thread.ts')}) });
       for (let n = 0; ; n += 1) {
         const [entry] = await journal.append([{ kind: 'order', subject: 'C' + n, body: '{}' }]);
         process.send(entry.sequence);
       }`,
    );
    let answered = 0;
    for (let round = 0; round < 5; round += 1) {
      const child = fork(program, { stdio: 'ignore' });
      const enough = answered + 20 + 13 * round;
      const { promise, resolve } = Promise.withResolvers<void>();
      child.on('message', (sequence: number) => {
        answered = sequence;
        if (sequence >= enough) child.kill('SIGKILL');
      });
      child.on('exit', () => resolve());
      await promise;
      const check = await (await journal()).verify();
      expect(check.fault).toBeNull();
      expect(check.entries).toBeGreaterThanOrEqual(answered);
      await open.pop()?.close();
    }
  });
});
