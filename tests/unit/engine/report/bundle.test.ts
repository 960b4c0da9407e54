import { createHash } from 'node:crypto';
import { crc32 as nodeCrc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { runBacktest } from '../../../../engine/backtest/run.ts';
import { RenataError } from '../../../../engine/domain/errors.ts';
import {
  BARS_PART,
  hashOfBars,
  packBars,
  readBundle,
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
    const text = 'export default () => { throw new Error("executed"); }';
    const source = { part: 'strategy.txt', language: 'typescript' };
    const file = bundleFile({ strategy: { ...MANIFEST.strategy, source } }, [
      { name: 'strategy.txt', bytes: new TextEncoder().encode(text) },
      ...PARTS,
    ]);
    const { manifest, parts } = readBundle(file, DEFLATE);
    expect(manifest.strategy.source).toEqual(source);
    expect(Buffer.from(parts.get('strategy.txt') ?? []).toString()).toBe(text);
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
        bundleFile({
          strategy: { ...MANIFEST.strategy, source: { part: 'x.ts', language: 'typescript' } },
        }),
      'text of its strategy',
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
    ['a deep manifest', () => resealedManifest(() => '['.repeat(100_000)), 'nested too deeply'],
  ])('with %s is refused', (_name, make, message) => {
    expect(codeOf(() => readBundle(make(), DEFLATE))).toMatch(/^BAD_FILE/);
    expect(codeOf(() => readBundle(make(), DEFLATE))).toContain(message);
  });
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
