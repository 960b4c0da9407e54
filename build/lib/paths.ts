import { fileURLToPath } from 'node:url';

/** Repository root, with a trailing slash. */
export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

export function fromRoot(relative: string): string {
  return `${ROOT}${relative}`;
}
