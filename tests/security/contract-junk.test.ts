import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { DEFAULT_SETTINGS } from '../../engine/domain/backtest.ts';
import { RenataError } from '../../engine/domain/errors.ts';
import { calls, type CallInput, type CallName } from '../../engine/protocol/contract.ts';
import { decodeFrame, encodeFrame } from '../../engine/protocol/codec.ts';
import { answerFrame } from '../../electron/ipc/frames.ts';
import { createRateLimit } from '../../electron/ipc/rate-limit.ts';
import { LAYOUT } from '../../electron/layout.ts';
import { openWorkstation, type Workstation } from '../../electron/workstation.ts';
import { fc } from '../support/properties.ts';

import { LIVE_EXAMPLES } from './live-examples.ts';

const DATASET = 'ABC.LOCAL@1d';

/** Of a dataset that there is not: research is asked for, checked and refused, and none is begun. */
const SEARCHED = {
  strategy: 'sma-cross',
  datasetId: 'NONE.LOCAL@1d',
  adjustment: 'raw',
  start: null,
  end: null,
  settings: DEFAULT_SETTINGS,
  ranges: { fast: '2..4', slow: '5, 9' },
  fixed: {},
  objective: 'sharpe',
  memoryBytes: 64_000_000,
} as const;
const { objective: _objective, ...VALIDATED } = SEARCHED;
const RESEARCH = { researchId: 'none' };

/** One well-formed input of every call; the compiler sees to it that none is missing. */
const EXAMPLES: { readonly [Name in CallName]: CallInput<Name> } = {
  ...LIVE_EXAMPLES,
  'api.get': {},
  'api.configure': { enabled: false, port: 7411 },
  'api.createToken': { name: 'example', scope: 'read' },
  'api.revokeToken': { name: 'none' },
  'app.info': {},
  'store.restore': { backup: 'history-2024.sqlite' },
  'data.list': {},
  'data.get': { datasetId: DATASET },
  'data.bars': { datasetId: DATASET, start: null, end: 5, adjustment: 'raw', maxPoints: 10 },
  'data.delete': { datasetId: 'NONE.LOCAL@1d' },
  'data.upload-start': { name: 'a.csv', bytes: 10 },
  'data.upload-chunk': { uploadId: 'none', offset: 0, bytes: new Uint8Array(3) },
  'data.upload-drop': { uploadId: 'none' },
  'data.preview': { source: { kind: 'upload', uploadId: 'none' }, options: { symbol: 'A' } },
  'data.import': {
    source: { kind: 'upload', uploadId: 'none' },
    options: { symbol: 'A', columns: { time: 'date' } },
  },
  'data.importFactors': {
    source: { kind: 'upload', uploadId: 'none' },
    instrumentId: 'NONE.LOCAL',
  },
  'data.export': { datasetId: DATASET, format: 'csv', adjustment: 'split', start: 1, end: null },
  'indicators.list': {},
  'studies.compute': {
    expression: 'sma(param("n", 3, 2..9))',
    parameters: { n: 4 },
    datasetId: DATASET,
    adjustment: 'raw',
    start: null,
    end: null,
    maxPoints: 10,
  },
  'strategies.list': {},
  'strategies.check': { language: 'yaml', name: 'draft', text: 'name: Draft' },
  'expressions.names': {},
  'strategies.problems': { text: 'name: Draft\nentry:\n  long: close > 1\n' },
  'strategies.get': { id: 'sma-cross', origin: 'built-in' },
  'strategies.save': { id: null, hash: null, language: 'yaml', text: 'name: Draft' },
  'strategies.delete': { id: 'none' },
  'backtest.run': {
    strategy: 'sma-cross',
    parameters: { fast: 2, slow: 3 },
    datasetId: DATASET,
    adjustment: 'raw',
    start: null,
    end: null,
    settings: {
      ...DEFAULT_SETTINGS,
      slippage: { kind: 'square-root', coefficient: 0.5, window: 20 },
      fees: { table: 'binance-spot', tier: 1 },
      volumeLimit: 0.5,
      margin: { initial: 0.5, maintenance: 0.25 },
      borrowRate: 0.03,
      debitRate: 0.06,
      warmUp: 1,
      codeWork: 1,
    },
    events: true,
    resolve: 'finer',
  },
  'runs.list': {},
  'runs.get': { runId: 'none' },
  'runs.delete': { runId: 'none' },
  'runs.compare': { runIds: ['none', 'other'] },
  'bundles.make': { runId: 'none', bars: true },
  'bundles.open': { uploadId: 'none' },
  'bundles.run': { uploadId: 'none' },
  'reports.html': { runId: 'none' },
  'research.estimate': {
    kind: 'sweep',
    request: { ...SEARCHED, constraints: ['fast < slow'], search: { kind: 'grid' } },
  },
  'sweeps.start': {
    request: {
      ...SEARCHED,
      constraints: [],
      search: { kind: 'random', count: 3, seed: 1 },
    },
    confirmed: false,
  },
  'walkForward.start': {
    request: {
      ...SEARCHED,
      constraints: [],
      search: { kind: 'grid' },
      windows: { by: 'bars', train: 8, test: 4, gap: 0 },
      mode: 'rolling',
      carry: 'flat',
    },
    confirmed: false,
  },
  'crossValidation.start': {
    request: {
      ...VALIDATED,
      constraints: [],
      search: { kind: 'grid' },
      score: 'sharpe',
      folds: 4,
      testFolds: 2,
      purge: 3,
      embargo: 1,
    },
    confirmed: false,
  },
  'realityCheck.start': {
    sweepId: 'none',
    against: 'zero',
    samples: 100,
    blockLength: 4,
    seed: 1,
  },
  'randomEntry.start': { runId: 'none', samples: 100, seed: 1 },
  'monteCarlo.start': {
    runId: 'none',
    of: 'trades',
    method: 'blocks',
    paths: 10,
    blockLength: 2,
    ruin: 0.5,
    seed: 1,
  },
  'audit.start': {
    run: {
      strategy: 'sma-cross',
      parameters: { fast: 2, slow: 3 },
      datasetId: 'NONE.LOCAL@1d',
      adjustment: 'raw',
      start: null,
      end: null,
      settings: DEFAULT_SETTINGS,
    },
    universe: 'single',
    cuts: 2,
    seed: 1,
  },
  'research.list': {},
  'research.get': { ...RESEARCH, sort: 'sharpe', offset: 0, limit: 10 },
  'research.pause': RESEARCH,
  'research.resume': RESEARCH,
  'research.delete': RESEARCH,
  'sweeps.heatmap': { ...RESEARCH, x: 'fast', y: 'slow', metric: 'sharpe', fold: 'mean' },
  'sweeps.plateau': { ...RESEARCH, metric: 'sharpe', radius: 1 },
  'sweeps.slice': { ...RESEARCH, combination: 0, parameter: 'fast', metric: 'sharpe' },
  'trials.count': { datasetId: null },
  'jobs.list': {},
  'jobs.cancel': { jobId: 'none' },
  'workspace.load': { name: 'layout' },
  'workspace.save': { name: 'layout', json: '{}' },
};
const NAMES = Object.keys(EXAMPLES) as CallName[];

let folder = '';
let workstation: Workstation;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'renata-junk-'));
  workstation = await openWorkstation({
    dataDirectory: join(folder, 'data'),
    version: LAYOUT.version,
    workerUrl: LAYOUT.workerUrl,
    storeThreadUrl: LAYOUT.storeThreadUrl,
    resourcesDirectory: LAYOUT.resourcesDirectory,
    carrier: 'websocket',
    seedDefault: false,
    checkOutputs: true,
  });
  const path = join(folder, 'abc.csv');
  const rows = Array.from(
    { length: 20 },
    (_, i) => `2024-01-${String(i + 1).padStart(2, '0')},5,6,4,5,9`,
  );
  writeFileSync(path, `date,open,high,low,close,volume\n${rows.join('\n')}\n`);
  const { jobId } = (await workstation.dispatch(
    'data.import',
    { source: { kind: 'path', path }, options: { symbol: 'ABC', calendar: 'none' } },
    { carrier: 'cli' },
  )) as { jobId: string };
  await vi.waitFor(async () => {
    const jobs = await workstation.localClient({ carrier: 'cli' }).call('jobs.list', {});
    expect(jobs.find((job) => job.id === jobId)?.state).toBe('done');
  });
});
afterAll(async () => {
  await workstation?.close();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

const limit = createRateLimit({ inFlight: 1_000, perSecond: 1_000_000_000 }, () => 0);

/** What arrives of a value after the wire, or the code with which the codec refuses it. */
function overTheWire(value: unknown): { value: unknown } | { refused: string } {
  const bytes = encodeFrame(value);
  try {
    return { value: decodeFrame(bytes) };
  } catch (error) {
    if (!(error instanceof RenataError)) throw error;
    return { refused: error.code };
  }
}

/** Sends a call as a window would and returns the error's code, or null for a result. */
async function codeOf(name: string, input: unknown): Promise<string | null> {
  const arrived = overTheWire({ kind: 'call', id: 1, name, input });
  if ('refused' in arrived) return arrived.refused;
  const frame = arrived.value;
  const context = { carrier: 'websocket' } as const;
  const answer = await answerFrame(workstation.dispatch, frame, context, limit);
  expect(() => encodeFrame(answer)).not.toThrow();
  if (answer.kind !== 'error') return null;
  expect(answer.error.message.length).toBeGreaterThan(10);
  expect(answer.error.message.length).toBeLessThanOrEqual(4_096);
  return answer.error.code;
}

const junk: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom(
    null,
    true,
    '',
    '../../etc/passwd',
    '\u0000',
    "'; DROP TABLE runs; --",
    '__proto__',
    '9'.repeat(5_000),
    Number.NaN,
    Number.POSITIVE_INFINITY,
    -1,
    0.5,
    2 ** 53,
    8.64e15,
    -8.64e15,
    new Float64Array([Number.NaN]),
    new Uint8Array(0),
  ),
  fc.string({ unit: 'binary', maxLength: 100 }),
  fc.string({ maxLength: 60 }).map((text) => `${text}.LOCAL@1d`),
  fc.double(),
  fc.integer(),
  fc.uint8Array({ maxLength: 50 }),
  fc.jsonValue({ maxDepth: 3 }),
);

/** Every place inside a value, as a list of keys. */
function places(value: unknown, at: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return [at];
  const below = Object.entries(value).flatMap(([key, entry]) => places(entry, [...at, key]));
  return [at, ...below];
}

function replaced(value: unknown, at: readonly string[], by: unknown): unknown {
  const [key, ...rest] = at;
  if (key === undefined) return by;
  const entries = Object.entries(value as object);
  return Object.fromEntries(
    entries.map(([name, entry]) => [name, name === key ? replaced(entry, rest, by) : entry]),
  );
}

/** The example with junk at up to three places, or with a key too many, or all junk. */
function inputsOf(name: CallName): fc.Arbitrary<unknown> {
  const example = EXAMPLES[name];
  const spots = places(example);
  return fc.oneof(
    { weight: 1, arbitrary: junk },
    {
      weight: 6,
      arbitrary: fc
        .array(fc.tuple(fc.constantFrom(...spots), junk), { minLength: 1, maxLength: 3 })
        .map((changes) => {
          // Longest first: a place must not vanish before its turn.
          const ordered = changes.toSorted((a, b) => b[0].length - a[0].length);
          let value: unknown = example;
          for (const [at, by] of ordered) value = replaced(value, at, by);
          return value;
        }),
    },
    {
      weight: 1,
      arbitrary: fc.tuple(fc.string(), junk).map(([key, by]) => ({ ...example, [key]: by })),
    },
  );
}

/** Inputs that the schema takes, with texts and numbers that nobody expects. */
function soundInputsOf(name: CallName): fc.Arbitrary<unknown> {
  return inputsOf(name).filter((input) => calls[name].input.safeParse(input).success);
}

describe('junk from a window', () => {
  it('is never answered as a defect, in any call', async () => {
    for (const name of NAMES) {
      await fc.assert(
        fc.asyncProperty(inputsOf(name), async (input) => {
          const wire = overTheWire(input);
          const code = await codeOf(name, input);
          expect(code).not.toBe('INTERNAL');
          if ('refused' in wire || !calls[name].input.safeParse(wire.value).success) {
            expect(code).toBe('BAD_INPUT');
          }
        }),
        // The key that no frame may hold, which chance seldom finds.
        { numRuns: 120, examples: [[JSON.parse('{"__proto__": []}') as unknown]] },
      );
    }
  });

  it.each([
    'store.restore',
    'data.get',
    'data.bars',
    'data.delete',
    'data.export',
    'studies.compute',
    'backtest.run',
    'runs.get',
    'runs.delete',
    'jobs.cancel',
    'workspace.load',
    'workspace.save',
  ] as const)('that is well formed is refused in a sentence or served: %s', async (name) => {
    await fc.assert(
      fc.asyncProperty(soundInputsOf(name), async (input) => {
        expect(await codeOf(name, input)).not.toBe('INTERNAL');
      }),
      { numRuns: 60 },
    );
  });

  it('as a name finds no call', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ maxLength: 64 }).filter((name) => !Object.hasOwn(calls, name)),
        async (name) => {
          expect(await codeOf(name, {})).toBe('NOT_FOUND');
        },
      ),
    );
  });

  it('leaves the workstation whole', async () => {
    const client = workstation.localClient({ carrier: 'cli' });
    const [dataset] = await client.call('data.list', {});
    expect(dataset?.id).toBe(DATASET);
    await expect(client.call('data.get', { datasetId: 'X@1d' })).rejects.toThrow(RenataError);
    const { bars } = await client.call('data.bars', {
      datasetId: DATASET,
      start: null,
      end: null,
      adjustment: 'raw',
      maxPoints: 100,
    });
    expect(bars.close).toHaveLength(20);
  });

  it('covers every call of the contract', () => {
    expect(NAMES.toSorted()).toEqual(Object.keys(calls).toSorted());
  });
});
