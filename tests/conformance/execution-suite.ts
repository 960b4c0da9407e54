/**
 * The numbered conformance suite of `ExecutionClient`. A venue's test opens its adapter on its stub and calls
 * `executionSuite`; every check gets an adapter and a stub of its own. A number keeps its meaning for ever.
 */
import { afterAll, describe, expect, test } from 'vitest';
import { executionMatrix, printed } from '../../build/capability-matrix.ts';
import {
  add,
  decimal,
  isMultiple,
  multiply,
  negate,
  subtract,
  ZERO,
  type Decimal,
  type Price,
  type Quantity,
} from '../../engine/domain/decimal.ts';
import type { OrderAmendment, OrderTerms } from '../../engine/domain/live-order.ts';
import { ORDER_TYPES, TIMES_IN_FORCE } from '../../engine/domain/order.ts';
import { tickAt } from '../../engine/orders/check-terms.ts';
import { faultOf } from '../../engine/orders/reports.ts';
import type {
  ExecutionReport,
  FillReport,
  OrderReport,
} from '../../engine/ports/execution-client.ts';
import { checkRules, failureOf, leavingOut, refusalOf, until, type Without } from './checks.ts';
import type { Check, ExecutionBench } from './execution-bench.ts';
import { troubleChecks } from './execution-trouble.ts';
import {
  above,
  below,
  dayOr,
  intentOf,
  limit,
  quarter,
  refOf,
  since,
  soon,
  termsOf,
} from './orders.ts';
import {
  accepted,
  arrives,
  fillsIn,
  isFillOf,
  isOrderOf,
  once,
  placed,
  readyAgain,
  sumOf,
  venueIdIn,
} from './placing.ts';

export type { ExecutionBench, VenueControl, VenueFault } from './execution-bench.ts';

/** @param open opens the adapter anew for each check */
export function executionSuite(
  name: string,
  open: () => Promise<ExecutionBench>,
  without: Without = {},
): void {
  const leaveOut = leavingOut(without);
  const check: Check = (number, what, run) => {
    if (leaveOut(number)) return;
    test(`${number} ${what}`, async () => {
      const bench = await open();
      const reports: ExecutionReport[] = [];
      bench.client.onReport((report) => reports.push(report));
      try {
        const rules = await bench.client.instrument(bench.instrument);
        await run({ bench, client: bench.client, reports, rules });
        // Whatever was told is of a form that the core takes.
        expect(reports.map((report) => faultOf(report)).filter((each) => each !== null)).toEqual(
          [],
        );
        for (const line of bench.logs)
          for (const secret of bench.secrets) expect(line).not.toContain(secret);
      } finally {
        await bench.close();
      }
    });
  };

  describe(`${name}: execution`, () => {
    let matrix = '';
    afterAll(() => {
      if (matrix !== '') process.stdout.write(`\n${matrix}\n`);
    });

    check('E01', 'declares what it can in words of the port', async ({ client }) => {
      const can = client.capabilities;
      for (const [list, words] of [
        [can.orderTypes, ORDER_TYPES],
        [can.timesInForce, TIMES_IN_FORCE],
        [can.groups, ['bracket', 'oco', 'oto']],
      ] as const) {
        expect(new Set(list).size).toBe(list.length);
        expect(words).toEqual(expect.arrayContaining([...list]));
      }
      expect(can.orderTypes.length).toBeGreaterThan(0);
      expect(can.timesInForce.length).toBeGreaterThan(0);
      expect(can.fillHistory).toBeGreaterThan(0);
      for (const { what, requests, perMilliseconds } of can.rateLimits) {
        expect(what).not.toBe('');
        expect(requests).toBeGreaterThan(0);
        expect(perMilliseconds).toBeGreaterThan(0);
      }
      expect(can.whatIf).toBe(client.whatIf !== undefined);
      matrix = printed(executionMatrix(name, can));
    });

    check('E02', 'is ready, and says that orders work', async ({ client }) => {
      expect(client.connection.phase).toBe('ready');
      expect(client.connection.message).not.toBe('');
      expect(client.connection.parts.find((part) => part.name === 'orders')?.working).toBe(true);
    });

    check('E03', 'names its accounts', async ({ bench, client }) => {
      const accounts = await client.accounts();
      expect(accounts.map(({ id }) => id)).toContain(bench.account);
      expect(accounts.find(({ id }) => id === bench.account)?.currency).toMatch(/^[A-Z]{3,5}$/);
      // What runs on a stub is no real money, and says so.
      expect(accounts.every(({ live }) => !live)).toBe(true);
    });

    check('E04', 'tells the rules of an instrument', async ({ bench, rules }) => {
      checkRules(rules);
      expect(rules.id).toBe(bench.instrument);
      expect(rules.tradable).toBe(true);
      expect(isMultiple(bench.quantity, rules.lotSize)).toBe(true);
    });

    check('E05', 'says that it does not know an instrument', async ({ bench, client }) => {
      const error = await failureOf(client.instrument(bench.unknown));
      expect(error.failure).toBe('not-found');
      const before = bench.venue.changes();
      const order = intentOf(bench, { ...limit(bench) }, { instrument: bench.unknown });
      expect((await refusalOf(client.submit([order]))).definite).toBe(true);
      expect(bench.venue.copies(order.clientOrderId)).toBe(0);
      expect(bench.venue.changes() - before).toBeLessThanOrEqual(1);
    });

    check('E06', 'sends each declared type of order in the words of the venue', async (context) => {
      for (const type of context.client.capabilities.orderTypes)
        await arrives(context, termsOf(context, type));
    });

    check('E07', 'sends each declared time in force in the words of the venue', async (context) => {
      const { bench, client } = context;
      for (const timeInForce of client.capabilities.timesInForce) {
        await arrives(context, {
          ...limit(bench),
          timeInForce,
          ...(timeInForce === 'gtd' ? { goodTill: soon(bench) } : {}),
        });
      }
    });

    check('E08', 'sends each declared condition in the words of the venue', async (context) => {
      const { bench, client, rules } = context;
      const can = client.capabilities;
      const usual = limit(bench);
      if (can.extendedHours)
        await arrives(context, { ...usual, timeInForce: dayOr(client), extendedHours: true });
      if (can.postOnly) await arrives(context, { ...usual, postOnly: true });
      if (can.iceberg) await arrives(context, { ...usual, displayQuantity: quarter(bench) });
      if (can.short && rules.shortable)
        await arrives(context, { ...usual, side: 'sell', limitPrice: above(bench) });
      if (can.fractional && rules.fractional) {
        const part = add(bench.quantity, rules.lotSize) as Quantity;
        expect(isMultiple(part, decimal('1'))).toBe(false);
        await arrives(context, { ...usual, timeInForce: dayOr(client), quantity: part });
      }
      if (can.reduceOnly) {
        const entry = intentOf(bench, usual);
        await client.submit([entry]);
        await bench.venue.fill(entry.clientOrderId, bench.quantity, below(bench));
        await until(context.reports, (report) => isFillOf(report, entry));
        await arrives(context, {
          ...usual,
          side: 'sell',
          limitPrice: above(bench),
          reduceOnly: true,
        });
      }
    });

    check('E09', 'refuses what it does not declare before anything is sent', async (context) => {
      const { bench, client, rules } = context;
      const can = client.capabilities;
      const usual = limit(bench);
      const refused: OrderTerms[] = [
        ...ORDER_TYPES.filter((type) => !can.orderTypes.includes(type)).map((type) =>
          termsOf(context, type),
        ),
        ...TIMES_IN_FORCE.filter((each) => !can.timesInForce.includes(each)).map((timeInForce) => ({
          ...usual,
          timeInForce,
          ...(timeInForce === 'gtd' ? { goodTill: soon(bench) } : {}),
        })),
        ...(can.extendedHours ? [] : [{ ...usual, extendedHours: true }]),
        ...(can.postOnly ? [] : [{ ...usual, postOnly: true }]),
        ...(can.iceberg ? [] : [{ ...usual, displayQuantity: quarter(bench) }]),
      ];
      for (const terms of refused) {
        const before = bench.venue.changes();
        const order = intentOf(bench, terms);
        const refusal = await refusalOf(client.submit([order]));
        expect([refusal.how, refusal.sentence !== '', terms]).toEqual(['not-sent', true, terms]);
        expect(bench.venue.changes()).toBe(before);
        expect(bench.venue.copies(order.clientOrderId)).toBe(0);
      }
      expect(rules.id).toBe(bench.instrument);
    });

    check('E10', 'sends prices and quantities digit by digit', async (context) => {
      const { bench, client, rules } = context;
      const tick = tickAt(rules, bench.price);
      for (const steps of ['1', '3', '7'].map((text) => decimal(text))) {
        await arrives(context, {
          ...limit(bench),
          timeInForce: dayOr(client),
          limitPrice: add(below(bench), multiply(steps, tick)) as Price,
          quantity: add(bench.quantity, multiply(steps, rules.lotSize)) as Quantity,
        });
      }
    });

    check('E11', 'answers an order, and reports it as it was placed', async (context) => {
      const { bench, client, reports } = context;
      const order = intentOf(bench, limit(bench));
      const [answer, ...more] = await client.submit([order]);
      expect(more).toEqual([]);
      const report = await accepted(context, order);
      expect(report).toMatchObject({
        account: bench.account,
        clientOrderId: order.clientOrderId,
        instrument: bench.instrument,
        filledQuantity: '0',
        averagePrice: null,
        terms: order.terms,
      });
      if (answer?.venueOrderId !== null) expect(report.venueOrderId).toBe(answer?.venueOrderId);
      expect(bench.venue.copies(order.clientOrderId)).toBe(1);
      expect(fillsIn(reports)).toEqual([]);
    });

    check('E12', 'says for certain that an order was rejected', async (context) => {
      const { bench, client, reports } = context;
      await bench.venue.fault?.('reject-order');
      const order = intentOf(bench, limit(bench));
      let how = 'reported';
      try {
        await client.submit([order]);
        await until(reports, (each) => isOrderOf(each, order) && each.status === 'rejected');
      } catch (error) {
        how = (await refusalOf(Promise.reject(error))).how;
      }
      expect(['reported', 'rejected']).toContain(how);
      expect((await client.openOrders(bench.account)).length).toBe(0);
    });

    check('E13', 'calls an order unknown whose answer is lost, and finds it', async (context) => {
      const { bench, client } = context;
      await bench.venue.fault?.('lose-answer');
      const order = intentOf(bench, limit(bench));
      const error = await failureOf(client.submit([order]));
      expect([error.failure, error.definite]).toEqual(['unknown', false]);
      await readyAgain(client);
      expect(bench.venue.copies(order.clientOrderId)).toBe(1);
      if (client.capabilities.lookupByClientId) {
        const found = await client.order(refOf(order));
        expect(found?.clientOrderId).toBe(order.clientOrderId);
        expect(found?.terms).toEqual(order.terms);
      }
      const open = await client.openOrders(bench.account);
      expect(open.map((each) => each.clientOrderId)).toEqual([order.clientOrderId]);
      // Nothing was sent again behind our back.
      expect(bench.venue.copies(order.clientOrderId)).toBe(1);
    });

    check('E14', 'never says "rejected" of an order that was lost on the way', async (context) => {
      const { bench, client } = context;
      await bench.venue.fault?.('lose-request');
      const order = intentOf(bench, limit(bench));
      const error = await failureOf(client.submit([order]));
      expect(['unknown', 'not-sent']).toContain(error.failure);
      await readyAgain(client);
      expect(bench.venue.copies(order.clientOrderId)).toBe(0);
      expect(await client.order(refOf(order))).toBeNull();
    });

    check('E15', 'tells each fill once, by its trade id, with exact figures', async (context) => {
      const { bench, client, reports } = context;
      const order = await placed(context);
      const first = quarter(bench);
      const rest = subtract(bench.quantity, first) as Quantity;
      const price = order.terms.limitPrice as Price;
      await bench.venue.fill(order.clientOrderId, first, price);
      await until(reports, (each) => isOrderOf(each, order) && each.status === 'partially-filled');
      await bench.venue.fill(order.clientOrderId, rest, price);
      await until(reports, (each) => isOrderOf(each, order) && each.status === 'filled');
      await until(reports, () => sumOf(once(fillsIn(reports))) === bench.quantity);
      const fills = once(fillsIn(reports));
      expect(fills.map(({ quantity }) => quantity)).toEqual([first, rest]);
      for (const fill of fills) {
        expect(fill).toMatchObject({
          account: bench.account,
          clientOrderId: order.clientOrderId,
          instrument: bench.instrument,
          side: 'buy',
          price,
        });
      }
      const last = reports.findLast((each) => isOrderOf(each, order)) as OrderReport;
      expect(last.filledQuantity).toBe(bench.quantity);
      expect(client.connection.phase).toBe('ready');
    });

    check('E16', 'tells the same trades when it is asked for fills', async (context) => {
      const { bench, client, reports } = context;
      const order = await placed(context);
      const price = order.terms.limitPrice as Price;
      for (const size of [quarter(bench), quarter(bench)])
        await bench.venue.fill(order.clientOrderId, size, price);
      await until(reports, () => once(fillsIn(reports)).length === 2);
      const asked = await client.fills(bench.account, since(bench));
      const key = ({ tradeId, quantity, price: at, side }: FillReport): string =>
        [tradeId, quantity, at, side].join(' ');
      expect(once(asked).map(key).toSorted()).toEqual(once(fillsIn(reports)).map(key).toSorted());
    });

    check('E17', 'keeps the trade id of a fill that is told twice', async (context) => {
      const { bench, client, reports } = context;
      const order = await placed(context);
      await bench.venue.fill(order.clientOrderId, quarter(bench), order.terms.limitPrice as Price);
      await until(reports, (each) => isFillOf(each, order));
      await bench.venue.repeat?.();
      const next = await placed(context);
      await bench.venue.fill(next.clientOrderId, quarter(bench), next.terms.limitPrice as Price);
      await until(reports, (each) => isFillOf(each, next));
      const own = fillsIn(reports).filter((each) => each.clientOrderId === order.clientOrderId);
      expect(new Set(own.map(({ tradeId }) => tradeId)).size).toBe(1);
      expect(client.connection.phase).toBe('ready');
    });

    check('E18', 'cancels an order, and refuses to cancel what has ended', async (context) => {
      const { bench, client, reports } = context;
      const order = await placed(context);
      await client.cancel(refOf(order, venueIdIn(reports, order)));
      await until(reports, (each) => isOrderOf(each, order) && each.status === 'canceled');
      expect(await client.openOrders(bench.account)).toEqual([]);
      const again = await refusalOf(client.cancel(refOf(order, venueIdIn(reports, order))));
      expect([again.definite, ['rejected', 'not-found'].includes(again.how)]).toEqual([true, true]);
    });

    check('E19', 'knows no order that was never placed', async ({ bench, client }) => {
      const order = intentOf(bench, limit(bench));
      const error = await failureOf(client.cancel(refOf(order)));
      expect(error.failure).toBe('not-found');
      expect(await client.order(refOf(order))).toBeNull();
    });

    check('E20', 'amends price and quantity as it declares', async (context) => {
      const { bench, client, reports, rules } = context;
      const order = await placed(context);
      const change: OrderAmendment = {
        quantity: subtract(bench.quantity, quarter(bench)) as Quantity,
        limitPrice: add(order.terms.limitPrice as Price, tickAt(rules, bench.price)) as Price,
      };
      const terms = { ...order.terms, ...change } as OrderTerms;
      const ref = refOf(order, venueIdIn(reports, order));
      if (client.capabilities.amend === 'none') {
        const before = bench.venue.changes();
        const refusal = await refusalOf(client.amend(ref, terms, change));
        expect(refusal.definite).toBe(true);
        expect(bench.venue.changes()).toBe(before);
        return;
      }
      await client.amend(ref, terms, change);
      await until(
        reports,
        (each) => isOrderOf(each, order) && each.terms.limitPrice === change.limitPrice,
      );
      const open = await client.openOrders(bench.account);
      expect(open.map((each) => [each.clientOrderId, each.terms])).toEqual([
        [order.clientOrderId, terms],
      ]);
      if (client.capabilities.amend === 'in-place')
        expect(open[0]?.venueOrderId).toBe(ref.venueOrderId);
    });

    check('E21', 'leaves an order as it was when its amendment is refused', async (context) => {
      const { bench, client, reports, rules } = context;
      const order = await placed(context);
      await bench.venue.fault?.('reject-amendment');
      const change = {
        limitPrice: add(order.terms.limitPrice as Price, tickAt(rules, bench.price)) as Price,
      };
      const refusal = await refusalOf(
        client.amend(
          refOf(order, venueIdIn(reports, order)),
          { ...order.terms, ...change },
          change,
        ),
      );
      expect(refusal.definite).toBe(true);
      const open = await client.openOrders(bench.account);
      expect(open.map((each) => [each.clientOrderId, each.terms])).toEqual([
        [order.clientOrderId, order.terms],
      ]);
    });

    check('E22', 'tells the open orders, and only those', async (context) => {
      const { bench, client, reports } = context;
      const gone = await placed(context);
      const kept = [await placed(context), await placed(context)];
      await client.cancel(refOf(gone, venueIdIn(reports, gone)));
      await until(reports, (each) => isOrderOf(each, gone) && each.status === 'canceled');
      const open = await client.openOrders(bench.account);
      expect(open.map((each) => String(each.clientOrderId)).toSorted()).toEqual(
        kept.map((each) => String(each.clientOrderId)).toSorted(),
      );
      for (const each of open) {
        expect(each.terms).toEqual(kept[0]?.terms);
        expect(each.account).toBe(bench.account);
      }
    });

    check('E23', 'finds an order by our own name, also when it has ended', async (context) => {
      const { bench, client, reports } = context;
      if (!client.capabilities.lookupByClientId) return;
      const order = await placed(context);
      expect((await client.order(refOf(order)))?.status).toBe('accepted');
      await bench.venue.fill(order.clientOrderId, bench.quantity, order.terms.limitPrice as Price);
      await until(reports, (each) => isOrderOf(each, order) && each.status === 'filled');
      const found = await client.order(refOf(order));
      expect([found?.status, found?.filledQuantity]).toEqual(['filled', bench.quantity]);
    });

    check('E24', 'tells positions with their sign, exactly', async (context) => {
      const { bench, client, reports } = context;
      const held = async (): Promise<Decimal> =>
        (await client.positions(bench.account)).find((each) => each.instrument === bench.instrument)
          ?.quantity ?? ZERO;
      const before = await held();
      const order = await placed(context);
      await bench.venue.fill(order.clientOrderId, bench.quantity, order.terms.limitPrice as Price);
      await until(reports, (each) => isFillOf(each, order));
      await expect.poll(async () => subtract(await held(), before)).toBe(bench.quantity);
      if (!client.capabilities.short) return;
      const twice = multiply(bench.quantity, decimal('2')) as Quantity;
      const sale = await placed(context, {
        ...limit(bench),
        side: 'sell',
        limitPrice: above(bench),
        quantity: twice,
      });
      await bench.venue.fill(sale.clientOrderId, twice, above(bench));
      await expect.poll(async () => subtract(await held(), before)).toBe(negate(bench.quantity));
    });

    check('E25', 'tells the money of the account', async ({ bench, client }) => {
      const balance = await client.balances(bench.account);
      expect(balance.account).toBe(bench.account);
      expect(balance.currency).not.toBe('');
      expect(balance.cash.length).toBeGreaterThan(0);
      expect(faultOf(balance)).toBeNull();
    });

    troubleChecks(check);
  });
}
