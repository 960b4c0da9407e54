import { resolve } from 'node:path';
import { RenataError } from '../../engine/domain/errors.ts';
import type { ContractClient } from '../../engine/protocol/contract.ts';
import { defaultDataDirectory, LAYOUT } from '../layout.ts';
import { openWorkstation } from '../workstation.ts';
import { reachWorkstation } from './control-client.ts';
import { print, type CommonOptions } from './commands/context.ts';
import { openTerminal, type Terminal } from './terminal.ts';

/** A workstation that trades: the one that runs, or one for this command alone. */
export interface LiveSession {
  readonly client: ContractClient;
  /** Whether another process does the work. */
  readonly remote: boolean;
  readonly terminal: Terminal;
  /** Aborted by Ctrl+C. */
  readonly signal: AbortSignal;
}

/**
 * Does the work at the running workstation of the data directory; where none runs, opens one until the
 * command ends, and connects what is needed.
 */
export async function runLive(
  options: CommonOptions,
  work: (session: LiveSession) => Promise<{ readonly json: unknown; readonly text: string }>,
): Promise<void> {
  const terminal = openTerminal({ json: options.json === true });
  const directory = resolve(options.dataDir ?? defaultDataDirectory());
  const abort = new AbortController();
  const onSignal = (): void => {
    if (abort.signal.aborted) process.exit(130);
    abort.abort();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  const running = await reachWorkstation(directory);
  try {
    if (running !== null) {
      print(
        terminal,
        await work({ client: running, remote: true, terminal, signal: abort.signal }),
      );
    } else {
      const workstation = await openWorkstation({
        dataDirectory: directory,
        version: LAYOUT.version,
        workerUrl: LAYOUT.workerUrl,
        storeThreadUrl: LAYOUT.storeThreadUrl,
        watchdogUrl: LAYOUT.watchdogUrl,
        resourcesDirectory: LAYOUT.resourcesDirectory,
        carrier: 'cli',
        seedDefault: true,
      });
      try {
        if (workstation.live instanceof RenataError) throw workstation.live;
        await workstation.seeded;
        const client = workstation.localClient({ carrier: 'cli' });
        print(terminal, await work({ client, remote: false, terminal, signal: abort.signal }));
      } finally {
        await workstation.close();
      }
    }
    await terminal.flush();
  } finally {
    running?.close();
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  }
}

const PATIENCE = 30_000;

/**
 * Connects a venue and waits until it is ready or says why it is not.
 * @throws RenataError UNAVAILABLE with the venue's own words
 */
export async function connected(
  { client, signal }: Pick<LiveSession, 'client' | 'signal'>,
  id: string,
): Promise<void> {
  const { promise, resolve: settle, reject } = Promise.withResolvers<void>();
  // The call that connects may fail with the same words first; then nobody waits for these.
  promise.catch(() => undefined);
  const look = (state: { readonly phase: string; readonly message: string }): void => {
    if (state.phase === 'ready' || state.phase === 'degraded') settle();
    else if (state.phase === 'needs-user' || state.phase === 'scheduled-break') {
      reject(new RenataError('UNAVAILABLE', `${id}: ${state.message}`));
    }
  };
  const end = client.on('connections.changed', (event) => {
    if (event.id === id) look(event.state);
  });
  const limit = setTimeout(
    () =>
      reject(
        new RenataError(
          'UNAVAILABLE',
          `${id} was not ready within ${PATIENCE / 1000} s; see renata connect --list.`,
          { retryable: true },
        ),
      ),
    PATIENCE,
  );
  const cancel = (): void => reject(new RenataError('CANCELLED', 'Cancelled.'));
  signal.addEventListener('abort', cancel, { once: true });
  try {
    await client.call('connections.connect', { id });
    const found = (await client.call('connections.list', {})).find(
      (connection) => connection.id === id,
    );
    if (found !== undefined) look(found.state);
    await promise;
    await accountsOf(client, id, signal);
  } finally {
    clearTimeout(limit);
    end();
    signal.removeEventListener('abort', cancel);
  }
}

/**
 * Lets a live account take orders until the workstation ends; its name, typed, says that it is meant.
 * @throws RenataError CONFLICT for a paper account, NOT_FOUND for one that there is not
 */
export async function armed(
  { client }: Pick<LiveSession, 'client'>,
  account: string,
  confirmation = account,
): Promise<void> {
  await client.call('accounts.arm', { account, confirmation });
}

/** Accounts come a moment after the connection: they are compared with the venue first. */
async function accountsOf(client: ContractClient, id: string, signal: AbortSignal): Promise<void> {
  for (let i = 0; i < 100 && !signal.aborted; i += 1) {
    const accounts = await client.call('accounts.list', {});
    if (accounts.some(({ connection, equity }) => connection === id && equity !== null)) return;
    const { promise, resolve: settle } = Promise.withResolvers<void>();
    setTimeout(settle, 50);
    await promise;
  }
}
