import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { Random } from '../../../../engine/backtest/random.ts';
import { decimal } from '../../../../engine/domain/decimal.ts';
import type { JournalDraft } from '../../../../engine/ports/journal.ts';
import { sliceColumns } from '../../../../engine/series/columns.ts';
import { spx } from '../../engine/backtest/bars.ts';
import { CONTINGENT } from '../../engine/live/contingent-strategies.ts';
import { ACCOUNT, Floor, ID, type FloorOptions } from './floor.ts';

vi.mock(import('../../../../engine/backtest/strategies.ts'), async (load) => {
  const real = await load();
  const { CONTINGENT: own } = await import('../../engine/live/contingent-strategies.ts');
  return {
    ...real,
    findStrategy: (id: string) => own.find((each) => each.id === id) ?? real.findStrategy(id),
  };
});

const WARM_UP = 300;
const BARS = sliceColumns(spx(), 0, 460);
const COMMISSION = { percent: 0.05, perShare: 0, minimum: 1 } as const;
/** What the venue rounds: prices to eight places, money to four. */
const ROUNDING = 0.01;

async function begun(
  strategy: string,
  { instrument = {}, change }: Pick<FloorOptions, 'instrument' | 'change'> = {},
): Promise<{ readonly floor: Floor; readonly id: string }> {
  const floor = await Floor.open({
    bars: BARS,
    warmUp: WARM_UP,
    commission: COMMISSION,
    instrument,
    ...(change === undefined ? {} : { change }),
  });
  onTestFinished(() => floor.end());
  const request = floor.request(strategy);
  const { id } = await floor.strategies.start({
    ...request,
    settings: { ...request.settings, short: true },
  });
  await floor.quiet();
  return { floor, id };
}

/** A bar, and the time that it waits for fills which it may have made: inside of a bar, who knows. */
async function play(floor: Floor): Promise<void> {
  await floor.bar();
  await late(floor);
}

async function late(floor: Floor): Promise<void> {
  await floor.clock.pass(2_001);
  await floor.quiet();
}

/** Venues hold no pair of entries that have exits of their own: that pair is kept by the run. */
const AT_VENUE = CONTINGENT.filter(({ id }) => id !== 'straddle');

/** Orders as they were sent, with what became of them. */
function sentBy({ trading }: Floor): readonly string[] {
  return [...trading.log.ledger.all()].map(({ terms, group, state, fills }) =>
    JSON.stringify([
      terms,
      group?.role,
      state,
      fills.map(({ quantity, price }) => [quantity, price]),
    ]),
  );
}

async function expectTwin(floor: Floor, id: string, least = 10): Promise<void> {
  const report = await floor.strategies.report(id);
  expect(floor.defects).toEqual([]);
  expect(report.orders.length).toBeGreaterThan(least);
  for (const { live, model, why, time } of report.orders) {
    expect([time, live?.bar, live?.quantity, why]).toEqual([time, model?.bar, model?.quantity, '']);
    expect(live?.price).toBeCloseTo(model?.price ?? Number.NaN, 6);
  }
  expect(Math.abs(report.drift.total)).toBeLessThan(ROUNDING);
  expect(report.run.position).toBe(floor.trading.log.positions.get(ACCOUNT, ID)?.quantity ?? '0');
}

describe('orders that hang on others, through the order path, the journal and the paper venue', () => {
  it.each(AT_VENUE)('$id: the orders and fills of a backtest', async ({ id: strategy }) => {
    const { floor, id } = await begun(strategy);
    while (floor.next < BARS.time.length) await play(floor);
    await expectTwin(floor, id);
  });
});

/** A venue that knows pairs and no brackets, and perhaps cannot change orders. */
function simple(amend: 'in-place' | 'none'): NonNullable<FloorOptions['change']> {
  return (venue) => {
    const value = { ...venue.capabilities, groups: ['oco'], amend };
    Object.defineProperty(venue, 'capabilities', { value });
    const submit = venue.submit.bind(venue);
    venue.submit = (intents) => {
      const alone = intents.map((intent) => {
        if (intent.group?.kind !== 'bracket') return intent;
        expect(intents).toHaveLength(1);
        return { ...intent, group: null, parent: null };
      });
      return submit(alone);
    };
  };
}

describe('a venue that holds no brackets', () => {
  it.each([
    ['both-ways', 'in-place'],
    ['moving', 'in-place'],
    ['moving', 'none'],
    ['left-behind', 'none'],
    ['adding', 'in-place'],
  ] as const)('%s (amend: %s): the orders and fills of a backtest', async (strategy, amend) => {
    const { floor, id } = await begun(strategy, { change: simple(amend) });
    while (floor.next < BARS.time.length) await play(floor);
    await expectTwin(floor, id);
  });
});

describe('a future of 5 a point', () => {
  it.each(['sma-cross', 'both-ways', 'resting'])(
    '%s: has the orders, the fills and the money of a backtest',
    async (strategy) => {
      const future = { assetClass: 'future', multiplier: decimal('5') } as const;
      const { floor, id } = await begun(strategy, { instrument: future });
      while (floor.next < BARS.time.length) await play(floor);
      await expectTwin(floor, id, strategy === 'sma-cross' ? 1 : 10);
      const { run } = await floor.strategies.report(id);
      expect(run.fills).toBeGreaterThan(1);
      // The account of the venue counts by itself: 1,000,000 before, and what the run has earned.
      const { equity } = await floor.venue.balances(ACCOUNT);
      expect(Number(equity) - 1_000_000).toBeCloseTo(run.profit ?? Number.NaN, 1);
      expect(Math.abs(run.profit ?? 0)).toBeGreaterThan(100);
    },
  );

  it('is not traded without a multiplier', async () => {
    await expect(begun('sma-cross', { instrument: { multiplier: decimal('0') } })).rejects.toThrow(
      'instrument: SPX (equity, USD) has a multiplier of 0; without one that is above 0 nothing says what a unit is worth.',
    );
  });
});

describe('a process that is killed', () => {
  it.each(['both-ways', 'resting', 'moving', 'left-behind'])(
    '%s: at random writes, and resumed, gives the orders of a run that was never interrupted',
    async (strategy) => {
      const whole = await begun(strategy);
      while (whole.floor.next < 365) await play(whole.floor);
      const expected = sentBy(whole.floor);
      let kills = 0;
      const random = new Random(1);
      const { floor, id } = await begun(strategy);
      const revive = async (): Promise<void> => {
        while (floor.journal.dead) {
          kills += 1;
          await floor.afterDeath();
          await floor.strategies.resume(id);
          await floor.quiet();
          for (let i = 0; i < 5 && !floor.journal.dead; i += 1) {
            await floor.clock.pass(2_000);
            await floor.quiet();
          }
        }
      };
      while (floor.next < 365) {
        const bar = floor.take();
        for (const step of [
          () => floor.open(bar),
          () => floor.range(bar),
          async () => {
            await floor.finish(bar);
            floor.hear([bar]);
            await floor.quiet();
            if (!floor.journal.dead) await late(floor);
          },
        ]) {
          floor.journal.dies = (drafts) =>
            !drafts.some(isBar) && drafts.some(isOfRun) && random.uniform() < 0.2;
          await step();
          await revive();
        }
      }
      expect(sentBy(floor)).toEqual(expected);
      await expectTwin(floor, id);
      expect(kills).toBeGreaterThan(3);
    },
  );

  it('has its protection at the venue as soon as its entry has filled', async () => {
    const { floor, id } = await begun('resting');
    const open = () => floor.trading.log.ledger.open();
    while (open().length < 3) await floor.bar();
    expect(open().map(({ group }) => group?.role)).toEqual(['entry', 'stop-loss', 'take-profit']);
    const entry = open()[0]?.terms.limitPrice;
    await floor.close();
    // The entry fills while nobody is there: the venue has the exits.
    const price = Number(entry) - 0.01;
    await floor.venue.connect();
    floor.price(price);
    const standing = await floor.venue.openOrders(ACCOUNT);
    expect(standing.map(({ terms: { side, type, quantity } }) => [side, type, quantity])).toEqual([
      ['sell', 'stop', '10'],
      ['sell', 'limit', '10'],
    ]);
    await floor.venue.disconnect();
    await floor.start();
    await floor.strategies.resume(id);
    await floor.quiet();
    expect(await floor.strategies.get(id)).toMatchObject({ position: '10', openOrders: 2 });
    expect(open()).toHaveLength(2);
  });
});

function isBar({ body }: JournalDraft): boolean {
  return body.startsWith('{"type":"bar"');
}

function isOfRun({ kind, subject }: JournalDraft): boolean {
  return (
    (kind === 'strategy' && subject !== 'live-strategies') || kind === 'order' || kind === 'request'
  );
}
