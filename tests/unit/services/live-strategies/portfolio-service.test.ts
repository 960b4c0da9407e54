import { describe, expect, it, onTestFinished } from 'vitest';
import { Random } from '../../../../engine/backtest/random.ts';
import type { JournalDraft } from '../../../../engine/ports/journal.ts';
import type {
  LiveStrategyRequest,
  LiveStrategyView,
  OnExit,
} from '../../../../engine/protocol/live-strategy-schemas.ts';
import { markets, rotation } from '../../engine/live/portfolio-strategies.ts';
import { HERE } from './floor.ts';
import { PortfolioFloor, type PortfolioFloorOptions } from './portfolio-floor.ts';

const WARM_UP = 60;
const BARS = markets(false);
const IDS = ['AAA.TEST', 'BBB.TEST', 'CCC.TEST'];
const SETTINGS = {
  cash: 200_000,
  slippageBps: 2,
  commission: { percent: 0.05, perShare: 0, minimum: 1 },
} as const;
/** What eight digits after the point leave of the money. */
const ROUNDING = 0.01;

/** `rotation` as a user has it. */
const CODE = `export const strategy = {
  title: 'Rotation', description: '', portfolio: true, parameters: { part: { default: 0.45, min: 0.1, max: 0.5 } },
  create: ({ part }) => ({
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
      const chosen = ranked.slice(0, 2).map(({ symbol }) => [symbol, part]);
      context.setTargets(Object.fromEntries(chosen), { minTradeWeight: 0.03 });
    },
  }),
};`;

async function floorOf(change: Partial<PortfolioFloorOptions> = {}): Promise<PortfolioFloor> {
  const floor = await PortfolioFloor.open({
    bars: BARS,
    warmUp: WARM_UP,
    create: rotation,
    code: CODE,
    place: HERE,
    settings: SETTINGS,
    ...change,
  });
  onTestFinished(() => floor.end());
  return floor;
}

async function begin(floor: PortfolioFloor, change: Partial<LiveStrategyRequest> = {}) {
  const { id } = await floor.strategies.start(floor.request(change));
  await floor.quiet();
  return id;
}

async function playTo(floor: PortfolioFloor, end: number): Promise<void> {
  while (floor.next < end) await floor.moment();
}

/** Until something is held of two instruments. */
async function withPositions(change: Partial<PortfolioFloorOptions> = {}) {
  const floor = await floorOf(change);
  const id = await begin(floor);
  while (floor.next < 130 && floor.held().filter((units) => units > 0).length < 2) {
    await floor.moment();
  }
  expect(floor.held().filter((units) => units > 0)).toHaveLength(2);
  return { floor, id };
}

async function stop(floor: PortfolioFloor, id: string, onExit: OnExit): Promise<LiveStrategyView> {
  let over = false;
  const ended = floor.strategies.stop(id, onExit).finally(() => {
    over = true;
  });
  // The strategy thinks in real time, which takes as many steps of the clock as it takes.
  while (!over) {
    await floor.clock.pass(50);
    await floor.prices();
  }
  return ended;
}

function positions({ instruments = [] }: LiveStrategyView): number[] {
  return instruments.map(({ position }) => Number(position));
}

function isMoment({ body }: JournalDraft): boolean {
  return body.startsWith('{"type":"moments"');
}

function isOfRun({ kind, subject }: JournalDraft): boolean {
  return (
    (kind === 'strategy' && subject !== 'live-strategies') || kind === 'order' || kind === 'request'
  );
}

describe('a strategy of several instruments as a live strategy', () => {
  it('killed at random writes and resumed, it gives the orders of a run without a break', async () => {
    const end = 105;
    const { place: _, code: _text, ...built } = { place: HERE, code: CODE, settings: SETTINGS };
    const whole = await PortfolioFloor.open({
      ...built,
      bars: BARS,
      warmUp: WARM_UP,
      create: rotation,
    });
    onTestFinished(() => whole.end());
    await playTo(whole, end);
    const expected = whole.sent();
    expect(expected.length).toBeGreaterThan(6);

    const floor = await floorOf();
    const id = await begin(floor);
    expect(await floor.strategies.get(id)).toMatchObject({
      state: 'running',
      instrument: 'AAA.TEST',
      instruments: IDS.map((instrument) => ({ instrument, position: '0' })),
      parameters: { part: 0.45 },
      warmUp: WARM_UP,
      bars: 0,
      position: null,
    });
    // The file is changed while it runs: the run keeps the text that it was begun with.
    floor.text = CODE.replace('slice(0, 2)', 'slice(0, 1)');
    let kills = 0;
    const random = new Random(2);
    const revive = async (): Promise<void> => {
      while (floor.journal.dead) {
        kills += 1;
        await floor.afterDeath();
        expect((await floor.strategies.get(id)).state).toBe('interrupted');
        await floor.strategies.resume(id);
        await floor.quiet();
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
    expect(kills).toBeGreaterThan(2);
    expect(floor.sent()).toEqual(expected);
    const report = await floor.strategies.report(id);
    expect(Math.abs(report.drift.total)).toBeLessThan(ROUNDING);
    expect([report.missedBars, report.live.position]).toEqual([0, null]);
    expect(
      report.instruments?.map(({ instrument, live, model }) => [instrument, live, model]),
    ).toEqual(IDS.map((each, row) => [each, floor.held()[row], floor.held()[row]]));
    expect(new Set(report.orders.map(({ instrument }) => instrument))).toEqual(new Set(IDS));
    expect(positions(report.run)).toEqual(floor.held());
    expect(await floor.strategies.list()).toMatchObject([{ id, bars: end - WARM_UP }]);
    expect(floor.defects).toEqual([]);
  });

  it('bars that closed while nobody listened are taken and not traded', async () => {
    const { floor, id } = await withPositions();
    const held = floor.held();
    const from = floor.next;
    floor.journal.dies = () => true;
    await floor.moment();
    floor.next = from + 3;
    const closed = (floor.times[from + 2] as number) + 86_400_000;
    await floor.clock.pass(closed - floor.clock.now());
    await floor.afterDeath();
    await floor.strategies.resume(id);
    await floor.quiet();
    expect(await floor.strategies.get(id)).toMatchObject({
      state: 'running',
      bars: from + 3 - WARM_UP,
      lastBar: { mode: 'missed' },
    });
    expect(floor.held()).toEqual(held);
    await playTo(floor, from + 10);
    const { drift } = await floor.strategies.report(id);
    const { total, ...parts } = drift;
    expect(Object.values(parts).reduce((sum, part) => sum + part, 0)).toBeCloseTo(total, 5);
  });

  it.each(['keep', 'flatten'] as const)('ends with %s, of all its instruments', async (onExit) => {
    const { floor, id } = await withPositions();
    const before = floor.held();
    const run = await stop(floor, id, onExit);
    expect(run).toMatchObject({ state: 'stopped', openOrders: 0 });
    const after = onExit === 'flatten' ? [0, 0, 0] : before;
    expect([floor.held(), positions(run)]).toEqual([after, after]);
    expect(run.reason.includes('Its positions are still there')).toBe(onExit === 'keep');
    const { orders } = await floor.strategies.report(id);
    expect(orders.filter(({ tag }) => tag === 'run ended')).toHaveLength(onExit === 'keep' ? 0 : 2);
  });

  it('a run that was interrupted can be flattened', async () => {
    const { floor, id } = await withPositions();
    floor.journal.dies = () => true;
    await floor.moment();
    await floor.afterDeath();
    await stop(floor, id, 'flatten');
    expect(floor.held()).toEqual([0, 0, 0]);
    expect(await floor.strategies.get(id)).toMatchObject({ state: 'stopped' });
  });

  it('ends with the moment that closes at its end', async () => {
    const floor = await floorOf();
    const end = floor.times[WARM_UP + 4] as number;
    const id = await begin(floor, { end });
    await playTo(floor, WARM_UP + 8);
    const run = await floor.strategies.get(id);
    expect([run.state, run.bars]).toEqual(['stopped', 4]);
    expect(run.reason).toContain('Its end has come.');
  });

  it('a pause and its end, and the kill switch', async () => {
    const { floor, id } = await withPositions();
    expect(await floor.strategies.pause(id)).toMatchObject({ state: 'paused' });
    await floor.moment();
    expect(await floor.strategies.get(id)).toMatchObject({ lastBar: { mode: 'paused' } });
    expect(await floor.strategies.resume(id)).toMatchObject({ state: 'running' });
    await floor.trading.kill(false, 'test', 'kill-switch');
    await floor.quiet();
    await floor.clock.pass(1_000);
    const run = await floor.strategies.get(id);
    expect(run.state).toBe('stopped');
    expect(run.reason).toContain('Trading was halted (test).');
  });

  it('whose code fails is paused for good, and so is its twin', async () => {
    const at = WARM_UP + 12;
    const code = CODE.replace(
      'if (context.index % 5',
      `if (context.index === ${at}) throw new Error('no idea'); if (context.index % 5`,
    );
    const floor = await floorOf({ code });
    const id = await begin(floor);
    await playTo(floor, at + 2);
    const run = await floor.strategies.get(id);
    expect([run.state, run.openOrders]).toEqual(['paused', 0]);
    expect(run.reason).toContain('no idea');
    expect(floor.held().some((units) => units > 0)).toBe(true);
    await expect(floor.strategies.resume(id)).rejects.toThrow('has failed and cannot go on');
    const { orders, instruments } = await floor.strategies.report(id);
    expect(orders.map(({ why }) => why)).toEqual(orders.map(() => ''));
    expect(instruments?.map(({ model }) => model)).toEqual(floor.held());
    expect(floor.defects).toEqual([]);
  });
});

describe('what is refused, in one sentence', () => {
  const ONE = CODE.replace('portfolio: true, ', '');
  it.each<[string, Partial<PortfolioFloorOptions>, Partial<LiveStrategyRequest>, string]>([
    [
      'other currencies',
      { currencies: { BBB: 'EUR' } },
      {},
      'instruments: AAA.TEST is in USD and BBB.TEST in EUR; a live run takes instruments of one currency.',
    ],
    [
      'one that nobody knows',
      {},
      { instruments: ['AAA.TEST', 'NONE.TEST'] },
      'No source knows NONE.TEST.',
    ],
    [
      'one named twice',
      {},
      { instruments: ['AAA.TEST', 'BBB.TEST', 'AAA.TEST'] },
      'instruments: AAA.TEST is there twice; name each once.',
    ],
    [
      'a first that is another',
      {},
      { instrument: 'BBB.TEST' },
      'instruments: the first of them has to be the instrument of the run, BBB.TEST.',
    ],
    [
      'several for one',
      { code: ONE },
      {},
      'instruments: rotation trades one; name it as --instrument does.',
    ],
    ['wrong parameters', {}, { parameters: { part: 7 } }, 'part'],
  ])('%s', async (_name, options, change, message) => {
    const floor = await floorOf(options);
    const entries = floor.journal.entries.length;
    await expect(floor.strategies.start(floor.request(change))).rejects.toThrow(message);
    expect(floor.journal.entries).toHaveLength(entries);
    expect(await floor.strategies.list()).toEqual([]);
  });

  it('one for several', async () => {
    const floor = await floorOf();
    const { instruments: _, ...request } = floor.request();
    await expect(floor.strategies.start(request)).rejects.toThrow(
      'instruments: rotation trades several; name all of them, as --symbols SPY,QQQ does.',
    );
  });
});
