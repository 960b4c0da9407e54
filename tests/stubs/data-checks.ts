import { describe, expect, it } from 'vitest';
import type { InstrumentId } from '../../engine/domain/identifiers.ts';
import type { DataKind } from '../../engine/domain/market-data.ts';
import { MS_PER_MINUTE, unixMillis } from '../../engine/domain/time.ts';
import { timeframe } from '../../engine/domain/timeframe.ts';
import { failureOf, SOON_DEAD, subscribe, untilReady, type DataRig } from './rig.ts';
import type { StubBar } from './rest-stub.ts';
import type { StubSockets } from './sockets.ts';

interface DataVenueRig extends DataRig {
  readonly stub: DataRig['stub'] & { readonly streams: StubSockets & { dropData(): void } };
}

/** What checks that hold for every source of prices have to know of one. */
export interface StreamSource<Rig extends DataVenueRig> {
  /** An adapter on a stub, connected for prices; it ends with the test. */
  readonly withData: (options?: { readonly silence?: number }) => Promise<Rig>;
  readonly first: InstrumentId;
  readonly second: InstrumentId;
  /** A trade that the stream tells; each number is another one. */
  trade(rig: Rig, instrument: InstrumentId, number: number): void;
}

/** @param told what is said of a stream of which nothing is heard any more */
export function halfOpenCheck<Rig extends DataVenueRig>(
  { withData, first, trade }: StreamSource<Rig>,
  told: RegExp,
  frozen: (rig: Rig) => void = () => undefined,
): void {
  it('counts a half-open connection as missing from its last word on', async () => {
    const rig = await withData({ silence: SOON_DEAD });
    await subscribe(rig, first, 'trade');
    trade(rig, first, 1);
    await expect.poll(() => rig.ticks.length).toBe(1);
    const heard = rig.ticks[0]?.receivedTime as number;
    rig.stub.streams.freeze();
    frozen(rig);
    await expect.poll(() => rig.gaps.length).toBeGreaterThan(0);
    expect(rig.gaps[0]?.from).toBe(heard);
    expect(rig.gaps[0]?.reason).toMatch(told);
    await untilReady(rig.data);
  });
}

/** @param more a bar that the stream tells, a kind that it does not have, and instruments that it does not know */
export function streamedChecks<Rig extends DataVenueRig>(
  source: StreamSource<Rig>,
  more: {
    readonly bar: (rig: Rig, instrument: InstrumentId) => void;
    readonly notStreamed: DataKind;
    readonly strangers: readonly InstrumentId[];
  },
): void {
  const { withData, first, second, trade } = source;

  it('ends a subscription and keeps the others', async () => {
    const rig = await withData();
    await subscribe(rig, first, 'trade');
    await subscribe(rig, second, 'trade');
    await rig.data.unsubscribe({ instrument: first, kind: 'trade' });
    trade(rig, first, 1);
    trade(rig, second, 2);
    await expect.poll(() => rig.ticks.length).toBe(1);
    expect(rig.ticks[0]?.instrument).toBe(second);
  });

  it('comes back with all subscriptions and tells what may be missing', async () => {
    const rig = await withData();
    await subscribe(rig, first, 'trade');
    await subscribe(rig, second, 'bar');
    trade(rig, first, 1);
    await expect.poll(() => rig.ticks.length).toBe(1);
    const heard = rig.ticks[0]?.receivedTime as number;
    rig.stub.streams.dropData();
    await expect
      .poll(() => rig.gaps)
      .toMatchObject([{ instrument: null, reason: 'The connection was interrupted.' }]);
    expect(rig.data.connection.phase).toBe('ready');
    const [gap] = rig.gaps as [(typeof rig.gaps)[number]];
    expect(gap.from).toBeGreaterThanOrEqual(heard);
    expect(gap.to).toBeGreaterThanOrEqual(gap.from);
    expect(gap.from).toBeLessThanOrEqual(Date.now());
    // Numbers of trades begin anew: the break was told.
    trade(rig, first, 90);
    more.bar(rig, second);
    await expect.poll(() => rig.ticks.length).toBe(3);
    expect(rig.gaps).toHaveLength(1);
  });

  it('refuses what is not streamed and what is not known', async () => {
    const rig = await withData();
    const refused = subscribe(rig, first, more.notStreamed);
    expect((await failureOf(refused)).failure).toBe('rejected');
    for (const stranger of more.strangers) {
      const error = await failureOf(subscribe(rig, stranger, 'trade'));
      expect([stranger, error.failure]).toEqual([stranger, 'not-found']);
    }
  });
}

export interface HistorySource<Rig extends DataVenueRig> {
  readonly withData: () => Promise<Rig>;
  readonly instrument: InstrumentId;
  /** The call that asks for bars. */
  readonly call: string;
  /** A length of bars that the source does not have. */
  readonly notThere: string;
  /** Gives the source these bars of minutes, and no others. */
  put(rig: Rig, bars: readonly StubBar[]): void;
  /** How many bars fill several pages, and the progress that is told of all but the first and the last. */
  readonly pages: { readonly bars: number; readonly told: readonly number[] };
}

const FIRST = Date.UTC(2024, 6, 24, 13, 30);

/** Bars of which no two columns or rows are alike. */
const minutes = (count: number): readonly StubBar[] =>
  Array.from({ length: count }, (_, i) => ({
    t: FIRST + i * MS_PER_MINUTE,
    o: 100 + i,
    h: 101.5 + i,
    l: 99 + i,
    c: 100.25 + i,
    v: 10 + i,
  }));

export function historyChecks<Rig extends DataVenueRig>(source: HistorySource<Rig>): void {
  const { withData, instrument } = source;
  const request = (from: number, to: number, length = '1m') => ({
    instrument,
    timeframe: timeframe(length),
    start: unixMillis(from),
    end: unixMillis(to),
  });

  describe('history of minutes', () => {
    it('is read page after page, each bar once', async () => {
      const rig = await withData();
      const all = minutes(source.pages.bars);
      source.put(rig, all);
      const seen: number[] = [];
      // From minute 1 on, and before the last.
      const bars = await rig.data.history({
        ...request(FIRST + MS_PER_MINUTE, (all.at(-1) as StubBar).t),
        onProgress: (count) => seen.push(count),
      });
      const wanted = all.slice(1, -1);
      expect([...bars.time]).toEqual(wanted.map(({ t }) => t));
      const columns = { open: 'o', high: 'h', low: 'l', close: 'c', volume: 'v' } as const;
      for (const [column, letter] of Object.entries(columns))
        expect([...bars[column as keyof typeof columns]]).toEqual(wanted.map((bar) => bar[letter]));
      expect(seen).toEqual(source.pages.told);
    });

    it('leaves out the bar that has not closed', async () => {
      const rig = await withData();
      const now = Math.floor(Date.now() / MS_PER_MINUTE) * MS_PER_MINUTE;
      const flat = { o: 1, h: 1, l: 1, c: 1, v: 1 };
      source.put(
        rig,
        [-2, -1, 0].map((i) => ({ t: now + i * MS_PER_MINUTE, ...flat })),
      );
      const bars = await rig.data.history(request(now - 600_000, now + 600_000));
      // A minute may have passed since.
      expect([...bars.time].slice(0, 2)).toEqual([now - 2 * MS_PER_MINUTE, now - MS_PER_MINUTE]);
      expect(bars.time.at(-1) as number).toBeLessThanOrEqual(Date.now() - MS_PER_MINUTE);
    });

    it('is refused where the source has none, and can be cancelled', async () => {
      const { data, stub } = await withData();
      const error = await failureOf(data.history(request(FIRST, FIRST + 600_000, source.notThere)));
      expect(error.failure).toBe('rejected');
      const abort = new AbortController();
      abort.abort();
      const asked = data.history({ ...request(FIRST, FIRST + 600_000), signal: abort.signal });
      await expect(asked).rejects.toThrow();
      expect(stub.asked(source.call)).toBe(0);
    });
  });
}
