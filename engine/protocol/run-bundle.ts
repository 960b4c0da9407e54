import { z } from 'zod';
import * as s from './schemas.ts';

/** What `manifest.json` of a run bundle holds. Fields are explained in docs/run-bundle.md. */

const sha256 = z
  .string()
  .regex(/^[0-9a-f]{64}$/, { message: 'must be a SHA-256 in 64 hexadecimal digits' });

export const BUNDLE_FORMAT = 'renata-run-bundle';
/** Raised when a reader of the version before could misread a bundle. */
export const BUNDLE_VERSION = 1;

export const BARS_PART = 'bars.f64';
export const EQUITY_PART = 'equity.f64';
export const REPORT_PART = 'report.html';
export const STRATEGY_PART = 'strategy.txt';

/** Why a run read bars besides its own: it traded them, its strategy looked at them, or they are finer. */
export const BAR_KINDS = ['instrument', 'other', 'finer'] as const;
/** Bars besides the run's own that one bundle can have. */
export const MAX_BARS = s.MOST_INSTRUMENTS + s.MAX_OTHERS + 1;
/** Parts besides the manifest. */
export const MAX_PARTS = MAX_BARS + 10;

/** Bars that a run read besides its own. */
export const bundleBars = z.strictObject({
  kind: z.enum(BAR_KINDS),
  /** Under which the strategy knows the instrument; of finer bars their timeframe. */
  name: s.name,
  datasetId: s.identifier,
  adjustment: s.adjustment,
  /** Of the whole stored version. */
  contentHash: z.string().max(128),
  /** Of exactly the bars that were read; null when they were not to be had any more. */
  barsHash: sha256.nullable(),
  barCount: s.count.nullable(),
  /** The part that holds them; null when they were left out. */
  part: s.name.nullable(),
});
export type BundleBars = z.infer<typeof bundleBars>;

export const bundleManifest = z.strictObject({
  format: z.literal(BUNDLE_FORMAT),
  version: z.literal(BUNDLE_VERSION),
  /** What made the bundle. */
  program: z.strictObject({ name: s.name, version: s.name }),
  run: z.strictObject({
    id: s.identifier,
    createdAt: s.time,
    /** What made the run; null for runs of programs that did not tell. */
    maker: s.runMaker.nullable(),
    /** Strategy, parameters, range and settings; the seed is one of the settings. */
    request: s.backtestRequest,
    symbol: s.name,
    timeframe: s.timeframeText,
    barCount: s.count,
    firstTime: s.time,
    lastTime: s.time,
    orderHash: sha256,
    /** A value that is not defined is null. */
    statistics: z.array(s.statistic.extend({ value: z.number().nullable() })).max(1_000),
    notes: s.runSummary.shape.notes,
    /** What was read besides the bars; absent in runs of earlier programs. */
    reads: s.runReads.optional(),
    /** What a run of several instruments traded, in the order in which the strategy saw them. */
    instruments: z
      .array(s.runInstrument.omit({ weight: true }))
      .max(s.MOST_INSTRUMENTS)
      .optional(),
  }),
  strategy: z.strictObject({
    id: s.identifier,
    title: s.name,
    /** SHA-256 of its text; null for those of the program itself. */
    hash: sha256.nullable(),
    /** Null for those of the program itself, and where the text was not kept with the run. */
    source: z
      .strictObject({
        part: z.literal(STRATEGY_PART),
        language: z.enum(s.STRATEGY_LANGUAGES),
        /** Its name in messages. */
        file: s.identifier,
        /** Whether the run ran it outside of the sandbox; running the bundle again never does. */
        trusted: z.boolean(),
      })
      .nullable(),
  }),
  data: z.strictObject({
    /** Of the whole stored version that the run read from. */
    contentHash: z.string().max(128),
    /** Of exactly the bars that the run read; null when they were not to be had any more. */
    barsHash: sha256.nullable(),
    provenance: z
      .strictObject({ source: s.text, fetchedAt: s.time, adjustment: s.adjustment })
      .nullable(),
    /** The part that holds the bars; null when they were left out. */
    part: z.literal(BARS_PART).nullable(),
    /** Bars that were read besides. */
    others: z.array(bundleBars).max(MAX_BARS),
  }),
  /** Every other part of the bundle, in its order. */
  parts: z.array(z.strictObject({ name: s.name, bytes: s.count, sha256 })).max(MAX_PARTS),
});
export type BundleManifest = z.infer<typeof bundleManifest>;

/** One thing that can differ between a bundle and the workstation that looks at it. */
export const bundleFinding = z.strictObject({
  what: z.enum(['program', 'fill-rules', 'data', 'calendar', 'strategy']),
  /** True when it is the same here. */
  same: z.boolean(),
  /** Whether the orders can come out otherwise because of it, or the bundle cannot be run. */
  matters: z.boolean(),
  message: s.text,
});
export type BundleFinding = z.infer<typeof bundleFinding>;

/** What came of running a bundle again. */
export const bundleRerun = z.strictObject({
  hash: sha256,
  /** Where the bars came from. */
  bars: z.enum(['bundle', 'store']),
  orderHash: z.string(),
  expectedOrderHash: z.string(),
  sameOrders: z.boolean(),
  /** Statistics that differ from those in the bundle. */
  differences: z.array(
    z.strictObject({
      name: s.name,
      bundle: z.number().or(z.nan()),
      run: z.number().or(z.nan()),
    }),
  ),
  findings: z.array(bundleFinding),
});
export type BundleRerun = z.infer<typeof bundleRerun>;

/** Longest report of a bundle that is shown. */
export const MAX_REPORT = 4 * 1024 * 1024;

/** A bundle that was opened to be looked at. */
export const bundleView = z.strictObject({
  hash: sha256,
  manifest: bundleManifest,
  findings: z.array(bundleFinding),
  /** A document of somebody else, to be shown where nothing of it can run; null when it is too long. */
  report: z.string().max(MAX_REPORT).nullable(),
  strategyText: s.strategySource.shape.text.nullable(),
});
export type BundleView = z.infer<typeof bundleView>;
