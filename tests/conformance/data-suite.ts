/**
 * The numbered conformance suite of `MarketDataClient`. A source's test opens its adapter on its stub and
 * calls `dataSuite`; every check gets an adapter and a stub of its own. A number keeps its meaning for ever.
 */
import { afterAll, describe, expect, test } from 'vitest';
import { BAR_COLUMN_NAMES, type BarColumns } from '../../engine/domain/bar.ts';
import type { InstrumentId } from '../../engine/domain/identifiers.ts';
import { DATA_KINDS, type DataKind, type MarketDatum } from '../../engine/domain/market-data.ts';
import { MS_PER_DAY, unixMillis } from '../../engine/domain/time.ts';
import { timeframe, timeframeMillis, type Timeframe } from '../../engine/domain/timeframe.ts';
import type {
  DataGap,
  HistoryRequest,
  MarketDataClient,
} from '../../engine/ports/market-data-client.ts';
import { dataMatrix, printed } from '../../build/capability-matrix.ts';
import { checkRules, failureOf, leavingOut, refusalOf, type Without } from './checks.ts';

/** Bars as a source has them: time, open, high, low, close, volume. */
export type BarRow = readonly [number, number, number, number, number, number];

/** The source behind the adapter, as the suite moves it. What has no meaning there is left out. */
export interface SourceControl {
  /** Gives the source bars of the bench's instrument that have closed long ago, ascending. */
  putBars?(length: Timeframe, rows: readonly BarRow[]): void | Promise<void>;
  /**
   * Makes the source tell one thing of a kind, another one than before.
   * @returns fields that the adapter has to tell of it
   */
  tell(
    kind: DataKind,
    instrument: InstrumentId,
  ): Partial<MarketDatum> | Promise<Partial<MarketDatum>>;
  /** Ends the connections, or takes the source away; it may be come back to at once, or after `restore`. */
  drop?(): void | Promise<void>;
  restore?(): void | Promise<void>;
  /** Sends messages that make no sense. @returns how many */
  garble?(): number | Promise<number>;
  /** The next questions for bars fail for good. */
  failHistory?(): void | Promise<void>;
  /** Lets so much time of the source pass, where a test drives its clock. */
  pass?(milliseconds: number): Promise<void>;
}

/** An adapter that is connected and ready, on a source of its own. */
export interface DataBench {
  readonly client: MarketDataClient;
  readonly instrument: InstrumentId;
  /** Another one that the source has. */
  readonly second: InstrumentId;
  /** An instrument that the source does not have, of a form that it could have. */
  readonly unknown: InstrumentId;
  /** What a user would type to find the first. */
  readonly query: string;
  /** Lengths of which bars are asked for; the first has to be one of a minute or more. */
  readonly lengths: readonly Timeframe[];
  /** Start of the bars, a time at which the market was open on a usual day; of days, midnight UTC. */
  readonly barsFrom: (length: Timeframe) => number;
  /** Lengths that it does not have, where those of the check are among what it can make. */
  readonly odd?: readonly Timeframe[];
  /** A source that is asked again and again, and tells what stands each time. */
  readonly repeats?: boolean;
  readonly logs: readonly string[];
  readonly secrets: readonly string[];
  readonly source: SourceControl;
  close(): Promise<void>;
}

interface Context {
  readonly bench: DataBench;
  readonly client: MarketDataClient;
  readonly ticks: MarketDatum[];
  readonly gaps: DataGap[];
}

/** @param open opens the adapter anew for each check */
export function dataSuite(
  name: string,
  open: () => Promise<DataBench>,
  without: Without = {},
): void {
  const leaveOut = leavingOut(without);
  const check = (number: string, what: string, run: (context: Context) => Promise<void>): void => {
    if (leaveOut(number)) return;
    test(`${number} ${what}`, async () => {
      const bench = await open();
      const ticks: MarketDatum[] = [];
      const gaps: DataGap[] = [];
      bench.client.onData((batch) => ticks.push(...batch));
      bench.client.onGap((gap) => gaps.push(gap));
      try {
        await run({ bench, client: bench.client, ticks, gaps });
        for (const tick of ticks) checkTick(tick);
        for (const { from, to, reason: why } of gaps) {
          expect(from).toBeLessThanOrEqual(to);
          expect(why).not.toBe('');
        }
        for (const line of bench.logs)
          for (const secret of bench.secrets) expect(line).not.toContain(secret);
      } finally {
        await bench.close();
      }
    });
  };

  describe(`${name}: data`, () => {
    let matrix = '';
    afterAll(() => {
      if (matrix !== '') process.stdout.write(`\n${matrix}\n`);
    });

    check('D01', 'declares what it can in words of the port', async ({ client }) => {
      const can = client.capabilities;
      expect(new Set(can.streams).size).toBe(can.streams.length);
      expect(DATA_KINDS).toEqual(expect.arrayContaining([...can.streams]));
      expect(can.timeframes.map((each) => timeframe(each))).toEqual(can.timeframes);
      expect(new Set(can.timeframes).size).toBe(can.timeframes.length);
      expect(can.historyDepth ?? 1).toBeGreaterThan(0);
      expect(can.maxSubscriptions ?? 1).toBeGreaterThan(0);
      for (const { what, requests, perMilliseconds } of can.rateLimits) {
        expect(what).not.toBe('');
        expect(requests).toBeGreaterThan(0);
        expect(perMilliseconds).toBeGreaterThan(0);
      }
      matrix = printed(dataMatrix(name, can));
    });

    check('D02', 'is ready, and says so', async ({ client }) => {
      expect(client.connection.phase).toBe('ready');
      expect(client.connection.message).not.toBe('');
      for (const part of client.connection.parts)
        expect([part.name, part.working]).toEqual([part.name, true]);
    });

    check('D03', 'tells the rules of an instrument', async ({ bench, client }) => {
      const rules = await client.instrument(bench.instrument);
      checkRules(rules);
      expect(rules.id).toBe(bench.instrument);
    });

    check('D04', 'finds an instrument by what a user types', async ({ bench, client }) => {
      const found = await client.findInstruments(bench.query, 10);
      expect(found.map(({ id }) => id)).toContain(bench.instrument);
      for (const rules of found) checkRules(rules);
      expect(await client.findInstruments(bench.query, 1)).toHaveLength(1);
    });

    check('D05', 'says clearly that it does not know an instrument', async (context) => {
      const { bench, client, ticks } = context;
      const { unknown: instrument } = bench;
      const work = [
        () => client.instrument(instrument),
        ...client.capabilities.streams.map((kind) => () => client.subscribe({ instrument, kind })),
        ...bench.lengths
          .slice(0, 1)
          .map((length) => () => client.history(requestOf(bench, length, instrument))),
      ];
      for (const run of work) {
        const error = await failureOf(run());
        expect(error.failure).toBe('not-found');
        expect(error.message.length).toBeGreaterThan(10);
      }
      expect(client.connection.phase).toBe('ready');
      expect(ticks).toEqual([]);
    });

    check('D06', 'tells history exactly, ascending, each bar once', async ({ bench, client }) => {
      for (const length of bench.lengths) {
        const rows = rowsOf(bench, length);
        await bench.source.putBars?.(length, rows);
        const progress: number[] = [];
        const bars = await client.history({
          ...requestOf(bench, length),
          onProgress: (count) => progress.push(count),
        });
        checkColumns(bars);
        expect([length, transposed(bars)]).toEqual([length, rows]);
        expect(progress.toSorted((a, b) => a - b)).toEqual(progress);
      }
    });

    check('D07', 'keeps to the borders of what was asked for', async ({ bench, client }) => {
      const [length] = bench.lengths as [Timeframe];
      const rows = rowsOf(bench, length);
      await bench.source.putBars?.(length, rows);
      const start = unixMillis((rows[2] as BarRow)[0]);
      const end = unixMillis((rows.at(-2) as BarRow)[0]);
      const bars = await client.history({ ...requestOf(bench, length), start, end });
      // The first begins at the start, and none at the end.
      expect(transposed(bars)).toEqual(rows.slice(2, -2));
      const none = await client.history({ ...requestOf(bench, length), start, end: start });
      expect(none.time).toHaveLength(0);
    });

    check('D08', 'answers the same question the same way', async ({ bench, client }) => {
      const [length] = bench.lengths as [Timeframe];
      await bench.source.putBars?.(length, rowsOf(bench, length));
      const [one, two] = await Promise.all([
        client.history(requestOf(bench, length)),
        client.history(requestOf(bench, length)),
      ]);
      expect(transposed(two)).toEqual(transposed(one));
    });

    check('D09', 'refuses lengths of bars that it does not declare', async ({ bench, client }) => {
      const { odd = ['7s', '13m', '11h'].map((text) => timeframe(text)) } = bench;
      expect(client.capabilities.timeframes).not.toEqual(expect.arrayContaining([...odd]));
      for (const length of odd) {
        const start = bench.barsFrom(length);
        const refusal = await refusalOf(
          client.history({
            instrument: bench.instrument,
            timeframe: length,
            start: unixMillis(start),
            end: unixMillis(start + MS_PER_DAY),
          }),
        );
        expect([length, refusal.definite]).toEqual([length, true]);
      }
    });

    check('D10', 'throws when history fails, and never answers nothing', async (context) => {
      const { bench, client } = context;
      const [length] = bench.lengths as [Timeframe];
      await bench.source.putBars?.(length, rowsOf(bench, length));
      await bench.source.failHistory?.();
      const error = await failureOf(client.history(requestOf(bench, length)));
      expect(error.message.length).toBeGreaterThan(10);
    });

    check('D11', 'gives up history when it is cancelled', async ({ bench, client }) => {
      const [length] = bench.lengths as [Timeframe];
      await bench.source.putBars?.(length, rowsOf(bench, length));
      const ending = new AbortController();
      ending.abort();
      await expect(
        client.history({ ...requestOf(bench, length), signal: ending.signal }),
      ).rejects.toThrow();
    });

    check('D12', 'tells each declared kind of data as the source does', async (context) => {
      const { bench, client, ticks } = context;
      for (const kind of client.capabilities.streams) {
        await client.subscribe({ instrument: bench.instrument, kind });
        const wanted = await bench.source.tell(kind, bench.instrument);
        const told = (): MarketDatum | undefined =>
          ticks.findLast((each) => each.kind === kind && fits(each, wanted));
        await patiently(bench, () => told() !== undefined);
        expect(told()?.instrument).toBe(bench.instrument);
        await client.unsubscribe({ instrument: bench.instrument, kind });
      }
    });

    check('D13', 'refuses kinds of data that it does not declare', async ({ bench, client }) => {
      const { instrument } = bench;
      for (const kind of DATA_KINDS.filter((each) => !client.capabilities.streams.includes(each))) {
        const refusal = await refusalOf(client.subscribe({ instrument, kind }));
        expect([kind, refusal.definite]).toEqual([kind, true]);
      }
    });

    check('D14', 'stops telling what is no longer wanted, and goes on with the rest', async (c) => {
      const { bench, client, ticks } = c;
      const kind = client.capabilities.streams[0] as DataKind;
      for (const instrument of [bench.instrument, bench.second])
        await client.subscribe({ instrument, kind });
      await told(c, kind, bench.instrument);
      await told(c, kind, bench.second);
      await client.unsubscribe({ instrument: bench.instrument, kind });
      const before = ticks.filter((each) => each.instrument === bench.instrument).length;
      await bench.source.tell(kind, bench.instrument);
      // What comes after it has come: it would have come by now.
      await told(c, kind, bench.second);
      await told(c, kind, bench.second);
      expect(ticks.filter((each) => each.instrument === bench.instrument)).toHaveLength(before);
      // To end it once more is no error.
      await client.unsubscribe({ instrument: bench.instrument, kind });
    });

    check('D15', 'tells everything once, however often it was asked for', async (context) => {
      const { bench, client, ticks } = context;
      const kind = client.capabilities.streams[0] as DataKind;
      const { instrument } = bench;
      for (let i = 0; i < 3; i += 1) await client.subscribe({ instrument, kind });
      await client.subscribe({ instrument: bench.second, kind });
      const wanted = await told(context, kind, instrument);
      await told(context, kind, bench.second);
      tellsOnce(
        bench,
        ticks.filter((each) => each.instrument === instrument && fits(each, wanted)),
      );
    });

    check('D16', 'tells at once what stands of an instrument that is asked for', async (c) => {
      const { bench, client, ticks } = c;
      const kind = client.capabilities.streams[0] as DataKind;
      const { instrument } = bench;
      // Nobody listens yet, so that it is told by the stream to nobody.
      const wanted = await bench.source.tell(kind, instrument);
      expect(ticks).toEqual([]);
      await client.subscribe({ instrument, kind });
      await patiently(bench, () => ticks.some((each) => each.kind === kind && fits(each, wanted)));
    });

    check('D17', 'comes back with everything that was on, without doubles', async (context) => {
      const { bench, client, ticks, gaps } = context;
      const kind = client.capabilities.streams[0] as DataKind;
      for (const instrument of [bench.instrument, bench.second])
        await client.subscribe({ instrument, kind });
      const first = await told(context, kind, bench.instrument);
      const phases: string[] = [];
      client.onConnection(({ phase }) => phases.push(phase));
      await bench.source.drop?.();
      await patiently(bench, () => phases.some((phase) => phase !== 'ready'));
      await bench.source.restore?.();
      await patiently(bench, () => client.connection.phase === 'ready');
      await told(context, kind, bench.instrument);
      await told(context, kind, bench.second);
      tellsOnce(
        bench,
        ticks.filter((each) => each.instrument === bench.instrument && fits(each, first)),
      );
      // What may be missing is told, so that it can be asked for.
      expect(gaps.length).toBeGreaterThan(0);
    });

    check('D18', 'survives messages that make no sense', async (context) => {
      const { bench, client } = context;
      const kind = client.capabilities.streams[0] as DataKind;
      await client.subscribe({ instrument: bench.instrument, kind });
      expect(await bench.source.garble?.()).toBeGreaterThan(0);
      // It was noticed: in the log, or in the state until it is mended.
      await patiently(bench, () => bench.logs.length > 0 || client.connection.phase !== 'ready');
      await bench.source.restore?.();
      await patiently(bench, () => client.connection.phase === 'ready');
      await told(context, kind, bench.instrument);
    });

    check('D19', 'tells nothing once it is disconnected', async (context) => {
      const { bench, client, ticks } = context;
      const kind = client.capabilities.streams[0] as DataKind;
      await client.subscribe({ instrument: bench.instrument, kind });
      await told(context, kind, bench.instrument);
      await client.disconnect();
      expect(client.connection.phase).toBe('disconnected');
      const before = ticks.length;
      await bench.source.tell(kind, bench.instrument);
      await bench.source.pass?.(60_000);
      await new Promise((resolve) => setImmediate(resolve));
      expect(ticks).toHaveLength(before);
    });

    check('D20', 'can be connected again after it was disconnected', async (context) => {
      const { bench, client } = context;
      const kind = client.capabilities.streams[0] as DataKind;
      await client.disconnect();
      await client.connect();
      await patiently(bench, () => client.connection.phase === 'ready');
      await client.subscribe({ instrument: bench.instrument, kind });
      await told(context, kind, bench.instrument);
    });
  });
}

/** Makes the source tell something, and waits until the adapter has told it. */
async function told(
  { bench, ticks }: Context,
  kind: DataKind,
  instrument: InstrumentId,
): Promise<Partial<MarketDatum>> {
  const wanted = await bench.source.tell(kind, instrument);
  await patiently(bench, () =>
    ticks.some(
      (each) => each.kind === kind && each.instrument === instrument && fits(each, wanted),
    ),
  );
  return wanted;
}

/** Waits, and lets the time of the source pass where it has a clock of its own. */
async function patiently(bench: DataBench, holds: () => boolean): Promise<void> {
  await expect
    .poll(async () => {
      if (!holds()) await bench.source.pass?.(1000);
      return holds();
    })
    .toBe(true);
}

function tellsOnce({ repeats }: DataBench, same: readonly MarketDatum[]): void {
  if (repeats === true) expect(same.length).toBeGreaterThan(0);
  else expect(same).toHaveLength(1);
}

const fits = (datum: MarketDatum, wanted: Partial<MarketDatum>): boolean =>
  Object.entries(wanted).every(
    ([key, value]) => JSON.stringify(datum[key as keyof MarketDatum]) === JSON.stringify(value),
  );

function checkTick(tick: MarketDatum): void {
  expect(DATA_KINDS).toContain(tick.kind);
  expect(Number.isFinite(tick.receivedTime)).toBe(true);
  if (tick.kind === 'trade') {
    expect(Number.isFinite(tick.price)).toBe(true);
    expect(tick.size).toBeGreaterThanOrEqual(0);
  } else if (tick.kind === 'quote') {
    // A side that is not there is NaN, never 0 and never infinite.
    for (const value of [tick.bid, tick.ask])
      expect(Math.abs(value)).not.toBe(Number.POSITIVE_INFINITY);
  } else if (tick.kind === 'bar') {
    expect(tick.high).toBeGreaterThanOrEqual(Math.max(tick.open, tick.close, tick.low));
    expect(tick.low).toBeLessThanOrEqual(Math.min(tick.open, tick.close));
  }
}

const COUNT = 25;

/** Bars that are all different, with prices that a float keeps. */
function rowsOf(bench: DataBench, length: Timeframe): BarRow[] {
  const from = bench.barsFrom(length);
  const step = timeframeMillis(length);
  return Array.from({ length: COUNT }, (_, i) => {
    const open = 100 + i / 4;
    const close = open + (i % 3) / 4 - 0.25;
    return [
      from + i * step,
      open,
      Math.max(open, close) + 0.5,
      Math.min(open, close) - 0.75,
      close,
      1000 + i,
    ] as const;
  });
}

function requestOf(
  bench: DataBench,
  length: Timeframe,
  instrument = bench.instrument,
): HistoryRequest {
  const start = bench.barsFrom(length);
  return {
    instrument,
    timeframe: length,
    start: unixMillis(start),
    end: unixMillis(start + COUNT * timeframeMillis(length)),
  };
}

function checkColumns(bars: BarColumns): void {
  for (const name of BAR_COLUMN_NAMES) {
    expect(bars[name]).toBeInstanceOf(Float64Array);
    expect(bars[name]).toHaveLength(bars.time.length);
    expect(bars[name].every((value) => Number.isFinite(value))).toBe(true);
  }
  for (let i = 1; i < bars.time.length; i += 1)
    expect(bars.time[i]).toBeGreaterThan(bars.time[i - 1] as number);
}

const transposed = (bars: BarColumns): number[][] =>
  Array.from(bars.time, (time, i) => [
    time,
    bars.open[i] as number,
    bars.high[i] as number,
    bars.low[i] as number,
    bars.close[i] as number,
    bars.volume[i] as number,
  ]);
