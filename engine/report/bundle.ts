import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { BAR_COLUMN_NAMES, type BarColumns } from '../domain/bar.ts';
import { RenataError } from '../domain/errors.ts';
import {
  BARS_PART,
  bundleManifest,
  EQUITY_PART,
  MAX_PARTS,
  REPORT_PART,
  STRATEGY_PART,
  type BundleManifest,
} from '../protocol/run-bundle.ts';
import { MAX_STRATEGY_TEXT } from '../protocol/strategy-document.ts';
import { allocateColumns } from '../series/columns.ts';
import { sourcesBeside } from './bar-sources.ts';
import { canonicalJson } from './canonical-json.ts';
import { readZip, writeZip, type Deflate, type ZipPart } from './zip.ts';

/**
 * Run bundles: one file with a run and all that it takes to check it and to run it again. The form is
 * docs/run-bundle.md's. Opening one reads and compares; nothing of it is ever executed.
 */

export const MANIFEST = 'manifest.json';
const TABLE_PARTS = ['orders.csv', 'trades.csv', 'fills.csv', 'ambiguous.csv'];

/** Largest file that is opened, and the most that its parts may hold, bytes. */
export const MAX_BUNDLE_BYTES = 512 * 1024 * 1024;
const LIMITS = { parts: MAX_PARTS + 1, bytes: 1024 * 1024 * 1024 } as const;
const MAX_MANIFEST_BYTES = 4 * 1024 * 1024;
const MAX_DEPTH = 16;
const BAR_SOURCE_FIELDS = ['kind', 'name', 'datasetId', 'adjustment', 'contentHash'] as const;

/** Time, equity, buy and hold, position. */
const EQUITY_COLUMNS = 4;

const SEAL = 'renata-run-bundle sha256:';
const SEAL_LENGTH = SEAL.length + 64;

export interface Bundle {
  readonly manifest: BundleManifest;
  readonly parts: ReadonlyMap<string, Uint8Array>;
  /** SHA-256 of the file up to its seal: the name of this bundle. */
  readonly hash: string;
}

/**
 * A bundle's file. The same manifest and parts give the same bytes from the same deflate.
 * @throws RenataError TOO_LARGE for one that would not be opened again
 */
export function writeBundle(
  manifest: Omit<BundleManifest, 'parts'>,
  parts: readonly ZipPart[],
  deflate: Deflate,
): { readonly bytes: Uint8Array; readonly hash: string } {
  const total = parts.reduce((sum, { bytes }) => sum + bytes.length, 0);
  if (total > LIMITS.bytes - MAX_MANIFEST_BYTES) throw tooLarge(total);
  const whole: BundleManifest = {
    ...manifest,
    parts: parts.map(({ name, bytes }) => ({
      name,
      bytes: bytes.length,
      sha256: bytesToHex(sha256(bytes)),
    })),
  };
  const head = { name: MANIFEST, bytes: utf8ToBytes(canonicalJson(bundleManifest.parse(whole))) };
  if (head.bytes.length > MAX_MANIFEST_BYTES) throw tooLarge(head.bytes.length);
  const bytes = writeZip([head, ...parts], deflate, `${SEAL}${'0'.repeat(64)}`);
  if (bytes.length > MAX_BUNDLE_BYTES) throw tooLarge(bytes.length);
  const end = bytes.length - SEAL_LENGTH;
  const hash = bytesToHex(sha256(bytes.subarray(0, end)));
  for (let i = 0; i < 64; i += 1) bytes[end + SEAL.length + i] = hash.charCodeAt(i);
  return { bytes, hash };
}

/**
 * Opens a bundle and checks all of it: the seal over every byte, the layout, each part's hash, the
 * manifest's form, and that the bars are those that the manifest names.
 * @throws RenataError BAD_FILE saying what is wrong, TOO_LARGE beyond the limits
 */
export function readBundle(file: Uint8Array, deflate: Deflate): Bundle {
  if (file.length > MAX_BUNDLE_BYTES) {
    throw new RenataError(
      'TOO_LARGE',
      `The bundle has ${file.length} bytes; at most ${MAX_BUNDLE_BYTES} are opened.`,
    );
  }
  const end = file.length - SEAL_LENGTH;
  const seal = end < 0 ? '' : ascii(file.subarray(end));
  if (!seal.startsWith(SEAL)) throw broken('it does not end with the seal of one');
  const hash = bytesToHex(sha256(file.subarray(0, end)));
  if (seal !== `${SEAL}${hash}`) throw broken('its bytes do not have the hash of its seal');
  const { parts } = readZip(file, deflate, LIMITS);
  const [head, ...rest] = parts;
  if (head?.name !== MANIFEST) throw broken('it does not begin with its manifest');
  const manifest = readManifest(head.bytes);
  if (manifest.parts.length !== rest.length) throw broken('it does not hold the parts it lists');
  for (const [i, part] of rest.entries()) {
    const listed = manifest.parts[i];
    if (
      listed?.name !== part.name ||
      listed.bytes !== part.bytes.length ||
      listed.sha256 !== bytesToHex(sha256(part.bytes))
    ) {
      throw broken(`${part.name} is not what the manifest lists`);
    }
  }
  const bundle = { manifest, hash, parts: new Map(rest.map(({ name, bytes }) => [name, bytes])) };
  checkReferences(bundle);
  return bundle;
}

function readManifest(bytes: Uint8Array): BundleManifest {
  if (bytes.length > MAX_MANIFEST_BYTES) {
    throw new RenataError(
      'TOO_LARGE',
      `The manifest of the bundle has ${bytes.length} bytes; at most ${MAX_MANIFEST_BYTES} are read.`,
    );
  }
  if (depthOf(bytes) > MAX_DEPTH) throw broken('its manifest is nested too deeply');
  let value: unknown;
  try {
    const text = textOf(bytes);
    value = JSON.parse(text);
    if (canonicalJson(value) !== text) throw new TypeError('not canonical');
  } catch {
    throw broken('its manifest is no canonical JSON');
  }
  const parsed = bundleManifest.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = issue === undefined ? '' : ` (${issue.path.join('.')}: ${issue.message})`;
  throw broken(`its manifest does not have the form of version 1${where}`);
}

/** Deepest nesting of arrays and objects, without parsing. */
function depthOf(bytes: Uint8Array): number {
  let depth = 0;
  let deepest = 0;
  let quoted = false;
  for (let i = 0; i < bytes.length; i += 1) {
    const byte = bytes[i];
    if (quoted) {
      if (byte === 0x5c) i += 1;
      else if (byte === 0x22) quoted = false;
    } else if (byte === 0x22) quoted = true;
    else if (byte === 0x5b || byte === 0x7b) deepest = Math.max(deepest, (depth += 1));
    else if (byte === 0x5d || byte === 0x7d) depth -= 1;
  }
  return deepest;
}

/** Parts that a bundle may hold, and those that this one has to. */
function checkReferences({ manifest, parts }: Bundle): void {
  const { data, strategy, run } = manifest;
  const bars = data.others.flatMap(({ part }) => (part === null ? [] : [part]));
  const fixed = [REPORT_PART, ...TABLE_PARTS, EQUITY_PART, STRATEGY_PART, BARS_PART];
  const known = new Set([...fixed, ...bars]);
  for (const name of parts.keys()) {
    if (!known.has(name)) throw broken(`${name} is no part of a run bundle`);
  }
  if (known.size !== fixed.length + bars.length) throw broken('two series of bars share a part');
  if (strategy.id !== run.request.strategy) throw broken('it names two strategies');
  // Every part has been found to have the hash that is listed for it.
  const hashes = new Map(manifest.parts.map(({ name, sha256: hash }) => [name, hash]));
  checkStrategy(strategy, parts.get(STRATEGY_PART), hashes.get(STRATEGY_PART));
  const equity = parts.get(EQUITY_PART);
  if (equity !== undefined && equity.length !== run.barCount * EQUITY_COLUMNS * 8) {
    throw broken('its equity does not have a value for each bar');
  }
  const { barsHash, part } = data;
  for (const each of [{ barsHash, part, barCount: run.barCount }, ...data.others]) {
    if (each.part !== null) checkBars(each, parts.get(each.part), hashes.get(each.part));
  }
  const named = sourcesBeside(run);
  const alike = named.every((source, i) => {
    const other = data.others[i];
    return (
      other !== undefined && BAR_SOURCE_FIELDS.every((field) => other[field] === source[field])
    );
  });
  if (!alike || named.length !== data.others.length) {
    throw broken('its bars are not those that the run names');
  }
  const own = data.part === null ? undefined : parts.get(data.part);
  if (own === undefined) {
    if (parts.has(BARS_PART)) throw broken(`${BARS_PART} belongs to no series of bars`);
    return;
  }
  const { time } = unpackBars(own);
  if (time.length > 0 && (time[0] !== run.firstTime || time.at(-1) !== run.lastTime)) {
    throw broken('its bars do not begin and end when the run does');
  }
}

/** The text that is run again is the text that was run. */
function checkStrategy(
  { source, hash }: BundleManifest['strategy'],
  bytes: Uint8Array | undefined,
  found: string | undefined,
): void {
  if (source === null) {
    if (bytes !== undefined) throw broken(`${STRATEGY_PART} belongs to no strategy`);
    return;
  }
  if (bytes === undefined) throw broken('the text of its strategy is missing');
  if (found !== hash) {
    throw broken('the text of its strategy is not the one that was run');
  }
  let length: number;
  try {
    ({ length } = textOf(bytes));
  } catch {
    throw broken('the text of its strategy is not UTF-8');
  }
  if (length > MAX_STRATEGY_TEXT) {
    throw broken(`the text of its strategy has more than ${MAX_STRATEGY_TEXT} characters`);
  }
}

function checkBars(
  { barsHash, barCount }: Pick<BundleManifest['data']['others'][number], 'barsHash' | 'barCount'>,
  bytes: Uint8Array | undefined,
  found: string | undefined,
): void {
  if (bytes?.length !== (barCount ?? -1) * BAR_COLUMN_NAMES.length * 8) {
    throw broken('it does not hold as many bars as the run read');
  }
  if (found !== barsHash) throw broken('its bars are not those of the run');
  const { time } = unpackBars(bytes);
  for (let i = 1; i < time.length; i += 1) {
    if (!((time[i] as number) > (time[i - 1] as number))) {
      throw broken('its bars are not in the order of time');
    }
  }
}

/** Columns one after another, each value a little-endian double. */
export function packColumns(columns: readonly Float64Array[]): Uint8Array {
  const count = columns.reduce((sum, column) => sum + column.length, 0);
  const view = new DataView(new ArrayBuffer(count * 8));
  let at = 0;
  for (const column of columns) {
    for (let i = 0; i < column.length; i += 1, at += 8) {
      view.setFloat64(at, column[i] as number, true);
    }
  }
  return new Uint8Array(view.buffer);
}

export function packBars(bars: BarColumns): Uint8Array {
  return packColumns(BAR_COLUMN_NAMES.map((name) => bars[name]));
}

/** On shared memory, so that a run can read them on another thread. */
export function unpackBars(bytes: Uint8Array): BarColumns {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = bytes.length / 8 / BAR_COLUMN_NAMES.length;
  const bars = allocateColumns(count);
  for (const [k, name] of BAR_COLUMN_NAMES.entries()) {
    const column = bars[name];
    for (let i = 0; i < count; i += 1) column[i] = view.getFloat64((k * count + i) * 8, true);
  }
  return bars;
}

/** SHA-256, hex, of bars in the form of `packBars`. */
export function hashOfBars(bars: BarColumns): string {
  return bytesToHex(sha256(packBars(bars)));
}

function broken(what: string): RenataError {
  return new RenataError(
    'BAD_FILE',
    `This is not an intact run bundle: ${what}; ask for the file again.`,
  );
}

function tooLarge(bytes: number): RenataError {
  return new RenataError(
    'TOO_LARGE',
    `The bundle would have ${bytes} bytes and could not be opened again; leave the bars out.`,
  );
}

/** @throws URIError for what is no UTF-8 */
export function textOf(bytes: Uint8Array): string {
  let encoded = '';
  for (const byte of bytes) {
    const plain = byte < 0x80 && byte !== 0x25;
    encoded += plain ? String.fromCharCode(byte) : `%${byte.toString(16).padStart(2, '0')}`;
  }
  return decodeURIComponent(encoded);
}

function ascii(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}
