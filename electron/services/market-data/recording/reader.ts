import { open, readdir, stat, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { RenataError } from '../../../../engine/domain/errors.ts';
import {
  decodeFrame,
  FILE_HEADER,
  FRAME_HEADER,
  intact,
  readFrameHead,
  type FrameHead,
  type Recorded,
} from './frame.ts';

export const EXTENSION = '.ticks';

export interface RecordingFile {
  readonly source: string;
  /** `YYYY-MM-DD`, UTC, by the time of receipt. */
  readonly day: string;
  readonly path: string;
  readonly bytes: number;
}

/** What lies in a folder of recordings, by source and day. */
export async function listRecordings(folder: string): Promise<readonly RecordingFile[]> {
  const files: RecordingFile[] = [];
  for (const source of await namesIn(folder)) {
    for (const name of await namesIn(join(folder, source))) {
      if (!/^\d{4}-\d{2}-\d{2}\.ticks$/.test(name)) continue;
      const path = join(folder, source, name);
      const { size } = await stat(path);
      files.push({ source, day: name.slice(0, -EXTENSION.length), path, bytes: size });
    }
  }
  return files;
}

/**
 * Reads a day in the order in which it came, frame by frame; memory does not grow with the file. A last
 * frame that was not written whole is left out: nothing in it was promised.
 * @throws RenataError STORE_DAMAGED for a file that is none, or a frame that is broken in the middle
 */
export async function* readRecording(path: string): AsyncGenerator<readonly Recorded[]> {
  const file = await open(path, 'r');
  try {
    for await (const { head, payload } of frames(file, path)) {
      yield decodeFrame(payload, head.rows);
    }
  } finally {
    await file.close();
  }
}

/** Where the last whole frame ends, and the rows before it. */
export async function soundLength(
  file: FileHandle,
  path: string,
): Promise<{ readonly length: number; readonly rows: number }> {
  let length = FILE_HEADER.byteLength;
  let rows = 0;
  for await (const { head, end } of frames(file, path)) {
    length = end;
    rows += head.rows;
  }
  return { length, rows };
}

async function* frames(
  file: FileHandle,
  path: string,
): AsyncGenerator<{ readonly head: FrameHead; readonly payload: Buffer; readonly end: number }> {
  const { size } = await file.stat();
  let at = FILE_HEADER.byteLength;
  const beginning = await read(file, 0, FILE_HEADER.byteLength);
  if (!beginning.equals(FILE_HEADER)) {
    throw new RenataError('STORE_DAMAGED', `${path} is no recording of prices.`);
  }
  while (at < size) {
    const head = readFrameHead(await read(file, at, FRAME_HEADER));
    const end = at + FRAME_HEADER + (head?.bytes ?? 0);
    const payload =
      head === undefined ? undefined : await read(file, at + FRAME_HEADER, head.bytes);
    if (head === undefined || payload === undefined || !intact(payload, head)) {
      // Only the last frame can be torn: whatever follows a torn one was never written.
      if (head === undefined ? size - at < FRAME_HEADER : end >= size) return;
      throw new RenataError('STORE_DAMAGED', `${path} is broken at byte ${at}.`, {
        details: { file: path, byte: at },
      });
    }
    yield { head, payload, end };
    at = end;
  }
}

async function read(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await file.read(buffer, filled, length - filled, position + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).toSorted();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : '';
    if (code === 'ENOENT' || code === 'ENOTDIR') return [];
    throw error;
  }
}
