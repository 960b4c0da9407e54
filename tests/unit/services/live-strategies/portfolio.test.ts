import { describe, expect, it, onTestFinished } from 'vitest';
import {
  BAR_PATIENCE,
  type StrategyRun,
} from '../../../../electron/services/live-strategies/strategy-run.ts';
import { Random } from '../../../../engine/backtest/random.ts';
import type { JournalDraft } from '../../../../engine/ports/journal.ts';
import type { OnExit } from '../../../../engine/protocol/live-strategy-schemas.ts';
import {
  brackets,
  longShort,
  markets,
  rotation,
  stopped,
} from '../../engine/live/portfolio-strategies.ts';
import { PortfolioFloor, type PortfolioFloorOptions } from './portfolio-floor.ts';

const WARM_UP = 60;
const END = 130;
const GAPS = markets(true);
const WHOLE = markets(false);
const SYMBOLS = Object.keys(WHOLE);
const SETTINGS = {
  cash: 200_000,
  slippageBps: 2,
  commission: { percent: 0.05, perShare: 0, minimum: 1 },
} as const;
/** What eight digits after the point leave of the money. */
const ROUNDING = 0.01;

async function floorOf(change: Partial<PortfolioFloorOptions> = {}): Promise<PortfolioFloor> {
  const floor = await PortfolioFloor.open({
    bars: WHOLE,
    warmUp: WARM_UP,
    create: rotation,
    ...change,
    settings: { ...SETTINGS, ...change.settings },
  });
  onTestFinished(() => floor.end());
  return floor;
}

async function playTo(floor: PortfolioFloor, end = END): Promise<void> {
  while (floor.next < end) await floor.moment();
}

describe('a run of several instruments through the order path', () => {
  it.each([
    ['rotation', { create: rotation }],
    ['rotation on days that some miss', { create: () => rotation(0.25), bars: GAPS }],
    ['long and short', { create: longShort, settings: { short: true } }],
    ['targets with stops', { create: stopped }],
    ['brackets', { create: brackets }],
  ] as const)('%s: the orders and fills of the portfolio backtest', async (_name, options) => {
    const floor = await floorOf(options);
    await playTo(floor);
    const report = floor.report();
    expect(report.orders.length).toBeGreaterThan(10);
    for (const { live, model, why, ...row } of report.orders) {
      expect([row, live?.bar, live?.quantity, why]).toEqual([row, model?.bar, model?.quantity, '']);
    }
    expect(Math.abs(report.drift.total)).toBeLessThan(ROUNDING);
    expect(floor.held()).toEqual(report.instruments.map(({ model }) => model));
    expect(floor.defects).toEqual([]);
    expect(floor.run.state).toBe('running');
  });

  it('sells before it buys, also where the account lends nothing', async () => {
    const floor = await floorOf({ accountCash: '200000' });
    await playTo(floor);
    const all = [...floor.trading.log.ledger.all()];
    expect(all.map(({ state }) => state)).toEqual(all.map(() => 'Filled'));
    expect(all.filter(({ terms }) => terms.side === 'sell').length).toBeGreaterThan(3);
    expect(Math.abs(floor.report().drift.total)).toBeLessThan(ROUNDING);
  });
});

/** `rotation` once more, as a user has it. */
const CODE = `export const strategy = {
  title: 'Rotation', description: '', portfolio: true, parameters: {},
  create: () => ({
    onBar(context) {
      if (context.index % 5 !== 0) return;
      const growth = (symbol) => {
        const { close } = context.instrument(symbol);
        return close.at() / close.at(20) - 1;
      };
      const ranked = context.symbols
        .map((symbol) => ({ symbol, by: growth(symbol) }))
        .filter(({ by }) => by > -0.02)
        .sort((a, b) => b.by - a.by);
      const chosen = ranked.slice(0, 2).map(({ symbol }) => [symbol, 0.45]);
      context.setTargets(Object.fromEntries(chosen), { minTradeWeight: 0.03 });
    },
  }),
};`;

describe('a strategy in code, which thinks in its sandbox', () => {
  it('has the orders of the same one that is part of the program', async () => {
    const code = await floorOf({ code: CODE });
    await playTo(code);
    const built = await floorOf();
    await playTo(built);
    expect(code.sent().length).toBeGreaterThan(10);
    expect(code.sent()).toEqual(built.sent());
    expect(Math.abs(code.report().drift.total)).toBeLessThan(ROUNDING);
  });

  it('whose code fails is paused, decides nothing more, and is so after a restart too', async () => {
    const at = WARM_UP + 12;
    const code = CODE.replace(
      'if (context.index % 5',
      `if (context.index === ${at}) throw new Error('no idea'); if (context.index % 5`,
    );
    const floor = await floorOf({ code });
    await playTo(floor, at + 1);
    const { run } = floor;
    expect([run.state, floor.states]).toEqual(['paused', ['paused']]);
    expect(run.reason).toContain('no idea');
    const [before, held] = [floor.sent(), floor.held()];
    expect(held.some((units) => units > 0)).toBe(true);
    await playTo(floor, at + 12);
    expect([floor.sent(), floor.held()]).toEqual([before, held]);
    floor.journal.dies = () => true;
    await floor.moment();
    await floor.afterDeath();
    expect(floor.core.times).toHaveLength(at + 12);
    expect(floor.core.legs.map(({ book }) => book.position)).toEqual(held);
    expect(floor.defects).toEqual([]);
  });
});

describe('interruptions', () => {
  it.each([
    ['rotation', { create: rotation }],
    ['rotation in code', { create: rotation, code: CODE }],
    ['targets with stops', { create: stopped }],
  ] as const)(
    '%s: killed at random writes and resumed, it gives the orders of a run without a break',
    async (_name, options) => {
      const end = 105;
      const whole = await floorOf(options);
      await playTo(whole, end);
      const expected = whole.sent();
      expect(expected.length).toBeGreaterThan(6);
      let kills = 0;
      for (const seed of 'code' in options ? [2] : [1, 2]) {
        const random = new Random(seed);
        const floor = await floorOf(options);
        const revive = async (): Promise<void> => {
          while (floor.journal.dead) {
            kills += 1;
            await floor.afterDeath();
            floor.run.begin();
            await floor.quiet();
            // The venue is asked what became of orders whose answers were lost.
            for (let i = 0; i < 5 && !floor.journal.dead; i += 1) {
              await floor.clock.pass(2_000);
              await floor.quiet();
            }
          }
        };
        while (floor.next < end) {
          for (const step of floor.steps()) {
            // A moment that was not written was not heard; everything else is to be taken up again.
            floor.journal.dies = (drafts) =>
              !drafts.some(isMoment) && drafts.some(isOfRun) && random.uniform() < 0.15;
            await step();
            await revive();
          }
        }
        expect(floor.sent()).toEqual(expected);
        const { drift, missedBars } = floor.report();
        expect(Math.abs(drift.total)).toBeLessThan(ROUNDING);
        expect([missedBars, floor.defects]).toEqual([0, []]);
      }
      expect(kills).toBeGreaterThan(2);
    },
  );
});

describe('moments that closed while nobody listened', () => {
  it('are taken and not traded, and stops are where they should be', async () => {
    const options = { create: stopped };
    const floor = await floorOf(options);
    while (floor.next < END && floor.held().every((units) => units === 0)) await floor.moment();
    const from = floor.next;
    const [before, held] = [floor.sent().length, floor.held()];
    floor.journal.dies = () => true;
    await floor.moment();
    await floor.afterDeath();
    // The day of the end and two more are over.
    floor.next = from + 3;
    const missed = [0, 1, 2].map((row) =>
      [from, from + 1, from + 2].flatMap((number) => {
        const found = floor
          .barsAt(number)
          .find(([seat]) => seat.instrument.symbol === SYMBOLS[row]);
        return found === undefined ? [] : [found[1]];
      }),
    );
    await floor.run.giveUpOld('The program had ended before it was sent.');
    floor.run.begin(missed);
    await floor.quiet();
    expect(floor.core.modes.slice(-3)).toEqual(['missed', 'missed', 'missed']);
    expect(floor.core.times).toHaveLength(from + 3);
    expect(floor.held()).toEqual(held);
    // Nothing was opened; the stops of what is held are there once each.
    const all = [...floor.trading.log.ledger.all()].slice(before);
    for (const { terms } of all) expect(terms).toMatchObject({ side: 'sell', type: 'stop' });
    const stops = floor.trading.log.ledger.open();
    expect(stops).toHaveLength(held.filter((units) => units > 0).length);
    await playTo(floor, from + 12);
    expect(floor.run.state).toBe('running');
    const { total, ...parts } = floor.report().drift;
    expect(Object.values(parts).reduce((sum, part) => sum + part, 0)).toBeCloseTo(total, 5);
  });
});

function isMoment({ body }: JournalDraft): boolean {
  return body.startsWith('{"type":"moments"');
}

function isOfRun({ kind, subject }: JournalDraft): boolean {
  return kind === 'order' || kind === 'request' || (kind === 'strategy' && subject === 'P1');
}

describe('bars that come late', () => {
  it('a moment waits for its last bar, and is taken without it after a while', async () => {
    const floor = await floorOf();
    await playTo(floor, WARM_UP + 3);
    const number = floor.next;
    const [opens, ranges] = floor.steps();
    await opens?.();
    await ranges?.();
    await floor.closes(number, ['BBB']);
    const taken = (): number => floor.core.times.length;
    expect(taken()).toBe(number);
    await floor.clock.pass(BAR_PATIENCE - 1);
    await floor.quiet();
    expect(taken()).toBe(number);
    await floor.clock.pass(2);
    await floor.quiet();
    expect(taken()).toBe(number + 1);
    expect(floor.core.modes.at(-1)).toBe('live');
    expect(floor.core.legs.map(({ tradable }) => tradable)).toEqual([true, false, true]);
    // What comes for it then is not taken any more.
    await floor.closes(number);
    expect(taken()).toBe(number + 1);
    await playTo(floor, number + 10);
    expect(floor.core.legs.map(({ bars }) => bars.length)).toEqual([
      number + 10,
      number + 9,
      number + 10,
    ]);
    // The twin has the bars that were seen.
    expect(Math.abs(floor.report().drift.total)).toBeLessThan(ROUNDING);
  });

  it('of moments that come in one piece the last alone is traded', async () => {
    const floor = await floorOf();
    await playTo(floor, WARM_UP + 4);
    const number = floor.next;
    floor.next += 2;
    for (const [row, symbol] of SYMBOLS.entries()) {
      const bars = [number, number + 1].map(
        (each) => floor.barsAt(each).find(([seat]) => seat.instrument.symbol === symbol)?.[1],
      );
      floor.run.hear(
        row,
        bars.filter((bar) => bar !== undefined),
      );
    }
    await floor.quiet();
    expect(floor.core.modes.slice(-2)).toEqual(['missed', 'live']);
  });
});

describe('the end of a run', () => {
  async function withPositions(): Promise<PortfolioFloor> {
    const floor = await floorOf({ create: stopped });
    while (floor.next < END && floor.held().filter((units) => units > 0).length < 2) {
      await floor.moment();
    }
    return floor;
  }

  async function stop(floor: PortfolioFloor, onExit: OnExit): Promise<StrategyRun> {
    const ended = floor.run.stop(onExit, 'Stopped.');
    for (let i = 0; i < 20; i += 1) {
      await floor.clock.pass(50);
      await floor.prices();
    }
    await ended;
    return floor.run;
  }

  it.each(['keep', 'cancel', 'flatten'] as const)('%s, of all its instruments', async (onExit) => {
    const floor = await withPositions();
    const before = floor.held();
    const working = floor.trading.log.ledger.open().length;
    expect(working).toBeGreaterThan(1);
    const run = await stop(floor, onExit);
    expect(run.state).toBe('stopped');
    expect(floor.held()).toEqual(onExit === 'flatten' ? [0, 0, 0] : before);
    expect(floor.trading.log.ledger.open()).toHaveLength(onExit === 'keep' ? working : 0);
    expect(run.reason.includes('Its positions are still there')).toBe(onExit !== 'flatten');
    expect(floor.states.slice(-2)).toEqual(['stopping', 'stopped']);
    const { drift } = floor.report();
    const { total, ...parts } = drift;
    expect(Object.values(parts).reduce((sum, part) => sum + part, 0)).toBeCloseTo(total, 5);
  });

  it('a pause opens nothing, and goes on when it is over', async () => {
    const floor = await floorOf();
    await floor.run.setState('paused', '');
    const before = floor.sent().length;
    await playTo(floor, WARM_UP + 15);
    expect(floor.sent()).toHaveLength(before);
    expect(floor.core.missed.length).toBeGreaterThan(0);
    await floor.run.setState('running', '');
    await playTo(floor, WARM_UP + 30);
    expect(floor.sent().length).toBeGreaterThan(before);
  });

  it('what was decided before a break is not sent after it, also where it waits for money', async () => {
    const floor = await floorOf();
    while (floor.next < END && floor.core.waiting.length === 0) await floor.moment();
    expect(floor.core.waiting.length).toBeGreaterThan(0);
    await floor.run.giveUpOld('The program had ended before it was sent.');
    expect(floor.core.waiting).toEqual([]);
    const last = floor.core.orders().at(-1);
    expect(last).toMatchObject({ fills: [], reason: 'The program had ended before it was sent.' });
  });
});
