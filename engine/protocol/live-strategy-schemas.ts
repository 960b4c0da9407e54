import { z } from 'zod';
import { decimalText } from './live-schemas.ts';
import { call } from './call.ts';
import { ORDER_SIDES, ORDER_TYPES } from '../domain/order.ts';
import {
  backtestSettings,
  count,
  identifier,
  MOST_INSTRUMENTS,
  name,
  parameterValues,
  strategySource,
  text,
  time,
  timeframeText,
} from './schemas.ts';

/** Shapes of strategies that run live or on paper. */

/** What becomes of orders and position when a run ends. */
export const ON_EXIT = ['keep', 'cancel', 'flatten'] as const;
export type OnExit = (typeof ON_EXIT)[number];

/** `interrupted`: the process that held it ended; it waits to be resumed. */
export const RUN_STATES = [
  'running',
  'paused',
  'stopping',
  'stopped',
  'failed',
  'interrupted',
] as const;
export type LiveRunState = (typeof RUN_STATES)[number];

/** Most bars of the past that a run begins with. */
export const MOST_WARM_UP = 20_000;

export const liveStrategyRequest = z.strictObject({
  /** `live` is for an account that costs real money and is armed; `paper` for every other. */
  kind: z.enum(['paper', 'live']),
  strategy: identifier,
  /** Runs this and not the strategy of that name. */
  source: strategySource.optional(),
  parameters: parameterValues,
  instrument: identifier,
  /** What a strategy of several instruments trades; `instrument` is the first of them. */
  instruments: z.array(identifier).min(1).max(MOST_INSTRUMENTS).optional(),
  timeframe: timeframeText,
  account: identifier,
  /** As of a backtest; `cash` is the money that the strategy is given. */
  settings: backtestSettings,
  /** Bars of the past before the first decision. */
  warmUp: z.number().int().min(0).max(MOST_WARM_UP),
  /** The run ends with the bar that closes then or later; null: when it is told. */
  end: time.nullable(),
  onExit: z.enum(ON_EXIT),
});
export type LiveStrategyRequest = z.infer<typeof liveStrategyRequest>;

export const liveStrategy = z.strictObject({
  id: identifier,
  kind: z.enum(['paper', 'live']),
  strategy: identifier,
  title: name,
  parameters: parameterValues,
  instrument: identifier,
  /** Of a strategy of several instruments: what it trades, each with a position of its own. */
  instruments: z
    .array(
      z.strictObject({
        instrument: identifier,
        /** As the strategy calls it. */
        symbol: name,
        close: z.number().nullable(),
        position: decimalText,
        entryPrice: z.number().nullable(),
        openOrders: count,
      }),
    )
    .max(MOST_INSTRUMENTS)
    .optional(),
  timeframe: timeframeText,
  account: identifier,
  state: z.enum(RUN_STATES),
  /** Why it is so; empty while all is well. */
  reason: text,
  startedAt: time,
  end: time.nullable(),
  onExit: z.enum(ON_EXIT),
  /** Bars since the start, without those of the warm-up; of several instruments, moments of them. */
  bars: count,
  warmUp: count,
  /** Bars that are still missing before the first decision. */
  barsToGo: count,
  lastBar: z
    .strictObject({
      time,
      close: z.number().nullable(),
      mode: z.enum(['warm-up', 'live', 'missed', 'paused']),
    })
    .nullable(),
  /** The strategy's own, whatever else the account holds; signed. null where `instruments` say it. */
  position: decimalText.nullable(),
  entryPrice: z.number().nullable(),
  cash: z.number(),
  equity: z.number().nullable(),
  profit: z.number().nullable(),
  fills: count,
  openOrders: count,
  /** Decisions that were not traded. */
  missed: count,
});
export type LiveStrategyView = z.infer<typeof liveStrategy>;

const drift = z.strictObject({
  data: z.number(),
  timing: z.number(),
  price: z.number(),
  fees: z.number(),
  size: z.number(),
  missed: z.number(),
  total: z.number(),
});
const filled = z.strictObject({
  quantity: z.number(),
  price: z.number(),
  commission: z.number(),
  bar: count,
});
/** `position` is null where there are several instruments. */
const standing = z.strictObject({ equity: z.number(), position: z.number().nullable() });
const bar = z.strictObject({
  time: z.number(),
  open: z.number().or(z.nan()),
  high: z.number().or(z.nan()),
  low: z.number().or(z.nan()),
  close: z.number().or(z.nan()),
  volume: z.number().or(z.nan()),
});

/** In a run of several instruments; bars of its orders and trades are then numbers of moments. */
const ofInstrument = { instrument: identifier.optional() };

/** A live run beside its paper twin and beside the backtest over what history has now. */
export const driftReport = z.strictObject({
  run: liveStrategy,
  bars: count,
  missedBars: count,
  missedDecisions: count,
  live: standing,
  model: standing,
  history: standing.nullable(),
  /** Of a strategy of several instruments: units that each of the three holds of it, and its part. */
  instruments: z
    .array(
      z.strictObject({
        instrument: identifier,
        symbol: name,
        bars: count,
        live: z.number(),
        model: z.number(),
        history: z.number().nullable(),
        drift,
      }),
    )
    .max(MOST_INSTRUMENTS)
    .optional(),
  orders: z.array(
    z.strictObject({
      ...ofInstrument,
      bar: count,
      time: z.number().or(z.nan()),
      side: z.enum(ORDER_SIDES),
      type: z.enum(ORDER_TYPES),
      tag: text,
      live: filled.nullable(),
      model: filled.nullable(),
      drift,
      why: text,
    }),
  ),
  trades: z.array(
    z.strictObject({
      ...ofInstrument,
      from: z.number(),
      to: z.number().nullable(),
      orders: count,
      drift,
    }),
  ),
  corrected: z.array(
    z.strictObject({
      ...ofInstrument,
      time: z.number(),
      seen: bar.nullable(),
      history: bar.nullable(),
    }),
  ),
  commissionsUnknown: count,
  drift,
});
export type DriftReportView = z.infer<typeof driftReport>;

const run = z.strictObject({ run: identifier });

/** Strategies that run live or on paper; a part of the contract. */
export const liveStrategyCalls = {
  'liveStrategies.start': call(liveStrategyRequest, liveStrategy),
  /** The newest first; those that have ended as well. */
  'liveStrategies.list': call(z.strictObject({}), z.array(liveStrategy)),
  'liveStrategies.get': call(run, liveStrategy),
  'liveStrategies.pause': call(run, liveStrategy),
  /** Goes on with a run that was paused, or interrupted by the end of the program. */
  'liveStrategies.resume': call(run, liveStrategy),
  'liveStrategies.stop': call(run.extend({ onExit: z.enum(ON_EXIT) }), liveStrategy),
  'liveStrategies.report': call(run, driftReport),
} as const;

export const liveStrategyEvents = {
  'liveStrategies.changed': z.strictObject({ runs: z.array(liveStrategy) }),
} as const;
