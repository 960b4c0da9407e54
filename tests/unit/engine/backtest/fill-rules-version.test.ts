import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { FILL_RULES, FILL_RULES_VERSIONS } from '../../../../engine/backtest/fill-rules.ts';
import { runPortfolio } from '../../../../engine/backtest/portfolio-run.ts';
import { Random } from '../../../../engine/backtest/random.ts';
import type { OrderRequest, StrategyContext } from '../../../../engine/backtest/strategy.ts';
import { DEFAULT_SETTINGS, type BacktestSettings } from '../../../../engine/domain/backtest.ts';
import { ORDER_TYPES, TIMES_IN_FORCE } from '../../../../engine/domain/order.ts';
import { fromRoot } from '../../../../build/lib/paths.ts';
import { DAY, randomWalk, simulate } from './bars.ts';

const ROW = /^\| (\d+) \| (.+?) \| (.+) \| .+? \|$/;

/** Number, case and rule of every row; which test shows it is no part of a rule. */
function rulesIn(table: string): string {
  return table
    .split('\n')
    .flatMap((line) => {
      const match = ROW.exec(line);
      return match === null ? [] : [`${match[1]}|${match[2]}|${match[3]}\n`];
    })
    .join('');
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** An order of any type near the price, with everything that orders can have now and then. */
function anyOrder(random: Random, price: number, time: number, before: number): OrderRequest {
  const pick = <Item>(items: readonly Item[]): Item =>
    items[Math.floor(random.uniform() * items.length)] as Item;
  const near = (): number => price * (0.97 + random.uniform() * 0.06);
  const type = pick(ORDER_TYPES);
  const stops = ['stop', 'stop_limit', 'market_if_touched', 'limit_if_touched'].includes(type);
  const limits = type.includes('limit') && type !== 'trailing_stop_limit';
  const auction = type.includes('_on_');
  const timeInForce = auction ? 'gtc' : pick(TIMES_IN_FORCE);
  return {
    side: pick(['buy', 'sell'] as const),
    type,
    quantity: 1 + Math.floor(random.uniform() * 9),
    ...(stops ? { stopPrice: near() } : {}),
    ...(limits ? { limitPrice: near() } : {}),
    ...(type.startsWith('trailing') ? { trailAmount: price * 0.02 } : {}),
    ...(type === 'trailing_stop_limit' ? { limitOffset: price * 0.01 } : {}),
    ...(auction ? {} : { timeInForce }),
    ...(timeInForce === 'gtd' ? { goodTill: time + 3 * DAY } : {}),
    ...(random.uniform() < 0.15 ? { reduceOnly: true } : {}),
    ...(before >= 0 && !auction && random.uniform() < 0.15 ? { oco: before } : {}),
  };
}

const SETTINGS: readonly Partial<BacktestSettings>[] = [
  {},
  { fill: 'same-close', slippageBps: 5, commission: { percent: 0.1, perShare: 0, minimum: 1 } },
  { volumeLimit: 0.06, slippage: { kind: 'volume-share', coefficient: 0.5 }, lotSize: 1 },
  { cash: 900, margin: { initial: 0.5, maintenance: 0.3 }, borrowRate: 0.05, debitRate: 0.06 },
  { cash: 400, fees: { table: 'ibkr-fixed' }, short: false },
  { slippage: { kind: 'square-root', coefficient: 0.5, window: 10 }, fees: { table: 'alpaca' } },
];

/** Seen at the end of a run. */
const states = new Set<string>();

/** The order hash of a run whose strategy does whatever it may. */
function randomRun(settings: Partial<BacktestSettings>, seed: number): string {
  const random = new Random(seed);
  let last = -1;
  const act = (context: StrategyContext): void => {
    const draw = random.uniform();
    const price = context.close.at();
    if (draw < 0.3) last = context.order(anyOrder(random, price, context.time.at(), last));
    else if (draw < 0.4) {
      last = context.bracket({
        entry: { side: 'buy', type: 'limit', limitPrice: price * 0.99, quantity: 3 },
        stopLoss: { type: 'stop', stopPrice: price * 0.97 },
        takeProfit: { limitPrice: price * 1.02 },
      }).takeProfit;
    } else if (draw < 0.45) context.buy();
    else if (draw < 0.5) context.sell();
    else if (draw < 0.53) context.exit();
    else if (draw < 0.56 && last >= 0) context.amend(last, { quantity: 5 });
    else if (draw < 0.58) context.cancelAll();
  };
  const all = { cash: 20_000, short: true, size: { kind: 'percent', percent: 40 } } as const;
  const run = simulate(
    randomWalk(300, seed, 0.02),
    { ...all, ...settings },
    act,
    (event, context) => {
      // What has ended cannot be joined any more.
      if (event.order === last) last = -1;
      if (event.state === 'Filled' && random.uniform() < 0.2) act(context);
    },
    {
      events: [
        { kind: 'dividend', day: 60 * DAY, amount: 0.5, referencePrice: null },
        { kind: 'split', day: 120 * DAY, ratio: 2 },
        { kind: 'split', day: 200 * DAY, ratio: 0.5 },
      ],
    },
  );
  for (const state of run.orders.toColumns().state) states.add(state);
  return run.orders.hash();
}

function portfolioRun(seed: number): string {
  const random = new Random(seed);
  const instruments = [0, 1, 2].map((k) => ({
    symbol: `S${k}`,
    bars: randomWalk(200, seed + k, 0.02),
  }));
  const settings = {
    ...DEFAULT_SETTINGS,
    cash: 10_000,
    currency: 'USD',
    lotSize: 1,
    slippageBps: 3,
  };
  return runPortfolio({ instruments, settings }, () => ({
    onBar(context) {
      const draw = random.uniform();
      if (draw < 0.2) context.setTargets({ S0: random.uniform() / 2, S1: random.uniform() / 2 });
      else if (draw < 0.4) {
        const price = context.instrument('S2').price;
        context.order('S2', anyOrder(random, price, context.time, -1));
      }
    },
  })).orderHash;
}

describe('the version of the fill rules', () => {
  const table = rulesIn(readFileSync(fromRoot('docs/fill-rules.md'), 'utf8'));
  const runs = [
    ...SETTINGS.flatMap((settings, i) =>
      [1, 2, 3, 4].map((seed) => randomRun(settings, 100 * i + seed)),
    ),
    ...[1, 2, 3].map((seed) => portfolioRun(900 + seed)),
  ];

  it('follows the table and the engine', () => {
    const now = sha256(`${table}${runs.join('\n')}`);
    expect(
      FILL_RULES.hash,
      `docs/fill-rules.md or what the engine does with orders has changed: add '${now}' as a version at the end of engine/backtest/fill-rules.ts`,
    ).toBe(now);
    expect(FILL_RULES.version).toBe(FILL_RULES_VERSIONS.length);
    expect(new Set(FILL_RULES_VERSIONS).size).toBe(FILL_RULES_VERSIONS.length);
  });

  it('is another when a rule is, and the same when a test gets another name', () => {
    const [first = '', ...rest] = table.split('\n');
    expect(first).toBe("1|market order|fills at the next bar's open, with slippage");
    expect(rest.length).toBeGreaterThan(60);
    const row = (rule: string, test: string): string => rulesIn(`| 3 | case | ${rule} | ${test} |`);
    expect(row('fills', 'a: b')).toBe('3|case|fills\n');
    expect(row('fills', 'a: c')).toBe(row('fills', 'a: b'));
    expect(row('fills not', 'a: b')).not.toBe(row('fills', 'a: b'));
  });

  it('is told by runs that differ from each other and see every end of an order', () => {
    expect(new Set(runs).size).toBe(runs.length);
    for (const end of ['Denied', 'Accepted', 'PartiallyFilled', 'Filled', 'Canceled', 'Expired']) {
      expect(states).toContain(end);
    }
  });
});
