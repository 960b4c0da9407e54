import { z } from 'zod';
import { URGENCIES } from '../domain/algorithm.ts';
import * as e from './execution-schemas.ts';
import * as l from './live-schemas.ts';
import { liveStrategyCalls, liveStrategyEvents } from './live-strategy-schemas.ts';
import {
  barColumns,
  count,
  done,
  identifier,
  name,
  nothing,
  octets,
  text,
  time,
  timeframeText,
} from './schemas.ts';
import { call } from './call.ts';

/**
 * The live part of the contract. Whatever places an order, a button, a strategy, a program or an agent,
 * comes through `orders.place` and the risk gate behind it.
 */
export const liveCalls = {
  ...liveStrategyCalls,
  'connections.list': call(nothing, z.array(l.connection)),
  /**
   * Settings and keys of a connection. Keys go to the keychain and never come back. A weak keychain is
   * CONFLICT until `acceptWeakStore` is given.
   */
  'connections.configure': call(
    z.strictObject({
      id: identifier,
      settings: z.record(
        z.string().max(64),
        z.union([z.string().max(512), z.number(), z.boolean()]),
      ),
      keys: z.record(z.string().max(64), z.string().max(4096)),
      automatic: z.boolean(),
      acceptWeakStore: z.boolean(),
    }),
    done,
  ),
  'connections.forgetKeys': call(z.strictObject({ id: identifier }), done),
  'connections.connect': call(z.strictObject({ id: identifier }), done),
  'connections.disconnect': call(z.strictObject({ id: identifier }), done),

  'accounts.list': call(nothing, z.array(l.account)),
  /** Live accounts take orders only when armed; for this session only. `confirmation` is the account's id, typed. */
  'accounts.arm': call(
    z.strictObject({ account: identifier, confirmation: z.string().max(80) }),
    done,
  ),
  'accounts.disarm': call(z.strictObject({ account: identifier }), done),

  /** What the risk gate would say, and what the order would cost. Sends nothing. */
  'orders.check': call(
    z.strictObject({ ticket: l.ticket, urgency: z.enum(URGENCIES).optional() }),
    l.orderCheck,
  ),
  /**
   * Places an order with its exits. The same `requestId` again gives the same orders and sends nothing.
   * A denial is no error: the orders come back as `Denied`.
   */
  'orders.place': call(
    z.strictObject({ requestId: identifier, ticket: l.ticket }),
    z.strictObject({ orders: z.array(l.liveOrder), check: l.orderCheck }),
  ),
  'orders.amend': call(
    z.strictObject({ clientOrderId: identifier, change: l.amendment }),
    z.strictObject({ order: l.liveOrder, check: l.orderCheck.nullable() }),
  ),
  'orders.cancel': call(
    z.strictObject({ clientOrderId: identifier }),
    z.strictObject({ order: l.liveOrder }),
  ),
  'orders.cancelAll': call(
    z.strictObject({ account: identifier, instrument: identifier.nullable() }),
    z.strictObject({ orders: count }),
  ),
  /** Newest first. */
  'orders.list': call(
    z.strictObject({
      account: identifier.nullable(),
      open: z.boolean(),
      limit: z.number().int().min(1).max(10_000),
    }),
    z.array(l.liveOrder),
  ),
  'orders.history': call(
    z.strictObject({ clientOrderId: identifier }),
    z.strictObject({ order: l.liveOrder, lines: z.array(l.orderHistoryLine) }),
  ),
  'fills.list': call(
    z.strictObject({
      account: identifier.nullable(),
      since: time.nullable(),
      limit: z.number().int().min(1).max(10_000),
    }),
    z.array(l.fill),
  ),
  'positions.list': call(nothing, z.array(l.position)),
  /** Cancels what works for the position and closes it at the market. */
  'positions.flatten': call(
    z.strictObject({ requestId: identifier, account: identifier, instrument: identifier }),
    z.strictObject({ orders: z.array(l.liveOrder) }),
  ),
  'positions.reverse': call(
    z.strictObject({ requestId: identifier, account: identifier, instrument: identifier }),
    z.strictObject({ orders: z.array(l.liveOrder) }),
  ),

  /** What an algorithm would do, and what the risk gate says of the whole order. Begins nothing. */
  'algorithms.preview': call(z.strictObject({ ticket: e.algorithmTicket }), e.algorithmPreview),
  /**
   * Works an order over time. The same `requestId` again begins nothing again. Where the gate refuses the
   * whole of it, it comes back as `denied`.
   */
  'algorithms.start': call(
    z.strictObject({ requestId: identifier, ticket: e.algorithmTicket }),
    z.strictObject({ algorithm: e.algorithm, check: l.orderCheck }),
  ),
  /** Newest first. */
  'algorithms.list': call(
    z.strictObject({
      account: identifier.nullable(),
      running: z.boolean(),
      limit: z.number().int().min(1).max(10_000),
    }),
    z.array(e.algorithm),
  ),
  /** Takes its children away and stands still. */
  'algorithms.pause': call(z.strictObject({ id: identifier }), e.algorithm),
  'algorithms.resume': call(z.strictObject({ id: identifier }), e.algorithm),
  /** Takes its children away and ends it. */
  'algorithms.stop': call(z.strictObject({ id: identifier }), e.algorithm),

  /** What orders have cost against decision, arrival, middle and interval VWAP. */
  'quality.report': call(e.qualityRequest, z.strictObject({ rows: z.array(e.qualityRow) })),
  /** Models of slippage fitted to the orders that took what there was. */
  'quality.fit': call(nothing, e.fittedSlippage),

  'risk.get': call(nothing, l.riskState),
  'risk.setLimits': call(
    z.strictObject({ scope: l.riskScope, limits: l.riskLimits.partial() }),
    done,
  ),
  'risk.setState': call(
    z.strictObject({ state: z.enum(l.TRADING_STATES), reason: z.string().max(256) }),
    done,
  ),
  /** Halts trading, cancels every order of every account, and closes the positions when asked. */
  'risk.kill': call(
    z.strictObject({ flatten: z.boolean(), reason: z.string().max(256) }),
    z.strictObject({ canceled: count, flattened: count, failures: z.array(text) }),
  ),

  'watchdog.get': call(nothing, l.watchdogView),
  /**
   * Whether an account is watched, with its positions closed or not, and after how many seconds of silence.
   * Kept for later starts. Orders of the simulated account live in the main process: CONFLICT.
   */
  'watchdog.set': call(
    z.strictObject({
      account: identifier.nullable(),
      watch: z.boolean(),
      flatten: z.boolean(),
      seconds: z.number().int().min(5).max(600).nullable(),
    }),
    done,
  ),

  'reconciliation.run': call(
    z.strictObject({ account: identifier.nullable() }),
    z.strictObject({ checked: count, openCases: count, failures: z.array(text) }),
  ),
  'reconciliation.cases': call(
    z.strictObject({ open: z.boolean() }),
    z.array(l.reconciliationCase),
  ),
  'reconciliation.resolve': call(
    z.strictObject({ caseId: identifier, proposal: identifier, note: z.string().max(512) }),
    done,
  ),

  'instruments.find': call(
    z.strictObject({ query: z.string().min(1).max(64), connection: identifier.nullable() }),
    z.array(z.strictObject({ connection: identifier, instrument: l.tradableInstrument })),
  ),
  /** Quotes and depth of an instrument are sent as events while somebody watches it. */
  'market.watch': call(
    z.strictObject({ instrument: identifier, kinds: z.array(l.dataKind).min(1) }),
    z.strictObject({ watchId: identifier, quote: l.quote.nullable(), book: l.book.nullable() }),
  ),
  /**
   * Bars of an instrument for a chart. Those that have closed since, and the one that forms, are sent as
   * events while somebody watches them; `market.unwatch` ends it.
   */
  'market.watchBars': call(
    z.strictObject({
      instrument: identifier,
      timeframe: timeframeText,
      /** Start of the first closed bar that is wanted; the newest ones when null. */
      from: time.nullable(),
    }),
    z.strictObject({
      watchId: identifier,
      source: name,
      calendar: z.string().max(64),
      /** A market of the past that is played again. */
      replayed: z.boolean(),
      bars: barColumns,
      forming: l.formingBar.nullable(),
      /** What is missing; empty where nothing is. */
      note: text,
    }),
  ),
  'market.unwatch': call(z.strictObject({ watchId: identifier }), done),

  /** Days of prices as they came, by source. */
  'recordings.list': call(nothing, l.recordings),
  'recordings.configure': call(l.recordingSettings.partial(), done),
  /** The day that is being written is CONFLICT. */
  'recordings.delete': call(z.strictObject({ source: identifier, day: l.day }), done),
  /** One kind of one day; TOO_LARGE where only the command line can write it. */
  'recordings.export': call(
    z.strictObject({
      source: identifier,
      day: l.day,
      kind: z.enum(l.RECORDED_KINDS),
      instrument: identifier.nullable(),
      format: z.enum(['csv', 'parquet']),
    }),
    z.strictObject({ fileName: name, bytes: octets }),
  ),

  'audit.list': call(
    z.strictObject({ from: count, limit: z.number().int().min(1).max(2000) }),
    z.array(l.auditLine),
  ),
  'audit.verify': call(
    nothing,
    z.strictObject({
      entries: count,
      head: z.string(),
      fault: z.strictObject({ sequence: count, what: text }).nullable(),
    }),
  ),
} as const;

export const liveEvents = {
  ...liveStrategyEvents,
  'orders.changed': z.strictObject({ orders: z.array(l.liveOrder) }),
  'fills.added': z.strictObject({ fills: z.array(l.fill) }),
  /** Algorithms that have begun, gone on or ended. */
  'algorithms.changed': z.strictObject({ algorithms: z.array(e.algorithm) }),
  'positions.changed': z.strictObject({ positions: z.array(l.position) }),
  'accounts.changed': z.strictObject({ accounts: z.array(l.account) }),
  'connections.changed': z.strictObject({ id: identifier, state: l.connectionState }),
  'risk.changed': l.riskState,
  'cases.changed': z.strictObject({ open: count }),
  /** At most 60 times a second, the newest of each instrument; never all ticks. */
  'market.data': z.strictObject({
    quotes: z.array(l.quote),
    books: z.array(l.book),
    trades: z.array(l.tradePrint).max(1000),
  }),
  /** Bars of charts that are watched, at most 60 times a second. */
  'market.bars': z.strictObject({ charts: z.array(l.chartBars).max(2000) }),
  /** For what the user must see at once: a rejection, an unknown order, a lost connection. */
  'trading.notice': z.strictObject({
    level: z.enum(['info', 'warning', 'error']),
    title: name,
    text,
    subject: z.string().max(128),
  }),
} as const;
