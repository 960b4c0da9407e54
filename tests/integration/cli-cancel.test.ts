import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { importAll } from '../../electron/cli/commands/data.ts';
import { withWorkstation, type JobCall, type Session } from '../../electron/cli/session.ts';
import { openTerminal } from '../../electron/cli/terminal.ts';

const folder = mkdtempSync(join(tmpdir(), 'renata-cancel-'));
afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));

function bars(name: string): string {
  const path = join(folder, name);
  const rows = ['2024-01-02,10,11,9,10.5,100', '2024-01-03,10.5,12,10,11,100'];
  writeFileSync(path, `date,open,high,low,close,volume\n${rows.join('\n')}\n`);
  return path;
}
const [AAA, BBB, CCC] = ['aaa.csv', 'bbb.csv', 'ccc.csv'].map(bars) as [string, string, string];
const FACTORS = join(folder, 'factors.csv');
writeFileSync(
  FACTORS,
  'date,price_factor,split_factor,reference_price\n20240102,1,0.5,10\n20501231,1,1,0\n',
);

const notes: string[] = [];
const terminal = {
  ...openTerminal({ json: true }),
  note: (line: string) => void notes.push(line),
  styleNote: (_style: string, line: string) => line,
};
afterEach(() => notes.splice(0));

/** Ctrl+C, as the program hears it. */
const interrupt = (): boolean => process.emit('SIGINT', 'SIGINT');

let stores = 0;
/** Runs work on a store of its own, as a command does. */
function command<Result>(work: (session: Session) => Promise<Result>): Promise<Result> {
  stores += 1;
  const directory = join(folder, `store-${stores}`);
  return withWorkstation(terminal, { kind: 'store', directory }, work);
}

/** Symbols that the last store holds once it is opened anew. */
function stored(): Promise<string[]> {
  const directory = join(folder, `store-${stores}`);
  return withWorkstation(terminal, { kind: 'store', directory }, async ({ call }) =>
    (await call('data.list', {}))
      .filter(({ symbol }) => symbol !== 'SPX')
      .map(({ symbol, splits }) => `${symbol} ${splits}`)
      .toSorted(),
  );
}

/** Ctrl+C comes right before the job of that number begins, or right after it has ended. */
function interrupting(session: Session, at: number, when: 'before' | 'after'): Session {
  let jobs = 0;
  return {
    ...session,
    async job(name: JobCall, input) {
      jobs += 1;
      if (jobs === at && when === 'before') interrupt();
      const result = await session.job(name, input);
      if (jobs === at && when === 'after') interrupt();
      return result;
    },
  };
}

const FLAGS = { duplicates: 'refuse' } as const;

describe('Ctrl+C during an import of several files', () => {
  it('names what was stored before, and that is in the store', async () => {
    const work = command((session) =>
      importAll(interrupting(session, 3, 'before'), [AAA, BBB, CCC], FLAGS, null),
    );
    await expect(work).rejects.toMatchObject({
      code: 'CANCELLED',
      message: 'Cancelled; AAA.LOCAL 1d, BBB.LOCAL 1d were stored and stay in the store.',
      details: { signal: 'SIGINT' },
    });
    // One sentence says it, not two.
    expect(notes.filter((note) => note.includes('stored'))).toEqual([]);
    expect(await stored()).toEqual(['AAA 0', 'BBB 0']);
  });

  it('names a file whose import had just ended', async () => {
    const work = command((session) =>
      importAll(interrupting(session, 1, 'after'), [AAA, BBB], FLAGS, null),
    );
    await expect(work).rejects.toMatchObject({
      message: 'Cancelled; AAA.LOCAL 1d was stored and stays in the store.',
    });
    expect(await stored()).toEqual(['AAA 0']);
  });

  it('says when the splits and dividends of the file are missing', async () => {
    const work = command((session) =>
      importAll(interrupting(session, 1, 'after'), [AAA], FLAGS, FACTORS),
    );
    await expect(work).rejects.toMatchObject({
      message:
        'Cancelled; AAA.LOCAL 1d was stored and stays in the store, without the splits and dividends.',
    });
    expect(await stored()).toEqual(['AAA 0']);
  });

  it('leaves the store as it was where nothing was stored, and says that', async () => {
    const work = command((session) =>
      importAll(interrupting(session, 1, 'before'), [AAA, BBB], FLAGS, null),
    );
    await expect(work).rejects.toMatchObject({
      message: 'Cancelled; the store is as it was before.',
    });
    expect(await stored()).toEqual([]);
  });

  it('is not in the way of an import that nobody interrupts', async () => {
    const results = await command((session) => importAll(session, [AAA], FLAGS, FACTORS));
    expect(results.map(({ datasetId, events }) => [datasetId, events?.length])).toEqual([
      ['AAA.LOCAL@1d', 1],
    ]);
    expect(await stored()).toEqual(['AAA 1']);
  });
});
