import { describe, expect, it } from 'vitest';
import { runPortfolio } from '../../../../engine/backtest/portfolio-run.ts';
import type { PortfolioContext } from '../../../../engine/backtest/portfolio-types.ts';
import { Random } from '../../../../engine/backtest/random.ts';
import type { BarColumns } from '../../../../engine/domain/bar.ts';
import { decimal } from '../../../../engine/domain/decimal.ts';
import type { Drift } from '../../../../engine/live/drift.ts';
import type { PortfolioDriftReport } from '../../../../engine/live/portfolio-drift.ts';
import type { PortfolioEvent, PortfolioWanted } from '../../../../engine/live/portfolio-types.ts';
import { sliceColumns } from '../../../../engine/series/columns.ts';
import { barOfRow } from '../../../../engine/series/live-bars.ts';
import { barsOf, type Row } from '../backtest/bars.ts';
import {
  brackets,
  DAYS,
  longShort,
  markets,
  rotation,
  single,
  stopped,
  type Bars,
} from './portfolio-strategies.ts';
import { PortfolioStage, type PortfolioStageOptions, type Played } from './portfolio-stage.ts';

const WARM_UP = 60;
const COSTS = { slippageBps: 2, commission: { percent: 0.05, perShare: 0, minimum: 1 } } as const;

const WHOLE = markets(false);
const GAPS = markets(true);

const PLAYED: readonly (readonly [string, () => Played, Bars])[] = [
  ['rotation', rotation, WHOLE],
  // What it asks for does not need the money of an instrument without a bar.
  ['rotation of a part', () => rotation(0.25), GAPS],
  ['long and short', longShort, WHOLE],
  ['targets with stops', stopped, GAPS],
  ['orders', single, GAPS],
  ['brackets', brackets, GAPS],
];

function stage(create: () => Played, change: Partial<PortfolioStageOptions> = {}): PortfolioStage {
  return new PortfolioStage({
    create,
    bars: WHOLE,
    warmUp: WARM_UP,
    ...change,
    settings: { cash: 1_000_000, short: true, lotSize: 1, ...COSTS, ...change.settings },
  });
}

function parts({ drift }: { readonly drift: Drift }): Drift {
  const round = ([name, value]: [string, number]): [string, number] => [
    name,
    Math.round(value * 1e5) / 1e5 + 0,
  ];
  return Object.fromEntries(Object.entries(drift).map(round)) as unknown as Drift;
}

const ZERO = { data: 0, timing: 0, price: 0, fees: 0, size: 0, missed: 0, total: 0 };

/** The parts make the whole, for each order, trade and instrument, and for the run. */
function expectSound(report: PortfolioDriftReport): void {
  const { orders, trades, instruments } = report;
  for (const { drift } of [...orders, ...trades, ...instruments, report]) {
    const { total, ...rest } = drift;
    expect(Object.values(rest).reduce((sum, value) => sum + value, 0)).toBeCloseTo(total, 5);
  }
  const other = report.history ?? report.model;
  expect(report.live.equity - other.equity).toBeCloseTo(report.drift.total, 5);
  const all = (of: readonly { readonly drift: Drift }[]): number =>
    of.reduce((sum, { drift }) => sum + drift.total, 0);
  expect(all(instruments)).toBeCloseTo(all(orders), 5);
  expect(all(trades)).toBeCloseTo(all(orders), 5);
}

describe('a live portfolio beside its twin', () => {
  it.each(PLAYED)('%s: the orders and fills of the portfolio backtest', (_name, create, bars) => {
    const played = stage(create, { bars });
    const report = played.play();
    expect(report.orders.length).toBeGreaterThan(40);
    for (const { live, model, why, ...row } of report.orders) {
      expect([row, live?.bar, why]).toEqual([row, model?.bar, '']);
      expect(live?.quantity).toBeCloseTo(model?.quantity ?? Number.NaN, 9);
      expect(live?.price).toBeCloseTo(model?.price ?? Number.NaN, 9);
    }
    expect(parts(report)).toEqual(ZERO);
    expectSound(report);
    // The backtest itself, as it is run otherwise.
    const batch = runPortfolio(
      {
        settings: { ...played.settings, currency: 'USD', warmUp: WARM_UP },
        instruments: Object.entries(bars).map(([symbol, each]) => ({ symbol, bars: each })),
      },
      create,
    );
    expect(report.live.equity).toBeCloseTo(batch.equity.at(-1) as number, 5);
    const filled = batch.orders.state.filter((state) => state === 'Filled').length;
    expect(report.orders.filter(({ live }) => live !== null)).toHaveLength(filled);
    const traded = new Set(report.orders.map(({ instrument }) => instrument));
    expect(traded.size).toBe(3);
  });

  it.each([
    ['rotation', rotation],
    ['long and short', longShort],
    ['targets with stops', stopped],
  ])('%s of units that are worth 5 a point: the same', (_name, create) => {
    const report = stage(create, { multiplier: 5 }).play();
    expect(report.orders.length).toBeGreaterThan(30);
    for (const { live, model, why, ...row } of report.orders) {
      expect([row, live?.bar, live?.quantity, why]).toEqual([row, model?.bar, model?.quantity, '']);
    }
    expect(parts(report)).toEqual(ZERO);
    expectSound(report);
    // A fifth of the units is the same money.
    const [one] = report.orders;
    const [plain] = stage(create).play().orders;
    expect(one?.live?.quantity).toBe(Math.floor((plain?.live?.quantity ?? 0) / 5));
  });

  it.each(PLAYED)(
    '%s: begun anew of its inputs, it sends the same orders',
    (_name, create, bars) => {
      const whole = stage(create, { bars });
      const report = whole.play();
      for (const seed of [1, 2]) {
        const random = new Random(seed);
        let restarts = 0;
        const broken = stage(create, {
          bars,
          restarts: () => {
            const now = random.uniform() < 0.04;
            if (now) restarts += 1;
            return now;
          },
        });
        const again = broken.play();
        expect(restarts).toBeGreaterThan(4);
        expect(broken.sent).toEqual(whole.sent);
        expect(again.orders).toEqual(report.orders);
      }
    },
  );
});

/** Two instruments whose prices do not move. */
function quiet(): Bars {
  const flat = (price: number): Row[] =>
    Array.from({ length: 12 }, () => [price, price, price, price]);
  return { AAA: barsOf(flat(100)), BBB: barsOf(flat(50)) };
}

/** Says on some moments what it wants. */
function scripted(script: Readonly<Record<number, (context: PortfolioContext) => void>>): Played {
  return { onBar: (context) => script[context.index]?.(context) };
}

const PLAIN = { cash: 10_000, slippageBps: 0, commission: { percent: 0, perShare: 0, minimum: 0 } };

describe('sells before buys', () => {
  const turn = (): Played =>
    scripted({
      2: (context) => context.setTargets({ AAA: 1 }),
      4: (context) => context.setTargets({ BBB: 1 }),
    });

  it('a purchase that needs the money of a sale waits for it', () => {
    const wanted: string[][] = [];
    const played = stage(turn, {
      bars: quiet(),
      warmUp: 2,
      settings: PLAIN,
      after: (run) => {
        wanted.push(
          run.wanted().map(({ instrument, wanted: { side, terms } }) => {
            return `${side} ${terms?.quantity} of ${instrument}`;
          }),
        );
      },
    });
    const report = played.play();
    // At the close of the fourth moment the sale alone is wanted: it is what pays for the purchase.
    expect(wanted[2]).toEqual(['sell 100 of 0']);
    expect(played.sent.map((each) => each.slice(0, 5))).toEqual(['0 0.0', '0 1.0', '1 0.0']);
    expect(parts(report)).toEqual(ZERO);
    expect(report.orders.map(({ live, instrument }) => [instrument, live?.quantity])).toEqual([
      [0, 100],
      [0, 100],
      [1, 200],
    ]);
  });

  it('waits longer where the sale does, and says that it was later than the model', () => {
    const bars = quiet();
    const rows = [0, 1, 2, 3, 4, 6, 7, 8, 9, 10, 11];
    const without = Object.fromEntries(
      Object.entries(bars['AAA'] as BarColumns).map(([name, column]) => [
        name,
        Float64Array.from(rows, (row) => (column as Float64Array)[row] as number),
      ]),
    ) as unknown as BarColumns;
    const report = stage(turn, {
      bars: { ...bars, AAA: without },
      warmUp: 2,
      settings: PLAIN,
    }).play();
    // The model has no money at the fifth open, and denies the purchase.
    const purchase = report.orders.find(({ instrument }) => instrument === 1);
    expect(purchase).toMatchObject({ live: { bar: 6, quantity: 200 }, model: null });
    expectSound(report);
  });

  it('is made smaller where the sale was refused', () => {
    const report = stage(turn, {
      bars: quiet(),
      warmUp: 2,
      settings: { ...PLAIN, cash: 10_500 },
      refuses: ({ wanted }, moment) => wanted.exit && moment < 8,
    }).play();
    const bought = report.orders.filter(({ instrument }) => instrument === 1);
    // Of 10,500 the first target took 105 units, which leaves nothing.
    expect(bought).toMatchObject([{ live: null, why: 'It needs more money than there is.' }]);
    expect(report.instruments.map(({ live, model }) => [live, model])).toEqual([
      [0, 0],
      [0, 210],
    ]);
    expectSound(report);
  });

  it('is not gone for any more when that is said, nor when there are other targets', () => {
    const told: string[] = [];
    const create = (): Played => ({
      onBar: turn().onBar,
      onOrder: ({ symbol, state }) => told.push(`${symbol} ${state}`),
    });
    const played = stage(create, { bars: quiet(), warmUp: 2, settings: PLAIN });
    const { run } = played;
    const times = played.times;
    for (let moment = 2; moment < 5; moment += 1) {
      run.moment(
        times[moment] as number,
        [0, 1].map((row) => barOf(row, moment)),
        'live',
      );
      const [sale] = run.wanted();
      if (moment === 4) expect([sale?.wanted.exit, run.waiting.length]).toEqual([true, 1]);
      else if (sale !== undefined) run.tell(filled(sale, '100'));
    }
    run.tell({ kind: 'give-up', reason: 'It is over.' });
    expect(run.waiting).toEqual([]);
    expect(told).toEqual(['AAA Filled', 'BBB Canceled']);
    expect(run.orders().at(-1)).toMatchObject({ instrument: 1, bar: 4, reason: 'It is over.' });
  });

  function barOf(row: number, moment: number) {
    return barOfRow(Object.values(quiet())[row] as BarColumns, moment);
  }
});

describe('what is not as the backtest has it', () => {
  it('missed: an order that the venue refused, for its instrument alone', () => {
    const clean = stage(rotation).play();
    const [first] = clean.orders;
    const report = stage(rotation, {
      refuses: ({ instrument, wanted }, moment) =>
        !wanted.exit && instrument === first?.instrument && moment <= first.bar,
    }).play();
    expect(report.orders.find(({ live }) => live === null)).toMatchObject({
      instrument: first?.instrument,
      why: 'no',
    });
    expect(report.drift.missed).not.toBe(0);
    expectSound(report);
  });

  it('size: purchases that the money at the opens does not reach for', () => {
    const report = stage(() => rotation(0.5)).play();
    const { size, fees, total, ...others } = parts(report);
    expect(size).not.toBe(0);
    expect(total).toBeCloseTo(size + fees + others.missed, 4);
    expect(others).toMatchObject({ data: 0, timing: 0, price: 0 });
    expectSound(report);
  });

  it('data: a bar of one instrument that history tells otherwise', () => {
    const played = stage(rotation);
    const before = played.play();
    const close = (WHOLE['BBB'] as BarColumns).close.slice();
    const at = before.orders.find(({ bar }) => bar > WARM_UP)?.bar ?? 0;
    close[at] = (close[at] as number) * 0.8;
    const told = { ...(WHOLE['BBB'] as BarColumns), close };
    const history = [null, sliceColumns(told, WARM_UP, DAYS), null];
    const report = played.report({ history });
    expect(report.corrected).toMatchObject([{ instrument: 1, time: told.time[at] }]);
    expect(report.drift.data).not.toBe(0);
    expect(report.drift.total).toBeCloseTo(report.drift.data, 5);
    expectSound(report);
  });

  it.each(['missed', 'paused'] as const)('%s moments: nothing is opened', (mode) => {
    const away = (moment: number): boolean => moment % 40 < 12;
    const report = stage(rotation, {
      mode: (moment) => (away(moment) ? mode : 'live'),
      refuses: (_wanted, moment) => {
        expect(away(moment)).toBe(false);
        return false;
      },
    }).play();
    expect(report.missedDecisions).toBeGreaterThan(3);
    expect(report.missedBars).toBeGreaterThan(50);
    expectSound(report);
  });
});

describe('the end of a run', () => {
  it.each([false, true])('flatten: %s', (flatten) => {
    const played = stage(
      () =>
        scripted({
          2: (context) => context.setTargets({ AAA: 0.5, BBB: 0.4 }),
          10: (context) =>
            context.order('AAA', { side: 'sell', type: 'limit', limitPrice: 120, quantity: 10 }),
        }),
      { bars: quiet(), warmUp: 2, settings: PLAIN },
    );
    played.play();
    const { run } = played;
    expect(run.legs.map(({ book }) => book.position)).toEqual([50, 80]);
    run.tell({ kind: 'close', flatten });
    const left = run.wanted().filter(({ wanted }) => wanted.terms !== null);
    expect(left.map(({ instrument, wanted: { terms, tag } }) => [instrument, terms, tag])).toEqual(
      flatten
        ? [
            [0, expect.objectContaining({ side: 'sell', quantity: 50 }), 'run ended'],
            [1, expect.objectContaining({ side: 'sell', quantity: 80 }), 'run ended'],
          ]
        : [],
    );
    // The strategy has no say any more.
    run.moment(1e15, [null, null], 'live');
    for (const { instrument, wanted } of run.wanted()) {
      if (wanted.terms === null) continue;
      run.tell(filled({ instrument, wanted }, String(wanted.terms.quantity)));
    }
    expect(run.legs.map(({ book }) => book.position)).toEqual(flatten ? [0, 0] : [50, 80]);
  });
});

describe('what cannot be', () => {
  it.each([
    ['an instrument that is not there', (c: PortfolioContext) => c.setTargets({ ZZZ: 1 }), 'ZZZ'],
    ['a weight that is none', (c: PortfolioContext) => c.setTargets({ AAA: Number.NaN }), 'NaN'],
    ['an order of another instrument', (c: PortfolioContext) => c.cancelAll('ZZZ'), 'ZZZ'],
  ])('%s', (_name, work, message) => {
    const played = stage(() => scripted({ 3: work }), { bars: quiet(), warmUp: 2 });
    expect(() => played.play()).toThrow(message);
  });

  it('orders that fill at the close that they are decided on', () => {
    expect(() => stage(rotation, { settings: { fill: 'same-close' } })).toThrow('same-close');
  });
});

function filled({ instrument, wanted }: PortfolioWanted, quantity: string): PortfolioEvent {
  const { slot, attempt } = wanted;
  return {
    kind: 'order',
    instrument,
    event: {
      kind: 'fill',
      slot,
      attempt,
      trade: `${instrument} ${slot} ${attempt}`,
      quantity: decimal(quantity),
      price: decimal('100'),
      commission: null,
      done: true,
    },
  };
}
