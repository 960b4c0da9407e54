import { createHash } from 'node:crypto';
import { BAR_COLUMN_NAMES } from '../../engine/domain/bar.ts';
import type { BarColumns } from '../../engine/domain/bar.ts';
import { CHUNK_BARS } from '../../engine/series/codec.ts';

/**
 * SHA-256 over the bytes of bars `from` to `to`, column after column in the order time, open, high, low,
 * close, volume, each value as a little-endian double. It names a chunk.
 */
export function hashBars(bars: BarColumns, from: number, to: number): Buffer {
  const hash = createHash('sha256');
  for (const name of BAR_COLUMN_NAMES) {
    const column = bars[name];
    hash.update(new Uint8Array(column.buffer, column.byteOffset + from * 8, (to - from) * 8));
  }
  return hash.digest();
}

/**
 * The content hash of a version, hex: SHA-256 over the hashes of its chunks in order. Chunks are cut at
 * fixed multiples of CHUNK_BARS, so that equal bars have equal hashes however they arrived.
 */
export function hashChunks(chunkHashes: readonly Uint8Array[]): string {
  const hash = createHash('sha256');
  for (const chunk of chunkHashes) hash.update(chunk);
  return hash.digest('hex');
}

/** The content hash of bars in memory. */
export function contentHash(bars: BarColumns): string {
  const hashes: Buffer[] = [];
  for (let from = 0; from < bars.time.length; from += CHUNK_BARS) {
    hashes.push(hashBars(bars, from, Math.min(from + CHUNK_BARS, bars.time.length)));
  }
  return hashChunks(hashes);
}
