import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { decimal } from '../../../../engine/domain/decimal.ts';
import type { LiveStrategyView } from '../../../../engine/protocol/live-strategy-schemas.ts';
import { sliceColumns } from '../../../../engine/series/columns.ts';
import { spx } from '../../engine/backtest/bars.ts';
import { markets, stopped } from '../../engine/live/portfolio-strategies.ts';
import { ACCOUNT, Floor, ID } from './floor.ts';
import { PortfolioFloor } from './portfolio-floor.ts';

const WARM_UP = 20;
const BARS = sliceColumns(spx(), 300, 420);

/** A run with a position and a stop. */
async function withPosition() {
  const floor = await Floor.open({ bars: BARS, warmUp: WARM_UP });
  onTestFinished(() => floor.end());
  const request = floor.request('atr-stop', { parameters: { period: 10 } });
  const { id } = await floor.strategies.start(request);
  await floor.quiet();
  for (let i = 0; i < 30 && held(floor) === '0'; i += 1) await floor.bar();
  await floor.bar();
  expect([held(floor), floor.trading.log.ledger.open().length]).toEqual(['10', 1]);
  return { floor, id };
}

function held({ trading }: Floor): string {
  return trading.log.positions.get(ACCOUNT, ID)?.quantity ?? '0';
}

/** Time goes by, with prices, until the run is over. @returns how it ended, and after how many seconds */
async function ends(
  { clock }: Floor | PortfolioFloor,
  prices: () => Promise<void>,
  stop: Promise<LiveStrategyView>,
  meanwhile: (seconds: number) => Promise<void> = async () => undefined,
) {
  let over = false;
  const ended = stop.finally(() => {
    over = true;
  });
  let seconds = 0;
  for (; !over && seconds < 60; seconds += 1) {
    await clock.pass(1_000);
    await prices();
    await meanwhile(seconds);
  }
  return { run: await ended, seconds };
}

async function end(
  floor: Floor,
  id: string,
  meanwhile?: (seconds: number) => Promise<void>,
): ReturnType<typeof ends> {
  const prices = async (): Promise<void> => {
    floor.price(BARS.close[floor.next - 1] as number);
    await floor.quiet();
  };
  return ends(floor, prices, floor.strategies.stop(id, 'flatten'), meanwhile);
}

/** No more than so much in one order of the strategy. */
async function limit({ trading }: Floor | PortfolioFloor, name: string, most: string | null) {
  const maxOrderQuantity = most === null ? null : decimal(most);
  await trading.risk.setLimits({ kind: 'strategy', name }, { maxOrderQuantity });
}

describe('an exit that is refused while its run ends', () => {
  it('is asked for again until it is taken', async () => {
    const { floor, id } = await withPosition();
    await limit(floor, 'atr-stop', '5');
    const { run, seconds } = await end(floor, id, async (after) => {
      if (after === 7) await limit(floor, 'atr-stop', null);
    });
    expect(run).toMatchObject({ state: 'stopped', position: '0', openOrders: 0 });
    expect(run.reason).toBe('Stopped by the user.');
    expect(held(floor)).toBe('0');
    expect(seconds).toBeLessThan(15);
    const all = [...floor.trading.log.ledger.all()].filter(({ tag }) => tag === 'run ended');
    expect(all.map(({ state }) => state)).toEqual(['Denied', 'Denied', 'Filled']);
    // Begun anew of what it has written, it comes to the same.
    await floor.close();
    await floor.start();
    const { orders, live } = await floor.strategies.report(id);
    expect(live.position).toBe(0);
    expect(orders.at(-1)).toMatchObject({ tag: 'run ended', live: { quantity: 10 } });
  });

  it('is left over when that takes too long, and the run says why', async () => {
    const { floor, id } = await withPosition();
    await limit(floor, 'atr-stop', '5');
    const { run, seconds } = await end(floor, id);
    expect(seconds).toBeGreaterThanOrEqual(30);
    expect(run).toMatchObject({ state: 'stopped', position: '10', openOrders: 0 });
    expect(run.reason).toMatch(
      /^Stopped by the user\. Its position of 10 is still there\. The exit was refused: .*the most in one order is 5.*\.$/,
    );
    expect(held(floor)).toBe('10');
  });

  it('or that waits for its session is left over as well', async () => {
    const { floor, id } = await withPosition();
    floor.session = 'closed';
    const { run } = await end(floor, id);
    expect(run.reason).toBe(
      'Stopped by the user. Its position of 10 is still there. The exit was not sent: the session of SPX is closed.',
    );
  });

  it('of several instruments is asked for again, too', async () => {
    const floor = await PortfolioFloor.open({
      bars: markets(false),
      warmUp: 60,
      create: stopped,
      settings: { cash: 200_000 },
    });
    onTestFinished(() => floor.end());
    while (floor.next < 130 && floor.held().filter((units) => units > 0).length < 2) {
      await floor.moment();
    }
    await limit(floor, 'rotation', '1');
    const stop = floor.run.stop('flatten', 'Stopped.').then(() => floor.run.view());
    const { run } = await ends(
      floor,
      () => floor.prices(),
      stop,
      async (after) => {
        if (after === 7) await limit(floor, 'rotation', null);
      },
    );
    expect([run.reason, floor.held()]).toEqual(['Stopped.', [0, 0, 0]]);
  });
});

describe('an order that waits for its session', () => {
  it('waits for as long as that takes', async () => {
    const floor = await Floor.open({ bars: BARS, warmUp: WARM_UP });
    onTestFinished(() => floor.end());
    const request = floor.request('atr-stop', { parameters: { period: 10 } });
    const { id } = await floor.strategies.start(request);
    await floor.quiet();
    floor.session = 'closed';
    await floor.bar();
    expect([...floor.trading.log.ledger.all()]).toEqual([]);
    // It is looked at every second.
    await floor.clock.pass(510_000);
    await floor.quiet();
    expect(await floor.strategies.get(id)).toMatchObject({ state: 'running', reason: '' });
    floor.session = 'regular';
    floor.price(BARS.close[floor.next - 1] as number);
    await floor.clock.pass(1_000);
    floor.price(BARS.close[floor.next - 1] as number);
    await floor.quiet();
    expect(held(floor)).toBe('10');
  });
});

describe('runs that are over', () => {
  it('are listed without being played again, with the orders that still work', async () => {
    const { floor, id } = await withPosition();
    await floor.strategies.stop(id, 'keep');
    const expected = await floor.strategies.get(id);
    expect(expected).toMatchObject({ state: 'stopped', position: '10', openOrders: 1, fills: 1 });
    await floor.close();
    await floor.start();
    const about = vi.spyOn(floor.journal, 'about');
    expect(await floor.strategies.list()).toEqual([expected]);
    const [stop] = floor.trading.log.ledger.open();
    await floor.trading.desk.cancel(stop?.clientOrderId as never);
    await floor.quiet();
    expect(await floor.strategies.list()).toEqual([{ ...expected, openOrders: 0 }]);
    expect(about).not.toHaveBeenCalled();
  });
});
