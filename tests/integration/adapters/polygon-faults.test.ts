import { describe, expect, it } from 'vitest';
import { Random } from '../../../engine/backtest/random.ts';
import { BAR, QUOTE, T, TRADE } from '../../stubs/polygon/messages.ts';
import { KEY } from '../../stubs/polygon/server.ts';
import {
  AAPL,
  BTC,
  HASTY,
  MSFT,
  openRig,
  QUICK,
  withData,
  type Rig,
} from '../../stubs/polygon/rig.ts';
import { halfOpenCheck } from '../../stubs/data-checks.ts';
import { subscribe, untilReady } from '../../stubs/rig.ts';

const phaseOf = ({ data }: Rig) => data.connection.phase;

describe('faults', () => {
  halfOpenCheck<Rig>(
    {
      withData,
      first: AAPL,
      second: MSFT,
      trade: ({ stub }, _instrument, number) => stub.streams.tell({ ...TRADE, i: String(number) }),
    },
    /nothing was heard/,
  );

  it('comes back with everything that was on, and tells what may be missing', async () => {
    const rig = await withData();
    await subscribe(rig, AAPL, 'trade');
    await subscribe(rig, MSFT, 'quote');
    await subscribe(rig, BTC, 'trade');
    rig.stub.streams.tell(TRADE);
    await expect.poll(() => rig.ticks.length).toBe(1);
    const heard = rig.ticks[0]?.receivedTime as number;
    rig.stub.streams.dropData();
    await expect.poll(() => rig.gaps.length).toBe(3);
    await untilReady(rig.data);
    expect(rig.gaps.map(({ instrument }) => String(instrument)).toSorted()).toEqual(
      [AAPL, BTC, MSFT].toSorted(),
    );
    for (const { instrument, from, to, reason } of rig.gaps) {
      // Each stream has a last word of its own.
      if (instrument !== BTC) expect(from).toBeGreaterThanOrEqual(heard);
      expect(to).toBeGreaterThanOrEqual(from);
      expect(reason).toMatch(/^The stream was interrupted: /);
    }
    expect(rig.states.some((state) => state.phase === 'degraded')).toBe(true);
    rig.stub.streams.tell({ ...TRADE, i: '2' }, { ...QUOTE, sym: 'MSFT' });
    await expect.poll(() => rig.ticks.length).toBe(3);
  });

  it('is degraded after it was too slow, comes back, and marks the gap', async () => {
    const rig = await withData();
    await subscribe(rig, AAPL, 'trade');
    rig.stub.streams.kick();
    await expect.poll(() => rig.gaps.length).toBe(1);
    expect(rig.gaps[0]).toMatchObject({
      instrument: AAPL,
      reason:
        'The stream was interrupted: The server ended the stream because it was not read fast enough (it says: slow consumer).',
    });
    const degraded = rig.states.find((state) => state.phase === 'degraded');
    expect(degraded?.message).toMatch(
      /^stocks: The server ended the stream because it was not read/,
    );
    expect(degraded?.until).not.toBeNull();
    await untilReady(rig.data);
    expect(rig.stub.streams.subscribed('T.AAPL')).toBe(true);
  });

  it('leaves the stream to another program that took it, and asks for it again later', async () => {
    const rig = await withData();
    await subscribe(rig, AAPL, 'trade');
    const second = await openRig({ stub: rig.stub, patience: { ...QUICK, taken: 60_000_000 } });
    await second.data.connect();
    await second.data.subscribe({ instrument: MSFT, kind: 'trade' });
    const asks = () => rig.states.find(({ phase }) => phase === 'needs-user');
    await expect.poll(asks).toBeDefined();
    expect(asks()?.message).toMatch(/Another program uses the one stream of stocks/);
    expect(asks()?.until).not.toBeNull();
    await second.data.disconnect();
    await untilReady(rig.data);
    expect(rig.gaps.length).toBe(1);
  });

  it('tries again when a stream that was open before is refused', async () => {
    const rig = await withData();
    await subscribe(rig, AAPL, 'trade');
    rig.stub.streams.plan.delete('stocks');
    rig.stub.streams.dropData();
    const refused = () =>
      rig.states.find(({ message }) => message.includes('does not stream stocks'));
    await expect.poll(refused).toBeDefined();
    expect(refused()?.phase).toBe('degraded');
    rig.stub.streams.plan.add('stocks');
    await untilReady(rig.data);
    expect(rig.gaps).toHaveLength(1);
    rig.stub.streams.tell(TRADE);
    await expect.poll(() => rig.ticks.length).toBe(1);
  });

  it('starts again when the server does not let it in, or is away', async () => {
    const rig = await withData({ patience: HASTY });
    rig.stub.streams.mute = true;
    const waiting = subscribe(rig, AAPL, 'trade');
    await expect.poll(() => rig.stub.streams.connections.get('stocks') ?? 0).toBeGreaterThan(1);
    rig.stub.streams.mute = false;
    await waiting;
    await untilReady(rig.data);
    rig.stub.streams.refuse = 503;
    rig.stub.streams.dropData();
    await expect
      .poll(() => rig.states.filter((s) => s.message.includes('503')).length)
      .toBeGreaterThan(1);
    rig.stub.streams.refuse = null;
    await untilReady(rig.data);
    for (const [status, message] of [
      ['auth_timeout', 'auth timeout'],
      ['force_disconnect', 'server restart'],
      ['error', 'client too slow, buffer is full'],
    ] as const) {
      const gaps = rig.gaps.length;
      rig.stub.streams.status(status, message);
      await expect.poll(() => rig.gaps.length).toBeGreaterThan(gaps);
      await untilReady(rig.data);
    }
    rig.stub.streams.status('new_word', 'that nobody knows');
    rig.stub.streams.tell(TRADE);
    await expect.poll(() => rig.ticks.length).toBe(1);
  });

  it('throws nothing into the tick stream of 25,000 malformed messages', async () => {
    const rig = await withData();
    for (const kind of ['quote', 'trade', 'bar'] as const) await subscribe(rig, AAPL, kind);
    rig.stub.streams.tell(TRADE);
    await expect.poll(() => rig.ticks.length).toBe(1);
    const generator = new Random(20_261_125);
    const random = (): number => generator.uniform();
    const pick = <Value>(values: readonly Value[]): Value =>
      values[Math.floor(random() * values.length)] as Value;
    const bases: readonly Readonly<Record<string, unknown>>[] = [TRADE, QUOTE, BAR];
    const required: Readonly<Record<string, readonly string[]>> = {
      T: ['p', 't', 's', 'sym'],
      Q: ['t'],
      AM: ['o', 'h', 'l', 'c', 'v', 's'],
    };
    const count = 25_000;
    for (let i = 0; i < count; i += 1) {
      const base = pick(bases);
      const event: Record<string, unknown> = { ...base };
      const roll = random();
      let text: string;
      if (roll < 0.15) text = JSON.stringify([event]).slice(0, -1 - Math.floor(random() * 30));
      else if (roll < 0.25)
        text = pick(['{}', 'null', '7', '"T"', '', '\u0000', '[', '[[[', 'true']);
      else if (roll < 0.35) text = JSON.stringify([pick([null, 7, 'T', false])]);
      else if (roll < 0.45) text = '[{"sym":"AAPL","p":1}]';
      else {
        const field = pick(required[base.ev as string] as readonly string[]);
        if (random() < 0.5 && field !== 's') delete event[field];
        else
          event[field] = pick(
            field === 'sym' ? [7, null, {}] : ['x', -1, null, [], {}, true, '12'],
          );
        if (base.ev === 'Q' && field !== 't') event['bp'] = pick(['x', -1]);
        text = JSON.stringify([event]);
      }
      rig.stub.streams.raw(text);
    }
    await expect.poll(() => rig.data.malformed, { timeout: 120_000 }).toBe(count);
    expect(rig.ticks).toHaveLength(1);
    expect(phaseOf(rig)).toBe('ready');
    rig.stub.streams.tell({ ...TRADE, i: '2' });
    await expect.poll(() => rig.ticks.length).toBe(2);
    // They are counted, logged now and then, and become a few gaps.
    expect(rig.logs.filter((line) => line.startsWith('warn')).length).toBeLessThan(50);
    await expect.poll(() => rig.gaps.length).toBeGreaterThan(0);
    expect(rig.gaps.length).toBeLessThan(count / 10);
  });

  it('survives fields of any kind, and tells nothing that is no number', async () => {
    const rig = await withData();
    for (const kind of ['quote', 'trade', 'bar'] as const) await subscribe(rig, AAPL, kind);
    const generator = new Random(5);
    const random = (): number => generator.uniform();
    const junk: readonly unknown[] = [
      null,
      '',
      'x',
      -1,
      0,
      1e308,
      [],
      {},
      true,
      '1',
      17e17,
      3,
      { toString: 1 },
      [[]],
    ];
    const bases: readonly Readonly<Record<string, unknown>>[] = [TRADE, QUOTE, BAR];
    for (let i = 0; i < 5000; i += 1) {
      const event: Record<string, unknown> = { ...(bases[i % 3] as object) };
      for (const name of Object.keys(event))
        if (random() < 0.3) event[name] = junk[Math.floor(random() * junk.length)];
      rig.stub.streams.raw(JSON.stringify([event]));
    }
    rig.stub.streams.tell({ ...TRADE, i: 'last' });
    const last = () =>
      rig.ticks.some((each) => each.kind === 'trade' && each.tradeId === '4:0:last');
    await expect.poll(last, { timeout: 120_000 }).toBe(true);
    for (const tick of rig.ticks) {
      expect(tick.instrument).toBe(AAPL);
      expect(Number.isFinite(tick.venueTime)).toBe(true);
      if (tick.kind === 'trade') {
        expect(tick.price).toBeGreaterThan(0);
        expect(tick.size).toBeGreaterThanOrEqual(0);
        expect(Number.isFinite(tick.price + tick.size)).toBe(true);
      } else if (tick.kind === 'quote') {
        expect(tick.bid < 0 || tick.ask < 0).toBe(false);
        expect(tick.bidSize + tick.askSize).toBeGreaterThanOrEqual(0);
      } else if (tick.kind === 'bar') {
        expect(tick.high).toBeGreaterThanOrEqual(tick.low);
        expect(Number.isFinite(tick.volume)).toBe(true);
      }
    }
    expect(phaseOf(rig)).toBe('ready');
  });
});

describe('a great many messages', () => {
  it('loses none of 200,000 that come at once, and lets other work have its turn', async () => {
    const rig = await withData();
    // Nothing is slow enough to be ended by the server.
    rig.stub.streams.buffer = 256 * 1024 * 1024;
    await subscribe(rig, AAPL, 'trade');
    await subscribe(rig, AAPL, 'quote');
    await expect.poll(() => rig.stub.asked('/v3/reference/conditions')).toBe(2);
    let count = 0;
    let next = 0;
    let wrong = 0;
    rig.ticks.length = 0;
    rig.data.onData((batch) => {
      for (const tick of batch) {
        if (tick.kind === 'trade' && tick.tradeId !== `4:0:${next}`) wrong += 1;
        if (tick.kind === 'trade') next += 2;
        count += 1;
      }
    });
    const frames = Array.from({ length: 2000 }, (_, f) =>
      Array.from({ length: 100 }, (_each, i) => {
        const n = f * 100 + i;
        return n % 2 === 0
          ? { ...TRADE, i: String(n), q: n, t: T + n }
          : { ...QUOTE, q: n, t: T + n, bp: 100 + (n % 50) / 100 };
      }),
    );
    let longest = 0;
    let last = performance.now();
    const beat = setInterval(() => {
      const now = performance.now();
      longest = Math.max(longest, now - last);
      last = now;
    }, 5);
    const before = performance.now();
    const texts = frames.map((frame) => JSON.stringify(frame));
    last = performance.now();
    const sending = performance.now();
    for (const text of texts) rig.stub.streams.raw(text);
    await expect.poll(() => count, { timeout: 120_000 }).toBe(200_000);
    const took = performance.now() - sending;
    clearInterval(beat);
    expect(wrong).toBe(0);
    expect(rig.gaps).toEqual([]);
    expect(rig.data.malformed).toBe(0);
    expect(phaseOf(rig)).toBe('ready');
    process.stdout.write(
      `200,000 messages in ${Math.round(took)} ms with the stub in the same process (${Math.round(sending - before)} ms to make them), longest pause of a timer ${Math.round(longest)} ms\n`,
    );
  });

  it('throws away what passes the bound whole, and marks the gap', async () => {
    const rig = await withData({ patience: { ...QUICK, silence: 60_000, most: 20_000 } });
    await subscribe(rig, AAPL, 'trade');
    const text = JSON.stringify(
      Array.from({ length: 50 }, (_, i) => ({ ...TRADE, i: String(i), t: T + i })),
    );
    rig.data.onData(() => {
      const until = performance.now() + 20;
      while (performance.now() < until);
    });
    for (let i = 0; i < 200; i += 1) rig.stub.streams.raw(text);
    await expect.poll(() => rig.gaps.length).toBeGreaterThan(0);
    expect(rig.gaps[0]).toMatchObject({
      instrument: AAPL,
      reason: expect.stringMatching(/faster than they could be read/),
    });
    expect(rig.states.some((state) => state.phase === 'degraded')).toBe(true);
    // Whole frames only: each that came is there with all of its events.
    await expect.poll(() => rig.ticks.length % 50).toBe(0);
    expect(rig.ticks.length).toBeLessThan(10_000);
    await untilReady(rig.data);
  });

  it('keeps the key out of everything that is logged or shown', async () => {
    const rig = await withData();
    await subscribe(rig, AAPL, 'trade');
    rig.stub.streams.status('error', `bad key ${KEY.slice(0, 4)}`);
    rig.stub.streams.dropData();
    await expect.poll(() => rig.gaps.length).toBe(1);
    // The end of the rig looks through logs, states and addresses.
    expect(rig.stub.streams.heard.join(' ')).not.toContain(KEY);
  });
});
