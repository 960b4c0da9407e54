import { createHash } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fromRoot } from '../../build/lib/paths.ts';
import { FILL_RULES } from '../../engine/backtest/fill-rules.ts';
import { RenataError } from '../../engine/domain/errors.ts';
import type { BundleFinding, BundleManifest } from '../../engine/protocol/run-bundle.ts';
import { readBundle, writeBundle } from '../../engine/report/bundle.ts';
import { readZip, writeZip, type ZipPart } from '../../engine/report/zip.ts';
import { DEFLATE } from '../unit/engine/report/bundle-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'renata-cli-bundles-'));
const store = join(folder, 'store');
/** Of somebody else: the same program, without our strategies. */
const elsewhere = join(folder, 'elsewhere');
afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));

interface Answer {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function renataIn(directory: string, ...args: string[]): Answer {
  const result = spawnSync(process.execPath, [fromRoot('bin/renata.mjs'), ...args], {
    encoding: 'utf8',
    cwd: folder,
    env: { ...process.env, RENATA_DATA_DIR: directory, NO_COLOR: '1' },
    timeout: 300_000,
    maxBuffer: 64 * 1024 * 1024,
  });
  return { code: result.status, out: result.stdout, err: result.stderr };
}

function json<Value>(directory: string, ...args: string[]): Value {
  const { code, out, err } = renataIn(directory, ...args, '--json');
  if (code !== 0) throw new Error(`${args.join(' ')}: ${out}${err}`);
  return JSON.parse(out) as Value;
}

const RULES = `name: Dip
description: Buys dips.
version: 1
parameters:
  lower: { default: 10, min: 1, max: 50 }
entry:
  long: rsi(2) < lower
exit:
  long: rsi(2) > 60
stops:
  stopLoss: { percent: 4 }
`;
const CODE = `interface Values { readonly bars: number }
export const strategy = {
  title: 'Now and then – größer',
  description: 'Buys by the calendar and by chance.',
  parameters: { bars: { default: 7, min: 2, max: 100 } },
  create(values: Values) {
    return {
      onBar(context: any) {
        if (context.index % values.bars === 0) context.buy('in');
        else if (context.random() < 0.2) context.exit('out');
      },
    };
  },
};
`;

interface Made {
  readonly id: string;
  readonly orderHash: string;
  readonly strategyHash?: string;
}
interface Verified {
  readonly intact: boolean;
  readonly manifest: BundleManifest;
  readonly findings: readonly BundleFinding[];
}
interface Rerun {
  readonly sameOrders: boolean;
  readonly bars: string;
  readonly orderHash: string;
  readonly differences: readonly unknown[];
  readonly findings: readonly BundleFinding[];
}

const RANGE = ['--symbol', 'SPX', '--start', '2012-01-01', '--end', '2016-12-31', '--seed', '5'];
const KINDS = {
  rules: { args: ['dip', '--set', 'lower=15'], file: join(store, 'strategies', 'dip.yaml') },
  code: { args: ['chance.ts', '--set', 'bars=5'], file: join(folder, 'chance.ts') },
  builtIn: { args: ['rsi-reversion'], file: null },
} as const;
type Kind = keyof typeof KINDS;
const made: Partial<Record<Kind, Made>> = {};
const bundleOf = (kind: Kind): string => join(folder, `${kind}.renata`);

beforeAll(() => {
  for (const each of [store, elsewhere]) {
    expect(renataIn(each, 'list-strategies').code).toBe(0);
  }
  writeFileSync(KINDS.rules.file, RULES);
  writeFileSync(KINDS.code.file, CODE);
  for (const kind of Object.keys(KINDS) as Kind[]) {
    const { args, file } = KINDS[kind];
    made[kind] = json<Made>(store, 'backtest', ...args, ...RANGE);
    // What the user does with the file after a run is no part of the run.
    if (file !== null) writeFileSync(file, file.endsWith('.ts') ? 'broken(' : 'name: broken');
    const written = renataIn(store, 'bundle', 'latest', '--output', bundleOf(kind));
    expect(written, written.err).toMatchObject({ code: 0, err: '' });
  }
});

describe.each(Object.keys(KINDS) as Kind[])('the bundle of a run of %s', (kind) => {
  const texts = { rules: RULES, code: CODE, builtIn: null };
  const text = texts[kind];

  it('holds everything that decides the orders', () => {
    const { intact, manifest, findings } = json<Verified>(
      store,
      'bundle',
      'verify',
      bundleOf(kind),
    );
    expect(intact).toBe(true);
    const { run, strategy, data } = manifest;
    expect(run.id).toBe(made[kind]?.id);
    expect(run.orderHash).toBe(made[kind]?.orderHash);
    expect(run.request.settings.seed).toBe(5);
    expect(run.maker?.fillRules).toEqual(FILL_RULES);
    expect(run.reads).toMatchObject({ calendar: 'us-equity' });
    const calendar = readFileSync(fromRoot('resources/calendars/us-equity.json'));
    expect(run.reads?.calendarHash).toBe(createHash('sha256').update(calendar).digest('hex'));
    expect(data.contentHash).toMatch(/^[0-9a-f]{64}$/);
    if (text === null) {
      expect(strategy).toMatchObject({ hash: null, source: null });
    } else {
      const hash = createHash('sha256').update(text).digest('hex');
      expect(strategy).toMatchObject({ hash, source: { trusted: false } });
      expect(made[kind]?.strategyHash).toBe(hash);
      const { parts } = readBundle(readFileSync(bundleOf(kind)), DEFLATE);
      expect(Buffer.from(parts.get('strategy.txt') ?? []).toString()).toBe(text);
    }
    expect(findings.filter(({ matters }) => matters)).toEqual([]);
  });

  it('gives the same orders again, whatever has become of the file', () => {
    const again = json<Rerun>(store, 'bundle', 'run', bundleOf(kind));
    expect(again).toMatchObject({ sameOrders: true, bars: 'bundle', differences: [] });
    expect(again.orderHash).toBe(made[kind]?.orderHash);
  });

  it('gives the same orders to somebody without the strategy', () => {
    const again = renataIn(elsewhere, 'bundle', 'run', bundleOf(kind));
    expect(again, again.err).toMatchObject({ code: 0, err: '' });
    expect(again.out).toContain(`the same orders, over the bars of the bundle`);
    expect(again.out).toContain(made[kind]?.orderHash);
  });

  it('shows a change of any part, sealed anew or not', () => {
    const file = readFileSync(bundleOf(kind));
    const limits = { parts: 100, bytes: 1e9 };
    const { parts, comment } = readZip(file, DEFLATE, limits);
    expect(parts.map(({ name }) => name)).toEqual([
      'manifest.json',
      'report.html',
      'orders.csv',
      'trades.csv',
      'equity.f64',
      ...(text === null ? [] : ['strategy.txt']),
      'bars.f64',
    ]);
    for (const changed of parts) {
      const bytes = Uint8Array.from(changed.bytes);
      const at = Math.floor(bytes.length / 2);
      bytes[at] = (bytes[at] as number) ^ 1;
      const others = parts.map((part): ZipPart => (part === changed ? { ...part, bytes } : part));
      const unsealed = writeZip(others, DEFLATE, comment);
      expect(refusal(unsealed), changed.name).toContain('hash of its seal');
      const resealed = sealed(unsealed);
      // What the manifest says of itself can be changed, but not without another hash of the bundle.
      if (changed.name === 'manifest.json') {
        expect(Buffer.from(resealed.subarray(-64)).equals(file.subarray(-64))).toBe(false);
      } else expect(refusal(resealed), changed.name).toContain('is not what the manifest lists');
    }
  });
});

function refusal(file: Uint8Array): string {
  try {
    readBundle(file, DEFLATE);
  } catch (error) {
    if (error instanceof RenataError) return error.message;
  }
  return 'opened';
}

function sealed(file: Uint8Array): Uint8Array {
  const end = file.length - 64;
  const body = file.subarray(0, end - 'renata-run-bundle sha256:'.length);
  const copy = file.slice();
  copy.set(Buffer.from(createHash('sha256').update(body).digest('hex')), end);
  return copy;
}

/** A bundle that somebody else made out of one of ours, sealed and consistent in itself. */
function forged(
  kind: Kind,
  change: (manifest: BundleManifest) => Omit<BundleManifest, 'parts'>,
  swap: Readonly<Record<string, Uint8Array>> = {},
): string {
  const { manifest, parts } = readBundle(readFileSync(bundleOf(kind)), DEFLATE);
  const { parts: _parts, ...rest } = change(manifest) as BundleManifest;
  const kept = [...parts].map(([name, bytes]) => ({ name, bytes: swap[name] ?? bytes }));
  const path = join(folder, 'forged.renata');
  writeFileSync(path, writeBundle(rest, kept, DEFLATE).bytes);
  return path;
}

describe('a bundle of somebody else', () => {
  it('with another strategy than it says runs to other orders, which is told', () => {
    const other = Buffer.from(CODE.replace('< 0.2', '< 0.3'));
    const hash = createHash('sha256').update(other).digest('hex');
    const file = forged('code', (m) => ({ ...m, strategy: { ...m.strategy, hash } }), {
      'strategy.txt': other,
    });
    const run = renataIn(store, 'bundle', 'run', file);
    expect(run).toMatchObject({ code: 1, out: '' });
    expect(run.err).toContain(`not ${made.code?.orderHash}`);
    expect(run.err).toContain('so the bundle’s own order hash is wrong');
  });

  it('of older fill rules says so, whether the orders are the same or not', () => {
    const hash = 'a'.repeat(64);
    const older = (m: BundleManifest): BundleManifest => ({
      ...m,
      run: { ...m.run, maker: { version: '0.0.9', fillRules: { version: 1, hash } } },
    });
    const same = renataIn(store, 'bundle', 'run', forged('rules', older));
    expect(same.code).toBe(0);
    expect(same.out).toContain('the same orders');
    expect(same.out).toMatch(/^other +It followed older fill rules: version 1 \(aaaaaaaa\), here/m);
    const other = renataIn(
      store,
      'bundle',
      'run',
      forged('rules', (m) => {
        const { run, ...rest } = older(m);
        return { ...rest, run: { ...run, orderHash: 'b'.repeat(64) } };
      }),
    );
    expect(other.code).toBe(1);
    expect(other.err).toContain('The run was made by Renata 0.0.9; this is');
    expect(other.err).toContain('It followed older fill rules: version 1');
    expect(other.err).toContain(`here version ${FILL_RULES.version}`);
  });

  it('names a strategy that is in the user’s folder, and does not run it', () => {
    writeFileSync(KINDS.rules.file, RULES);
    const { code, err } = renataIn(
      store,
      'bundle',
      'run',
      forged('builtIn', (m) => ({
        ...m,
        run: { ...m.run, request: { ...m.run.request, strategy: 'dip', parameters: {} } },
        strategy: { ...m.strategy, id: 'dip' },
      })),
    );
    expect(code).toBe(2);
    expect(err).toContain('is part of another Renata');
  });

  it('names a calendar that is a path, and is refused', () => {
    const { code, err } = renataIn(
      store,
      'bundle',
      'run',
      forged('builtIn', (m) => ({
        ...m,
        run: { ...m.run, reads: { calendar: '../../package' } },
      })),
    );
    expect(code).toBe(2);
    expect(err).toContain('There is no calendar "../../package"');
  });

  it('has code that hangs, and is ended', () => {
    const text = Buffer.from(CODE.replace("context.buy('in')", 'for (;;) Math.abs(1)'));
    const hash = createHash('sha256').update(text).digest('hex');
    const file = forged('code', (m) => ({ ...m, strategy: { ...m.strategy, hash } }), {
      'strategy.txt': text,
    });
    const { code, out } = renataIn(store, 'bundle', 'run', file, '--json');
    expect(code).not.toBe(0);
    expect(JSON.parse(out)).toMatchObject({ error: { code: 'STRATEGY_FAILED' } });
  });
});

describe('a strategy that ran outside of the sandbox', () => {
  const witness = join(folder, 'escaped.txt');
  const ESCAPES = CODE.replace(
    'create(values: Values) {',
    `create(values: Values) {
    const { process } = globalThis as any;
    process?.getBuiltinModule('node:fs').writeFileSync(${JSON.stringify(witness)}, 'x');`,
  );

  it('runs inside of it from a bundle, though the user trusts that very text', () => {
    writeFileSync(join(store, 'strategies', 'native.ts'), ESCAPES);
    expect(renataIn(store, 'strategy', 'trust', 'native').code).toBe(0);
    const run = json<Made>(store, 'backtest', 'native', ...RANGE);
    expect(readFileSync(witness, 'utf8')).toBe('x');
    rmSync(witness);
    const file = join(folder, 'native.renata');
    expect(renataIn(store, 'bundle', 'latest', '--output', file).code).toBe(0);
    const again = json<Rerun>(store, 'bundle', 'run', file);
    expect(again).toMatchObject({ sameOrders: true, orderHash: run.orderHash });
    expect(again.findings.find(({ what }) => what === 'strategy')).toMatchObject({
      same: false,
      message: expect.stringContaining('ran outside of the sandbox'),
    });
    expect(() => readFileSync(witness)).toThrow('ENOENT');
  });
});

describe('a bundle without its bars', () => {
  const file = join(folder, 'lean.renata');
  const prices = (shift: number): string =>
    [
      'date,open,high,low,close,volume',
      ...Array.from({ length: 200 }, (_, i) => {
        const close = 100 + 10 * Math.sin(i / 7) + shift;
        const day = new Date(Date.UTC(2020, 0, 1) + i * 86_400_000).toISOString().slice(0, 10);
        return `${day},${close},${close + 1},${close - 1},${close},1000`;
      }),
    ].join('\n');
  const importAs = (directory: string, shift: number): void => {
    writeFileSync(join(folder, 'prices.csv'), prices(shift));
    const done = renataIn(directory, 'import-data', 'prices.csv', '--symbol', 'WAVE');
    expect(done, done.err).toMatchObject({ code: 0 });
  };

  it('takes those of the store, and names the hashes when they are others', () => {
    writeFileSync(KINDS.rules.file, RULES);
    importAs(store, 0);
    const run = json<Made & { dataHash: string }>(store, 'backtest', 'dip', '--symbol', 'WAVE');
    const { out } = renataIn(store, 'bundle', 'latest', '--no-bars', '--output', file);
    expect(out).toContain('without bars');
    // A later version of the data beside the one that was read does not matter.
    importAs(store, 1);
    expect(json<Rerun>(store, 'bundle', 'run', file)).toMatchObject({
      sameOrders: true,
      bars: 'store',
      orderHash: run.orderHash,
    });
    importAs(elsewhere, 1);
    const refused = renataIn(elsewhere, 'bundle', 'run', file);
    expect(refused).toMatchObject({ code: 2, out: '' });
    expect(refused.err).toMatch(
      new RegExp(
        `WAVE\\.\\w+@1d with the content hash ${run.dataHash}; it has [0-9a-f]{64}; import`,
      ),
    );
    const { findings } = json<Verified>(elsewhere, 'bundle', 'verify', file);
    expect(findings.find(({ what }) => what === 'data')).toMatchObject({
      same: false,
      matters: true,
      message: expect.stringContaining('the store has other bars'),
    });
    importAs(elsewhere, 0);
    const same = json<Rerun>(elsewhere, 'bundle', 'run', file);
    expect(same).toMatchObject({ sameOrders: true, orderHash: run.orderHash });
  });
});
