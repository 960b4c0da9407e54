import { existsSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { join } from 'node:path';
import { RenataError } from '../../engine/domain/errors.ts';
import { openWorkstation } from '../../electron/workstation.ts';
import type { ContractClient } from '../../engine/protocol/contract.ts';
import { KEYS } from '../stubs/alpaca/server.ts';

/**
 * A workstation in a process of its own, connected to a stub of Alpaca, to be hung, frozen or killed. It
 * does what its parent says, one call of the contract after another.
 */
const [root = '', directory = '', settings = '{}'] = process.argv.slice(2);

export type ToChild =
  | { readonly kind: 'call'; readonly name: string; readonly input: unknown }
  /** Blocks the main thread until there is such a file; an order is due the moment it is free again. */
  | { readonly kind: 'hang'; readonly until: string; readonly order: unknown }
  | { readonly kind: 'close' };
export type FromChild =
  | { readonly kind: 'ready' }
  | { readonly kind: 'answer'; readonly value: unknown }
  | { readonly kind: 'failure'; readonly message: string };

const at = (path: string): URL => pathToFileURL(join(root, path));
const workstation = await openWorkstation({
  dataDirectory: directory,
  version: '0',
  workerUrl: at('workers/entry.ts'),
  storeThreadUrl: at('electron/storage/thread.ts'),
  watchdogUrl: at('electron/watchdog/entry.ts'),
  resourcesDirectory: join(root, 'resources'),
  carrier: 'cli',
  seedDefault: false,
  threads: 1,
  checkOutputs: true,
});
if (workstation.live instanceof RenataError) throw workstation.live;
const client = workstation.localClient({ carrier: 'cli' });
await client.call('connections.configure', {
  id: 'alpaca',
  settings: JSON.parse(settings) as Record<string, string>,
  keys: KEYS,
  automatic: false,
  acceptWeakStore: false,
});
await client.call('connections.connect', { id: 'alpaca' });
while ((await client.call('accounts.list', {})).every(({ equity }) => equity === null))
  await rest();

const tell = (message: FromChild): void => {
  process.send?.(message);
};
const call = (name: string, input: unknown): Promise<unknown> =>
  (client.call as (...all: unknown[]) => ReturnType<ContractClient['call']>)(name, input);

process.on('message', (message: ToChild) => {
  switch (message.kind) {
    case 'call':
      call(message.name, message.input).then(
        (value) => tell({ kind: 'answer', value }),
        (error: unknown) => tell({ kind: 'failure', message: String(error) }),
      );
      break;
    case 'hang': {
      setTimeout(() => {
        call('orders.place', message.order).then(
          (value) => tell({ kind: 'answer', value }),
          (error: unknown) => tell({ kind: 'failure', message: String(error) }),
        );
      }, 0);
      const never = new Int32Array(new SharedArrayBuffer(4));
      while (!existsSync(message.until)) Atomics.wait(never, 0, 0, 20);
      break;
    }
    case 'close':
      void workstation.close().then(() => process.exit(0));
  }
});
tell({ kind: 'ready' });

function rest(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  setTimeout(resolve, 20);
  return promise;
}
