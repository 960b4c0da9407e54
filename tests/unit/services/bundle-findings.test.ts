import { describe, expect, it } from 'vitest';
import { FILL_RULES } from '../../../engine/backtest/fill-rules.ts';
import { RenataError } from '../../../engine/domain/errors.ts';
import type { BundleManifest } from '../../../engine/protocol/run-bundle.ts';
import {
  findingsOf,
  reasonsIn,
  type FindingsOptions,
} from '../../../electron/services/bundle-findings.ts';
import { MANIFEST } from '../engine/report/bundle-file.ts';

const { datasetId } = MANIFEST.run.request;

function options(
  versions: readonly string[] = [MANIFEST.data.contentHash],
  strategyHash: string | null = null,
): FindingsOptions {
  const current = { contentHash: versions.at(-1) };
  const known = versions.length === 0 ? [] : [{ id: datasetId, current }];
  return {
    store: {
      listDatasets: () => Promise.resolve(known as never),
      getDataset: () =>
        Promise.resolve({ versions: versions.map((contentHash) => ({ contentHash })) } as never),
    },
    strategies: {
      load: () =>
        strategyHash === null
          ? Promise.reject(new RenataError('NOT_FOUND', 'none'))
          : Promise.resolve({ hash: strategyHash } as never),
    },
    calendarsDirectory: 'resources/calendars',
    version: '0.1.0',
  };
}

type Part = 'run' | 'strategy' | 'data';

/** A manifest of this very program, with what is said. */
function manifest(said: { [Name in Part]?: Partial<BundleManifest[Name]> } = {}): BundleManifest {
  const maker = { version: '0.1.0', fillRules: FILL_RULES };
  return {
    ...MANIFEST,
    parts: [],
    run: { ...MANIFEST.run, maker, ...said.run },
    strategy: { ...MANIFEST.strategy, ...said.strategy },
    data: { ...MANIFEST.data, ...said.data },
  };
}

async function told(
  given: BundleManifest,
  place: FindingsOptions = options(),
): Promise<readonly string[]> {
  const findings = await findingsOf(given, place);
  return findings.filter(({ same }) => !same).map(({ message }) => message);
}

describe('what differs from a bundle', () => {
  it('is nothing where everything is the same', async () => {
    const findings = await findingsOf(manifest(), options());
    expect(findings.map(({ what }) => what)).toEqual(['program', 'fill-rules', 'strategy', 'data']);
    expect(findings.every(({ same }) => same)).toBe(true);
    expect(reasonsIn(findings)).toEqual([]);
  });

  it('is the program and its fill rules, older, newer or unknown', async () => {
    const made = (version: number): BundleManifest =>
      manifest({
        run: { maker: { version: '0.2.0', fillRules: { version, hash: 'e'.repeat(64) } } },
      });
    expect(await told(made(1))).toEqual([
      'The run was made by Renata 0.2.0; this is 0.1.0.',
      `It followed older fill rules: version 1 (eeeeeeee), here version ${FILL_RULES.version} (${FILL_RULES.hash.slice(0, 8)}).`,
    ]);
    expect((await told(made(FILL_RULES.version)))[1]).toContain('other fill rules');
    expect(await told(manifest({ run: { maker: null } }))).toEqual([
      expect.stringContaining('before runs told which program'),
    ]);
  });

  it('is the data, which matters where the bundle has none of its own', async () => {
    const lean = manifest({ data: { part: null } });
    expect(await told(manifest(), options([]))).toEqual([
      `${datasetId}: the store has none; the run read dddddddddddddddd, and the bundle has them.`,
    ]);
    const findings = await findingsOf(lean, options(['x'.repeat(64)]));
    expect(reasonsIn(findings)).toEqual([
      `${datasetId}: the store has other bars, xxxxxxxxxxxxxxxx; the run read dddddddddddddddd.`,
    ]);
    // An earlier version that is still there will do.
    expect(await told(lean, options([MANIFEST.data.contentHash, 'x']))).toEqual([]);
  });

  it('is the strategy: unknown, without its text, changed since, or trusted', async () => {
    const hash = 'a'.repeat(64);
    const source = {
      part: 'strategy.txt',
      language: 'yaml',
      file: 'mine.yaml',
      trusted: false,
    } as const;
    expect(await told(manifest({ strategy: { id: 'none-such' } }))).toEqual([
      expect.stringContaining('part of no Renata'),
    ]);
    expect(await told(manifest({ strategy: { hash, source: null } }))).toEqual([
      expect.stringContaining('not in the bundle and not in your strategies'),
    ]);
    expect(
      await told(manifest({ strategy: { hash, source: null } }), options(undefined, hash)),
    ).toEqual([]);
    expect(await told(manifest({ strategy: { hash, source } }), options(undefined, 'b'))).toEqual([
      expect.stringContaining('another text by now; the bundle runs its own'),
    ]);
    const trusted = manifest({ strategy: { hash, source: { ...source, trusted: true } } });
    expect(await told(trusted, options(undefined, hash))).toEqual([
      expect.stringContaining('ran outside of the sandbox'),
    ]);
  });

  it('is the calendar, changed or unknown, whatever it is called', async () => {
    const reads = (calendar: string): BundleManifest =>
      manifest({ run: { reads: { calendar, calendarHash: 'c'.repeat(64) } } });
    expect(await told(reads('us-equity'))).toEqual([expect.stringContaining('has changed since')]);
    expect(await told(reads('mars'))).toEqual([expect.stringContaining('has no calendar mars')]);
    expect(await told(reads('../../package'))).toEqual([expect.stringContaining('no calendar')]);
  });
});
