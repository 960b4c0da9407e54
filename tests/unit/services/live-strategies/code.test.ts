import { describe, expect, it, onTestFinished } from 'vitest';
import { LAYOUT } from '../../../../electron/layout.ts';
import { codeThreads } from '../../../../electron/services/live-strategies/code-thread.ts';
import { Random } from '../../../../engine/backtest/random.ts';
import type { JournalDraft } from '../../../../engine/ports/journal.ts';
import { CONTROL_LENGTH } from '../../../../engine/protocol/tasks.ts';
import { sliceColumns } from '../../../../engine/series/columns.ts';
import { playLivePortfolioTwin } from '../../../../workers/live-portfolio-twin.ts';
import { playLiveTwin } from '../../../../workers/live-twin.ts';
import { spx } from '../../engine/backtest/bars.ts';
import { BUSY } from '../../engine/live/code.ts';
import { ACCOUNT, Floor, ID, type FloorOptions } from './floor.ts';

const WARM_UP = 300;
const BARS = sliceColumns(spx(), 0, 520);
const COSTS = { slippageBps: 2, commission: { percent: 0.05, perShare: 0, minimum: 1 } } as const;
/** What the venue rounds: prices to eight places, money to four. */
const ROUNDING = 0.001;

async function floorOf(
  files: Readonly<Record<string, string>>,
  change: Partial<FloorOptions> = {},
): Promise<Floor> {
  const floor = await Floor.open({ bars: BARS, warmUp: WARM_UP, ...COSTS, ...change });
  onTestFinished(() => floor.end());
  for (const [name, text] of Object.entries(files)) floor.files.set(name, text);
  return floor;
}

async function begin(floor: Floor, strategy: string): Promise<string> {
  const { id } = await floor.strategies.start(floor.request(strategy));
  await floor.quiet();
  return id;
}

async function playTo(floor: Floor, end = BARS.time.length): Promise<void> {
  while (floor.next < end) await floor.bar();
}

function sentBy({ trading }: Floor): readonly string[] {
  return [...trading.log.ledger.all()].map(({ terms, tag, state, fills }) =>
    JSON.stringify([terms, tag, state, fills.map(({ quantity, price }) => [quantity, price])]),
  );
}

function held({ trading }: Floor): string {
  return trading.log.positions.get(ACCOUNT, ID)?.quantity ?? '0';
}

/** Stops and limits that work, with their prices. */
function works({ trading }: Floor): readonly (string | undefined)[] {
  return trading.log.ledger.open().map(({ terms }) => terms.stopPrice ?? terms.limitPrice);
}

describe('TypeScript on the paper venue', () => {
  it('gives the orders and fills of a backtest over the same bars', async () => {
    const floor = await floorOf({ busy: BUSY });
    const id = await begin(floor, 'busy');
    await playTo(floor);
    const report = await floor.strategies.report(id);
    expect(floor.defects).toEqual([]);
    expect(report.orders.length).toBeGreaterThan(20);
    for (const { live, model, why } of report.orders) {
      expect([live?.bar, live?.quantity, why]).toEqual([model?.bar, model?.quantity, '']);
      expect(live?.price).toBeCloseTo(model?.price ?? Number.NaN, 7);
    }
    for (const value of Object.values(report.drift)) expect(Math.abs(value)).toBeLessThan(ROUNDING);
    expect(report.run.position).toBe(held(floor));
    // Bars that history tells otherwise have a twin of their own.
    const close = BARS.close.slice();
    close[WARM_UP + 20] = (BARS.low[WARM_UP + 20] as number) - 200;
    floor.history = { ...BARS, close };
    const again = await floor.strategies.report(id);
    expect(again.corrected).toHaveLength(1);
    expect(again.drift.total).toBeCloseTo(again.live.equity - (again.history?.equity ?? 0), 6);
    expect(Math.abs(again.drift.data)).toBeGreaterThan(ROUNDING);
  });

  it('killed at random writes and resumed, it gives the orders of a run that was never interrupted', async () => {
    const end = 460;
    const whole = await floorOf({ busy: BUSY });
    await begin(whole, 'busy');
    await playTo(whole, end);
    const expected = sentBy(whole);
    expect(expected.length).toBeGreaterThan(20);
    let kills = 0;
    const random = new Random(1);
    const floor = await floorOf({ busy: BUSY });
    const id = await begin(floor, 'busy');
    // The file is changed while it runs: the run keeps the text that it was begun with.
    floor.files.set('busy', BUSY.replaceAll('bar.buy', 'bar.exit'));
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
        // A bar that was not written was not heard; everything else is to be taken up again.
        floor.journal.dies = (drafts) =>
          !drafts.some(isBar) && drafts.some(isOfRun) && random.uniform() < 0.03;
        await step();
        await revive();
      }
    }
    expect(sentBy(floor)).toEqual(expected);
    const report = await floor.strategies.report(id);
    expect(Math.abs(report.drift.total)).toBeLessThan(ROUNDING);
    expect(floor.defects).toEqual([]);
    expect(kills).toBeGreaterThan(5);
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

/** Buys at once and puts a stop and a dip below; these lines run on the fourth bar of the run. */
function failing(lines: string): string {
  return `export const strategy = { title: 'F', description: '', parameters: {},
create() {
  let stop = -1; let bars = 0;
  return {
    onBar(bar) {
      if (bar.warmingUp) return;
      bars += 1;
      if (bars === 1) bar.buy('in');
      if (bars === 3) bar.order({ side: 'buy', type: 'limit', limitPrice: bar.close.at() * 0.5, tag: 'dip' });
      if (bars !== 4) return;
      bar.cancelAll();
${lines}
    },
    onOrder(event, bar) {
      if (event.state === 'Filled' && event.side === 'buy')
        stop = bar.order({ side: 'sell', type: 'stop', stopPrice: event.price * 0.9, reduceOnly: true, tag: 'stop' });
    },
  };
} };`;
}

const SENTENCES: readonly (readonly [string, string, string])[] = [
  ['throws', `      null.length;`, 'throws.js, line 12: TypeError: cannot read property'],
  ['loops', `      for (;;) {}`, 'loops.js, line 11: the strategy did not return; look for a loop'],
  [
    'eats',
    `      const all = []; for (;;) all.push(new Float64Array(1e6));`,
    'the strategy used more than its 64 MB of memory',
  ],
  [
    'hangs',
    `      Array.prototype.includes.call({ length: 2 ** 52 }, 1);`,
    'hangs.js: the strategy did not return within 3 s and was ended; look for a loop',
  ],
];

describe('TypeScript that cannot run live is refused in one sentence', () => {
  const create = (lines: string): string =>
    `export const strategy = { title: 'R', description: '', parameters: { n: { default: 5, min: 1, max: 9 } },
validate: ({ n }) => (n < 8 ? undefined : 'n ' + n + ' must be less than 8.'),
create({ n }, setup) {
${lines}
  return { onBar(bar) { if (bar.index === 100) throw new Error('not on a hundred'); } };
} };`;

  it.each([
    [
      'other',
      `  setup.series('on("QQQ", close) + 1');`,
      {},
      'other.js, line 4: the series "on("QQQ", close) + 1" reads QQQ, and live runs take TypeScript strategies that read their own instrument alone.',
    ],
    [
      'counts',
      '  if (setup.barCount < 50) throw new Error("few");',
      {},
      'counts.js, line 4: RangeError: setup.barCount is of backtests alone: how many bars a live run will have is not known.',
    ],
    ['ahead', `  setup.indicator('sma', { timeperiod: 3 }).at(-1);`, {}, 'cannot be read'],
    ['finer', `  setup.series('tf("1h", close)');`, {}, '1h'],
    ['nothing', `  setup.indicator('nothing', {});`, {}, 'nothing.js, line 4: '],
    ['wrong', '', { n: 8 }, 'wrong: n 8 must be less than 8.'],
    ['warm', '', {}, 'warm.js, line 5: not on a hundred.'],
  ])('%s', async (name, lines, parameters, message) => {
    const floor = await floorOf({ [name]: create(lines) });
    const entries = floor.journal.entries.length;
    const start = floor.strategies.start(floor.request(name, { parameters }));
    await expect(start).rejects.toThrow(message);
    expect(floor.journal.entries).toHaveLength(entries);
    expect(await floor.strategies.list()).toEqual([]);
  });
});

describe('TypeScript that fails at work', () => {
  it.each(SENTENCES)(
    '%s: the run is paused, entries go, the stop stays, and everything else goes on',
    async (name, lines, sentence) => {
      const code = codeThreads({
        twin: (task) => playLiveTwin(task, new Int32Array(CONTROL_LENGTH)),
        portfolioTwin: (task) => playLivePortfolioTwin(task, new Int32Array(CONTROL_LENGTH)),
        workerUrl: LAYOUT.workerUrl,
        // The sandbox's own bound ends what it can look into, however slow the machine is.
        patience: name === 'hangs' ? 3_000 : 60_000,
      });
      const floor = await floorOf({ [name]: failing(lines) }, { code });
      const id = await begin(floor, name);
      await playTo(floor, WARM_UP + 3);
      const before = works(floor);
      expect(before).toHaveLength(2);
      await floor.bar();
      const run = await floor.strategies.get(id);
      expect(run).toMatchObject({ state: 'paused', position: '10', bars: 4, openOrders: 1 });
      expect(run.reason).toContain(sentence);
      expect(run.reason).toContain('stops and targets stay. Stop the run to end it.');
      // Nothing of the call that failed was done: the stop is where it was.
      const [stop] = works(floor);
      expect(before).toContain(stop);
      expect(floor.trading.log.ledger.open()).toMatchObject([{ tag: 'stop' }]);
      const told = floor.notices.filter(({ title }) => title.includes('its code has failed'));
      expect(told).toMatchObject([
        { level: 'error', title: `${name} is paused: its code has failed` },
      ]);
      await floor.bar();
      expect(works(floor)).toEqual([stop]);
      await expect(floor.strategies.resume(id)).rejects.toThrow(
        `the code of ${id} has failed and cannot go on`,
      );
      // Another start of the program finds it so, and does not let it fail once more.
      await floor.close();
      await floor.start();
      floor.price(BARS.close[floor.next - 1] as number);
      expect(await floor.strategies.resume(id)).toMatchObject({ state: 'paused', bars: 5 });
      await floor.quiet();
      expect(works(floor)).toEqual([stop]);
      const { orders, model } = await floor.strategies.report(id);
      expect(orders).toMatchObject([{ tag: 'in', why: '' }]);
      expect(model.position).toBe(10);
      const ended = floor.strategies.stop(id, 'flatten');
      for (let i = 0; i < 20; i += 1) {
        await floor.clock.pass(50);
        floor.price(BARS.close[floor.next - 1] as number);
        await floor.quiet();
      }
      expect(await ended).toMatchObject({ state: 'stopped', position: '0', openOrders: 0 });
      expect(held(floor)).toBe('0');
      expect(floor.defects).toEqual([]);
    },
  );
});
