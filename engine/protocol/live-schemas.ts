import { z } from 'zod';
import { DATA_KINDS } from '../domain/market-data.ts';
import { ASSET_CLASSES } from '../domain/instrument.ts';
import { GROUP_KINDS, GROUP_ROLES, LIQUIDITY, ORDER_SOURCES } from '../domain/live-order.ts';
import { ORDER_SIDES, ORDER_STATES, ORDER_TYPES, TIMES_IN_FORCE } from '../domain/order.ts';
import { URGENCIES } from '../domain/algorithm.ts';
import { barColumns, count, identifier, name, text, time, timeframeText } from './schemas.ts';

/** Shapes of the live part of the contract: connections, orders, positions, risk, market data. */

/** A decimal number as text; prices, quantities and money are exact. What callers send need not be canonical. */
export const decimalText = z
  .string()
  .max(64)
  .regex(/^[+-]?(\d+\.?\d*|\.\d+)$/, 'must be a number written with digits and a point');

export const CONNECTION_PHASES = [
  'disconnected',
  'connecting',
  'synchronizing',
  'ready',
  'degraded',
  'reconnecting',
  'scheduled-break',
  'needs-user',
] as const;

export const connectionState = z.strictObject({
  phase: z.enum(CONNECTION_PHASES),
  message: text,
  since: time,
  until: time.nullable(),
  parts: z.array(z.strictObject({ name, working: z.boolean(), note: text })),
});

/** One field of a connection's settings; the form in the window and the command line are made from it. */
export const connectionField = z.strictObject({
  name: identifier,
  label: name,
  help: text,
  kind: z.enum(['text', 'number', 'boolean', 'choice', 'key']),
  choices: z.array(name),
  default: z.union([z.string(), z.number(), z.boolean(), z.null()]),
  required: z.boolean(),
});
export type ConnectionField = z.infer<typeof connectionField>;

export const connection = z.strictObject({
  /** Name of the adapter; there is one connection of each. */
  id: identifier,
  title: name,
  description: text,
  roles: z.array(z.enum(['data', 'execution'])),
  fields: z.array(connectionField),
  /** Present settings; keys are never among them. */
  settings: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  /** Names of the keys that are stored, and where: keychain, weak store, environment. */
  keys: z.array(
    z.strictObject({ name, place: z.enum(['keychain', 'weak', 'environment', 'memory']) }),
  ),
  /** Connects by itself when Renata starts. */
  automatic: z.boolean(),
  live: z.boolean(),
  state: connectionState,
});
export type Connection = z.infer<typeof connection>;

export const tradableInstrument = z.strictObject({
  id: identifier,
  symbol: name,
  name: z.string().max(256),
  assetClass: z.enum(ASSET_CLASSES),
  currency: z.string().max(16),
  baseCurrency: z.string().max(16),
  calendar: name,
  ticks: z.array(z.strictObject({ from: decimalText, tickSize: decimalText })),
  lotSize: decimalText,
  minQuantity: decimalText,
  maxQuantity: decimalText.nullable(),
  minNotional: decimalText.nullable(),
  maxNotional: decimalText.nullable(),
  multiplier: decimalText,
  tradable: z.boolean(),
  shortable: z.boolean(),
  fractional: z.boolean(),
  marginable: z.boolean(),
  expiry: time.nullable(),
});

export const orderTerms = z.strictObject({
  side: z.enum(ORDER_SIDES),
  type: z.enum(ORDER_TYPES),
  quantity: decimalText,
  limitPrice: decimalText.optional(),
  stopPrice: decimalText.optional(),
  trailAmount: decimalText.optional(),
  trailPercent: decimalText.optional(),
  limitOffset: decimalText.optional(),
  timeInForce: z.enum(TIMES_IN_FORCE),
  goodTill: time.optional(),
  extendedHours: z.boolean().optional(),
  reduceOnly: z.boolean().optional(),
  postOnly: z.boolean().optional(),
  displayQuantity: decimalText.optional(),
});
export type OrderTermsText = z.infer<typeof orderTerms>;

/** What a person, strategy or program asks for. Instead of units it may give the money to spend. */
export const ticket = z.strictObject({
  account: identifier,
  instrument: identifier,
  terms: orderTerms.extend({ quantity: decimalText.optional() }),
  /** Money instead of units, in the instrument's currency. */
  notional: decimalText.optional(),
  /** Exits that work once the order has filled, each for what has filled; one takes the other away. */
  takeProfit: z.strictObject({ limitPrice: decimalText }).optional(),
  stopLoss: z
    .strictObject({
      stopPrice: decimalText.optional(),
      limitPrice: decimalText.optional(),
      trailAmount: decimalText.optional(),
      trailPercent: decimalText.optional(),
    })
    .optional(),
  /** Two orders of which a fill of one takes the other away: this is the other one. */
  oco: orderTerms.optional(),
  decisionPrice: decimalText.optional(),
  tag: z.string().max(64).optional(),
});
export type Ticket = z.infer<typeof ticket>;

export const amendment = z.strictObject({
  quantity: decimalText.optional(),
  limitPrice: decimalText.optional(),
  stopPrice: decimalText.optional(),
  trailAmount: decimalText.optional(),
  trailPercent: decimalText.optional(),
});

export const orderSource = z.strictObject({
  kind: z.enum(ORDER_SOURCES),
  name: z.string().max(64),
});

export const liveOrder = z.strictObject({
  clientOrderId: identifier,
  venueOrderId: identifier.nullable(),
  account: identifier,
  instrument: identifier,
  terms: orderTerms,
  state: z.enum(ORDER_STATES),
  filledQuantity: decimalText,
  averagePrice: decimalText.nullable(),
  pending: amendment.nullable(),
  reason: text,
  reasonCode: z.string().max(64),
  source: orderSource,
  strategy: identifier.nullable(),
  group: z
    .strictObject({ id: identifier, kind: z.enum(GROUP_KINDS), role: z.enum(GROUP_ROLES) })
    .nullable(),
  parent: identifier.nullable(),
  decidedAt: time,
  decisionPrice: decimalText.nullable(),
  tag: z.string().max(64),
  lastEvent: count,
  createdAt: time,
  changedAt: time,
});
export type LiveOrderView = z.infer<typeof liveOrder>;

export const fill = z.strictObject({
  tradeId: identifier,
  clientOrderId: identifier,
  venueOrderId: identifier.nullable(),
  account: identifier,
  instrument: identifier,
  side: z.enum(ORDER_SIDES),
  quantity: decimalText,
  price: decimalText,
  commission: decimalText.nullable(),
  commissionCurrency: z.string().max(16),
  /** The commission, where it was taken in units of the instrument and not in money. */
  unitsCharged: decimalText.optional(),
  liquidity: z.enum(LIQUIDITY),
  venueTime: time,
  receivedTime: time,
  /** Time of the prices that filled it, where those are not of the present: a market that is played again. */
  marketTime: time.optional(),
});
export type FillView = z.infer<typeof fill>;

/** One line of an order's history. */
export const orderHistoryLine = z.strictObject({
  sequence: count,
  time,
  venueTime: time.nullable(),
  source: z.enum(['local', 'venue', 'reconciliation']),
  type: name,
  /** State after it. */
  state: z.enum(ORDER_STATES),
  text,
});

/** A limit as it stands for one order: what is used, what the order would make of it. */
export const riskCheck = z.strictObject({
  /** Stable: `MAX_ORDER_NOTIONAL`, `PRICE_COLLAR`, … (docs/risk.md). */
  code: z.string().max(64),
  title: name,
  /** `global`, or `account:X`, `strategy:X`, `agent:X`. */
  scope: z.string().max(96),
  passed: z.boolean(),
  /** Texts with units, for people; null where there is no number. */
  limit: z.string().max(64).nullable(),
  value: z.string().max(64).nullable(),
  /** Part of the limit that would be used, 0 to 1 and more; null where there is none. */
  used: z.number().nullable(),
  /** Largest quantity that this check would let pass; null where size does not matter. */
  largest: decimalText.nullable(),
  message: text,
});
export type RiskCheck = z.infer<typeof riskCheck>;

export const orderCheck = z.strictObject({
  allowed: z.boolean(),
  /** What the button says: "Buy 100 AAPL @ 187.20 LMT DAY - PAPER". */
  sentence: text,
  /** Quantity that the order would have, once money has been turned into units. */
  quantity: decimalText.nullable(),
  checks: z.array(riskCheck),
  /** Largest quantity that every check would let pass; null where none would. */
  largest: decimalText.nullable(),
  estimate: z.strictObject({
    price: decimalText.nullable(),
    notional: decimalText.nullable(),
    fee: decimalText.nullable(),
    initialMargin: decimalText.nullable(),
    buyingPowerAfter: decimalText.nullable(),
    positionAfter: decimalText.nullable(),
    /** Money lost at the stop loss, and it as a part of equity. */
    riskAtStop: decimalText.nullable(),
    riskPart: z.number().nullable(),
  }),
  warnings: z.array(text),
  /** Kind of order that fits spread, depth and urgency; null without a quote on both sides. */
  advice: z
    .strictObject({ urgency: z.enum(URGENCIES), text, reasons: z.array(text) })
    .nullable()
    .optional(),
});
export type OrderCheck = z.infer<typeof orderCheck>;

export const position = z.strictObject({
  account: identifier,
  instrument: identifier,
  /** Signed. */
  quantity: decimalText,
  averagePrice: decimalText.nullable(),
  currency: z.string().max(16),
  /** Last mark and its age; null without. */
  mark: z.number().nullable(),
  markTime: time.nullable(),
  value: z.number().nullable(),
  unrealized: z.number().nullable(),
  realizedToday: decimalText,
  /** Whether a stop rests for it, where, and who holds it. */
  protection: z.enum(['venue', 'local', 'none']),
});
export type PositionView = z.infer<typeof position>;

export const account = z.strictObject({
  id: identifier,
  connection: identifier,
  name: z.string().max(128),
  live: z.boolean(),
  /** Live accounts take orders only while they are armed. */
  armed: z.boolean(),
  currency: z.string().max(16),
  cash: z.array(z.strictObject({ currency: z.string().max(16), amount: decimalText })),
  equity: decimalText.nullable(),
  buyingPower: decimalText.nullable(),
  initialMargin: decimalText.nullable(),
  maintenanceMargin: decimalText.nullable(),
  dayProfit: decimalText.nullable(),
  updatedAt: time.nullable(),
});
export type AccountView = z.infer<typeof account>;

export const TRADING_STATES = ['active', 'reduce-only', 'halted'] as const;

const amount = decimalText.nullable();
/** All limits; null turns one off. Money is in the account's currency. See docs/risk.md. */
export const riskLimits = z.strictObject({
  maxOrderQuantity: amount,
  maxOrderNotional: amount,
  maxPositionQuantity: amount,
  maxPositionNotional: amount,
  /** Parts of equity: 0.25 is a quarter. */
  maxConcentration: amount,
  maxGrossExposure: amount,
  maxNetExposure: amount,
  maxLeverage: amount,
  /** Part of the last price that a limit may lie off it, on the wrong side. */
  priceCollar: amount,
  maxQuoteAgeMs: count.nullable(),
  maxOrders: count.nullable(),
  perMs: count.nullable(),
  duplicateWindowMs: count.nullable(),
  maxOpenOrders: count.nullable(),
  maxDailyLoss: amount,
  onDailyLoss: z.enum(['halt', 'reduce-only']),
  maxDrawdown: amount,
  onDrawdown: z.enum(['halt', 'reduce-only']),
  restricted: z
    .array(z.strictObject({ symbol: name, until: time.nullable(), reason: z.string().max(256) }))
    .max(10_000),
  hours: z.enum(['regular', 'extended', 'any']),
  allowShort: z.boolean(),
  allowFractional: z.boolean(),
  allowMarketOrders: z.boolean(),
  buyingPower: z.boolean(),
});
export type RiskLimitsText = z.infer<typeof riskLimits>;

export const riskScope = z.strictObject({
  kind: z.enum(['global', 'account', 'strategy', 'agent']),
  name: z.string().max(80),
});

export const riskState = z.strictObject({
  state: z.enum(TRADING_STATES),
  reason: text,
  since: time,
  /** Set by a limit, the kill switch or the user. */
  by: z.enum(['user', 'limit', 'kill-switch', 'watchdog', 'start']),
  /** Orders that work at venues which cannot be reached now; `cancels` once they are connected again. */
  unreached: z.array(z.strictObject({ account: identifier, orders: count, cancels: z.boolean() })),
  scopes: z.array(z.strictObject({ scope: riskScope, limits: riskLimits.partial() })),
  watchdog: z.strictObject({ running: z.boolean(), armed: z.boolean(), note: text }),
});
export type RiskStateView = z.infer<typeof riskState>;

/** The process that cancels orders at their venues when the main one hangs or has died. */
export const watchdogView = z.strictObject({
  running: z.boolean(),
  armed: z.boolean(),
  note: text,
  /** Silence of the main process after which it acts. */
  seconds: count,
  /** When it last confirmed a sign of life; null while it does not run. */
  heardAt: time.nullable(),
  accounts: z.array(
    z.strictObject({ account: identifier, flatten: z.boolean(), armed: z.boolean() }),
  ),
  /** Why it has stopped trading; null unless it has, or once a person has released trading. */
  trip: z.strictObject({ time, reason: text }).nullable(),
  /** What it did, newest last. */
  lines: z.array(z.strictObject({ time, account: z.string().max(80), text })),
});
export type WatchdogView = z.infer<typeof watchdogView>;

/** A difference between what the venue says and what we say. */
export const CASE_KINDS = [
  'order-missing-at-venue',
  'order-unknown-here',
  'order-differs',
  'fill-missing-here',
  'fill-differs',
  'fill-unknown-order',
  'position-differs',
  'cash-differs',
  'order-anomaly',
  'query-failed',
] as const;

export const reconciliationCase = z.strictObject({
  id: identifier,
  kind: z.enum(CASE_KINDS),
  account: identifier,
  subject: z.string().max(128),
  openedAt: time,
  closedAt: time.nullable(),
  venueSays: text,
  weSay: text,
  evidence: z.array(z.strictObject({ time: time.nullable(), text })),
  /** What would mend it; the user chooses, nothing is done by itself. */
  proposals: z.array(z.strictObject({ id: identifier, label: name, effect: text })),
  resolution: text,
});
export type ReconciliationCase = z.infer<typeof reconciliationCase>;

export const quote = z.strictObject({
  instrument: identifier,
  bid: z.number().nullable(),
  ask: z.number().nullable(),
  bidSize: z.number().nullable(),
  askSize: z.number().nullable(),
  last: z.number().nullable(),
  lastSize: z.number().nullable(),
  open: z.number().nullable(),
  high: z.number().nullable(),
  low: z.number().nullable(),
  previousClose: z.number().nullable(),
  volume: z.number().nullable(),
  venueTime: time,
  receivedTime: time,
  /** Nothing has come for longer than the source should be silent. */
  stale: z.boolean(),
  /** Where it comes from: `simulated`, `alpaca`, … */
  source: z.string().max(64),
  halted: z.boolean(),
});
export type QuoteView = z.infer<typeof quote>;

const level = z.strictObject({ price: z.number(), size: z.number() });
export const book = z.strictObject({
  instrument: identifier,
  bids: z.array(level).max(50),
  asks: z.array(level).max(50),
  venueTime: time,
});
export type BookView = z.infer<typeof book>;

export const tradePrint = z.strictObject({
  instrument: identifier,
  price: z.number(),
  size: z.number(),
  side: z.enum(['buy', 'sell', 'unknown']),
  time,
});
export type TradePrint = z.infer<typeof tradePrint>;

/** A bar that forms: it may still change, also its beginning. */
export const formingBar = z.strictObject({
  time: z.number(),
  open: z.number(),
  high: z.number(),
  low: z.number(),
  close: z.number(),
  volume: z.number(),
});

/** What has become of the bars of a chart since they were told before. */
export const chartBars = z.strictObject({
  instrument: identifier,
  timeframe: timeframeText,
  /** Bars that have closed, oldest first; each is told once, but after a break perhaps late. */
  closed: barColumns,
  forming: formingBar.nullable(),
});
export type ChartBars = z.infer<typeof chartBars>;

export const dataKind = z.enum(DATA_KINDS);

/** What a recording of prices holds; `gap` is a break in what was received. */
export const RECORDED_KINDS = [...DATA_KINDS, 'gap'] as const;
/** `YYYY-MM-DD`, UTC. */
export const day = z.string().regex(/^\d{4}-\d{2}-\d{2}$/, 'must be a day, YYYY-MM-DD');
export const recordingSettings = z.strictObject({
  record: z.boolean(),
  /** Days that are kept, today among them. */
  days: z.number().int().min(1).max(3650),
  /** Size of all recordings together, after which the oldest go. */
  megabytes: z.number().int().min(1).max(10_000_000),
});
export const recordings = z.strictObject({
  settings: recordingSettings,
  days: z.array(z.strictObject({ source: z.string().max(64), day, bytes: count })),
  /** Since the start: rows written, rows lost since the disk could not follow. */
  rows: count,
  lost: count,
});

/** How one line of the audit log looks to people. */
export const auditLine = z.strictObject({
  sequence: count,
  time,
  kind: name,
  subject: z.string().max(128),
  body: z.string(),
  hash: z.string().length(64),
});
