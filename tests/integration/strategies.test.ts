import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fromRoot } from '../../build/lib/paths.ts';
import { DEFAULT_SETTINGS } from '../../engine/domain/backtest.ts';
import type { RenataError } from '../../engine/domain/errors.ts';
import type { ContractClient } from '../../engine/protocol/contract.ts';
import type { BacktestRequest, Run } from '../../engine/protocol/schemas.ts';
import type { Workstation } from '../../electron/workstation.ts';
import { failure, openTestWorkstation, runOf } from '../support/workstation.ts';

const REQUEST: BacktestRequest = {
  strategy: 'sma-cross',
  parameters: {},
  datasetId: 'SPX.INDEX@1d',
  adjustment: 'raw',
  start: null,
  end: null,
  settings: DEFAULT_SETTINGS,
};

let folder = '';
let workstation: Workstation;
let client: ContractClient;
let close: (() => Promise<void>) | undefined;

beforeAll(async () => {
  ({ folder, workstation, client, close } = await openTestWorkstation('strategies'));
});
afterAll(() => close?.());

function file(name: string): string {
  return join(folder, 'data', 'strategies', name);
}

async function run(given: Partial<BacktestRequest>): Promise<Run> {
  const { jobId } = await client.call('backtest.run', { ...REQUEST, ...given });
  return runOf(client, jobId);
}

async function entry(id: string) {
  const all = await client.call('strategies.list', {});
  return all.find((each) => each.id === id);
}

const HANGS = `export const strategy = { title: 'Hangs', description: '', parameters: {},
create() { return { onBar() { for (;;) Math.abs(1); } }; } };`;

describe('strategies of the user', () => {
  it('stand beside the built-in ones and the examples', async () => {
    const all = await client.call('strategies.list', {});
    expect(all.filter(({ error }) => error !== null)).toEqual([]);
    const of = (origin: string): number => all.filter((each) => each.origin === origin).length;
    expect(of('built-in')).toBeGreaterThanOrEqual(5);
    expect(of('example')).toBeGreaterThanOrEqual(12);
    expect(of('user')).toBe(0);
    for (const each of all.filter(({ origin }) => origin === 'example')) {
      expect(each.description.length).toBeGreaterThan(40);
      expect(each.source?.length ?? 0).toBeGreaterThan(10);
    }
    expect(existsSync(file('renata-strategy.d.ts'))).toBe(true);
  });

  it('are read anew each time, with file and line of what is wrong', async () => {
    writeFileSync(
      file('mine.yaml'),
      'name: Mine\ndescription: d\nversion: 1\nentry:\n  long: rsl(2) < 10\n',
    );
    writeFileSync(file('code.ts'), 'export const strategy = {\n  title: 5 as number,\n};\n');
    writeFileSync(file('types.ts'), 'const a: number = 1;\nenum X { A }\n');
    writeFileSync(
      file('grid.yaml'),
      'name: G\ndescription: d\nversion: 1\nentry: {long: close > 1}\n',
    );
    writeFileSync(file('a b.yaml'), 'name: G\n');
    writeFileSync(file('notes.txt'), 'none of ours');
    expect(await entry('mine')).toMatchObject({
      kind: 'rules',
      error: { line: 5, column: 9, message: expect.stringContaining('did you mean rsi?') },
    });
    expect((await entry('code'))?.error?.message).toContain('code.ts');
    expect((await entry('types'))?.error).toMatchObject({ line: 2 });
    const all = await client.call('strategies.list', {});
    const grids = all.filter(({ id }) => id === 'grid');
    expect(grids.map(({ error }) => error === null)).toEqual([true, false]);
    expect(grids[1]?.error?.message).toContain('already; rename the file');
    expect(all.find(({ id }) => id === 'a-b')?.error?.message).toContain('only letters');
    const refused = await failure(run({ strategy: 'mine' }));
    expect(refused).toMatchObject({ code: 'BAD_FILE', details: { line: 5, column: 9 } });
    writeFileSync(
      file('mine.yaml'),
      'name: Mine\ndescription: d\nversion: 1\nparameters: {lower: {default: 10, min: 1, max: 50}}\ndefine: {level: "5"}\nentry: {long: rsi(2) < level * 2}\nexit: {long: rsi(2) > 50}\nsizing: {percent: 50}\n',
    );
    expect(await entry('mine')).toMatchObject({ error: null, title: 'Mine' });
    const result = await run({ strategy: 'mine' });
    expect(result.trades.count).toBeGreaterThan(100);
    expect(result.summary.request.settings.size).toEqual({ kind: 'percent', percent: 50 });
    expect(result.summary.strategyHash).toMatch(/^[0-9a-f]{64}$/);
    for (const name of ['code.ts', 'types.ts', 'grid.yaml', 'a b.yaml']) rmSync(file(name));
  });

  it('refuse wrong parameters by name before anything runs', async () => {
    const of = async (strategy: string, parameters: Record<string, number>): Promise<RenataError> =>
      failure(run({ strategy, parameters }));
    expect(await of('mine', { lowr: 5 })).toMatchObject({
      code: 'BAD_INPUT',
      message: expect.stringContaining('lowr'),
    });
    expect((await of('donchian-breakout', { enter: 10, leave: 20 })).message).toContain(
      'leave < enter must hold',
    );
    expect(await of('adaptive-trend', { stop: 9, target: 2 })).toMatchObject({
      code: 'BAD_INPUT',
      message: 'adaptive-trend: stop 9 must be nearer than target 2.',
    });
    expect(await of('nothing', {})).toMatchObject({ code: 'NOT_FOUND' });
  });

  it('name the instruments that they lack', async () => {
    writeFileSync(
      file('reads.yaml'),
      'name: Reads\ndescription: d\nversion: 1\nentry: {long: \'close > on("EEM", close)\'}\nexit: {long: close < 1}\n',
    );
    const reads = await failure(run({ strategy: 'reads' }));
    expect(reads).toMatchObject({ code: 'NOT_FOUND', message: expect.stringContaining('EEM') });
    const trades = await failure(run({ strategy: 'dual-momentum' }));
    expect(trades).toMatchObject({ code: 'NOT_FOUND', message: expect.stringContaining('SPY') });
    rmSync(file('reads.yaml'));
  });

  it('run from a text, as the builder and agents do', async () => {
    const text = readFileSync(fromRoot('resources/strategies/rsi2-reversion.yaml'), 'utf8');
    const source = { language: 'yaml', name: 'draft', text } as const;
    const checked = await client.call('strategies.check', source);
    expect(checked).toMatchObject({ id: 'draft', error: null, title: 'RSI(2) reversion' });
    const drafted = await run({ strategy: 'draft', source });
    const stored = await run({ strategy: 'rsi2-reversion' });
    expect(drafted.summary.orderHash).toBe(stored.summary.orderHash);
    expect(drafted.summary.request.source).toBeUndefined();
    const broken = await client.call('strategies.check', { ...source, text: 'name: [' });
    expect(broken.error?.line).toBeGreaterThan(0);
  });

  it('that hang or break end as failed jobs; results before them stay, and the pool goes on', async () => {
    const before = await client.call('runs.list', {});
    writeFileSync(file('hangs.ts'), HANGS);
    const hung = await failure(run({ strategy: 'hangs' }));
    // A slow machine ends the thread before the sandbox has counted to its end and knows the line.
    expect(hung).toMatchObject({
      code: 'STRATEGY_FAILED',
      message: expect.stringMatching(/hangs\.ts(?:, line 2)?: the strategy did not return/),
    });
    writeFileSync(
      file('hangs.ts'),
      HANGS.replace(
        'for (;;) Math.abs(1);',
        'const x = []; for (;;) x.push(new Float64Array(1e6));',
      ),
    );
    expect((await failure(run({ strategy: 'hangs' }))).message).toContain('MB of memory');
    writeFileSync(
      file('hangs.ts'),
      HANGS.replace('for (;;) Math.abs(1);', 'throw new Error("no");'),
    );
    expect((await failure(run({ strategy: 'hangs' }))).message).toContain('hangs.ts, line 2: no.');
    expect(await client.call('runs.list', {})).toEqual(before);
    expect((await run({})).trades.count).toBe(88);
  });

  it('run outside of the sandbox only as long as their text is the one that was trusted', async () => {
    writeFileSync(
      file('hangs.ts'),
      HANGS.replace('for (;;) Math.abs(1);', 'throw new Error(typeof process);'),
    );
    const says = async (): Promise<string> => (await failure(run({ strategy: 'hangs' }))).message;
    expect(await says()).toContain('undefined');
    await workstation.strategies.trust('hangs', true);
    expect(await entry('hangs')).toMatchObject({ trusted: true });
    expect(await says()).toContain('object');
    const text = readFileSync(file('hangs.ts'), 'utf8');
    writeFileSync(file('hangs.ts'), `${text}\n// changed`);
    expect(await says()).toContain('undefined');
    writeFileSync(file('hangs.ts'), text);
    await workstation.strategies.trust('hangs', false);
    expect(await says()).toContain('undefined');
    // Windows cannot write the list of what is trusted.
    const json = JSON.stringify({ hangs: 'x' });
    const saved = client.call('workspace.save', { name: 'renata.trusted-strategies', json });
    expect(await failure(saved)).toMatchObject({ code: 'BAD_INPUT' });
  });
});

describe('strategies on the command line', () => {
  const store = (): string => join(folder, 'cli');
  function renata(...args: string[]): { code: number | null; out: string; err: string } {
    const result = spawnSync(process.execPath, [fromRoot('electron/cli/main.ts'), ...args], {
      encoding: 'utf8',
      cwd: folder,
      env: { ...process.env, RENATA_DATA_DIR: store(), NO_COLOR: '1' },
      timeout: 300_000,
    });
    return { code: result.status, out: result.stdout, err: result.stderr };
  }

  it('run by name and by file, with their parameters', () => {
    const byName = renata(
      'backtest',
      'rsi2-reversion',
      '--symbol',
      'SPX',
      '--set',
      'oversold=5',
      '--json',
    );
    expect(byName.code).toBe(0);
    const path = fromRoot('resources/strategies/rsi2-reversion.yaml');
    const byFile = renata('backtest', path, '--symbol', 'SPX', '--set', 'oversold=5', '--json');
    const hash = (text: string): string => (JSON.parse(text) as { orderHash: string }).orderHash;
    expect(hash(byFile.out)).toBe(hash(byName.out));
    const other = renata('backtest', path, '--symbol', 'SPX', '--json');
    expect(hash(other.out)).not.toBe(hash(byName.out));
    // The built-in ones keep their flags.
    expect(renata('backtest', 'sma-cross', '--symbol', 'SPX', '--fast', '5').out).toContain(
      'fast 5, slow 30',
    );
  });

  it('are formatted by their name, the first of docs/strategies.md too', () => {
    const pages = readFileSync(fromRoot('docs/strategies.md'), 'utf8');
    const [, text = ''] = /```yaml\n([^`]*)```/.exec(pages) ?? [];
    mkdirSync(join(store(), 'strategies'), { recursive: true });
    writeFileSync(join(store(), 'strategies', 'dip.yaml'), text);
    const formatted = renata('strategy', 'format', 'dip');
    expect(formatted.code, formatted.err).toBe(0);
    expect(formatted.out).toMatch(/^name: Dip in a rising market\ndescription/);
    // What the text says is said in the canonical form as well.
    writeFileSync(join(store(), 'strategies', 'dip.yaml'), formatted.out);
    expect(renata('strategy', 'format', 'dip').out).toBe(formatted.out);
    expect(renata('strategy', 'check', 'dip').out).toContain('dip is fine: Dip in a rising market');
  });

  it('are made from an example, checked and formatted', () => {
    const made = renata('strategy', 'new', 'mine', '--from', 'grid');
    expect(made).toMatchObject({ code: 0 });
    expect(existsSync(join(store(), 'strategies', 'mine.ts'))).toBe(true);
    expect(renata('strategy', 'check', 'mine').out).toContain('mine is fine: Grid');
    expect(renata('strategy', 'new', 'mine', '--from', 'grid').err).toContain('already: mine.ts');
    expect(renata('strategy', 'new', '../x', '--from', 'grid').err).toContain(
      'no name of a strategy',
    );
    expect(renata('strategy', 'new', 'two', '--from', 'sma-cross').err).toContain('has no file');
    const path = fromRoot('resources/strategies/turn-of-month.yaml');
    expect(renata('strategy', 'format', path).out).toMatch(/^name: Turn of the month\ndescription/);
    writeFileSync(
      join(folder, 'bad.yaml'),
      'name: T\ndescription: x\nversion: 1\nentry: {long: rsl(3) > 1}\n',
    );
    const bad = renata('strategy', 'check', 'bad.yaml');
    expect(bad).toMatchObject({ code: 2, out: '' });
    expect(bad.err.trim()).toBe(
      'renata: bad.yaml, line 4, column 15: entry.long: unknown function rsl: did you mean rsi?',
    );
    writeFileSync(join(folder, 'hangs.ts'), HANGS);
    const hung = renata('backtest', 'hangs.ts', '--symbol', 'SPX');
    expect(hung.code).not.toBe(0);
    expect(hung.err).toMatch(/hangs\.ts(?:, line 2)?: the strategy did not return/);
    expect(hung.err).not.toContain('    at ');
  });

  it.each<[string, string[], string]>([
    [
      'an unknown name',
      ['backtest', 'donchan-breakout', '--symbol', 'SPX'],
      'Did you mean "donchian-breakout"?',
    ],
    [
      'an unknown parameter',
      ['backtest', 'grid', '--symbol', 'SPX', '--set', 'stepz=3'],
      'Did you mean "steps"?',
    ],
    [
      'a value that is no number',
      ['backtest', 'grid', '--symbol', 'SPX', '--set', 'steps=x'],
      'steps',
    ],
    [
      'a value out of range',
      ['backtest', 'grid', '--symbol', 'SPX', '--set', 'steps=99'],
      'from 1 to 20',
    ],
    ['a file that is not there', ['backtest', 'none.yaml', '--symbol', 'SPX'], 'there is no file'],
    ['a file that is none of ours', ['strategy', 'check', './notes.md'], 'a strategy is a .yaml'],
    [
      'data shorter than the rules need',
      [
        'backtest',
        'rsi2-reversion',
        '--symbol',
        'SPX',
        '--start',
        '2020-01-02',
        '--end',
        '2020-02-28',
      ],
      'needs 200',
    ],
  ])('refuse %s in one sentence', (_name, args, message) => {
    const result = renata(...args);
    expect(result).toMatchObject({ code: 2, out: '' });
    expect(result.err).toContain(message);
    expect(result.err.trim().split('\n').length).toBeLessThanOrEqual(2);
  });
});
