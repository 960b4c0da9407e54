import { accessSync, constants, statSync } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { RenataError } from '../../engine/domain/errors.ts';

/** Files that a command writes: whole or not at all. */

type Chunks = Iterable<string> | Iterable<Uint8Array>;

/**
 * Checks, before long work, that a folder can be written or made.
 * @throws RenataError BAD_INPUT naming the option
 */
export function checkFolder(path: string, option: string): void {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found !== undefined) {
    if (!found.isDirectory()) throw refused(option, path, 'is a file, not a folder');
    checkWritable(path, option, path);
    return;
  }
  let parent = dirname(resolve(path));
  while (statSync(parent, { throwIfNoEntry: false }) === undefined) parent = dirname(parent);
  if (!statSync(parent).isDirectory()) throw refused(option, path, `cannot be made: ${parent} is a file`);
  checkWritable(parent, option, path);
}

/** @throws RenataError BAD_INPUT naming the option */
export function checkFile(path: string, option: string): void {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isDirectory() === true) throw refused(option, path, 'is a folder, not a file');
  const folder = dirname(resolve(path));
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) {
    throw refused(option, path, `cannot be written: there is no folder ${folder}`);
  }
  checkWritable(folder, option, path);
}

function checkWritable(folder: string, option: string, path: string): void {
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw refused(option, path, `cannot be written (${codeOf(error)})`, error);
  }
}

/** Writes beside the final name first. @throws RenataError BAD_INPUT naming the option */
export async function replaceFile(
  path: string,
  content: Uint8Array | Chunks,
  option: string,
): Promise<void> {
  const draft = draftOf(path);
  try {
    await writeDraft(draft, content);
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw refused(option, path, `cannot be written (${codeOf(error)})`, error);
  }
}

/**
 * Writes several files into a folder, made when it is absent: all drafts first, so that a full disk
 * leaves the files as they were.
 * @throws RenataError BAD_INPUT naming the option
 */
export async function replaceFiles(
  folder: string,
  files: Readonly<Record<string, Chunks>>,
  option: string,
): Promise<void> {
  const drafts: string[] = [];
  try {
    await mkdir(folder, { recursive: true });
    for (const [name, content] of Object.entries(files)) {
      const draft = draftOf(join(folder, name));
      drafts.push(draft);
      await writeDraft(draft, content);
    }
    for (const name of Object.keys(files)) {
      const path = join(folder, name);
      await rename(draftOf(path), path);
    }
  } catch (error) {
    await Promise.all(drafts.map((draft) => rm(draft, { force: true })));
    throw refused(option, folder, `cannot be written (${codeOf(error)})`, error);
  }
}

function draftOf(path: string): string {
  return `${path}.${process.pid}.part`;
}

async function writeDraft(path: string, content: Uint8Array | Chunks): Promise<void> {
  const handle = await open(path, 'w');
  try {
    const chunks = content instanceof Uint8Array ? [content] : content;
    for (const chunk of chunks) {
      await handle.writeFile(chunk);
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function refused(option: string, path: string, why: string, cause?: unknown): RenataError {
  return new RenataError('BAD_INPUT', `${option}: ${path} ${why}; choose another place.`, {
    details: { parameter: option, path },
    ...(cause === undefined ? {} : { cause }),
  });
}

function codeOf(error: unknown): string {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  return error instanceof Error ? error.message : String(error);
}
