import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import { manifest } from '../../electron/adapters/simulated/manifest.ts';

/** The settings of the paper account that hold where nobody has changed them. */
export const USUAL_SETTINGS = Object.fromEntries(
  manifest.fields.flatMap(({ name, default: usual }) => (usual === null ? [] : [[name, usual]])),
);

/** Makes folders for paper accounts; each is gone after its test. */
export function accountFolders(): () => string {
  const folders: string[] = [];
  afterEach(() => {
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
  });
  return () => {
    const folder = mkdtempSync(join(tmpdir(), 'renata-paper-'));
    folders.push(folder);
    return folder;
  };
}
