/** Checks of the execution suite about what goes wrong, and about groups and whole accounts. */
import { expect } from 'vitest';
import type { Price } from '../../engine/domain/decimal.ts';
import { failureOf, refusalOf, until } from './checks.ts';
import type { Check } from './execution-bench.ts';
import { groupOf, intentOf, limit, quarter, refOf, since } from './orders.ts';
import { fillsIn, isFillOf, isOrderOf, once, placed, readyAgain } from './placing.ts';

export function troubleChecks(check: Check): void {
  check('E26', 'throws when a question fails, and never answers nothing', async (context) => {
    const { bench, client, reports } = context;
    const order = await placed(context);
    await bench.venue.fill(order.clientOrderId, quarter(bench), order.terms.limitPrice as Price);
    await until(reports, (each) => isFillOf(each, order));
    await bench.venue.fault?.('queries-fail');
    const questions = [
      () => client.openOrders(bench.account),
      () => client.order(refOf(order)),
      () => client.fills(bench.account, since(bench)),
      () => client.positions(bench.account),
      () => client.balances(bench.account),
    ];
    const failures = await Promise.all(questions.map((ask) => failureOf(ask())));
    expect(failures.map(({ name: kind }) => kind)).toEqual(questions.map(() => 'VenueError'));
    // "Not found" would be an answer.
    for (const { failure } of failures) expect(failure).not.toBe('not-found');
    await bench.venue.mend?.();
    await readyAgain(client);
    await expect
      .poll(async () => (await client.openOrders(bench.account).catch(() => [])).length)
      .toBe(1);
  });

  check('E27', 'cancels everything', async (context) => {
    const { bench, client, reports } = context;
    const both = [await placed(context), await placed(context)];
    await client.cancelAll(bench.account);
    for (const order of both)
      await until(reports, (each) => isOrderOf(each, order) && each.status === 'canceled');
    expect(await client.openOrders(bench.account)).toEqual([]);
  });

  check('E28', 'places each declared kind of group whole', async (context) => {
    const { bench, client } = context;
    for (const kind of client.capabilities.groups) {
      const group = groupOf(context, kind);
      const answers = await client.submit(group);
      expect(answers).toHaveLength(group.length);
      const names = group.map((each) => String(each.clientOrderId));
      await expect
        .poll(async () =>
          (await client.openOrders(bench.account))
            .map((each) => String(each.clientOrderId))
            .filter((each) => names.includes(each))
            .toSorted(),
        )
        .toEqual(names.toSorted());
      await client.cancelAll(bench.account);
      await expect.poll(async () => (await client.openOrders(bench.account)).length).toBe(0);
    }
  });

  check('E29', 'refuses groups that it does not declare', async (context) => {
    const { bench, client } = context;
    const kinds = (['bracket', 'oco', 'oto'] as const).filter(
      (kind) => !client.capabilities.groups.includes(kind),
    );
    for (const kind of kinds) {
      const before = bench.venue.changes();
      const refusal = await refusalOf(client.submit(groupOf(context, kind)));
      expect([kind, refusal.definite, bench.venue.changes() - before]).toEqual([kind, true, 0]);
    }
  });

  check('E30', 'comes back after the connection was lost, and has missed nothing', async (c) => {
    const { bench, client, reports } = c;
    const order = await placed(c);
    const phases: string[] = [];
    const working: boolean[] = [];
    client.onConnection(({ phase, parts }) => {
      phases.push(phase);
      working.push(parts.find((part) => part.name === 'orders')?.working === true);
    });
    await bench.venue.drop?.();
    await bench.venue.fill(order.clientOrderId, quarter(bench), order.terms.limitPrice as Price);
    await expect.poll(() => phases.some((phase) => phase !== 'ready')).toBe(true);
    await readyAgain(client);
    expect(working).toContain(false);
    expect(working.at(-1)).toBe(true);
    const fills = once(await client.fills(bench.account, since(bench)));
    expect(fills.map(({ clientOrderId: name, quantity }) => [name, quantity])).toEqual([
      [order.clientOrderId, quarter(bench)],
    ]);
    const told = once(fillsIn(reports)).map(({ tradeId }) => tradeId);
    for (const id of told) expect(fills.map(({ tradeId }) => tradeId)).toContain(id);
    // Orders work again, and are reported again.
    const next = await placed(c);
    await bench.venue.fill(next.clientOrderId, quarter(bench), next.terms.limitPrice as Price);
    await until(reports, (each) => isFillOf(each, next));
  });

  check('E31', 'tells orders of others as orders without a name of ours', async (context) => {
    const { bench, client } = context;
    const id = (await bench.venue.placeOutside?.()) ?? '';
    await expect
      .poll(async () =>
        (await client.openOrders(bench.account)).map((each) => [
          each.venueOrderId,
          each.instrument,
          each.terms.side,
        ]),
      )
      .toEqual([[id, bench.instrument, 'buy']]);
  });

  check('E32', 'survives messages that make no sense, and has no wrong state', async (context) => {
    const { bench, client, reports } = context;
    const order = await placed(context);
    const before = fillsIn(reports).length;
    expect(await bench.venue.garble?.()).toBeGreaterThan(0);
    await bench.venue.fill(order.clientOrderId, quarter(bench), order.terms.limitPrice as Price);
    await expect
      .poll(async () =>
        once(await client.fills(bench.account, since(bench)).catch(() => [])).map(
          ({ quantity }) => quantity,
        ),
      )
      .toEqual([quarter(bench)]);
    await readyAgain(client);
    expect(once(fillsIn(reports)).length - before).toBeLessThanOrEqual(1);
    const open = await client.openOrders(bench.account);
    expect(open.map((each) => [each.clientOrderId, each.filledQuantity])).toEqual([
      [order.clientOrderId, quarter(bench)],
    ]);
    // It was noticed: the user's log says so.
    expect(bench.logs.length).toBeGreaterThan(0);
  });

  check('E33', 'sends nothing once it is disconnected', async (context) => {
    const { bench, client } = context;
    await client.disconnect();
    expect(client.connection.phase).toBe('disconnected');
    const before = bench.venue.changes();
    const order = intentOf(bench, limit(bench));
    const refusal = await refusalOf(client.submit([order]));
    expect(refusal.definite).toBe(true);
    expect(bench.venue.changes()).toBe(before);
  });

  check('E34', 'says what an order would need without placing it', async (context) => {
    const { bench, client } = context;
    if (client.whatIf === undefined) return;
    const order = intentOf(bench, limit(bench));
    const answer = await client.whatIf(order);
    expect(Object.keys(answer).toSorted()).toEqual([
      'commission',
      'initialMarginChange',
      'maintenanceMarginChange',
      'warning',
    ]);
    expect(bench.venue.copies(order.clientOrderId)).toBe(0);
    expect(await client.openOrders(bench.account)).toEqual([]);
  });
}
