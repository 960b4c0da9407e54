import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fromRoot } from '../../../build/lib/paths.ts';
import type { ComputePool } from '../../../electron/services/compute.ts';
import {
  createStrategyDocuments,
  type StrategyDocuments,
} from '../../../electron/services/strategies/documents.ts';
import { createStrategyLibrary } from '../../../electron/services/strategies/library.ts';
import type { Store } from '../../../electron/storage/store-client.ts';
import { RenataError } from '../../../engine/domain/errors.ts';

const TEXT = '# mine\nname: Mé cross!\ndescription: ""\nversion: 1\nentry:\n  long: close > 1\n';

let folder = '';
let documents: StrategyDocuments;
let changes = 0;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'renata-documents-'));
  changes = 0;
  const library = createStrategyLibrary({
    // Rules need no thread, and nothing has been trusted.
    store: { loadDocument: async () => null } as unknown as Store,
    compute: {
      run: async () => {
        throw new RenataError('STRATEGY_FAILED', 'no threads here');
      },
    } as unknown as ComputePool,
    directory: join(folder, 'strategies'),
    resourcesDirectory: fromRoot('resources'),
  });
  documents = createStrategyDocuments(library, () => {
    changes += 1;
  });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const own = (): string[] =>
  readdirSync(join(folder, 'strategies')).filter((name) => !name.endsWith('.d.ts'));
const code = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'done',
    (error: unknown) => (error as RenataError).code,
  );
const save = (part: Partial<Parameters<StrategyDocuments['save']>[0]> = {}) =>
  documents.save({ id: null, hash: null, language: 'yaml', text: TEXT, ...part });

describe('the user’s strategy documents', () => {
  it('are new files named after the document, as they were written', async () => {
    const { id, hash } = await save();
    expect(id).toBe('me-cross');
    expect(own()).toEqual(['me-cross.yaml']);
    expect(readFileSync(join(folder, 'strategies', 'me-cross.yaml'), 'utf8')).toBe(TEXT);
    const got = await documents.get({ id, origin: 'user' });
    expect(got).toMatchObject({ text: TEXT, hash, language: 'yaml' });
    expect(got.entry).toMatchObject({ title: 'Mé cross!', error: null, kind: 'rules' });
    expect(changes).toBe(1);
  });

  it('stand in no one’s way where their folder cannot be made, and saving says why', async () => {
    // A file has the name that the folder would have.
    writeFileSync(join(folder, 'strategies'), 'mine');
    const got = await documents.get({ id: 'sma-cross', origin: 'built-in' });
    expect(got.entry.error).toBeNull();
    await expect(save()).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringMatching(
        /^The folder for strategies, .*strategies, cannot be made \(EEXIST\); free its name/,
      ) as string,
    });
    expect(readFileSync(join(folder, 'strategies'), 'utf8')).toBe('mine');
    expect(changes).toBe(0);
  });

  it('never take a name that is taken, by whatever strategy', async () => {
    expect((await save()).id).toBe('me-cross');
    expect((await save()).id).toBe('me-cross-2');
    const named = (name: string): string => TEXT.replace('Mé cross!', name);
    expect((await save({ text: named('SMA cross') })).id).toBe('sma-cross-2');
    expect((await save({ text: named('"../../etc/passwd"') })).id).toBe('etc-passwd');
    expect((await save({ text: named('—') })).id).toBe('strategy');
  });

  it('are written over only as they were read', async () => {
    const { id, hash } = await save();
    const next = TEXT.replace('> 1', '> 2');
    const second = await save({ id, hash, text: next });
    expect(second.id).toBe(id);
    expect(second.hash).not.toBe(hash);
    // Another program writes in between.
    writeFileSync(join(folder, 'strategies', 'me-cross.yaml'), TEXT.replace('> 1', '> 9'));
    expect(await code(save({ id, hash: second.hash, text: TEXT }))).toBe('CONFLICT');
    expect((await documents.get({ id, origin: 'user' })).text).toContain('> 9');
    expect(await code(save({ id, hash: null, text: TEXT }))).toBe('done');
    expect(own()).toEqual(['me-cross.yaml']);
  });

  it('have no problems when they are written, but may have had some', async () => {
    const wrong = TEXT.replace('close > 1', 'clos > 1');
    expect(await code(save({ text: wrong }))).toBe('BAD_FILE');
    expect(await code(save({ text: 'name: [' }))).toBe('BAD_FILE');
    expect(changes).toBe(0);
    mkdirSync(join(folder, 'strategies'), { recursive: true });
    writeFileSync(join(folder, 'strategies', 'half.yaml'), wrong);
    const half = await documents.get({ id: 'half', origin: 'user' });
    expect(half.text).toBe(wrong);
    expect(half.entry.error).not.toBeNull();
    expect(await code(save({ id: 'half', hash: half.hash, text: TEXT }))).toBe('done');
  });

  it('stay JSON where they are JSON', async () => {
    const json = JSON.stringify({
      name: 'J',
      description: '',
      version: 1,
      entry: { long: 'close > 1' },
    });
    const { id } = await save({ language: 'json', text: json });
    expect(own()).toEqual(['j.json']);
    expect(await code(save({ id, text: TEXT }))).toBe('BAD_FILE');
    expect(await code(save({ id, text: json.replace('> 1', '> 2') }))).toBe('done');
  });

  it('are deleted; examples, code and those of the program are not', async () => {
    const { id } = await save();
    writeFileSync(join(folder, 'strategies', 'code.ts'), 'export default 1;');
    await documents.remove(id);
    expect(own()).toEqual(['code.ts']);
    expect(await code(documents.remove(id))).toBe('NOT_FOUND');
    expect(await code(documents.remove('code'))).toBe('BAD_INPUT');
    expect(await code(documents.remove('rsi2-reversion'))).toBe('NOT_FOUND');
    expect(await code(save({ id: 'rsi2-reversion' }))).toBe('NOT_FOUND');
    expect(await code(save({ id: 'code' }))).toBe('BAD_INPUT');
    const builtIn = await documents.get({ id: 'sma-cross', origin: 'built-in' });
    expect(builtIn).toMatchObject({ text: null, hash: null, language: null });
    const example = await documents.get({ id: 'rsi2-reversion', origin: 'example' });
    expect(example.text).toContain('name: RSI(2) reversion');
  });

  it('are checked as they are typed', () => {
    expect(documents.problems(TEXT)).toMatchObject({ problems: [], lookback: 0 });
    expect(documents.problems('name: [').problems).toMatchObject([{ path: '' }]);
    expect(documents.problems(TEXT.replace('version: 1', 'version: x')).problems).toMatchObject([
      { path: 'version' },
    ]);
    const two = documents.problems(`${TEXT.replace('close', 'clos')}exit:\n  long: opn > 1\n`);
    expect(two.problems).toMatchObject([
      { path: 'entry.long', column: 1, endColumn: 5, suggestion: 'close' },
      { path: 'exit.long', suggestion: 'open' },
    ]);
  });
});
