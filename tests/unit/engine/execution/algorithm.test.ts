import { describe, expect, it } from 'vitest';
import { price, quantity } from '../../../../engine/domain/decimal.ts';
import { cancel, pause, report, resume } from '../../../../engine/execution/algorithm.ts';
import { restore, snapshot } from '../../../../engine/execution/snapshot.ts';
import type { CatchUp } from '../../../../engine/domain/algorithm.ts';
import { Bench, orderOf } from './orders.ts';

const iceberg = { kind: 'iceberg', display: quantity('300') } as const;

describe('a TWAP order', () => {
  it('places one slice at each time and ends filled', () => {
    const bench = new Bench(orderOf());
    expect(bench.at(-1)).toEqual([]);
    expect(bench.state.status).toBe('waiting');
    for (let now = 0; now < 10; now += 1) {
      expect(bench.at(now)).toEqual([`${now + 1}: 100`]);
      expect(bench.at(now + 0.5)).toEqual([]);
      bench.fill(now + 1);
    }
    expect(bench.at(9.9)).toEqual([]);
    expect(report(bench.state, bench.children)).toMatchObject({
      status: 'done',
      filled: '1000',
      remainder: '0',
      children: 10,
    });
  });

  // The second of five slices fills 140 or 40 of 200 before the third begins.
  it.each<[CatchUp, string[], string]>([
    // 200 and the 60 come at once, when the cancellation is done; then 200 a slice.
    ['at-once', ['200', '200', '200', '60', '200', '200'], '0'],
    // 160 missed over three slices, in whole units: 53, then 53 of 107, then all that is left. Of the 253,
    // 160 wait until the child that they are left over from is gone.
    ['spread', ['200', '200', '93', '160', '253', '254'], '0'],
    ['none', ['200', '200', '40', '160', '200', '200'], '160'],
  ])('catches up %s', (catchUp, wanted, remainder) => {
    const bench = new Bench(
      orderOf({ catchUp, limitPrice: price('100.05'), method: { kind: 'twap', slices: 5 } }),
    );
    const missed = catchUp === 'at-once' ? '140' : '40';
    for (let now = 0; now < 10; now += 1) {
      bench.at(now);
      for (const { child, open } of bench.children) {
        if (open && child === 2) bench.fill(2, missed);
        else if (open) bench.fill(child);
      }
    }
    bench.at(10);
    bench.at(11);
    expect(bench.children.map((child) => child.quantity)).toEqual(wanted);
    expect(report(bench.state, bench.children)).toMatchObject({ status: 'done', remainder });
  });

  it('never counts on a cancellation before it is confirmed', () => {
    const bench = new Bench(orderOf({ limitPrice: price('100.05') }));
    bench.obedient = false;
    bench.at(0);
    // The first child still may fill whole: only the second slice is placed.
    expect(bench.at(1)).toEqual(['cancel 1', '2: 100 at 100.05']);
    bench.fill(1);
    expect(bench.at(1.5)).toEqual([]);
  });

  it('asks again where a cancellation was refused', () => {
    const bench = new Bench(orderOf({ every: 5, end: 100, limitPrice: price('100.05') }));
    bench.obedient = false;
    bench.at(0);
    expect(bench.at(10)).toContain('cancel 1');
    expect(bench.at(12)).toEqual([]);
    expect(bench.at(15)).toEqual(['cancel 1']);
  });

  it('waits outside its limit and while the market is closed', () => {
    const bench = new Bench(orderOf({ limitPrice: price('100.00') }));
    expect(bench.at(0)).toEqual([]); // the ask is 100.01
    expect(bench.at(1, { ask: 100, open: false })).toEqual([]);
    expect(bench.at(2, { ask: 100 })).toEqual(['1: 300 at 100']);
    const selling = new Bench(orderOf({ side: 'sell', limitPrice: price('100.00') }));
    expect(selling.at(0)).toEqual([]); // the bid is 99.99
    expect(selling.at(1, { bid: Number.NaN, last: Number.NaN })).toEqual([]);
    expect(selling.at(2, { bid: 100.5 })).toEqual(['1: 300 at 100']);
  });

  it('is never more than its part of the volume', () => {
    const bench = new Bench(orderOf({ participation: 0.1 }));
    expect(bench.at(0, { traded: 1e9 })).toEqual([]); // what was traded before the start
    expect(bench.at(1, { traded: 505 })).toEqual(['1: 50']);
    expect(bench.at(2, { traded: 95 })).toEqual(['cancel 1', '2: 10']);
    expect(bench.at(2.5)).toEqual(['3: 50']);
    expect(bench.at(2.6)).toEqual([]);
  });

  it('sends nothing below the smallest order but the last units', () => {
    const bench = new Bench(
      orderOf({ quantity: quantity('105'), smallest: quantity('30'), end: 10 }),
    );
    const placed: string[] = [];
    for (let now = 0; now < 10; now += 1) {
      placed.push(...bench.at(now));
      for (const { child, open } of bench.children) if (open) bench.fill(child);
    }
    // 10.5 by slice to the nearest even: 10, 21, 32, 42, 52, 63, 74, 84, 94, 105.
    expect(placed).toEqual(['1: 32', '2: 31', '3: 31', '4: 11']);
  });

  it('sends what is left as one last order where it is asked to', () => {
    const order = { limitPrice: price('100.05'), finish: 'take', style: 'join' } as const;
    const bench = new Bench(orderOf(order));
    expect(bench.at(9)).toEqual(['1: 1000 at 99.99']);
    expect(bench.at(10)).toEqual(['cancel 1']);
    expect(bench.at(10.1)).toEqual(['2: 1000 at 100.05 ioc']);
    bench.fill(2, '700');
    bench.close(2);
    bench.at(10.2);
    expect(report(bench.state, bench.children)).toMatchObject({
      status: 'done',
      filled: '700',
      remainder: '300',
    });
  });

  it('leaves what is not filled, and says how much', () => {
    const bench = new Bench(orderOf());
    bench.at(0);
    bench.fill(1, '30');
    expect(bench.at(10)).toEqual(['cancel 1']);
    bench.at(10.1);
    expect(report(bench.state, bench.children)).toMatchObject({ status: 'done', remainder: '970' });
    expect(bench.at(11)).toEqual([]);
  });
});

describe('the other methods', () => {
  it('POV keeps to its part of what is traded', () => {
    const bench = new Bench(
      orderOf({ method: { kind: 'pov', rate: 0.2 }, smallest: quantity('50') }),
    );
    expect(bench.at(0, { traded: 500 })).toEqual([]);
    expect(bench.at(1, { traded: 200 })).toEqual([]); // 40 are too few
    expect(bench.at(2, { traded: 100 })).toEqual(['1: 60']);
    expect(bench.at(3, { traded: 1000 })).toEqual(['2: 200']);
    bench.fill(1);
    bench.fill(2);
    expect(bench.at(4, { traded: 1e6 })).toEqual(['3: 740']);
  });

  it('an iceberg shows one part after the other', () => {
    const bench = new Bench(orderOf({ method: iceberg, limitPrice: price('99.5') }));
    expect(bench.at(0)).toEqual(['1: 300 at 99.5']);
    bench.fill(1, '299');
    expect(bench.at(1)).toEqual([]);
    bench.fill(1);
    expect(bench.at(2)).toEqual(['2: 300 at 99.5']);
    bench.fill(2);
    bench.at(3);
    bench.fill(3);
    expect(bench.at(4)).toEqual(['4: 100 at 99.5']);
  });

  it('a peg follows the market within its limit, on ticks, not too often', () => {
    const method = { kind: 'peg', to: 'mid', offset: price('-0.02') } as const;
    const bench = new Bench(orderOf({ method, every: 1, limitPrice: price('100.10') }));
    // The middle of 99.99 and 100.02 is 100.005: 100.00 for a buyer, two ticks less.
    expect(bench.at(0, { ask: 100.02 })).toEqual(['1: 1000 at 99.98']);
    expect(bench.at(0.5, { bid: 100.01, ask: 100.03 })).toEqual([]);
    expect(bench.at(1, { bid: 100.01, ask: 100.03 })).toEqual(['amend 1 to 100']);
    expect(bench.at(2, { bid: 100.01, ask: 100.03 })).toEqual([]);
    expect(bench.at(3, { bid: 101, ask: 101.02 })).toEqual(['amend 1 to 100.1']);
    expect(bench.at(4, { bid: Number.NaN })).toEqual([]);
    const seller = new Bench(orderOf({ side: 'sell', method }));
    // A seller's 100.005 is 100.01, and 0.02 less of it.
    expect(seller.at(0, { ask: 100.02 })).toEqual(['1: 1000 at 99.99']);
  });

  it('joined children follow the near side', () => {
    const bench = new Bench(orderOf({ style: 'join' }));
    expect(bench.at(0)).toEqual(['1: 100 at 99.99']);
    expect(bench.at(0.5, { bid: 100 })).toEqual(['amend 1 to 100']);
  });
});

describe('what a user does', () => {
  it('pauses, goes on and catches up', () => {
    const bench = new Bench(orderOf());
    bench.at(0);
    bench.fill(1);
    bench.at(1);
    bench.state = pause(bench.state);
    expect(bench.at(2, { traded: 900 })).toEqual(['cancel 2']);
    expect(bench.at(4)).toEqual([]);
    bench.state = resume(bench.state);
    expect(bench.at(5)).toEqual(['3: 500']);
  });

  it('does not take what is left at the end of a pause', () => {
    const bench = new Bench(orderOf({ finish: 'take' }));
    bench.at(0);
    bench.state = pause(bench.state);
    bench.at(1);
    expect(bench.at(10)).toEqual([]);
    expect(bench.state.status).toBe('done');
  });

  it('cancels, and is not done before its children are', () => {
    const bench = new Bench(orderOf());
    bench.obedient = false;
    bench.at(0);
    bench.state = cancel(bench.state);
    expect(bench.at(0.5)).toEqual(['cancel 1']);
    expect(bench.state.status).toBe('cancelling');
    bench.fill(1, '20');
    bench.close(1);
    bench.at(0.6);
    expect(report(bench.state, bench.children)).toMatchObject({
      status: 'done',
      reason: 'Cancelled.',
      filled: '20',
      remainder: '980',
    });
  });

  it('pauses after three orders that were refused', () => {
    const bench = new Bench(orderOf());
    for (let child = 1; child <= 3; child += 1) {
      expect(bench.at(child / 10)).toEqual([`${child}: 100`]);
      bench.refuse(child);
    }
    expect(bench.at(1)).toEqual([]);
    expect(bench.state).toMatchObject({ status: 'paused', failures: 3 });
    expect(bench.state.reason).toContain('refused');
    bench.state = resume(bench.state);
    expect(bench.at(1)).toEqual(['4: 200']);
  });
});

describe('snapshots', () => {
  it('go on as if nothing had happened', () => {
    const bench = new Bench(orderOf({ participation: 0.5, jitter: 0.4 }));
    const other = new Bench(bench.state.order);
    for (let now = 0; now < 10; now += 0.5) {
      expect(other.at(now, { traded: 150 })).toEqual(bench.at(now, { traded: 150 }));
      other.state = restore(snapshot(other.state));
      for (const { child, open } of bench.children) {
        if (!open || child % 3 === 0) continue;
        bench.fill(child);
        other.fill(child);
      }
    }
    expect(other.state).toEqual(bench.state);
    expect(bench.state.children).toBeGreaterThan(5);
  });

  it('counts a child whole that it has placed and nobody has shown yet', () => {
    const bench = new Bench(orderOf());
    bench.at(0);
    bench.children.length = 0;
    expect(bench.at(0.5)).toEqual([]);
    expect(report(bench.state, [])).toMatchObject({ filled: '0', working: '100' });
  });

  it.each(['', '{}', 'null', '[1]', '{"version":2}'])('refuses %j', (text) => {
    expect(() => restore(text)).toThrow('snapshot:');
  });
});
