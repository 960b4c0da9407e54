import { createHash } from 'node:crypto';
import { crc32 as nodeCrc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { runBacktest } from '../../../../engine/backtest/run.ts';
import { RenataError } from '../../../../engine/domain/errors.ts';
import { BARS_PART, type BundleBars } from '../../../../engine/protocol/run-bundle.ts';
import {
  hashOfBars,
  packBars,
  readBundle,
  textOf,
  unpackBars,
  writeBundle,
} from '../../../../engine/report/bundle.ts';
import { canonicalJson } from '../../../../engine/report/canonical-json.ts';
import { compareRuns } from '../../../../engine/report/comparison.ts';
import { comparisonSheet } from '../../../../engine/report/comparison-sheet.ts';
import {
  csvOf,
  equityTable,
  fillTable,
  orderTable,
  tradeTable,
} from '../../../../engine/report/tables.ts';
import { crc32, readZip, writeZip } from '../../../../engine/report/zip.ts';
import { flatBars, randomWalk } from '../backtest/bars.ts';
import { BARS, bundleFile, DEFLATE, MANIFEST, PARTS, RUN } from './bundle-file.ts';
import { smaRun } from './runs.ts';
import { readStrictly } from './well-formed.ts';

const LIMITS = { parts: 10, bytes: 1e6 };

/** Seals a file anew, as somebody would who changes one on purpose. */
function sealed(file: Uint8Array): Uint8Array {
  const end = file.length - 64;
  const body = file.subarray(0, end - 'renata-run-bundle sha256:'.length);
  const copy = file.slice();
  copy.set(Buffer.from(createHash('sha256').update(body).digest('hex')), end);
  return copy;
}

function codeOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof RenataError) return `${error.code} ${error.message}`;
    throw error;
  }
  return 'no error';
}

describe('canonical JSON', () => {
  it('is that of the example in RFC 8785, section 3.2.3', () => {
    const value = {
      '\u20ac': 'Euro Sign',
      '\r': 'Carriage Return',
      '\ufb33': 'Hebrew Letter Dalet With Dagesh',
      '1': 'One',
      '\ud83d\ude00': 'Emoji: Grinning Face',
      '\u0080': 'Control',
      '\u00f6': 'Latin Small Letter O With Diaeresis',
    };
    const order = [...canonicalJson(value).matchAll(/:"([^"]*)"/g)].map((match) => match[1]);
    expect(order).toEqual([
      'Carriage Return',
      'One',
      'Control',
      'Latin Small Letter O With Diaeresis',
      'Euro Sign',
      'Emoji: Grinning Face',
      'Hebrew Letter Dalet With Dagesh',
    ]);
  });

  it('writes numbers and nesting in one form', () => {
    const numbers = [333333333.3333333, 1e30, 4.5, 2e-3, 1e-27, -0];
    expect(canonicalJson({ numbers, literals: [null, true, false] })).toBe(
      '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27,0]}',
    );
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, undefined, '\ud800', () => 1]) {
      expect(() => canonicalJson({ bad: [bad] })).toThrow(TypeError);
    }
  });
});

describe('the archive', () => {
  it('has the checksum of everybody else', () => {
    expect(crc32(new TextEncoder().encode('123456789'))).toBe(0xcbf4_3926);
    expect(crc32(packBars(BARS))).toBe(nodeCrc32(packBars(BARS)));
  });

  it('gives parts back, packed or not, and an archive of none', () => {
    const parts = [
      { name: 'a.txt', bytes: new TextEncoder().encode('a'.repeat(1_000)) },
      { name: 'b', bytes: Uint8Array.of(1, 2, 3) },
      { name: 'empty', bytes: new Uint8Array(0) },
    ];
    const file = writeZip(parts, DEFLATE, 'note');
    expect(file.length).toBeLessThan(500);
    const read = readZip(file, DEFLATE, LIMITS);
    expect(read.comment).toBe('note');
    expect(read.parts.map(({ name, bytes }) => ({ name, bytes: Uint8Array.from(bytes) }))).toEqual(
      parts,
    );
    expect(readZip(writeZip([], DEFLATE, ''), DEFLATE, LIMITS).parts).toEqual([]);
    expect(() => writeZip([{ name: '../x', bytes: new Uint8Array(1) }], DEFLATE, '')).toThrow(
      'name',
    );
  });

  it('stays within its limits, whatever a part claims to unpack to', () => {
    const bomb = writeZip([{ name: 'bomb', bytes: new Uint8Array(2e6) }], DEFLATE, '');
    expect(codeOf(() => readZip(bomb, DEFLATE, LIMITS))).toMatch(/^TOO_LARGE/);
    // The length that both headers claim, made small: what comes out is cut off and refused.
    const view = new DataView(bomb.buffer);
    view.setUint32(22, 10, true);
    view.setUint32(bomb.length - 22 - 50 + 24, 10, true);
    expect(codeOf(() => readZip(bomb, DEFLATE, LIMITS))).toMatch(/^BAD_FILE.*unpacked/);
    const many = Array.from({ length: 11 }, (_, i) => ({ name: `p${i}`, bytes: Uint8Array.of(i) }));
    expect(codeOf(() => readZip(writeZip(many, DEFLATE, ''), DEFLATE, LIMITS))).toMatch(
      /^TOO_LARGE/,
    );
  });
});

describe('an archive made by hand', () => {
  /** A ZIP of stored parts, laid out as ours are, whatever their names. */
  function zipOf(parts: readonly { name: string; bytes: Uint8Array }[]): Uint8Array {
    const chunks: Buffer[] = [];
    const central: Buffer[] = [];
    let at = 0;
    for (const { name, bytes } of parts) {
      const common = Buffer.alloc(26);
      common.writeUInt16LE(20, 0);
      common.writeUInt16LE(0x21, 8);
      common.writeUInt32LE(nodeCrc32(bytes), 10);
      common.writeUInt32LE(bytes.length, 14);
      common.writeUInt32LE(bytes.length, 18);
      common.writeUInt16LE(Buffer.byteLength(name), 22);
      const local = Buffer.concat([
        Buffer.from('PK\u0003\u0004'),
        common,
        Buffer.from(name),
        bytes,
      ]);
      const rest = Buffer.alloc(14);
      rest.writeUInt32LE(at, 10);
      central.push(
        Buffer.concat([
          Buffer.from('PK\u0001\u0002'),
          Buffer.of(20, 0),
          common,
          rest,
          Buffer.from(name),
        ]),
      );
      chunks.push(local);
      at += local.length;
    }
    const directory = Buffer.concat(central);
    const end = Buffer.alloc(22);
    end.write('PK\u0005\u0006');
    end.writeUInt16LE(parts.length, 8);
    end.writeUInt16LE(parts.length, 10);
    end.writeUInt32LE(directory.length, 12);
    end.writeUInt32LE(at, 16);
    return Buffer.concat([...chunks, directory, end]);
  }
  const bytes = Buffer.from('hello');

  it('is read when it is one of ours', () => {
    const { parts } = readZip(zipOf([{ name: 'a.txt', bytes }]), DEFLATE, LIMITS);
    expect(parts.map(({ name }) => name)).toEqual(['a.txt']);
  });

  it.each([
    '../escaped.txt',
    '/etc/passwd',
    'folder/part.txt',
    '..\\up.txt',
    'C:part',
    '.hidden',
    'UPPER',
    'nul\u0000.txt',
    'größe',
    '',
    'x'.repeat(65),
  ])('is refused with a part called %j', (name) => {
    expect(codeOf(() => readZip(zipOf([{ name, bytes }]), DEFLATE, LIMITS))).toMatch(/^BAD_FILE/);
  });

  it('is refused with a part twice', () => {
    const twice = zipOf([
      { name: 'a.txt', bytes },
      { name: 'a.txt', bytes: Buffer.from('other') },
    ]);
    expect(codeOf(() => readZip(twice, DEFLATE, LIMITS))).toMatch(/^BAD_FILE.*name that none/);
  });
});

describe('a run bundle', () => {
  it('gives everything back, and the same bytes for the same run', () => {
    const { bytes, hash } = writeBundle(MANIFEST, PARTS, DEFLATE);
    const bundle = readBundle(bytes, DEFLATE);
    const { parts, ...rest } = bundle.manifest;
    expect(rest).toEqual(MANIFEST);
    expect(parts.map(({ name }) => name)).toEqual(['report.html', BARS_PART]);
    expect(bundle.hash).toBe(hash);
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
    expect(bundleFile()).toEqual(bytes);
  });

  it('carries the text of a strategy without reading anything into it', () => {
    const text = 'export default () => { throw new Error("größer"); }';
    const { manifest, parts } = readBundle(strategyFile(text), DEFLATE);
    expect(manifest.strategy.source).toEqual(SOURCE);
    expect(textOf(parts.get('strategy.txt') ?? new Uint8Array(0))).toBe(text);
  });

  it('carries bars that the run read besides its own', () => {
    const bars = randomWalk(40, 3);
    const { manifest, parts } = readBundle(withOther({}, bars), DEFLATE);
    expect(manifest.data.others.map(({ part }) => part)).toEqual(['other-1.f64']);
    expect(unpackBars(parts.get('other-1.f64') ?? new Uint8Array(0)).close).toEqual(bars.close);
    const { manifest: lean } = readBundle(withOther({ part: null }, null), DEFLATE);
    expect(lean.data.others[0]).toMatchObject({ part: null, barsHash: hashOfBars(bars) });
  });

  it('runs again to the same orders', () => {
    const { manifest, parts } = readBundle(bundleFile(), DEFLATE);
    const bars = unpackBars(parts.get(BARS_PART) ?? new Uint8Array(0));
    expect(bars).toEqual({ ...bars, ...BARS });
    const { strategy, parameters, settings } = manifest.run.request;
    const result = runBacktest({ strategy, parameters, settings, bars });
    expect(result.orders.count).toBeGreaterThan(5);
    expect(result.orderHash).toBe(manifest.run.orderHash);
  });

  it('names its bars by a hash that anybody can compute', () => {
    const hash = createHash('sha256');
    for (const column of [BARS.time, BARS.open, BARS.high, BARS.low, BARS.close, BARS.volume]) {
      hash.update(new Uint8Array(column.buffer));
    }
    expect(hashOfBars(BARS)).toBe(hash.digest('hex'));
  });

  it('is refused after any change, seal or no seal', () => {
    const file = bundleFile();
    expect(codeOf(() => readBundle(file.subarray(0, -1), DEFLATE))).toMatch(/^BAD_FILE/);
    expect(codeOf(() => readBundle(new Uint8Array(0), DEFLATE))).toMatch(/^BAD_FILE/);
    const longer = new Uint8Array(file.length + 1);
    longer.set(file);
    expect(codeOf(() => readBundle(longer, DEFLATE))).toMatch(/^BAD_FILE/);
    const changed = file.slice();
    changed[10] = 1; // the time of day in the first header, which no content depends on
    expect(codeOf(() => readBundle(changed, DEFLATE))).toContain('hash of its seal');
    expect(codeOf(() => readBundle(sealed(changed), DEFLATE))).toContain('not laid out');
  });

  it.each<[string, () => Uint8Array, string]>([
    ['other bars', () => bundleFile({}, swapBars(randomWalk(120, 8))), 'not those of the run'],
    ['fewer bars', () => bundleFile({}, swapBars(randomWalk(119, 9))), 'as many bars'],
    [
      'bars out of order',
      () => {
        const time = BARS.time.slice();
        [time[5], time[6]] = [time[6] as number, time[5] as number];
        const bars = { ...BARS, time };
        return bundleFile(
          { data: { ...MANIFEST.data, barsHash: hashOfBars(bars) } },
          swapBars(bars),
        );
      },
      'order of time',
    ],
    [
      'two strategies',
      () => bundleFile({ strategy: { ...MANIFEST.strategy, id: 'other' } }),
      'two strategies',
    ],
    [
      'a strategy without its text',
      () =>
        bundleFile({ strategy: { ...MANIFEST.strategy, hash: 'a'.repeat(64), source: SOURCE } }),
      'text of its strategy is missing',
    ],
    [
      'another text of its strategy',
      () => strategyFile('name: A', { hash: sha256('name: B') }),
      'text of its strategy is not the one that was run',
    ],
    [
      'a text without a hash',
      () => strategyFile('name: A', { hash: null }),
      'not the one that was',
    ],
    [
      'a text of no strategy',
      () => strategyFile('name: A', { source: null }),
      'strategy.txt belongs to no strategy',
    ],
    ['a text that is too long', () => strategyFile('#'.repeat(200_001)), 'more than 200000'],
    ['a text that is no text', () => strategyFile(Buffer.of(0xff, 0xfe)), 'not UTF-8'],
    [
      'a part that no bundle has',
      () => bundleFile({}, [...PARTS, { name: 'run.sh', bytes: Uint8Array.of(1) }]),
      'run.sh is no part',
    ],
    [
      'bars that the manifest does not name',
      () => bundleFile({ data: { ...MANIFEST.data, part: null } }),
      'bars.f64 belongs to no series',
    ],
    [
      'equity of another length',
      () => bundleFile({}, [{ name: 'equity.f64', bytes: new Uint8Array(8) }, ...PARTS]),
      'equity does not have a value',
    ],
    ['other bars of an instrument', () => withOther({}, randomWalk(40, 4)), 'not those of the run'],
    ['too few bars of it', () => withOther({}, randomWalk(39, 3)), 'as many bars'],
    ['bars of it that are missing', () => withOther({}, null), 'as many bars'],
    [
      'bars of it under another name',
      () => withOther({ name: 'GLD' }),
      'not those that the run names',
    ],
    ['bars of another version', () => withOther({ contentHash: 'x' }), 'not those that the run'],
    [
      'a part for two series',
      () => withOther({ part: 'bars.f64' }, null),
      'two series of bars share',
    ],
    [
      'a manifest that is not canonical',
      () => resealedManifest((text) => text.replace('{"data"', '{ "data"')),
      'canonical',
    ],
    [
      'a manifest of a later version',
      () => resealedManifest((text) => text.replace(/"version":1\}$/, '"version":2}')),
      'form of version 1',
    ],
    [
      'an unknown field',
      () => resealedManifest((text) => text.replace('"strategy":{', '"strategy":{"a":1,')),
      'form of version 1',
    ],
    [
      'a list twice as long as its parts',
      () => resealedManifest((text) => text.replace(/"parts":\[(.*?)\]/, '"parts":[$1,$1]')),
      'does not hold the parts it lists',
    ],
    [
      'another hash of a part',
      () => resealedManifest((text) => text.replace(/"sha256":"[0-9a-f]{4}/g, '"sha256":"0000')),
      'is not what the manifest lists',
    ],
    ['a deep manifest', () => resealedManifest(() => '['.repeat(100_000)), 'nested too deeply'],
  ])('with %s is refused', (_name, make, message) => {
    expect(codeOf(() => readBundle(make(), DEFLATE))).toMatch(/^BAD_FILE/);
    expect(codeOf(() => readBundle(make(), DEFLATE))).toContain(message);
  });
});

const SOURCE = {
  part: 'strategy.txt',
  language: 'typescript',
  file: 'mine.ts',
  trusted: false,
} as const;

function sha256(text: string | Uint8Array): string {
  return createHash('sha256').update(text).digest('hex');
}

/** A bundle with the text of its strategy, and what its manifest says of it. */
function strategyFile(
  text: string | Uint8Array,
  said: Partial<(typeof MANIFEST)['strategy']> = {},
): Uint8Array {
  const strategy = { ...MANIFEST.strategy, hash: sha256(text), source: SOURCE, ...said };
  return bundleFile({ strategy }, [{ name: 'strategy.txt', bytes: Buffer.from(text) }, ...PARTS]);
}

/** A bundle of a run that read another instrument, 40 bars of a walk. */
function withOther(
  said: Partial<BundleBars>,
  bars: typeof BARS | null = randomWalk(40, 3),
): Uint8Array {
  const common = {
    name: 'SPY',
    datasetId: 'SPY.X@1d',
    adjustment: 'raw',
    contentHash: 'c',
  } as const;
  const reads = {
    calendar: 'none',
    others: [{ ...common, timeframe: '1d', calendar: 'none' }],
  };
  const other: BundleBars = {
    kind: 'other',
    ...common,
    barsHash: hashOfBars(randomWalk(40, 3)),
    barCount: 40,
    part: 'other-1.f64',
    ...said,
  };
  const held = bars === null ? [] : [{ name: 'other-1.f64', bytes: packBars(bars) }];
  return bundleFile(
    { run: { ...MANIFEST.run, reads }, data: { ...MANIFEST.data, others: [other] } },
    [...PARTS, ...held],
  );
}

it('reads no manifest that is huge, and writes nothing that it would not open', () => {
  const huge = resealedManifest((text) => `${text}${' '.repeat(5 * 1024 * 1024)}`);
  expect(codeOf(() => readBundle(huge, DEFLATE))).toMatch(/^TOO_LARGE The manifest/);
  const many = Array.from({ length: 3 }, (_, i) => ({
    name: `p${i}`,
    bytes: new Uint8Array(new ArrayBuffer(360 * 1024 * 1024)),
  }));
  expect(codeOf(() => writeBundle(MANIFEST, many, DEFLATE))).toMatch(/^TOO_LARGE.*leave the bars/);
});

function swapBars(bars: typeof BARS): typeof PARTS {
  return [PARTS[0] as (typeof PARTS)[number], { name: BARS_PART, bytes: packBars(bars) }];
}

/** A bundle whose manifest's text was changed by somebody who knows how to seal. */
function resealedManifest(change: (text: string) => string): Uint8Array {
  const { parts, comment } = readZip(bundleFile(), DEFLATE, LIMITS);
  const [head, ...rest] = parts;
  const text = change(Buffer.from(head?.bytes ?? []).toString());
  return sealed(
    writeZip([{ name: 'manifest.json', bytes: Buffer.from(text) }, ...rest], DEFLATE, comment),
  );
}

describe('a comparison of runs', () => {
  const bars = randomWalk(400, 2);
  const runs = [
    smaRun(bars, {}, { parameters: { fast: 5, slow: 20 } }),
    smaRun(bars, { slippageBps: 5 }, { parameters: { fast: 5, slow: 40 } }),
    smaRun(flatBars([1, 2, 3]), {}, { parameters: { fast: 5, slow: 40 } }),
  ];
  const comparison = compareRuns(runs, ['SMA cross', 'SMA cross']);

  it('has every statistic of every run, and names what was asked differently', () => {
    for (const [i, run] of runs.entries()) {
      for (const { name, value } of run.summary.statistics) {
        const row = comparison.statistics.find((each) => each.name === name);
        expect(row?.values[i]).toBe(value);
      }
    }
    expect(comparison.differences.map(({ name }) => name)).toEqual([
      'slow',
      'last bar',
      'slippageBps',
    ]);
    expect(comparison.differences.find(({ name }) => name === 'slow')?.values).toEqual([
      '20',
      '40',
      '40',
    ]);
    expect(comparison.runs[0]?.title).toBe('SMA cross 5/20 on TEST 1d');
  });

  it('marks the best where there is one', () => {
    const row = (name: string) => comparison.statistics.find((each) => each.name === name);
    const pick = (name: string, how: typeof Math.max): number => {
      const values = row(name)?.values.map((value) => (Number.isNaN(value) ? null : value)) ?? [];
      const known = values.filter((value) => value !== null);
      return values.indexOf(how(...known));
    };
    expect(row('Return [%]')?.best).toBe(pick('Return [%]', Math.max));
    expect(row('Volatility (Ann.) [%]')?.best).toBe(pick('Volatility (Ann.) [%]', Math.min));
    expect(row('# Trades')?.best).toBeNull();
    const twice = compareRuns([runs[0], runs[0]] as typeof runs, []);
    expect(twice.statistics.every(({ best }) => best === null)).toBe(true);
    expect(twice.differences).toEqual([]);
  });

  it('makes a well-formed document', () => {
    const elements = readStrictly(comparisonSheet(comparison, '1'));
    expect(elements.filter(({ name }) => name === 'section').length).toBe(4);
    expect(elements.find(({ name }) => name === 'main')?.text).not.toMatch(/NaN|undefined/);
  });
});

describe('tables of a run', () => {
  it('read back as CSV to the same doubles', () => {
    const lines = csvOf(equityTable(RUN), (time) => new Date(time).toISOString().slice(0, 10))
      .trim()
      .split('\n')
      .map((line) => line.split(','));
    expect(lines[0]).toEqual([
      'time',
      'Equity',
      'DrawdownPct',
      'DrawdownDuration',
      'BuyAndHold',
      'Position',
    ]);
    expect(lines.length).toBe(121);
    lines.slice(1).forEach(([time, equity], i) => {
      expect(Date.parse(time ?? '')).toBe(RUN.time[i]);
      expect(Number(equity)).toBe(RUN.equity[i]);
    });
  });

  it('have fills and further columns where a run has them', () => {
    const fills = {
      count: 2,
      order: Int32Array.of(0, 0),
      bar: Int32Array.of(3, 4),
      quantity: Float64Array.of(1, 2.5),
      price: Float64Array.of(10, 11),
      commission: Float64Array.of(0, 0.1),
    };
    expect(csvOf(fillTable(fills), String)).toBe(
      'Order,Bar,Quantity,Price,Commission\n0,3,1,10,0\n0,4,2.5,11,0.1\n',
    );
    const orders = { ...RUN.orders, timeInForce: RUN.orders.tag.map(() => 'gtc' as const) };
    expect(orderTable(orders).at(-1)?.name).toMatch(/TimeInForce|Filled/);
    const carry = new Float64Array(RUN.trades.count);
    expect(tradeTable({ ...RUN.trades, carry }).at(-1)?.name).toBe('Carry');
  });

  it('quote what needs it, and leave out what is missing', () => {
    const orders = { ...RUN.orders, tag: RUN.orders.tag.map(() => 'a,"b"') };
    const [header, first] = csvOf(orderTable(orders), String).split('\n');
    expect(header).toBe(
      'PlacedBar,DoneBar,Side,Type,State,Quantity,LimitPrice,StopPrice,FillPrice,Commission,Tag',
    );
    expect(first).toMatch(/,Filled,[\d.]+,,,[\d.]+,0,"a,""b"""$/);
    const trades = tradeTable(RUN.trades);
    expect(trades.every(({ values }) => values.length === RUN.trades.count)).toBe(true);
  });
});
