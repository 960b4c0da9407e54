import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { packBars, hashOfBars, writeBundle } from '../../../../engine/report/bundle.ts';
import type { Deflate, ZipPart } from '../../../../engine/report/zip.ts';
import { BARS_PART, type BundleManifest } from '../../../../engine/protocol/run-bundle.ts';
import { randomWalk } from '../backtest/bars.ts';
import { smaRun } from './runs.ts';

export const DEFLATE: Deflate = {
  pack: (bytes) => deflateRawSync(bytes),
  unpack: (bytes, length) => inflateRawSync(bytes, { maxOutputLength: Math.max(1, length) }),
};

export const BARS = randomWalk(120, 9);
export const RUN = smaRun(BARS, {}, { parameters: { fast: 3, slow: 8 } });

export const MANIFEST: Omit<BundleManifest, 'parts'> = {
  format: 'renata-run-bundle',
  version: 1,
  program: { name: 'Renata', version: '0.1.0' },
  run: {
    id: RUN.summary.id,
    createdAt: RUN.summary.createdAt,
    maker: { version: '0.1.0', fillRules: { version: 1, hash: 'f'.repeat(64) } },
    request: { ...RUN.summary.request, parameters: { fast: 3, slow: 8 } },
    symbol: 'TEST',
    timeframe: '1d',
    barCount: 120,
    firstTime: RUN.summary.firstTime,
    lastTime: RUN.summary.lastTime,
    orderHash: RUN.summary.orderHash,
    statistics: RUN.summary.statistics.map((each) => ({
      ...each,
      value: Number.isFinite(each.value) ? each.value : null,
    })),
  },
  strategy: { id: 'sma-cross', title: 'SMA cross – Größe', hash: null, source: null },
  data: {
    contentHash: 'd'.repeat(64),
    barsHash: hashOfBars(BARS),
    provenance: { source: 'a test', fetchedAt: 0, adjustment: 'raw' },
    part: BARS_PART,
    others: [],
  },
};

export const PARTS: readonly ZipPart[] = [
  { name: 'report.html', bytes: new TextEncoder().encode('<p>report</p>'.repeat(50)) },
  { name: BARS_PART, bytes: packBars(BARS) },
];

export function bundleFile(
  manifest: Partial<typeof MANIFEST> = {},
  parts: readonly ZipPart[] = PARTS,
): Uint8Array {
  return writeBundle({ ...MANIFEST, ...manifest }, parts, DEFLATE).bytes;
}
