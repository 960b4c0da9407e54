import { pathToFileURL } from 'node:url';
import { instrumentId } from '../../engine/domain/identifiers.ts';
import { unixMillis, type UnixMillis } from '../../engine/domain/time.ts';
import type { Clock } from '../../engine/ports/clock.ts';
import type { ConnectionState } from '../../engine/ports/connection.ts';
import type { ExecutionClient, ExecutionReport } from '../../engine/ports/execution-client.ts';
import { VenueError, type VenueFailure } from '../../engine/ports/venue-error.ts';
import { Trading } from '../../electron/services/trading/trading.ts';
import { openJournal } from '../../electron/storage/journal.ts';
import { AAPL, ACCOUNT, Exchange, instrumentOf } from '../support/exchange.ts';
import { marketOf, ticketOf } from '../support/trading-desk.ts';

/**
 * A workstation's order path in a process of its own, to be killed: a real journal on the disk, and an
 * exchange that lives in the parent. `drive` gives orders without end; `recover` only looks and tells.
 */
const [directory = '', task = 'drive', seed = '1'] = process.argv.slice(2);

/** Time runs 100 times as fast, so that ten seconds of waiting are a tenth of one. */
const SPEED = 100;
const started = performance.now();
const began = Number(process.argv[5] ?? Date.UTC(2024, 0, 2, 15));
const clock: Clock = {
  now: (): UnixMillis => unixMillis(Math.floor(began + (performance.now() - started) * SPEED)),
  elapsed: () => (performance.now() - started) * SPEED,
  after: (milliseconds, run) => {
    const timer = setTimeout(run, milliseconds / SPEED);
    return () => clearTimeout(timer);
  },
};

export type ToParent =
  | {
      readonly kind: 'call';
      readonly id: number;
      readonly method: string;
      readonly args: unknown[];
    }
  | { readonly kind: 'acted'; readonly what: string }
  | {
      readonly kind: 'told';
      readonly orders: unknown[];
      readonly fills: string[];
      readonly held: string;
      readonly cases: unknown[];
      readonly chain: unknown;
    };
export type ToChild =
  | { readonly kind: 'answer'; readonly id: number; readonly value: unknown }
  | {
      readonly kind: 'failure';
      readonly id: number;
      readonly failure: VenueFailure;
      readonly message: string;
    }
  | { readonly kind: 'report'; readonly report: ExecutionReport };

const send = (message: ToParent): void => {
  process.send?.(message);
};
const calls = new Map<
  number,
  { resolve: (value: unknown) => void; reject: (error: unknown) => void }
>();
const listeners = new Set<(report: ExecutionReport) => void>();
let next = 0;
process.on('message', (message: ToChild) => {
  if (message.kind === 'report') {
    for (const listener of listeners) listener(message.report);
    return;
  }
  const call = calls.get(message.id);
  calls.delete(message.id);
  if (message.kind === 'answer') call?.resolve(message.value);
  else call?.reject(new VenueError(message.failure, message.message));
});
process.on('disconnect', () => process.exit(1));

const READY: ConnectionState = {
  phase: 'ready',
  message: '',
  since: clock.now(),
  until: null,
  parts: [],
};
const ask =
  (method: string) =>
  (...args: unknown[]): Promise<never> => {
    next += 1;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    calls.set(next, { resolve, reject });
    send({ kind: 'call', id: next, method, args });
    return promise as Promise<never>;
  };
const client: ExecutionClient = {
  venue: 'test',
  capabilities: new Exchange(clock).capabilities,
  connection: READY,
  connect: async () => undefined,
  disconnect: async () => undefined,
  onConnection: () => () => undefined,
  onReport: (listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
  accounts: ask('accounts'),
  submit: ask('submit'),
  amend: ask('amend'),
  cancel: ask('cancel'),
  cancelAll: ask('cancelAll'),
  openOrders: ask('openOrders'),
  order: ask('order'),
  fills: ask('fills'),
  positions: ask('positions'),
  balances: ask('balances'),
  findInstruments: async (query) => [instrumentOf(instrumentId(query, 'TEST'))],
  instrument: async (id) => instrumentOf(id),
};

const journal = await openJournal({
  directory,
  threadUrl: pathToFileURL('electron/storage/thread.ts'),
});
const quiet = (): void => undefined;
const trading = await Trading.open({
  journal,
  clock,
  market: marketOf(
    clock,
    new Map([[AAPL, { bid: 99.99, ask: 100.01, last: 100, time: clock.now() }]]),
  ),
  session: () => 'regular',
  dayOf: () => '2024-01-02',
  events: {
    onOrder: quiet,
    onFill: quiet,
    onPositions: quiet,
    onAccounts: quiet,
    onRisk: quiet,
    onCases: quiet,
    onNotice: quiet,
  },
  onDefect: quiet,
  reconcileEvery: 3000,
});
trading.addVenue(client);
const wait = (milliseconds: number): Promise<void> => {
  const { promise, resolve } = Promise.withResolvers<void>();
  clock.after(milliseconds, resolve);
  return promise;
};
while (!trading.reconciliation.isSettled(ACCOUNT)) await wait(100);

if (task === 'drive') await drive();
else await recover();

/** Orders, changes and cancellations, several at once, until somebody ends this. */
async function drive(): Promise<never> {
  await trading.risk.setLimits(
    { kind: 'global', name: '' },
    {
      maxOrders: null,
      perMs: null,
      duplicateWindowMs: null,
      maxConcentration: null,
      maxOpenOrders: 40,
      maxGrossExposure: null,
      maxLeverage: null,
      buyingPower: false,
    },
  );
  let state = Number(seed) >>> 0;
  const draw = (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  for (let n = 0; ; n += 1) {
    const open = trading.log.ledger.open();
    const some = open[draw(Math.max(1, open.length))];
    const what = draw(10);
    const work: Promise<unknown> =
      what < 5 || some === undefined
        ? trading.place(
            `${seed}-${n}`,
            ticketOf({
              terms: {
                side: draw(2) === 0 ? 'buy' : 'sell',
                quantity: String(10 + draw(50)),
                limitPrice: (98 + draw(200) / 100).toFixed(2),
              },
            }),
            { kind: 'person', name: '' },
          )
        : what < 7
          ? trading.amend(some.clientOrderId, { quantity: String(10 + draw(60)) as never })
          : trading.desk.cancel(some.clientOrderId);
    // Refusals are part of it: an order may have ended meanwhile.
    const done = work.then(quiet, quiet);
    send({ kind: 'acted', what: String(n) });
    if (draw(3) === 0) await done;
    else await wait(draw(150));
  }
}

/** Waits until nothing is in doubt, and tells what is known. */
async function recover(): Promise<void> {
  const doubtful = () =>
    trading.log.ledger
      .open()
      .filter(
        ({ state }) => state === 'Unknown' || state === 'Submitted' || state.startsWith('Pending'),
      );
  while (doubtful().length > 0 || trading.doubts.count > 0) await wait(500);
  // What changed within the last seconds is compared in the next round.
  await wait(4000);
  await trading.reconcile(ACCOUNT);
  const { ledger, positions } = trading.log;
  send({
    kind: 'told',
    orders: [...ledger.all()].map((order) => ({
      id: order.clientOrderId,
      state: order.state,
      quantity: order.terms.quantity,
      filled: order.filledQuantity,
      reason: order.reason,
    })),
    fills: [...ledger.fills()].map(({ tradeId }) => tradeId),
    held: positions.get(ACCOUNT, AAPL)?.quantity ?? '0',
    cases: [...trading.cases.list(true)],
    chain: await journal.verify(),
  });
}
