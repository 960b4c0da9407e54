import { describe, expect, it } from 'vitest';
import { runStrategy } from '../../engine/backtest/run.ts';
import type { StrategyDefinition } from '../../engine/backtest/strategy.ts';
import { buyAndHoldEquity } from '../../engine/backtest/benchmark.ts';
import type { AdjustmentEvent } from '../../engine/domain/adjustments.ts';
import { DEFAULT_SETTINGS } from '../../engine/domain/backtest.ts';
import type { BarColumns } from '../../engine/domain/bar.ts';
import { RenataError } from '../../engine/domain/errors.ts';
import { DAY, flatBars, randomWalk, simulate } from '../unit/engine/backtest/bars.ts';
import type { PortfolioSettings } from '../../engine/backtest/portfolio-types.ts';
import type { Instruction } from '../unit/engine/backtest/naive/exchange.ts';
import { ledgerOf, worthOf, type Page } from '../unit/engine/backtest/naive/ledger.ts';
import { obey, played, scriptOf } from '../unit/engine/backtest/naive/scripts.ts';
import { portfolio, run } from '../unit/engine/backtest/naive/portfolios.ts';
import { fc } from '../support/properties.ts';

/** Cases of each property; some thousands were run before this was written down. */
const RUNS = 300;

const near = (mine: number, theirs: number, scale = 1): boolean =>
  Object.is(mine, theirs) || Math.abs(mine - theirs) <= 1e-8 * Math.max(scale, Math.abs(theirs));

/** What equity is above what has to be kept, each page at a price. */
function spareOf(
  pages: readonly Page[],
  cash: number,
  maintenance: (page: Page) => number,
  price: (page: Page) => number,
): number {
  let sum = cash;
  for (const page of pages) {
    if (page.units === 0) continue;
    const value = page.units * price(page) * worthOf(page);
    sum += value - Math.abs(value) * maintenance(page);
  }
  return sum;
}

const here = (page: Page, column: 'open' | 'high' | 'low'): number =>
  page.bar < 0 ? page.mark : (page.instrument.bars[column][page.bar] as number);

/** Every few bars a market order for nearly as much as the money of an instrument's part carries. */
function lever(
  { close }: BarColumns,
  row: number,
  count: number,
  { cash, margin }: PortfolioSettings,
): Instruction[][] {
  const most = (0.9 * cash) / (count * (margin?.initial ?? 1));
  return Array.from(close, (price, bar): Instruction[] => {
    if (bar % 5 !== row) return [];
    const side = Math.floor(price * 1_000) % 2 === 0 ? 'buy' : 'sell';
    const quantity = most / (price * (row === 2 ? 5 : 1) * (row === 1 ? 1.4 : 1));
    return [{ kind: 'order', request: { side, quantity } }];
  });
}

describe('a second set of books agrees', () => {
  it('on the cash and the equity of every moment, and with the trades', () => {
    const seen = { fills: 0, interest: 0, carried: 0 };
    fc.assert(
      fc.property(portfolio, (drawn) => {
        const result = run(drawn);
        const { instruments, given } = drawn;
        const scale = given.cash;
        const entries = ledgerOf(instruments, given, result);
        expect(entries.length).toBe(result.time.length);
        for (const { moment, cash, equity, pages } of entries) {
          expect(result.cash[moment]).toSatisfy((x: number) => near(x, cash, scale));
          expect(result.equity[moment]).toSatisfy((x: number) => near(x, equity, scale));
          let gross = 0;
          for (const page of pages) {
            const value = page.units === 0 ? 0 : page.units * page.mark * worthOf(page);
            gross += Math.abs(value);
            expect(result.values[page.row]?.[moment]).toSatisfy((x: number) =>
              near(x, value, scale),
            );
          }
          expect(result.gross[moment]).toSatisfy((x: number) => near(x, gross, scale));
        }
        // What the account has gained is what its trades have, less the interest, which is of none.
        const earned = result.trades.pnl.reduce((sum, pnl) => sum + pnl, 0);
        const gained = (result.equity.at(-1) ?? given.cash) - given.cash;
        expect(gained).toSatisfy((x: number) => near(x, earned - result.interest, scale));
        seen.fills += result.fills.count;
        seen.interest += Number(result.interest > 0);
        seen.carried += Number(result.trades.carry !== undefined);
      }),
      { numRuns: RUNS },
    );
    expect(seen.fills).toBeGreaterThan(RUNS * 5);
    expect(seen.interest).toBeGreaterThan(RUNS / 50);
    expect(seen.carried).toBeGreaterThan(RUNS / 4);
  });

  it('on when a portfolio had to be liquidated, and where', () => {
    const seen = { kept: 0, open: 0, inside: 0, cut: 0 };
    fc.assert(
      fc.property(portfolio, (drawn) => {
        // Without costs the equity at a liquidation is known from its prices.
        const commission = { percent: 0, perShare: 0, minimum: 0 };
        const margin = drawn.given.margin ?? { initial: 0.2, maintenance: 0.15 };
        const given = {
          ...drawn.given,
          commission,
          margin,
          slippageBps: 0,
          short: true,
          warmUp: 0,
        };
        const { instruments } = drawn;
        const scripts = instruments.map(({ bars }, row) =>
          lever(bars, row, instruments.length, given),
        );
        const result = run({ instruments, scripts, given });
        const kept = ({ instrument }: Page): number =>
          (instrument.margin ?? given.margin ?? { maintenance: 0 }).maintenance;
        for (const entry of ledgerOf(instruments, given, result)) {
          const { before, cashBefore, fills, moment } = entry;
          const held = before.filter(({ units, bar }) => units !== 0 && bar >= 0);
          if (held.length === 0 || (result.ruinedAt ?? Infinity) <= moment) continue;
          const orders = fills.map((fill) => result.fills.order[fill] as number);
          const worst = spareOf(before, cashBefore, kept, (page) =>
            here(page, page.units > 0 ? 'low' : 'high'),
          );
          if (fills.length === 0) {
            // Nothing happened, so nothing had to: even with every price at its worst there was enough.
            expect(worst).toBeGreaterThan(-1e-8 * given.cash);
            seen.kept += 1;
            continue;
          }
          if (!orders.every((order) => result.orders.tag[order] === 'liquidation')) continue;
          if (result.orders.placedBar[orders[0] as number] !== moment) continue;
          expect(worst).toBeLessThan(1e-8 * given.cash);
          const first = new Map<number, number>();
          for (const [k, order] of orders.entries()) {
            const row = result.orders.instrument?.[order] as number;
            const price = result.fills.price[fills[k] as number] as number;
            if (!first.has(row)) first.set(row, price);
          }
          const ticks = held.some(({ instrument }) => (instrument.tickSize ?? 0) > 0);
          const spare = spareOf(
            before,
            cashBefore,
            kept,
            (page) => first.get(page.row) ?? here(page, 'open'),
          );
          const atOpen = spareOf(before, cashBefore, kept, (page) => here(page, 'open'));
          if (first.size < held.length || ticks) continue;
          if (atOpen <= 0) {
            for (const page of held) expect(first.get(page.row)).toBe(here(page, 'open'));
            seen.open += 1;
          } else {
            expect(Math.abs(spare)).toBeLessThan(1e-6 * given.cash);
            seen.inside += 1;
          }
          if (entry.pages.some(({ units }) => units !== 0)) seen.cut += 1;
        }
      }),
      { numRuns: RUNS * 2 },
    );
    expect(seen.kept).toBeGreaterThan(RUNS);
    expect(seen.inside).toBeGreaterThan(20);
    expect(seen.open).toBeGreaterThan(5);
    expect(seen.cut).toBeGreaterThan(5);
  });

  it('on a portfolio of one, which is a run of that instrument', () => {
    let fills = 0;
    let liquidated = 0;
    fc.assert(
      fc.property(portfolio, fc.boolean(), (drawn, leveraged) => {
        const [instrument] = drawn.instruments;
        if (instrument === undefined) return;
        const { events = [], bars } = instrument;
        const given = { ...drawn.given, liquidation: 'all' as const };
        const script = leveraged ? lever(bars, 0, 1, given) : (drawn.scripts[0] ?? []);
        const many = run({ instruments: [instrument], scripts: [script], given });
        const { simulation, equity } = played(bars, given, events, script);
        const one = simulation.orders.toColumns();
        const { instrument: _, ...orders } = many.orders;
        // The columns that not every run needs are there in both or in one of them.
        for (const name of Object.keys(one) as (keyof typeof orders)[]) {
          expect(orders[name]).toEqual(one[name]);
        }
        expect(many.fills).toEqual(simulation.orders.allFills());
        expect([...many.equity]).toEqual(equity);
        expect(many.ruinedAt).toBe(simulation.ruinedAt);
        fills += many.fills.count;
        liquidated += one.tag.filter((tag) => tag === 'liquidation').length;
      }),
      { numRuns: RUNS },
    );
    expect(fills).toBeGreaterThan(RUNS * 4);
    expect(liquidated).toBeGreaterThan(10);
  });

  it('whatever the order of the instruments, as long as the money suffices', () => {
    let fills = 0;
    fc.assert(
      fc.property(portfolio, (drawn) => {
        const count = drawn.instruments.length;
        if (count < 2) return;
        // With money for everything no fill depends on the one before; row 51 says who is first without.
        const size = { kind: 'quantity', quantity: 3 } as const;
        const given = { ...drawn.given, cash: 1e9, size, borrowRate: 0, debitRate: 0 };
        const there = run({ ...drawn, given });
        const back = run({
          instruments: drawn.instruments.toReversed(),
          scripts: drawn.scripts.toReversed(),
          given,
        });
        const of = (result: typeof there, row: number) =>
          Array.from({ length: result.fills.count }, (_, fill) => fill)
            .filter((fill) => result.orders.instrument?.[result.fills.order[fill] ?? 0] === row)
            .map((fill) => [
              result.fills.bar[fill],
              result.fills.quantity[fill],
              result.fills.price[fill],
              result.fills.commission[fill],
            ]);
        for (let row = 0; row < count; row += 1) {
          expect(of(back, count - 1 - row)).toEqual(of(there, row));
        }
        there.equity.forEach((value, i) =>
          expect(back.equity[i]).toSatisfy((x: number) => near(x, value, 1e9)),
        );
        fills += there.fills.count;
      }),
      { numRuns: RUNS / 2 },
    );
    expect(fills).toBeGreaterThan(RUNS);
  });
});

describe('a split or a dividend', () => {
  const happened = fc.record({
    kind: fc.constantFrom('split' as const, 'dividend' as const),
    ratio: fc.constantFrom(2, 3, 7, 1.5, 0.5, 0.125, 0.3),
    amount: fc.double({ min: 0.01, max: 60, noNaN: true }),
    units: fc.double({ min: 0.5, max: 90, noNaN: true }),
    side: fc.constantFrom('buy' as const, 'sell' as const),
    lotSize: fc.constantFrom(0, 1),
  });

  it('leaves the value as it was when the price follows it', () => {
    fc.assert(
      fc.property(happened, ({ kind, ratio, amount, units, side, lotSize }) => {
        const after = kind === 'split' ? 100 / ratio : 100 - amount;
        const bars = flatBars([100, 100, 100, after, after]);
        const day = 3 * DAY;
        const event: AdjustmentEvent =
          kind === 'split' ? { kind, day, ratio } : { kind, day, amount, referencePrice: null };
        const quantity = Math.ceil(units);
        const simulation = simulate(
          bars,
          { cash: 10_000, short: true, lotSize },
          (context) => {
            if (context.index === 0) context.order({ side, quantity });
          },
          undefined,
          { events: [event] },
        );
        expect(simulation.equity).toBeCloseTo(10_000, 8);
        const held = (side === 'buy' ? 1 : -1) * quantity * (kind === 'split' ? ratio : 1);
        const whole = lotSize === 0 ? held : Math.trunc(held + Math.sign(held) * 1e-9);
        expect(simulation.position).toBeCloseTo(whole, 8);
        const trades = simulation.trades.toColumns();
        expect(trades.pnl.reduce((sum, pnl) => sum + pnl, 0)).toBeCloseTo(0, 7);
        const held2 = buyAndHoldEquity(bars, { ...DEFAULT_SETTINGS, lotSize }, { events: [event] });
        expect(held2.at(-1)).toBeCloseTo(100_000, 7);
      }),
      { numRuns: RUNS },
    );
  });

  it('comes to the benchmark as it comes to who buys on the first close and holds', () => {
    const events = fc.array(
      fc.record({
        day: fc.integer({ min: 0, max: 40 }),
        amount: fc.double({ min: 0.1, max: 3, noNaN: true }),
        split: fc.constantFrom(0, 0, 2, 0.3),
      }),
      { maxLength: 6 },
    );
    fc.assert(
      fc.property(events, fc.nat(1e6), fc.constantFrom(0, 1), (drawn, seed, lotSize) => {
        const bars = randomWalk(40, seed, 0.02);
        const happens = drawn.map(({ day, amount, split }): AdjustmentEvent =>
          split > 0
            ? { kind: 'split', day: day * DAY, ratio: split }
            : { kind: 'dividend', day: day * DAY, amount, referencePrice: null },
        );
        const given = { ...DEFAULT_SETTINGS, fill: 'same-close' as const, lotSize };
        const marks: number[] = [];
        simulate(
          bars,
          given,
          (context) => {
            if (context.index === 0) context.buy();
            marks.push(context.equity);
          },
          undefined,
          { events: happens },
        );
        const benchmark = buyAndHoldEquity(bars, given, { events: happens });
        marks.forEach((mark, i) => expect(benchmark[i]).toBeCloseTo(mark, 6));
      }),
      { numRuns: RUNS },
    );
  });
});

describe('the order hash', () => {
  /** More than two blocks of a run, after each of which its hooks are looked at. */
  const LENGTH = 40_000;

  it('is the same whoever watches, and however the bars are handed over', () => {
    const bars = randomWalk(LENGTH, 3, 0.01);
    const script = scriptOf(bars, 9, DAY);
    const definition: StrategyDefinition = {
      id: 'scripted',
      title: '',
      description: '',
      parameters: [],
      validate: () => undefined,
      create: () => ({
        onBar(context) {
          for (const each of script[context.index] ?? []) obey(each, context);
        },
      }),
    };
    const given = { ...DEFAULT_SETTINGS, cash: 1e7, short: true, slippageBps: 2 };
    const task = { parameters: {}, settings: given, bars };
    const alone = runStrategy(definition, task);
    const heard: number[] = [];
    const watched = runStrategy(definition, task, {
      onProgress: (done) => heard.push(done),
      isCancelled: () => false,
    });
    expect(heard.length).toBeGreaterThan(2);
    expect(watched.orderHash).toBe(alone.orderHash);
    expect(alone.orders.count).toBeGreaterThan(10_000);
    // A run that is stopped leaves nothing behind that the next one could see.
    let looks = 0;
    const stopped = (): unknown =>
      runStrategy(definition, task, { isCancelled: () => (looks += 1) > 1 });
    expect(stopped).toThrow(RenataError);
    expect(runStrategy(definition, task).orderHash).toBe(alone.orderHash);
    // Columns that are parts of longer ones, as stored files and shared memory give them.
    const within = (column: Float64Array): Float64Array => {
      const long = new Float64Array(column.length + 7);
      long.set(column, 3);
      return long.subarray(3, 3 + column.length);
    };
    const parts: BarColumns = {
      time: within(bars.time),
      open: within(bars.open),
      high: within(bars.high),
      low: within(bars.low),
      close: within(bars.close),
      volume: within(bars.volume),
    };
    expect(runStrategy(definition, { ...task, bars: parts }).orderHash).toBe(alone.orderHash);
  });
});
