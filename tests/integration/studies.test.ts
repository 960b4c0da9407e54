import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { BarColumns } from '../../engine/domain/bar.ts';
import type { RenataError } from '../../engine/domain/errors.ts';
import { DEFINITIONS } from '../../engine/indicators/registry.ts';
import type { CallOutput, ContractClient } from '../../engine/protocol/contract.ts';
import type { StudyRequest } from '../../engine/protocol/schemas.ts';
import { LAYOUT } from '../../electron/layout.ts';
import { openWorkstation, type Workstation } from '../../electron/workstation.ts';
import { shortest } from '../timing.ts';

const SPX = 'SPX.INDEX@1d';
const DAY = 86_400_000;

let folder = '';
let workstation: Workstation;
let client: ContractClient;
let bars: BarColumns;

type Study = CallOutput<'studies.compute'>;

const REQUEST: StudyRequest = {
  expression: 'close',
  parameters: {},
  datasetId: SPX,
  adjustment: 'raw',
  start: null,
  end: null,
  maxPoints: 100_000,
};

const compute = (expression: string, change: Partial<StudyRequest> = {}): Promise<Study> =>
  client.call('studies.compute', { ...REQUEST, expression, ...change });

const columns = async (expression: string): Promise<Record<string, Float64Array>> =>
  Object.fromEntries((await compute(expression)).outputs.map(({ name, values }) => [name, values]));

const values = async (expression: string, change: Partial<StudyRequest> = {}): Promise<number[]> =>
  Array.from((await compute(expression, change)).outputs[0]?.values ?? []);

async function failure(work: Promise<unknown>): Promise<RenataError> {
  try {
    await work;
  } catch (error) {
    return error as RenataError;
  }
  throw new Error('it succeeded');
}

async function importCsv(symbol: string, rows: readonly string[], more: object): Promise<void> {
  const path = join(folder, `${symbol}-${rows.length}.csv`);
  writeFileSync(path, `date,open,high,low,close,volume\n${rows.join('\n')}\n`);
  const { jobId } = await client.call('data.import', {
    source: { kind: 'path', path },
    options: { symbol, ...more },
  });
  await vi.waitFor(
    async () => {
      const job = (await client.call('jobs.list', {})).find(({ id }) => id === jobId);
      expect(job).toMatchObject({ state: 'done', error: null });
    },
    { timeout: 120_000, interval: 20 },
  );
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'renata-studies-'));
  workstation = await openWorkstation({
    dataDirectory: join(folder, 'data'),
    version: LAYOUT.version,
    workerUrl: LAYOUT.workerUrl,
    storeThreadUrl: LAYOUT.storeThreadUrl,
    resourcesDirectory: LAYOUT.resourcesDirectory,
    carrier: 'cli',
    seedDefault: true,
    checkOutputs: true,
    threads: 1,
  });
  client = workstation.localClient({ carrier: 'cli' });
  await workstation.seeded;
  ({ bars } = await client.call('data.bars', { ...barsRequest(), maxPoints: 100_000 }));
  // A second instrument: 300 days of 2019 and 2020, its close the day's number; and hours of one day.
  const days = Array.from({ length: 300 }, (_, i) => {
    const date = new Date(Date.UTC(2019, 5, 3) + i * DAY).toISOString().slice(0, 10);
    return `${date},${i + 1},${i + 2},${i + 0.5},${i + 1.5},10`;
  });
  await importCsv('TOY', days, { calendar: 'crypto', timeframe: '1d' });
  const hours = Array.from({ length: 48 }, (_, i) => {
    const stamp = new Date(Date.UTC(2020, 0, 6) + i * 3_600_000).toISOString();
    return `${stamp},${i + 10},${i + 11},${i + 9},${i + 10},5`;
  });
  await importCsv('HRS', hours, { calendar: 'crypto', timeframe: '1h' });
});
afterAll(async () => {
  await workstation?.close();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

function barsRequest() {
  return { datasetId: SPX, start: null, end: null, adjustment: 'raw' } as const;
}

describe('the catalogue', () => {
  it('lists every definition with all that it says of itself', async () => {
    const list = await client.call('indicators.list', {});
    expect(list.map(({ id }) => id)).toEqual(DEFINITIONS.map(({ id }) => id));
    const rsi = list.find(({ id }) => id === 'rsi');
    expect(rsi).toMatchObject({
      group: 'Momentum Indicators',
      inputs: ['real'],
      pane: 'own',
      levels: [30, 70],
      unstable: true,
      lookback: 14,
    });
    for (const each of list) {
      expect(each.explanation.length, each.id).toBeGreaterThan(20);
      expect(each.outputs.length, each.id).toBeGreaterThan(0);
    }
  });
});

describe('a study', () => {
  it('of an indicator gives each output with its look', async () => {
    const study = await compute('macd(12, 26, 9)');
    expect(study).toMatchObject({ indicator: 'macd', pane: 'own', lookback: 33 });
    expect(study.time).toEqual(bars.time);
    expect(study.outputs.map(({ name, style }) => [name, style])).toEqual([
      ['macd', 'line'],
      ['signal', 'line'],
      ['hist', 'histogram'],
    ]);
    const [macd, signal, hist] = study.outputs.map((output) => output.values);
    for (let i = 33; i < bars.time.length; i += 97) {
      expect(hist?.[i]).toBeCloseTo((macd?.[i] ?? 0) - (signal?.[i] ?? 0), 10);
    }
  });

  it('of a mean agrees with one counted here', async () => {
    const mean = await values('sma(20)');
    for (let i = 0; i < bars.close.length; i += 61) {
      const window = bars.close.slice(Math.max(0, i - 19), i + 1);
      const wanted = i < 19 ? Number.NaN : window.reduce((a, b) => a + b, 0) / 20;
      if (Number.isNaN(wanted)) expect(mean[i]).toBeNaN();
      else expect(mean[i]).toBeCloseTo(wanted, 8);
    }
  });

  it('of a condition is true where it holds', async () => {
    const study = await compute('close > close[1]');
    expect(study).toMatchObject({ indicator: null, pane: 'overlay', levels: [] });
    expect(study.outputs[0]).toMatchObject({ kind: 'boolean', style: 'marks' });
    const up = Array.from(bars.close, (close, i) =>
      i === 0 ? Number.NaN : Number(close > (bars.close[i - 1] ?? 0)),
    );
    expect(Array.from(study.outputs[0]?.values ?? [])).toEqual(up);
  });

  it('takes values for its parameters', async () => {
    const expression = 'sma(param("n", 10, 2..50))';
    expect(await values(expression, { parameters: { n: 30 } })).toEqual(await values('sma(30)'));
    expect((await compute(expression)).parameters).toEqual([
      { name: 'n', default: 10, low: 2, high: 50, step: 1 },
    ]);
    const outside = await failure(compute(expression, { parameters: { n: 60 } }));
    expect(outside).toMatchObject({ code: 'BAD_INPUT', details: { column: 5 } });
    const unknown = await failure(compute(expression, { parameters: { m: 3 } }));
    expect(unknown.message).toMatch(/no parameter "m".*has n/);
  });

  it('of a coarser timeframe knows a week only once it is over', async () => {
    const { close } = { close: await values('tf("1w", close)') };
    // 2000-01-03 was a Monday; the first week closed on Friday the 7th at 1441.47 (vega's file).
    expect(close.slice(0, 6)).toEqual([
      Number.NaN,
      Number.NaN,
      Number.NaN,
      Number.NaN,
      bars.close[4],
      bars.close[4],
    ]);
    const { macd = new Float64Array(), hist } = await columns('tf("1w", macd)');
    expect(hist).toHaveLength(bars.time.length);
    expect(macd.findIndex((value) => Number.isFinite(value))).toBeGreaterThan(33 * 4);
  });

  it('of another instrument reads its bars, by symbol, venue or both', async () => {
    const toy = await values('on("toy", close)');
    const at = bars.time.indexOf(Date.UTC(2019, 5, 4));
    // The exchange closes at 16:00 in New York, before the crypto day of the same date is over.
    expect(toy[at - 1]).toBeNaN();
    expect(toy[at]).toBe(1.5);
    expect(toy[at + 1]).toBe(2.5);
    expect(await values('on("TOY.LOCAL", close)')).toEqual(toy);
    expect(await values('on("LOCAL:TOY", close)')).toEqual(toy);
    const ratio = await compute('close / on("TOY", close)');
    expect(ratio.pane).toBe('own');
    expect(ratio.outputs[0]?.values[at]).toBeCloseTo((bars.close[at] ?? 0) / 1.5, 12);
  });

  it('joins finer bars of another instrument', async () => {
    const daily = await values('on("HRS", high)');
    const at = bars.time.indexOf(Date.UTC(2020, 0, 7));
    expect(daily.slice(at - 1, at + 2)).toEqual([Number.NaN, 34, 58]);
  });

  it('is cut to the range and the newest points after it was computed over everything', async () => {
    const whole = await compute('ema(50)');
    const cut = await compute('ema(50)', { end: Date.UTC(2010, 0, 1), maxPoints: 5 });
    const to = whole.time.findIndex((time) => time > Date.UTC(2010, 0, 1));
    expect(cut.time).toEqual(whole.time.slice(to - 5, to));
    expect(cut.outputs[0]?.values).toEqual(whole.outputs[0]?.values.slice(to - 5, to));
  });

  it('goes on over live bars, which take the place of stored ones, and over those alone', async () => {
    const stored = bars.time.length;
    const last = bars.time[stored - 1] as number;
    // The last stored bar was not whole, and two have followed it.
    const close = Float64Array.of(4_000, 4_100, 4_200);
    const time = Float64Array.of(last, last + DAY, last + 2 * DAY);
    const prices = { time, open: close, high: close, low: close, close, volume: close };
    const live = { bars: prices, timeframe: '1d', calendar: 'us-equity' };
    const { time: times, outputs } = await compute('sma(close, 2)', { live, maxPoints: 3 });
    expect(times).toEqual(time);
    const before = bars.close[stored - 2] as number;
    expect([...(outputs[0]?.values ?? [])]).toEqual([(before + 4_000) / 2, 4_050, 4_150]);
    const alone = await compute('sma(close, 2)', { live, datasetId: null });
    expect([...(alone.outputs[0]?.values ?? [])]).toEqual([Number.NaN, 4_050, 4_150]);
  });

  it('over live bars that cannot be is refused in a sentence', async () => {
    const even = Float64Array.of(1, 2);
    const prices = { time: even, open: even, high: even, low: even, close: even, volume: even };
    const live = { bars: prices, timeframe: '1d', calendar: 'none' };
    const said = async (change: Partial<StudyRequest>): Promise<string> => {
      const { code, message } = await failure(compute('close', change));
      return `${code} ${message}`;
    };
    expect(await said({ datasetId: null })).toMatch(/^BAD_INPUT datasetId: name a dataset/);
    expect(await said({ live: { ...live, timeframe: '1m' } })).toMatch(/bars of 1m cannot follow/);
    const odd = { ...prices, volume: Float64Array.of(1) };
    expect(await said({ live: { ...live, bars: odd } })).toMatch(/^BAD_INPUT live: its columns/);
    const back = { ...prices, time: Float64Array.of(2, 1) };
    expect(await said({ live: { ...live, bars: back } })).toMatch(/its times increase/);
    const nowhere = { ...live, calendar: '../../package' };
    expect(await said({ live: nowhere, datasetId: null })).toMatch(
      /^NOT_FOUND There is no calendar/,
    );
  });
});

describe('a study that is refused', () => {
  it.each([
    ['rsi(14', 'BAD_INPUT', 7, undefined, /expected/],
    ['clos + 1', 'BAD_INPUT', 1, 'close', /mean close\?/],
    ['1 + rsj(14)', 'BAD_INPUT', 5, 'rsi', /unknown function/],
    ['rsi(0)', 'BAD_INPUT', 5, undefined, /timeperiod/],
    ['macd.sgnal', 'BAD_INPUT', 6, 'signal', /no output sgnal/],
    ['close and 1', 'BAD_INPUT', 1, undefined, /condition is needed/],
    ['close > tf("1h", close)', 'BAD_INPUT', 12, undefined, /import finer bars/],
    ['tf("3x", close)', 'BAD_INPUT', 4, undefined, /not a bar length/],
    ['close - on("TYO", close)', 'NOT_FOUND', 12, 'TOY', /no bars of TYO; did you mean TOY\?/],
    ['on("NOWHERE", close)', 'NOT_FOUND', 4, undefined, /no bars of NOWHERE; import/],
    ['', 'BAD_INPUT', undefined, undefined, /expression/],
  ])('says where and why: %s', async (expression, code, column, suggestion, message) => {
    const error = await failure(compute(expression));
    expect(error.code).toBe(code);
    expect(error.retryable).toBe(false);
    expect(error.details?.['column']).toBe(column);
    if (suggestion !== undefined) expect(error.details?.['suggestion']).toBe(suggestion);
    expect(error.message).toMatch(message);
  });

  it('for an unknown dataset names the one that was meant', async () => {
    const error = await failure(compute('close', { datasetId: 'SPY.INDEX@1d' }));
    expect(error).toMatchObject({ code: 'NOT_FOUND', details: { parameter: 'datasetId' } });
    expect(error.message).toMatch(/mean "SPX.INDEX@1d"/);
  });

  it('for a symbol of two venues asks which', async () => {
    await importCsv('TOY', ['2020-01-01,1,1,1,1,1', '2020-01-02,1,1,1,1,1'], {
      calendar: 'crypto',
      timeframe: '1d',
      venue: 'OTHER',
    });
    const error = await failure(compute('on("TOY", close)'));
    expect(error.message).toMatch(/TOY.LOCAL or TOY.OTHER|TOY.OTHER or TOY.LOCAL/);
    expect(error).toMatchObject({ code: 'BAD_INPUT', details: { column: 4 } });
    expect((await compute('on("OTHER:TOY", close)')).outputs).toHaveLength(1);
  });

  it.each([
    ['100,000 brackets', `${'('.repeat(100_000)}1`],
    ['5,000 brackets', `${'('.repeat(4_900)}1${')'.repeat(4_900)}`],
    ['2,000 calls', `${'abs('.repeat(2_000)}close${')'.repeat(2_000)}`],
    ['a sum of 3,000', Array.from({ length: 3_000 }, (_, i) => `${i}`).join('+')],
    [
      'windows of 200 million bars',
      Array.from({ length: 21 }, (_, i) => `highest(close, ${100_000 - i})`).join('+'),
    ],
    ['fifty instruments', Array.from({ length: 50 }, (_, i) => `on("S${i}", close)`).join('+')],
  ])('at once when it is abuse: %s', async (_name, expression) => {
    const took = await shortest(2_000, async () => {
      const error = await failure(compute(expression));
      expect(error.code).toBe('BAD_INPUT');
      expect(error.message.length).toBeLessThan(500);
    });
    expect(took).toBeLessThan(2_000);
  });

  it('is one whose slot was taken by a later one', async () => {
    const slow = Array.from({ length: 60 }, (_, i) => `highest(close, ${5_000 - i})`).join(' + ');
    const first = failure(compute(slow, { slot: 'chart-1' }));
    const other = compute('rsi(3)', { slot: 'chart-2' });
    const second = compute('rsi(14)', { slot: 'chart-1' });
    expect(await first).toMatchObject({ code: 'CANCELLED' });
    expect((await second).indicator).toBe('rsi');
    expect((await other).indicator).toBe('rsi');
  });
});
