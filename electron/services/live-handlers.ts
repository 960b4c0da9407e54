import type { z } from 'zod';
import { decimal, type Decimal } from '../../engine/domain/decimal.ts';
import { RenataError } from '../../engine/domain/errors.ts';
import {
  accountId,
  clientOrderId,
  instrumentId,
  type InstrumentId,
} from '../../engine/domain/identifiers.ts';
import type { OrderAmendment, OrderSource } from '../../engine/domain/live-order.ts';
import { unixMillis } from '../../engine/domain/time.ts';
import { timeframe } from '../../engine/domain/timeframe.ts';
import type { liveCalls } from '../../engine/protocol/live-contract.ts';
import type { RiskLimitsText, RiskStateView } from '../../engine/protocol/live-schemas.ts';
import type { RiskLimits, RiskScope } from '../../engine/risk/limits.ts';
import type { OrderJournal } from '../storage/journal.ts';
import type { Connections } from './connections/connections.ts';
import { strategyHandlers } from './live-strategies/handlers.ts';
import type { LiveStrategies } from './live-strategies/live-strategies.ts';
import { executionHandlers, type ExecutionServices } from './execution-handlers.ts';
import type { Recordings } from './market-data/recording/recordings.ts';
import { ShownWatches, type OnGone } from './market-data/shown-watches.ts';
import type { MarketDataService } from './market-data/types.ts';
import { watchPrices } from './market-data/watch-prices.ts';
import type { Trading } from './trading/trading.ts';
import type { Watchdog } from './watchdog/watchdog.ts';
import { historyOf, orderView } from './trading/views.ts';

type LiveCalls = typeof liveCalls;
/** Who is behind a call: a person at a window or command line, or a program. */
export type SourceOf<Context> = (context: Context) => OrderSource;

/** What is known of callers by the context of a call. */
export interface Callers<Context> {
  readonly sourceOf: SourceOf<Context>;
  readonly goneOf: (context: Context) => OnGone;
}

/** Handlers of every live call. */
export type LiveHandlers<Context> = {
  readonly [Name in keyof LiveCalls]: (
    input: z.infer<LiveCalls[Name]['input']>,
    context: Context,
  ) => Promise<z.infer<LiveCalls[Name]['output']>>;
};

export interface LiveServices {
  readonly trading: Trading;
  readonly market: MarketDataService;
  readonly connections: Connections;
  readonly journal: OrderJournal;
  readonly watchdog: Watchdog;
  readonly recordings: Recordings;
  readonly strategies: LiveStrategies;
  readonly execution: Pick<ExecutionServices, 'clock' | 'volumes'>;
}

/** Longest history of one order that is shown. */
const HISTORY = 2000;

const done = { ok: true } as const;

/** Handlers of the live part of the contract. */
export function liveHandlers<Context>(
  services: LiveServices,
  callers: Callers<Context>,
): LiveHandlers<Context> {
  const { trading, market, connections, journal, watchdog, recordings } = services;
  const { sourceOf } = callers;
  const watches = new ShownWatches();

  return {
    'connections.list': async () => [...connections.list()],
    'connections.configure': async (request) => {
      await connections.configure(request);
      return done;
    },
    'connections.forgetKeys': async ({ id }) => {
      connections.forgetKeys(id);
      return done;
    },
    'connections.connect': async ({ id }) => {
      await connections.connect(id);
      return done;
    },
    'connections.disconnect': async ({ id }) => {
      await connections.disconnect(id);
      return done;
    },

    'accounts.list': async () => [...trading.accounts()],
    'accounts.arm': async ({ account, confirmation }) => {
      await trading.risk.arm(accountId(account), confirmation);
      return done;
    },
    'accounts.disarm': async ({ account }) => {
      await trading.risk.disarm(accountId(account));
      return done;
    },

    'orders.check': async ({ ticket, urgency }, context) =>
      trading.check(ticket, sourceOf(context), null, urgency),
    'orders.place': async ({ requestId, ticket }, context) => {
      const { orders, check } = await trading.place(requestId, ticket, sourceOf(context));
      return { orders: orders.map(orderView), check };
    },
    'orders.amend': async ({ clientOrderId: id, change }) => {
      const { order, check } = await trading.amend(id, change as OrderAmendment);
      return { order: orderView(order), check };
    },
    'orders.cancel': async ({ clientOrderId: id }) => ({
      order: orderView(await trading.desk.cancel(clientOrderId(id))),
    }),
    'orders.cancelAll': async ({ account, instrument }) => ({
      orders: await trading.desk.cancelAll(accountId(account), instrument as InstrumentId | null),
    }),
    'orders.list': async ({ account, open, limit }) => {
      const owner = account === null ? undefined : accountId(account);
      const found = open
        ? [...trading.log.ledger.open(owner)]
        : [...trading.log.ledger.all()].filter(
            (order) => owner === undefined || order.account === owner,
          );
      return found
        .toSorted(
          (a, b) => b.createdAt - a.createdAt || (a.clientOrderId < b.clientOrderId ? 1 : -1),
        )
        .slice(0, limit)
        .map(orderView);
    },
    'orders.history': async ({ clientOrderId: id }) => {
      const order = trading.log.ledger.require(clientOrderId(id));
      const entries = await journal.about(order.clientOrderId, HISTORY);
      return { order: orderView(order), lines: [...historyOf(entries)] };
    },
    'fills.list': async ({ account, since, limit }) =>
      [...trading.log.ledger.fills()]
        .filter(
          (fill) =>
            (account === null || fill.account === account) &&
            (since === null || fill.venueTime >= since),
        )
        .toSorted((a, b) => b.venueTime - a.venueTime)
        .slice(0, limit),
    'positions.list': async () => [...trading.positions()],
    'positions.flatten': async ({ requestId, account, instrument }, context) => ({
      orders: (await trading.flatten(requestId, account, instrument, sourceOf(context))).orders.map(
        orderView,
      ),
    }),
    'positions.reverse': async ({ requestId, account, instrument }, context) => ({
      orders: (await trading.reverse(requestId, account, instrument, sourceOf(context))).orders.map(
        orderView,
      ),
    }),

    ...strategyHandlers(services.strategies),
    ...executionHandlers({ trading, market, ...services.execution }, sourceOf),

    'risk.get': async () => riskView(trading, watchdog.state),
    'risk.setLimits': async ({ scope, limits }) => {
      await trading.risk.setLimits(scopeOf(scope), readLimits(limits));
      return done;
    },
    'risk.setState': async ({ state, reason }) => {
      await trading.risk.setState(state, reason, 'user');
      if (state !== 'halted') watchdog.release();
      return done;
    },
    'risk.kill': async ({ flatten, reason }) => {
      const { canceled, flattened, failures } = await trading.kill(flatten, reason, 'kill-switch');
      return { canceled, flattened, failures: [...failures] };
    },

    'watchdog.get': () => watchdog.view(),
    'watchdog.set': async (request) => {
      await watchdog.set(request);
      return done;
    },

    'reconciliation.run': async ({ account }) => {
      const accounts = trading.venues
        .accounts()
        .filter(({ id }) => account === null || id === account);
      if (accounts.length === 0) {
        throw new RenataError(
          'NOT_FOUND',
          account === null
            ? 'No account is connected; connect a venue first.'
            : `There is no account ${account}.`,
        );
      }
      const results = await Promise.all(accounts.map(({ id }) => trading.reconcile(id)));
      return {
        checked: results.reduce((sum, { checked }) => sum + checked, 0),
        openCases: trading.cases.open,
        failures: results.flatMap(({ account: id, failures }) =>
          failures.map((text) => `${id} ${text}`),
        ),
      };
    },
    'reconciliation.cases': async ({ open }) => [...trading.cases.list(open)],
    'reconciliation.resolve': async ({ caseId, proposal, note }) => {
      await trading.reconciliation.resolve(caseId, proposal, note);
      return done;
    },

    'instruments.find': async ({ query, connection }) =>
      [...(await market.find(query, connection))].map(({ connection: source, instrument }) => ({
        connection: source,
        instrument: { ...instrument, ticks: instrument.ticks.map((band) => ({ ...band })) },
      })),
    'market.watch': async ({ instrument, kinds }, context) => {
      const id = checkedInstrument(instrument);
      const { watchId } = await watches.begin(
        () => watchPrices(market, id, kinds),
        callers.goneOf(context),
      );
      return { watchId, quote: market.quote(id), book: market.book(id) };
    },
    'market.watchBars': async ({ instrument, timeframe: length, from }, context) => {
      const id = checkedInstrument(instrument);
      const { watchId, watch } = await watches.begin(
        () => market.watchBars(id, timeframe(length), from),
        callers.goneOf(context),
      );
      const { source, calendar, replayed, bars, forming, note } = watch;
      return { watchId, source, calendar, replayed, bars, forming, note };
    },
    'market.unwatch': async ({ watchId }) => {
      watches.end(watchId);
      return done;
    },

    'recordings.list': async () => {
      const { rows, lost } = recordings.statistics();
      const days = await recordings.list();
      return {
        settings: recordings.settings,
        days: days.map(({ source, day, bytes }) => ({ source, day, bytes })),
        rows,
        lost,
      };
    },
    'recordings.configure': async (change) => {
      await recordings.configure(change);
      return done;
    },
    'recordings.delete': async ({ source, day }) => {
      await recordings.remove(source, day);
      return done;
    },
    'recordings.export': (request) => recordings.export(request),

    'audit.list': async ({ from, limit }) => [...(await journal.read(Math.max(1, from), limit))],
    'audit.verify': async () => journal.verify(),
  };
}

/** Limits, state and watchdog as the window shows them. */
export function riskView(
  trading: Pick<Trading, 'risk' | 'unreached'>,
  watchdog: RiskStateView['watchdog'],
): RiskStateView {
  const { risk } = trading;
  const { state, reason, since, by } = risk.state;
  return {
    state,
    reason,
    since,
    by,
    unreached: trading.unreached().map((each) => ({ ...each })),
    scopes: risk.limits().map(({ scope, limits }) => ({
      scope: { ...scope },
      limits: { ...limits, restricted: limits.restricted.map((each) => ({ ...each })) },
    })),
    watchdog,
  };
}

function scopeOf({ kind, name }: RiskScope): RiskScope {
  if ((kind === 'global') !== (name === '')) {
    throw new RenataError(
      'BAD_INPUT',
      kind === 'global'
        ? 'scope: the global scope has no name.'
        : `scope: name the ${kind} that the limits are for.`,
    );
  }
  return { kind, name };
}

/** Limits as they are kept: decimals canonical, none of them negative. */
function readLimits(text: {
  readonly [Name in keyof RiskLimitsText]?: RiskLimitsText[Name] | undefined;
}): Partial<RiskLimits> {
  const limits: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(text)) {
    if (value === undefined) continue;
    if (name === 'restricted') {
      limits[name] = (value as RiskLimitsText['restricted']).map((each) => ({
        ...each,
        symbol: each.symbol.toUpperCase(),
        until: each.until === null ? null : unixMillis(each.until),
      }));
    } else if (typeof value === 'string' && !name.startsWith('on') && name !== 'hours') {
      limits[name] = positive(name, value);
    } else {
      limits[name] = value;
    }
  }
  return limits;
}

function positive(name: string, text: string): Decimal {
  const value = decimal(text, name);
  if (value.startsWith('-')) {
    throw new RenataError(
      'BAD_INPUT',
      `${name}: ${value} is negative; give 0 or more, or null to turn the limit off.`,
      {
        details: { parameter: name },
      },
    );
  }
  return value;
}

function checkedInstrument(text: string): InstrumentId {
  const dot = text.lastIndexOf('.');
  if (dot <= 0) {
    throw new RenataError(
      'BAD_INPUT',
      `instrument: "${text}" must be a symbol with its venue, such as AAPL.XNAS; look it up first.`,
      { details: { parameter: 'instrument' } },
    );
  }
  return instrumentId(text.slice(0, dot), text.slice(dot + 1));
}
