import { z } from 'zod';
import { MAX_EVENTS } from '../domain/adjustments.ts';
import { call } from './call.ts';
import { apiCalls } from './api-schemas.ts';
import { liveCalls, liveEvents } from './live-contract.ts';
import * as r from './research-schemas.ts';
import { bundleRerun, bundleView } from './run-bundle.ts';
import * as s from './schemas.ts';
import * as st from './strategy-schemas.ts';

/**
 * The contract: every call that a window, a browser, the command line or an agent can make, and every
 * event they can hear. One handler answers a call whatever carried it. Inputs are validated where they
 * enter the main process, results and events where they enter the client.
 */

/** Payload limit of one message on any carrier, in bytes; larger uploads are sent in chunks. */
export const MAX_MESSAGE_BYTES = 8 * 1024 * 1024;
/** Chunk size clients use for uploads. */
export const UPLOAD_CHUNK_BYTES = 1024 * 1024;
/** Largest file that can be uploaded through a window. */
export const MAX_UPLOAD_BYTES = 2 * 1024 * 1024 * 1024;

const { nothing, done } = s;

export const calls = {
  ...liveCalls,
  ...apiCalls,
  'app.info': call(
    nothing,
    z.strictObject({
      name: s.name,
      version: s.name,
      carrier: z.enum(['electron', 'websocket', 'cli', 'api']),
      dataDirectory: s.text,
      runtime: s.text,
      threads: s.count,
      store: z.discriminatedUnion('state', [
        z.strictObject({ state: z.literal('ready') }),
        z.strictObject({
          state: z.literal('recovered'), // a damaged file was set aside and a new store opened
          keptAs: s.text,
          reason: s.text,
          backups: z.array(z.strictObject({ name: s.name, time: s.time, bytes: s.count })),
        }),
      ]),
    }),
  ),
  'store.restore': call(z.strictObject({ backup: s.name }), done),

  'data.list': call(nothing, z.array(s.datasetSummary)),
  'data.get': call(
    z.strictObject({ datasetId: s.identifier }),
    z.strictObject({
      summary: s.datasetSummary,
      versions: z.array(s.datasetVersion),
      quality: s.qualityReport,
    }),
  ),
  /** Range read. With more bars than `maxPoints`, the newest `maxPoints` of the range are returned. */
  'data.bars': call(
    z.strictObject({
      datasetId: s.identifier,
      start: s.time.nullable(),
      end: s.time.nullable(),
      adjustment: s.adjustment,
      maxPoints: z.number().int().min(1).max(100_000),
    }),
    z.strictObject({ bars: s.barColumns, totalBars: s.count, timeframe: s.timeframeText }),
  ),
  'data.delete': call(z.strictObject({ datasetId: s.identifier }), done),
  'data.upload-start': call(
    z.strictObject({ name: s.name, bytes: z.number().int().min(1).max(MAX_UPLOAD_BYTES) }),
    z.strictObject({ uploadId: s.identifier }),
  ),
  'data.upload-chunk': call(
    z.strictObject({ uploadId: s.identifier, offset: s.count, bytes: s.octets }),
    z.strictObject({ received: s.count }),
  ),
  /** Drops a file that was sent; one that is gone already is no error. */
  'data.upload-drop': call(z.strictObject({ uploadId: s.identifier }), done),
  'data.preview': call(
    z.strictObject({ source: s.importSource, options: s.importOptions.partial() }),
    s.importPreview,
  ),
  'data.import': call(
    z.strictObject({ source: s.importSource, options: s.importOptions }),
    z.strictObject({ jobId: s.identifier }),
  ),
  /** Splits and dividends from a file of cumulative factors, in place of those the instrument had. */
  'data.importFactors': call(
    z.strictObject({ source: s.importSource, instrumentId: s.identifier }),
    z.strictObject({ events: z.array(s.adjustmentEvent).max(MAX_EVENTS) }),
  ),
  'data.export': call(
    z.strictObject({
      datasetId: s.identifier,
      format: z.enum(['csv', 'parquet']),
      adjustment: s.adjustment,
      start: s.time.nullable(),
      end: s.time.nullable(),
    }),
    z.strictObject({ fileName: s.name, bytes: s.octets }),
  ),

  /** The catalogue of indicators. */
  'indicators.list': call(nothing, z.array(s.indicator)),
  /**
   * Evaluates an expression over stored bars and describes how to draw it. A call of an indicator gives
   * all of its outputs, any other expression one column. Other timeframes are joined from the dataset's
   * bars, other instruments (`on("SPY", close)`) read from the store. Computed over the whole dataset, so
   * that values do not depend on the range shown, then cut to it: of more bars than `maxPoints` the
   * newest are returned. An error of the expression is BAD_INPUT (NOT_FOUND for an instrument that the
   * store lacks) with `details.column` and `details.endColumn`, counted from 1, and where one is near
   * `details.suggestion`.
   */
  'studies.compute': call(s.studyRequest, s.study),

  /** Names of the expression language besides the indicators, for editors. */
  'expressions.names': call(nothing, z.array(st.languageName)),

  /** Those of the program, the examples, and the user's files, read anew. */
  'strategies.list': call(nothing, z.array(s.strategyEntry)),
  /** Checks a text. What is wrong with it is in `entry.error`, with line and column. */
  'strategies.check': call(s.strategySource, s.strategyEntry),
  /** All that is wrong with a rule document, field by field. */
  'strategies.problems': call(st.problemsRequest, st.problemsAnswer),
  'strategies.get': call(st.strategyPlace, st.strategyText),
  /** Writes a rule document into the user's folder. BAD_FILE for one with problems. */
  'strategies.save': call(st.saveRequest, st.saved),
  'strategies.delete': call(z.strictObject({ id: s.identifier }), done),
  'backtest.run': call(s.backtestRequest, z.strictObject({ jobId: s.identifier })),
  'runs.list': call(nothing, z.array(s.runSummary)),
  'runs.get': call(z.strictObject({ runId: s.identifier }), s.run),
  'runs.delete': call(z.strictObject({ runId: s.identifier }), done),
  /** Statistics, differences and thinned curves of runs side by side, in the order asked for. */
  'runs.compare': call(
    z.strictObject({ runIds: z.array(s.identifier).min(2).max(8) }),
    s.comparison,
  ),
  /** The tear sheet of a run: one HTML document that loads and runs nothing. */
  'reports.html': call(
    z.strictObject({ runId: s.identifier }),
    z.strictObject({ fileName: s.name, html: z.string().max(MAX_MESSAGE_BYTES / 2) }),
  ),

  /** A run in one file that proves itself (docs/run-bundle.md), with the bars that it read or without. */
  'bundles.make': call(
    z.strictObject({ runId: s.identifier, bars: z.boolean() }),
    z.strictObject({
      fileName: s.name,
      bytes: s.octets,
      hash: s.text,
      hasBars: z.boolean(),
      /** What should be in it and is not to be had any more, one sentence each. */
      missing: z.array(s.text),
    }),
  ),
  /** Checks an uploaded bundle whole and says what is in it; nothing of it is executed. */
  'bundles.open': call(z.strictObject({ uploadId: s.identifier }), bundleView),
  /** Runs an uploaded bundle again, the text of a strategy in the sandbox; stores nothing. */
  'bundles.run': call(z.strictObject({ uploadId: s.identifier }), bundleRerun),

  /**
   * How long and how large research will be. The input is checked whole: an unknown parameter, an empty
   * grid or bars that are fewer than the warm-up are BAD_INPUT.
   */
  'research.estimate': call(r.inputs.estimate, r.estimate),
  /** Runs combinations of parameters. TOO_LARGE with the estimate when it is huge and not confirmed. */
  'sweeps.start': call(r.inputs.sweepStart, r.researchJob),
  'walkForward.start': call(r.inputs.walkForwardStart, r.researchJob),
  /** What choosing among combinations is worth, by purged cross-validation over all bars. */
  'crossValidation.start': call(r.inputs.crossValidationStart, r.researchJob),
  /** Whether the best of a sweep beats its benchmark by more than the choice explains. */
  'realityCheck.start': call(r.realityCheckRequest, r.researchJob),
  /** How a stored run stands among random entries with the same holding times and sides. */
  'randomEntry.start': call(r.randomEntryRequest, r.researchJob),
  /** Other courses that the returns of a stored run could have taken. */
  'monteCarlo.start': call(r.monteCarloRequest, r.researchJob),
  /** Looks for what makes a backtest better than life. */
  'audit.start': call(r.auditRequest, r.researchJob),
  /** Past and present research, newest first. */
  'research.list': call(nothing, z.array(r.researchItem)),
  'research.get': call(
    r.inputs.get,
    z.strictObject({ item: r.researchItem, detail: r.researchDetail }),
  ),
  /** Ends the work at its last complete results; also from another window or process. */
  'research.pause': call(r.researchId, done),
  /** Goes on where it was; CONFLICT when the bars are others now. */
  'research.resume': call(r.researchId, r.researchJob),
  /** Deletes results; the trials stay counted. */
  'research.delete': call(r.researchId, done),
  'sweeps.heatmap': call(r.inputs.heatmap, r.heatmap),
  'sweeps.slice': call(r.inputs.slice, r.sweepSlice),
  /** The best and the most stable neighbourhood of a sweep. TOO_LARGE for more rows than can be compared. */
  'sweeps.plateau': call(r.plateauRequest, r.plateau),
  /** How often each dataset, or one of them, was ever tried. */
  'trials.count': call(
    z.strictObject({ datasetId: s.identifier.nullable() }),
    z.array(r.trialCount),
  ),

  'jobs.list': call(nothing, z.array(s.job)),
  'jobs.cancel': call(z.strictObject({ jobId: s.identifier }), done),

  /** Named JSON documents of the window: layout, theme, last form values. */
  'workspace.load': call(
    z.strictObject({ name: s.identifier }),
    z.strictObject({ json: z.string().max(1_000_000).nullable() }),
  ),
  'workspace.save': call(
    z.strictObject({ name: s.identifier, json: z.string().max(1_000_000) }),
    done,
  ),
} as const;

export const events = {
  ...liveEvents,
  'job.changed': s.job,
  'data.changed': nothing,
  'runs.changed': nothing,
  'strategies.changed': nothing,
  /** Research began, went on or ended; at most a few times a second for one. */
  'research.changed': r.researchId,
  'app.health': z.strictObject({
    /** 99th percentile of the main thread's event-loop delay over the last interval, ms. */
    eventLoopDelayP99: z.number().min(0),
    memoryBytes: s.count,
    activeJobs: s.count,
  }),
} as const;

export type CallName = keyof typeof calls;
export type CallInput<Name extends CallName> = z.infer<(typeof calls)[Name]['input']>;
export type CallOutput<Name extends CallName> = z.infer<(typeof calls)[Name]['output']>;
export type EventName = keyof typeof events;
export type EventPayload<Name extends EventName> = z.infer<(typeof events)[Name]>;

/** What every carrier of the contract offers to its users. */
export interface ContractClient {
  /** @throws RenataError with the code the handler gave. */
  call<Name extends CallName>(name: Name, input: CallInput<Name>): Promise<CallOutput<Name>>;
  /** Returns the function that ends the subscription. */
  on<Name extends EventName>(
    name: Name,
    listener: (payload: EventPayload<Name>) => void,
  ): () => void;
}

export function isCallName(value: unknown): value is CallName {
  return typeof value === 'string' && Object.hasOwn(calls, value);
}

export function isEventName(value: unknown): value is EventName {
  return typeof value === 'string' && Object.hasOwn(events, value);
}
