import { describe, expect, it, onTestFinished } from 'vitest';
import { Random } from '../../../../engine/backtest/random.ts';
import { runStrategy } from '../../../../engine/backtest/run.ts';
import { findStrategy } from '../../../../engine/backtest/strategies.ts';
import { checkAccount } from '../../../../electron/services/live-strategies/checks.ts';
import { decimal } from '../../../../engine/domain/decimal.ts';
import type { JournalDraft } from '../../../../engine/ports/journal.ts';
import type { LiveStrategyRequest } from '../../../../engine/protocol/live-strategy-schemas.ts';
import { sliceColumns } from '../../../../engine/series/columns.ts';
import { spx } from '../../engine/backtest/bars.ts';
import { ACCOUNT, Floor, ID, type FloorOptions } from './floor.ts';

const WARM_UP = 300;
const BARS = sliceColumns(spx(), 0, 520);
const COSTS = { slippageBps: 2, commission: { percent: 0.05, perShare: 0, minimum: 1 } } as const;
/** What the venue rounds: prices to eight places, money to four. */
const ROUNDING = 0.001;

async function floorOf(change: Partial<FloorOptions> = {}): Promise<Floor> {
  const floor = await Floor.open({ bars: BARS, warmUp: WARM_UP, ...change });
  onTestFinished(() => floor.end());
  return floor;
}

async function begin(
  floor: Floor,
  strategy: string,
  change: Partial<LiveStrategyRequest> = {},
): Promise<string> {
  const { id } = await floor.strategies.start(floor.request(strategy, change));
  await floor.quiet();
  return id;
}

async function playTo(floor: Floor, end = BARS.time.length): Promise<void> {
  while (floor.next < end) await floor.bar();
}

/** Orders as they were sent, in their order, and fills as they were booked. */
function sentBy({ trading }: Floor): readonly string[] {
  return [...trading.log.ledger.all()].map(({ terms, tag, state, fills }) =>
    JSON.stringify([terms, tag, state, fills.map(({ quantity, price }) => [quantity, price])]),
  );
}

function held({ trading }: Floor): string {
  return trading.log.positions.get(ACCOUNT, ID)?.quantity ?? '0';
}

/** The bar on which a strategy first gives an order that fills. */
const known = new Map<string, ReturnType<typeof findFirst>>();
function firstOrders(strategy: string): ReturnType<typeof findFirst> {
  const found = known.get(strategy) ?? findFirst(strategy);
  known.set(strategy, found);
  return found;
}

async function findFirst(strategy: string) {
  const floor = await Floor.open({ bars: BARS, warmUp: WARM_UP });
  try {
    const id = await begin(floor, strategy);
    await playTo(floor);
    const { orders } = await floor.strategies.report(id);
    return { entry: orders[0]?.bar ?? 0 };
  } finally {
    await floor.end();
  }
}

describe('a strategy on the paper venue', () => {
  it.each([
    'sma-cross',
    'rsi-reversion',
    'bollinger-breakout',
    'macd-trend',
    'atr-stop',
    'donchian-breakout',
    'macd-adx-trend',
  ])('%s: gives the orders and fills of a backtest over the same bars', async (strategy) => {
    const floor = await floorOf(COSTS);
    const id = await begin(floor, strategy);
    await playTo(floor);
    const report = await floor.strategies.report(id);
    expect(floor.defects).toEqual([]);
    expect(report.orders.length).toBeGreaterThan(1);
    for (const { live, model, why } of report.orders) {
      expect([live?.bar, live?.quantity, why]).toEqual([model?.bar, model?.quantity, '']);
      expect(live?.price).toBeCloseTo(model?.price ?? Number.NaN, 7);
    }
    const { fees, ...others } = report.drift;
    expect(Math.abs(fees)).toBeLessThan(ROUNDING);
    for (const value of Object.values(others)) expect(Math.abs(value)).toBeLessThan(ROUNDING);
    expect(report.corrected).toEqual([]);
    expect(report.commissionsUnknown).toBe(0);
    // What the run counts is what the account holds.
    expect(report.run.position).toBe(held(floor));
    expect(report.run.bars).toBe(BARS.time.length - WARM_UP);
  });

  it('has the fills of a backtest that knows nothing of it', async () => {
    const floor = await floorOf();
    const id = await begin(floor, 'sma-cross', { parameters: { fast: 5, slow: 15 } });
    await playTo(floor);
    const { settings } = floor.request('sma-cross');
    const { orders } = runStrategy(findStrategy('sma-cross'), {
      parameters: { fast: 5, slow: 15 },
      settings: { ...settings, warmUp: WARM_UP },
      bars: BARS,
    });
    const expected = Array.from(orders.state.keys()).flatMap((i) =>
      orders.state[i] === 'Filled' ? [[orders.side[i], '10', String(orders.fillPrice[i])]] : [],
    );
    const booked = [...floor.trading.log.ledger.fills()].map(({ side, quantity, price }) => [
      side,
      quantity,
      price,
    ]);
    expect(booked.length).toBeGreaterThan(5);
    expect(booked).toEqual(expected);
    const { source, strategy } = [...floor.trading.log.ledger.all()][0] ?? {};
    expect([source, strategy]).toEqual([{ kind: 'strategy', name: 'sma-cross' }, 'sma-cross']);
    expect((await floor.strategies.get(id)).fills).toBe(expected.length);
  });
});

describe('bars that come at the wrong moment', () => {
  it('are taken after those of the past, when they close while the past is read', async () => {
    const floor = await floorOf();
    const bar = floor.take();
    await floor.finish(bar);
    floor.onHistory = () => floor.hear([bar]);
    const id = await begin(floor, 'sma-cross', { warmUp: WARM_UP - 1 });
    const run = await floor.strategies.get(id);
    // History has it by now as well; it counts once.
    expect(run).toMatchObject({ warmUp: WARM_UP - 1, bars: 0, lastBar: { time: bar.time } });
    await floor.bar();
    expect(await floor.strategies.get(id)).toMatchObject({ bars: 1, lastBar: { mode: 'live' } });
  });

  it('are left out when they were taken before', async () => {
    const floor = await floorOf();
    const id = await begin(floor, 'sma-cross');
    const bar = await floor.trade();
    for (let i = 0; i < 3; i += 1) floor.hear([bar]);
    await floor.quiet();
    expect(await floor.strategies.get(id)).toMatchObject({ bars: 1 });
  });
});

describe('the account of a run', () => {
  const account = (live: boolean, armed: boolean) =>
    ({
      venues: { account: () => ({ live }) },
      risk: { isArmed: () => armed },
    }) as unknown as Parameters<typeof checkAccount>[0];

  it.each([
    ['paper', false, false, null],
    [
      'paper',
      true,
      true,
      'account: X is a live account; use renata live, or name a paper account.',
    ],
    ['live', true, true, null],
    [
      'live',
      true,
      false,
      'account: X is a live account and not armed; arm it for this session first.',
    ],
    ['live', false, true, 'account: X is a paper account; use renata paper, or name a live one.'],
  ] as const)('%s, live %s, armed %s: %s', (kind, live, armed, message) => {
    const check = (): void => checkAccount(account(live, armed), { kind, account: 'X' });
    if (message === null) expect(check).not.toThrow();
    else expect(check).toThrow(message);
  });
});

describe('the drift report names the cause', () => {
  it('timing: a close that was heard late', async () => {
    const { entry } = await firstOrders('sma-cross');
    const floor = await floorOf();
    const id = await begin(floor, 'sma-cross');
    await playTo(floor, entry);
    const bar = await floor.trade();
    // The next bar has begun and gone up by five before the close is heard; two more until the fill.
    const next = floor.take();
    await floor.open(next);
    await floor.clock.pass(60_000);
    floor.price(next.open + 5);
    floor.hear([bar]);
    await floor.quiet();
    floor.price(next.open + 7);
    await floor.quiet();
    await floor.range(next);
    await floor.finish(next);
    floor.hear([next]);
    await floor.quiet();
    const { orders, drift } = await floor.strategies.report(id);
    expect(orders).toMatchObject([{ bar: entry, why: 'sent after the next bar had begun' }]);
    expect(drift.timing).toBeCloseTo(-50, 6);
    expect(drift.price).toBeCloseTo(-20, 6);
    expect(drift.total).toBeCloseTo(-70, 6);
  });

  it('data: a bar that history tells otherwise later', async () => {
    const { entry } = await firstOrders('sma-cross');
    const floor = await floorOf();
    const id = await begin(floor, 'sma-cross');
    await playTo(floor, entry + 5);
    const close = BARS.close.slice();
    // The cross that was seen is none by now.
    close[entry] = (BARS.low[entry] as number) - 200;
    floor.history = { ...BARS, close };
    const { drift, corrected } = await floor.strategies.report(id);
    const { data, total, ...others } = drift;
    expect(data).not.toBe(0);
    expect(total).toBeCloseTo(data, 9);
    for (const value of Object.values(others)) expect(value).toBeCloseTo(0, 9);
    expect(corrected).toMatchObject([{ time: BARS.time[entry], history: { close: close[entry] } }]);
  });

  it('fees: a venue that charges more than the model', async () => {
    const floor = await floorOf({ commission: { percent: 0, perShare: 0, minimum: 2 } });
    const { settings } = floor.request('sma-cross');
    const id = await begin(floor, 'sma-cross', {
      settings: { ...settings, commission: { percent: 0, perShare: 0, minimum: 0.5 } },
    });
    await playTo(floor);
    const { drift, orders } = await floor.strategies.report(id);
    expect(orders.length).toBeGreaterThan(2);
    expect(drift.fees).toBeCloseTo(-1.5 * orders.length, 9);
    expect(drift.total).toBeCloseTo(drift.fees, 6);
  });

  it('missed: an order that the risk gate denied', async () => {
    const floor = await floorOf();
    await floor.trading.risk.setLimits(
      { kind: 'strategy', name: 'sma-cross' },
      { maxOrderQuantity: decimal('5') },
    );
    const id = await begin(floor, 'sma-cross');
    await playTo(floor, 420);
    const { drift, orders, live } = await floor.strategies.report(id);
    expect(orders.length).toBeGreaterThan(0);
    expect(orders[0]?.live).toBeNull();
    expect(orders[0]?.why).toContain('the most in one order is 5');
    expect(live).toEqual({ equity: 500_000, position: 0 });
    expect(drift.missed).not.toBe(0);
    expect(drift.total).toBeCloseTo(drift.missed, 6);
    expect(floor.notices.map(({ title }) => title)).toContain('sma-cross: order denied');
  });

  it('missed: closes that came in one piece, of which the last alone is traded', async () => {
    const { entry } = await firstOrders('sma-cross');
    const floor = await floorOf();
    const id = await begin(floor, 'sma-cross');
    await playTo(floor, entry);
    const bars = [await floor.trade(), await floor.trade()];
    floor.hear(bars);
    await floor.quiet();
    await playTo(floor, entry + 4);
    const { orders, missedBars, missedDecisions, run } = await floor.strategies.report(id);
    expect([missedBars, missedDecisions, run.missed]).toEqual([1, 1, 1]);
    expect(orders).toMatchObject([
      { bar: entry, live: null, why: 'The bar had closed before it was heard.' },
    ]);
  });
});

describe('interruptions', () => {
  it.each(['atr-stop', 'donchian-breakout', 'bollinger-breakout', 'macd-trend'])(
    '%s: killed at random writes and resumed, it gives the orders of a run that was never interrupted',
    async (strategy) => {
      const end = 460;
      const whole = await floorOf(COSTS);
      await begin(whole, strategy);
      await playTo(whole, end);
      const expected = sentBy(whole);
      expect(expected.length).toBeGreaterThan(1);
      let kills = 0;
      for (const seed of [1, 2, 3]) {
        const random = new Random(seed);
        const floor = await floorOf(COSTS);
        const id = await begin(floor, strategy);
        const arm = (): void => {
          // A bar that was not written was not heard; everything else is to be taken up again.
          floor.journal.dies = (drafts) =>
            !drafts.some(isBar) && drafts.some(isOfRun) && random.uniform() < 0.3;
        };
        const revive = async (): Promise<void> => {
          while (floor.journal.dead) {
            kills += 1;
            await floor.afterDeath();
            expect((await floor.strategies.get(id)).state).toBe('interrupted');
            await floor.strategies.resume(id);
            await floor.quiet();
            // The venue is asked what became of orders whose answers were lost.
            for (let i = 0; i < 5 && !floor.journal.dead; i += 1) {
              await floor.clock.pass(2_000);
              await floor.quiet();
            }
          }
        };
        while (floor.next < end) {
          const bar = floor.take();
          const steps = [
            () => floor.open(bar),
            () => floor.range(bar),
            async () => {
              await floor.finish(bar);
              floor.hear([bar]);
              await floor.quiet();
            },
          ];
          for (const step of steps) {
            arm();
            await step();
            await revive();
          }
        }
        expect(sentBy(floor)).toEqual(expected);
        const report = await floor.strategies.report(id);
        expect(Math.abs(report.drift.total)).toBeLessThan(ROUNDING);
        expect(report.missedBars).toBe(0);
        expect(floor.defects).toEqual([]);
      }
      expect(kills).toBeGreaterThan(5);
    },
  );

  it('bars that closed meanwhile are taken and not traded, and a stop is where it should be', async () => {
    const { entry } = await firstOrders('atr-stop');
    const floor = await floorOf();
    const id = await begin(floor, 'atr-stop');
    await playTo(floor, entry + 3);
    expect(held(floor)).toBe('10');
    const stop = () => floor.trading.log.ledger.open().map(({ terms }) => terms.stopPrice);
    const [before] = stop();
    await floor.close();
    for (let i = 0; i < 6; i += 1) {
      const bar = floor.take();
      await floor.clock.pass(bar.time + 86_400_000 - floor.clock.now());
    }
    await floor.start();
    expect(await floor.strategies.list()).toMatchObject([
      { id, state: 'interrupted', position: '10' },
    ]);
    await floor.strategies.resume(id);
    await floor.quiet();
    expect(floor.trading.log.ledger.open()).toHaveLength(1);
    const run = await floor.strategies.get(id);
    expect(run).toMatchObject({
      state: 'running',
      bars: entry + 9 - WARM_UP,
      position: '10',
      lastBar: { mode: 'missed' },
    });
    // The stop trails by the closes that were missed, and is the one that a run without a break would have.
    const whole = await floorOf();
    await begin(whole, 'atr-stop');
    await playTo(whole, entry + 9);
    const [expected] = whole.trading.log.ledger.open();
    expect(expected?.terms.stopPrice).not.toBe(before);
    expect(stop()).toEqual([expected?.terms.stopPrice]);
    expect((await floor.strategies.report(id)).missedBars).toBe(6);
  });

  it('an order of a close that is over is not sent after the break', async () => {
    const { entry } = await firstOrders('sma-cross');
    const floor = await floorOf();
    const id = await begin(floor, 'sma-cross');
    await playTo(floor, entry);
    // Killed with the decision made and nothing sent.
    floor.journal.dies = (drafts) => drafts.some(({ kind }) => kind === 'request');
    await floor.bar();
    expect(floor.journal.dead).toBe(true);
    const next = floor.take();
    await floor.clock.pass(next.time + 86_400_000 - floor.clock.now());
    await floor.afterDeath();
    await floor.strategies.resume(id);
    await floor.quiet();
    await playTo(floor, entry + 5);
    expect([...floor.trading.log.ledger.all()]).toEqual([]);
    const { orders } = await floor.strategies.report(id);
    expect(orders).toMatchObject([
      { live: null, why: 'The program had ended before it was sent.' },
    ]);
  });
});

function isBar({ body }: JournalDraft): boolean {
  return body.startsWith('{"type":"bar"');
}

/** What a run or an order of one writes; the start of the program is not to be interrupted for ever. */
function isOfRun({ kind, subject }: JournalDraft): boolean {
  return (
    (kind === 'strategy' && subject !== 'live-strategies') || kind === 'order' || kind === 'request'
  );
}

describe('the end of a run', () => {
  async function withPosition() {
    const { entry } = await firstOrders('atr-stop');
    const floor = await floorOf();
    // Somebody else holds some of it in the same account.
    floor.price(BARS.open[WARM_UP] as number);
    await floor.trading.place(
      'P1',
      {
        account: ACCOUNT,
        instrument: ID,
        terms: { side: 'buy', type: 'market', quantity: '7', timeInForce: 'day' },
      },
      { kind: 'person', name: '' },
    );
    floor.price(BARS.open[WARM_UP] as number);
    await floor.quiet();
    expect(held(floor)).toBe('7');
    const id = await begin(floor, 'atr-stop');
    await playTo(floor, entry + 3);
    expect(held(floor)).toBe('17');
    return { floor, id };
  }

  async function stop(floor: Floor, id: string, onExit: LiveStrategyRequest['onExit']) {
    const ended = floor.strategies.stop(id, onExit);
    for (let i = 0; i < 20; i += 1) {
      await floor.clock.pass(50);
      floor.price(BARS.close[floor.next - 1] as number);
      await floor.quiet();
    }
    return ended;
  }

  it('keep: leaves its orders and its position', async () => {
    const { floor, id } = await withPosition();
    const run = await stop(floor, id, 'keep');
    expect(run).toMatchObject({ state: 'stopped', position: '10', openOrders: 1 });
    expect(run.reason).toBe(
      'Stopped by the user. 1 of its orders still works. Its position of 10 is still there.',
    );
    expect(held(floor)).toBe('17');
  });

  it('cancel: takes its orders away', async () => {
    const { floor, id } = await withPosition();
    expect(await stop(floor, id, 'cancel')).toMatchObject({
      state: 'stopped',
      openOrders: 0,
      position: '10',
    });
    expect(held(floor)).toBe('17');
  });

  it('flatten: closes its own position and leaves what others hold', async () => {
    const { floor, id } = await withPosition();
    expect(await stop(floor, id, 'flatten')).toMatchObject({
      state: 'stopped',
      openOrders: 0,
      position: '0',
    });
    expect(held(floor)).toBe('7');
    const { orders, drift } = await floor.strategies.report(id);
    expect(orders.at(-1)).toMatchObject({ tag: 'run ended', model: null });
    expect(drift.total).toBeCloseTo(drift.missed, 6);
    // It has ended for good.
    await playTo(floor, floor.next + 3);
    expect((await floor.strategies.get(id)).bars).toBe((await floor.strategies.report(id)).bars);
    await expect(floor.strategies.resume(id)).rejects.toThrow('is stopped and cannot be resumed');
    await floor.close();
    await floor.start();
    expect(await floor.strategies.list()).toMatchObject([{ id, state: 'stopped', position: '0' }]);
  });

  it('comes by itself with the bar that was named', async () => {
    const floor = await floorOf();
    const id = await begin(floor, 'sma-cross', { end: (BARS.time[WARM_UP + 3] as number) + 1 });
    await playTo(floor, WARM_UP + 8);
    await floor.clock.pass(1_000);
    expect(await floor.strategies.get(id)).toMatchObject({
      state: 'stopped',
      bars: 4,
      reason: 'Its end has come.',
    });
  });

  it('a run that was interrupted can be ended as well', async () => {
    const { floor, id } = await withPosition();
    await floor.close();
    await floor.start();
    floor.price(BARS.close[floor.next - 1] as number);
    const run = await stop(floor, id, 'flatten');
    expect(run).toMatchObject({ state: 'stopped', position: '0' });
    expect(held(floor)).toBe('7');
  });

  it('the kill switch ends it', async () => {
    const { floor, id } = await withPosition();
    await floor.trading.kill(false, 'test', 'kill-switch');
    await floor.quiet();
    await floor.clock.pass(1_000);
    const run = await floor.strategies.get(id);
    expect(run.state).toBe('stopped');
    expect(run.reason).toContain('Trading was halted (test).');
    expect(floor.trading.log.ledger.open()).toEqual([]);
  });

  it('a position that somebody else has closed is not sold again: the run is paused', async () => {
    const { floor, id } = await withPosition();
    const flat = floor.trading.flatten('P2', ACCOUNT, ID);
    await floor.quiet();
    await floor.clock.pass(1_000);
    floor.price(BARS.close[floor.next - 1] as number);
    await floor.quiet();
    await flat;
    await floor.quiet();
    expect(held(floor)).toBe('0');
    for (let i = 0; i < 60 && (await floor.strategies.get(id)).state === 'running'; i += 1)
      await floor.bar();
    expect(held(floor)).toBe('0');
    expect(await floor.strategies.get(id)).toMatchObject({ state: 'paused', position: '10' });
  });
});

describe('a pause', () => {
  it('decides nothing until it is over', async () => {
    const { entry } = await firstOrders('sma-cross');
    const floor = await floorOf();
    const id = await begin(floor, 'sma-cross');
    await playTo(floor, entry);
    expect(await floor.strategies.pause(id)).toMatchObject({ state: 'paused' });
    await floor.bar();
    expect(await floor.strategies.resume(id)).toMatchObject({ state: 'running', missed: 1 });
    await floor.bar();
    expect([...floor.trading.log.ledger.all()]).toEqual([]);
    await expect(floor.strategies.resume(id)).rejects.toThrow('is running and cannot be resumed');
  });
});

describe('what is refused, in one sentence', () => {
  it.each<[string, string, Partial<LiveStrategyRequest>, string]>([
    [
      'several instruments',
      'sector-rotation',
      {},
      'instruments: sector-rotation trades several; name all of them, as --symbols SPY,QQQ does.',
    ],
    [
      'a live run on a paper account',
      'sma-cross',
      { kind: 'live' },
      'account: PAPER is a paper account; use renata paper, or name a live one.',
    ],
    [
      'an account that is not there',
      'sma-cross',
      { account: 'NOWHERE' },
      'There is no account NOWHERE; there are PAPER.',
    ],
    [
      'wrong parameters',
      'sma-cross',
      { parameters: { fast: 50, slow: 20 } },
      'sma-cross: fast 50 must be less than slow 20.',
    ],
    ['a wrong timeframe', 'sma-cross', { timeframe: '7x' }, 'timeframe: "7x" is not a bar length'],
  ])('%s', async (_, strategy, change, message) => {
    const floor = await floorOf();
    const entries = floor.journal.entries.length;
    await expect(floor.strategies.start(floor.request(strategy, change))).rejects.toThrow(message);
    expect(floor.journal.entries).toHaveLength(entries);
    expect(await floor.strategies.list()).toEqual([]);
    await expect(floor.strategies.stop('none', 'keep')).rejects.toThrow(
      'run: there is no run none',
    );
  });
});
