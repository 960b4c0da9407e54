import { z } from 'zod';
import * as s from './schemas.ts';

/** What `manifest.json` of a run bundle holds. Fields are explained in docs/run-bundle.md. */

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

export const BUNDLE_FORMAT = 'renata-run-bundle';
/** Raised when a reader of the version before could misread a bundle. */
export const BUNDLE_VERSION = 1;

export const bundleManifest = z.strictObject({
  format: z.literal(BUNDLE_FORMAT),
  version: z.literal(BUNDLE_VERSION),
  program: z.strictObject({ name: s.name, version: s.name }),
  /** The table of docs/fill-rules.md under which the run was made. */
  fillRules: z.strictObject({ version: s.count }),
  run: z.strictObject({
    id: s.identifier,
    createdAt: s.time,
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
    /** What was read besides the bars; absent in bundles of earlier programs. */
    reads: s.runReads.optional(),
  }),
  strategy: z.strictObject({
    id: s.identifier,
    title: s.name,
    /** The part that holds the text of a user's strategy; null for those that come with Renata. */
    source: z.strictObject({ part: s.name, language: s.name }).nullable(),
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
    part: s.name.nullable(),
  }),
  /** Every other part of the bundle, in its order. */
  parts: z.array(z.strictObject({ name: s.name, bytes: s.count, sha256 })).max(32),
});
export type BundleManifest = z.infer<typeof bundleManifest>;
