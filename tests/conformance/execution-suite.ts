/**
 * The numbered conformance suite of `ExecutionClient`. A venue's test opens its adapter on its stub and calls
 * `executionSuite`; every check gets an adapter and a stub of its own. A number keeps its meaning for ever.
 */
import { afterAll, describe, expect, test } from 'vitest';
import {
  add,
  compare,
  decimal,
  divide,
  isMultiple,
  multiply,
  negate,
  roundToStep,
  subtract,
  ZERO,
  type Decimal,
  type Price,
  type Quantity,
} from '../../engine/domain/decimal.ts';
import {
  clientOrderId,
  type AccountId,
  type ClientOrderId,
  type InstrumentId,
  type VenueOrderId,
} from '../../engine/domain/identifiers.ts';
import type {
  GroupKind,
  OrderAmendment,
  OrderIntent,
  OrderTerms,
} from '../../engine/domain/live-order.ts';
import {
  ORDER_TYPES,
  TIMES_IN_FORCE,
  type OrderType,
  type TimeInForce,
} from '../../engine/domain/order.ts';
import { MS_PER_DAY, unixMillis, type UnixMillis } from '../../engine/domain/time.ts';
import { tickAt } from '../../engine/orders/check-terms.ts';
import { faultOf } from '../../engine/orders/reports.ts';
import type {
  ExecutionClient,
  ExecutionReport,
  FillReport,
  OrderRef,
  OrderReport,
} from '../../engine/ports/execution-client.ts';
import type { TradableInstrument } from '../../engine/ports/instruments.ts';
import { executionMatrix, printed } from '../../build/capability-matrix.ts';
import { failureOf, refusalOf, until, type Without } from './checks.ts';

/** What goes wrong at the venue. Each holds for the next request of its kind, `queries-fail` until `mend`. */
export type VenueFault =
  /** The next new order is taken, and its answer is lost. */
  | 'lose-answer'
  /** The connection ends before the next new order has arrived. */
  | 'lose-request'
  /** The venue refuses the next new order for good. */
  | 'reject-order'
  /** The venue refuses the next amendment for good. */
  | 'reject-amendment'
  /** Every question for orders, fills, positions and money fails. */
  | 'queries-fail';

/** The venue behind the adapter, as the suite moves it. What has no meaning there is left out. */
export interface VenueControl {
  /** Requests that arrived and would place, change or cancel something. */
  changes(): number;
  /** An order as it stands at the venue, in the venue's own words; null when it has none of that name. */
  arrived(name: ClientOrderId): Readonly<Record<string, unknown>> | null;
  /** How the venue writes such terms: taken from its documentation, not from the adapter. */
  words(terms: OrderTerms): Readonly<Record<string, unknown>>;
  /** Orders of one name that the venue has or had: 1 for an order that was sent once. */
  copies(name: ClientOrderId): number;
  /** Fills a part of an order that rests. */
  fill(name: ClientOrderId, quantity: Quantity, price: Price): void | Promise<void>;
  /** Tells what was told of the last fill once more, word by word. */
  repeat?(): void | Promise<void>;
  /** Another program places an order, buying at a limit far below the market. @returns the venue's name of it */
  placeOutside?(): string | Promise<string>;
  fault?(fault: VenueFault): void;
  /** Ends `queries-fail`. */
  mend?(): void;
  /** Ends the connections, which may be made anew at once. */
  drop?(): void | Promise<void>;
  /** Sends messages that make no sense on the stream of orders. @returns how many */
  garble?(): number | Promise<number>;
}

/** An adapter that is connected and ready, on a venue of its own. */
export interface ExecutionBench {
  readonly client: ExecutionClient;
  readonly account: AccountId;
  readonly instrument: InstrumentId;
  /** An instrument that the venue does not have, of a form that it could have. */
  readonly unknown: InstrumentId;
  /** Whereabouts the instrument trades. */
  readonly price: Price;
  /** A usual number of units: four whole lots or more, that can be cut in four. */
  readonly quantity: Quantity;
  /** The clock of the venue. */
  readonly now: () => UnixMillis;
  /** Everything that the adapter logged. */
  readonly logs: readonly string[];
  /** What must never be in a log or an error. */
  readonly secrets: readonly string[];
  readonly venue: VenueControl;
  close(): Promise<void>;
}

/** Numbers of checks, and why they have no meaning for this venue. */
export type { Without } from './checks.ts';

interface Context {
  readonly bench: ExecutionBench;
  readonly client: ExecutionClient;
  readonly reports: ExecutionReport[];
  readonly rules: TradableInstrument;
}

let orders = 0;

/** @param open opens the adapter anew for each check */
export function executionSuite(
  name: string,
  open: () => Promise<ExecutionBench>,
  without: Without = {},
): void {
  const check = (number: string, what: string, run: (context: Context) => Promise<void>): void => {
    const reason = without[number];
    test.skipIf(reason !== undefined)(
      `${number} ${what}${reason === undefined ? '' : ` (has no meaning here: ${reason})`}`,
      async () => {
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
      },
    );
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
      if (can.extendedHours) await arrives(context, { ...usual, extendedHours: true });
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
      bench.venue.fault?.('reject-order');
      const order = intentOf(bench, limit(bench));
      let how = 'reported';
      try {
        await client.submit([order]);
        await until(reports, (each) => isOrderOf(each, order) && each.status === 'rejected');
      } catch (error) {
        how = (await refusalOf(Promise.reject(error as Error))).how;
      }
      expect(['reported', 'rejected']).toContain(how);
      expect((await client.openOrders(bench.account)).length).toBe(0);
    });

    check('E13', 'calls an order unknown whose answer is lost, and finds it', async (context) => {
      const { bench, client } = context;
      bench.venue.fault?.('lose-answer');
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
      bench.venue.fault?.('lose-request');
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
      bench.venue.fault?.('reject-amendment');
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
      expect(open.map((each) => each.clientOrderId).toSorted()).toEqual(
        kept.map((each) => each.clientOrderId).toSorted(),
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

    check('E26', 'throws when a question fails, and never answers nothing', async (context) => {
      const { bench, client, reports } = context;
      const order = await placed(context);
      await bench.venue.fill(order.clientOrderId, quarter(bench), order.terms.limitPrice as Price);
      await until(reports, (each) => isFillOf(each, order));
      bench.venue.fault?.('queries-fail');
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
      bench.venue.mend?.();
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
        const names = group.map((each) => each.clientOrderId);
        await expect
          .poll(async () =>
            (await client.openOrders(bench.account))
              .map((each) => each.clientOrderId)
              .filter((each) => each !== null && names.includes(each))
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

    check(
      'E32',
      'survives messages that make no sense, and has no wrong state',
      async (context) => {
        const { bench, client, reports } = context;
        const order = await placed(context);
        const before = fillsIn(reports).length;
        expect(await bench.venue.garble?.()).toBeGreaterThan(0);
        await bench.venue.fill(
          order.clientOrderId,
          quarter(bench),
          order.terms.limitPrice as Price,
        );
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
      },
    );

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
  });
}

/** Rules that an order can be held against. */
export function checkRules(rules: TradableInstrument): void {
  expect(rules.symbol).not.toBe('');
  expect(rules.currency).toMatch(/^[A-Z0-9]{2,8}$/);
  expect(rules.ticks.length).toBeGreaterThan(0);
  expect(rules.ticks[0]?.from).toBe('0');
  for (const { tickSize } of rules.ticks) expect(compare(tickSize, ZERO)).toBeGreaterThan(0);
  expect(compare(rules.lotSize, ZERO)).toBeGreaterThan(0);
  expect(compare(rules.minQuantity, ZERO)).toBeGreaterThan(0);
  expect(compare(rules.multiplier, ZERO)).toBeGreaterThan(0);
}

/** An order arrives once, in the words of the venue, and the adapter tells it in ours. */
async function arrives(context: Context, terms: OrderTerms): Promise<void> {
  const { bench, client, reports } = context;
  const order = intentOf(bench, terms);
  await client.submit([order]);
  const at = bench.venue.arrived(order.clientOrderId);
  expect({ terms, at }).toMatchObject({ terms, at: bench.venue.words(terms) });
  expect(bench.venue.copies(order.clientOrderId)).toBe(1);
  await until(reports, (each) => isOrderOf(each, order));
  const told = reports.find((each) => isOrderOf(each, order)) as OrderReport;
  expect(told.terms).toEqual(terms);
}

async function placed(context: Context, terms?: OrderTerms): Promise<OrderIntent> {
  const order = intentOf(context.bench, terms ?? limit(context.bench));
  await context.client.submit([order]);
  await accepted(context, order);
  return order;
}

async function accepted({ reports }: Context, order: OrderIntent): Promise<OrderReport> {
  await until(reports, (each) => isOrderOf(each, order) && each.status === 'accepted');
  return reports.find(
    (each) => isOrderOf(each, order) && each.status === 'accepted',
  ) as OrderReport;
}

const readyAgain = (client: ExecutionClient): Promise<void> =>
  expect.poll(() => client.connection.phase).toBe('ready') as unknown as Promise<void>;

export function intentOf(
  bench: Pick<ExecutionBench, 'account' | 'instrument' | 'now'>,
  terms: OrderTerms,
  more: Partial<OrderIntent> = {},
): OrderIntent {
  orders += 1;
  return {
    clientOrderId: clientOrderId(`CONF${process.pid}N${String(orders).padStart(5, '0')}`),
    account: bench.account,
    instrument: bench.instrument,
    terms,
    source: { kind: 'person', name: '' },
    strategy: null,
    group: null,
    parent: null,
    decidedAt: bench.now(),
    decisionPrice: null,
    tag: '',
    ...more,
  };
}

export function refOf(order: OrderIntent, id: VenueOrderId | null = null): OrderRef {
  const { account, instrument, clientOrderId: name } = order;
  return { account, instrument, clientOrderId: name, venueOrderId: id };
}

/** A tenth below the market and above it, on a whole price: such limits rest. */
const below = ({ price }: ExecutionBench): Price =>
  roundToStep(multiply(price, decimal('0.9')), decimal('1'), 'towards-zero') as Price;
const above = ({ price }: ExecutionBench): Price =>
  roundToStep(multiply(price, decimal('1.1')), decimal('1'), 'away-from-zero') as Price;
const quarter = ({ quantity }: ExecutionBench): Quantity =>
  divide(quantity, decimal('4'), 12, 'towards-zero') as Quantity;
const soon = (bench: ExecutionBench): UnixMillis =>
  unixMillis(Math.floor(bench.now() / 1000) * 1000 + 3 * MS_PER_DAY);
const since = (bench: ExecutionBench): UnixMillis => unixMillis(bench.now() - MS_PER_DAY);
const dayOr = (client: ExecutionClient): TimeInForce =>
  client.capabilities.timesInForce.includes('day') ? 'day' : 'gtc';

function limit(bench: ExecutionBench): OrderTerms {
  return {
    side: 'buy',
    type: 'limit',
    quantity: bench.quantity,
    limitPrice: below(bench),
    timeInForce: bench.client.capabilities.timesInForce.includes('gtc') ? 'gtc' : 'day',
  };
}

/** Terms of a type that rest: buys below the market or waiting above it, sells that trail. */
function termsOf({ bench, client, rules }: Context, type: OrderType): OrderTerms {
  const auction = type.endsWith('_on_open') || type.endsWith('_on_close');
  const common = {
    type,
    side: 'buy',
    quantity: bench.quantity,
    timeInForce: auction ? 'day' : dayOr(client),
  } as const;
  switch (type) {
    case 'market':
    case 'market_on_open':
    case 'market_on_close':
      return common;
    case 'limit':
    case 'limit_on_open':
    case 'limit_on_close':
      return { ...common, limitPrice: below(bench) };
    case 'stop':
      return { ...common, stopPrice: above(bench) };
    case 'stop_limit':
      return {
        ...common,
        stopPrice: above(bench),
        limitPrice: add(above(bench), decimal('1')) as Price,
      };
    case 'market_if_touched':
      return { ...common, stopPrice: below(bench) };
    case 'limit_if_touched':
      return { ...common, stopPrice: below(bench), limitPrice: below(bench) };
    case 'trailing_stop':
      return { ...common, trailPercent: decimal('5') };
    case 'trailing_stop_limit':
      return {
        ...common,
        trailAmount: decimal('5') as Price,
        limitOffset: multiply(tickAt(rules, bench.price), decimal('10')) as Price,
      };
  }
}

/** Orders of a group, the entry first. */
function groupOf({ bench }: Context, kind: GroupKind): readonly OrderIntent[] {
  orders += 1;
  const id = `G${process.pid}N${orders}`;
  const usual = limit(bench);
  const stop: OrderTerms = {
    side: 'sell',
    type: 'stop',
    quantity: bench.quantity,
    stopPrice: subtract(below(bench), decimal('5')) as Price,
    timeInForce: usual.timeInForce,
  };
  const target: OrderTerms = { ...usual, side: 'sell', limitPrice: above(bench) };
  if (kind === 'oco') {
    return [
      intentOf(bench, target, { group: { id, kind, role: 'leg' } }),
      intentOf(bench, stop, { group: { id, kind, role: 'leg' } }),
    ];
  }
  const entry = intentOf(bench, usual, { group: { id, kind, role: 'entry' } });
  const parent = entry.clientOrderId;
  const exit = intentOf(bench, stop, { group: { id, kind, role: 'stop-loss' }, parent });
  if (kind === 'oto') return [entry, exit];
  return [
    entry,
    exit,
    intentOf(bench, target, { group: { id, kind, role: 'take-profit' }, parent }),
  ];
}

const isOrderOf = (report: ExecutionReport, order: OrderIntent): report is OrderReport =>
  report.kind === 'order' && report.clientOrderId === order.clientOrderId;
const isFillOf = (report: ExecutionReport, order: OrderIntent): report is FillReport =>
  report.kind === 'fill' && report.clientOrderId === order.clientOrderId;
const fillsIn = (reports: readonly ExecutionReport[]): readonly FillReport[] =>
  reports.filter((report) => report.kind === 'fill');

function venueIdIn(reports: readonly ExecutionReport[], order: OrderIntent): VenueOrderId | null {
  return reports.findLast((each) => isOrderOf(each, order))?.venueOrderId ?? null;
}

/** Fills as the core books them: one of each trade id. */
function once(fills: readonly FillReport[]): readonly FillReport[] {
  const seen = new Set<string>();
  return fills.filter(({ tradeId }) => !seen.has(tradeId) && seen.add(tradeId) !== undefined);
}

const sumOf = (fills: readonly FillReport[]): Decimal =>
  fills.reduce<Decimal>((sum, { quantity }) => add(sum, quantity), ZERO);
