import { RenataError } from '../../engine/domain/errors.ts';
import type { Store } from '../storage/store-client.ts';

/** Names below it belong to the workstation itself; windows cannot read or write them. */
export const RESERVED_PREFIX = 'renata.';

/** The window's named JSON documents. */
export interface WorkspaceDocuments {
  load(name: string): Promise<string | null>;
  /** @throws RenataError BAD_INPUT for text that is no JSON or a name that is reserved */
  save(name: string, json: string): Promise<void>;
}

export function createWorkspaceDocuments(store: Store): WorkspaceDocuments {
  return {
    async load(name) {
      refuseReserved(name);
      return store.loadDocument(name);
    },
    async save(name, json) {
      refuseReserved(name);
      try {
        JSON.parse(json);
      } catch {
        throw new RenataError('BAD_INPUT', `workspace.save: the document "${name}" is not JSON.`, {
          details: { parameter: 'json' },
        });
      }
      await store.saveDocument(name, json);
    },
  };
}

function refuseReserved(name: string): void {
  if (!name.toLowerCase().startsWith(RESERVED_PREFIX)) return;
  throw new RenataError(
    'BAD_INPUT',
    `workspace: names that begin with "${RESERVED_PREFIX}" are the workstation's own; use another.`,
    { details: { parameter: 'name' } },
  );
}
