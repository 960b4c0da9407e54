import { randomUUID } from 'node:crypto';
import { open, rm, type FileHandle } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { RenataError } from '../../engine/domain/errors.ts';
import { MAX_UPLOAD_BYTES } from '../../engine/protocol/contract.ts';
import { makeFolder } from '../storage/make-folder.ts';

/** A whole file that a window has sent. */
export interface UploadedFile {
  readonly path: string;
  /** Name that it had where the user picked it, without folders. */
  readonly fileName: string;
}

export interface UploadLimits {
  /** Uploads kept at once, begun and whole. */
  readonly count: number;
  /** Bytes announced by all of them together. */
  readonly totalBytes: number;
  /** Time after which an upload that nobody touches is removed, ms. */
  readonly idleMs: number;
}

export const DEFAULT_UPLOAD_LIMITS: UploadLimits = {
  count: 16,
  totalBytes: 2 * MAX_UPLOAD_BYTES,
  idleMs: 30 * 60_000,
};

export interface Uploads {
  /** @throws RenataError TOO_LARGE when the limits are reached. */
  start(name: string, bytes: number): Promise<string>;
  /**
   * Chunks come in order and one at a time. Resolves to the bytes received so far.
   * @throws RenataError NOT_FOUND, CONFLICT for a wrong offset, TOO_LARGE past the announced size
   */
  append(uploadId: string, offset: number, bytes: Uint8Array): Promise<number>;
  /** @throws RenataError NOT_FOUND, CONFLICT while bytes are missing */
  file(uploadId: string): UploadedFile;
  remove(uploadId: string): Promise<void>;
  close(): Promise<void>;
}

interface Upload {
  readonly path: string;
  readonly fileName: string;
  readonly bytes: number;
  readonly handle: Promise<FileHandle>;
  received: number;
  writing: boolean;
  touched: number;
}

/**
 * Files on their way from a window, in a folder of their own that is emptied at start and end.
 * @param directory made when it is absent
 */
export async function openUploads(
  directory: string,
  now: () => number,
  limits: UploadLimits = DEFAULT_UPLOAD_LIMITS,
): Promise<Uploads> {
  const folder = join(directory, `uploads-${process.pid}-${randomUUID().slice(0, 8)}`);
  makeFolder(folder, 0o700);
  const uploads = new Map<string, Upload>();

  async function remove(uploadId: string): Promise<void> {
    const upload = uploads.get(uploadId);
    if (upload === undefined) return;
    uploads.delete(uploadId);
    await upload.handle.then((handle) => handle.close()).catch(() => undefined);
    await rm(upload.path, { force: true });
  }

  async function removeIdle(): Promise<void> {
    for (const [uploadId, upload] of uploads) {
      if (now() - upload.touched > limits.idleMs && !upload.writing) await remove(uploadId);
    }
  }

  function find(uploadId: string): Upload {
    const upload = uploads.get(uploadId);
    if (upload === undefined) {
      throw new RenataError(
        'NOT_FOUND',
        `There is no upload "${uploadId}"; it may have expired: send the file again.`,
        { details: { parameter: 'uploadId' } },
      );
    }
    upload.touched = now();
    return upload;
  }

  return {
    async start(name, bytes) {
      await removeIdle();
      const announced = [...uploads.values()].reduce((sum, upload) => sum + upload.bytes, 0);
      if (uploads.size >= limits.count || announced + bytes > limits.totalBytes) {
        throw new RenataError(
          'TOO_LARGE',
          'Too many files are being sent at once; finish or drop some, or import with the command line.',
          { details: { parameter: 'bytes' } },
        );
      }
      const uploadId = randomUUID();
      // The user's name is kept for messages only and never becomes part of a path.
      const path = join(folder, uploadId);
      const upload: Upload = {
        path,
        fileName: cleanName(name),
        bytes,
        handle: open(path, 'wx', 0o600),
        received: 0,
        writing: false,
        touched: now(),
      };
      // Counted before the file is open, so that uploads begun at once cannot pass the limits together.
      uploads.set(uploadId, upload);
      try {
        await upload.handle;
      } catch (error) {
        uploads.delete(uploadId);
        throw error;
      }
      return uploadId;
    },
    async append(uploadId, offset, bytes) {
      const upload = find(uploadId);
      if (upload.writing || offset !== upload.received) {
        throw new RenataError(
          'CONFLICT',
          `Upload ${uploadId} expects byte ${upload.received} next, not ${offset}; send chunks one after the other.`,
          { details: { parameter: 'offset', expected: upload.received } },
        );
      }
      if (offset + bytes.byteLength > upload.bytes) {
        throw new RenataError(
          'TOO_LARGE',
          `Upload ${uploadId} was announced with ${upload.bytes} bytes and got more; send it again.`,
          { details: { parameter: 'bytes' } },
        );
      }
      upload.writing = true;
      try {
        await writeAll(await upload.handle, bytes, offset);
        upload.received += bytes.byteLength;
      } finally {
        upload.writing = false;
      }
      return upload.received;
    },
    file(uploadId) {
      const upload = find(uploadId);
      if (upload.received !== upload.bytes) {
        throw new RenataError(
          'CONFLICT',
          `Upload of ${upload.fileName} has ${upload.received} of ${upload.bytes} bytes; send the rest first.`,
          { details: { parameter: 'uploadId' } },
        );
      }
      return { path: upload.path, fileName: upload.fileName };
    },
    remove,
    async close() {
      for (const uploadId of uploads.keys()) await remove(uploadId);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function writeAll(handle: FileHandle, bytes: Uint8Array, offset: number): Promise<void> {
  let written = 0;
  while (written < bytes.byteLength) {
    const part = await handle.write(bytes, written, bytes.byteLength - written, offset + written);
    written += part.bytesWritten;
  }
}

function cleanName(name: string): string {
  const last = basename(name.replaceAll('\\', '/'));
  // eslint-disable-next-line no-control-regex
  return last.replaceAll(/[\u0000-\u001f]/g, '').slice(0, 200) || 'file';
}
