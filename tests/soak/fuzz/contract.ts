import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Random } from '../../../engine/backtest/random.ts';
import { decimal } from '../../../engine/domain/decimal.ts';
import { RenataError } from '../../../engine/domain/errors.ts';
import { liveCalls } from '../../../engine/protocol/live-contract.ts';
import { LAYOUT } from '../../../electron/layout.ts';
import { openWorkstation } from '../../../electron/workstation.ts';
import { LIVE_EXAMPLES } from '../../security/live-examples.ts';
import { spoilt, turn, type Fuzzed } from './spoil.ts';

/** What makes other processes, or ends what the others need. */
const LEFT_OUT = new Set([
  'connections.configure',
  'connections.forgetKeys',
  'connections.disconnect',
  'watchdog.set',
]);

/** Every live call with hostile input, on a workstation with the simulated venue connected. */
export async function fuzzContract(messages: number, seed: number): Promise<Fuzzed> {
  const random = new Random(seed);
  const folder = mkdtempSync(join(tmpdir(), 'renata-fuzz-'));
  const workstation = await openWorkstation({
    dataDirectory: join(folder, 'data'),
    version: LAYOUT.version,
    workerUrl: LAYOUT.workerUrl,
    storeThreadUrl: LAYOUT.storeThreadUrl,
    resourcesDirectory: LAYOUT.resourcesDirectory,
    carrier: 'websocket',
    seedDefault: false,
  });
  const context = { carrier: 'websocket' } as const;
  try {
    const client = workstation.localClient(context);
    await client.call('connections.connect', { id: 'simulated' });
    const names = Object.keys(liveCalls).filter(
      (name) => !LEFT_OUT.has(name),
    ) as (keyof typeof liveCalls)[];
    let taken = 0;
    const began = performance.now();
    for (let n = 0; n < messages; n += 1) {
      const name = names[n % names.length] as (typeof names)[number];
      const input = spoilt(LIVE_EXAMPLES[name], random);
      if (n % 500 === 0) await turn();
      // What the schema takes is worth a whole call; what it refuses is refused by each call alike.
      const sound = liveCalls[name].input.safeParse(input).success;
      if (!sound && n % 20 !== 0) {
        await refused(() => workstation.dispatch(name, input, context), name);
        continue;
      }
      try {
        await workstation.dispatch(name, input, context);
        taken += 1;
      } catch (error) {
        if (!(error instanceof RenataError) || error.code === 'INTERNAL')
          throw new Error(`${name}: ${String(error)}`, { cause: error });
      }
    }
    const seconds = (performance.now() - began) / 1000;
    // Whatever was let through is an order that somebody could mean.
    const orders = await client.call('orders.list', { account: null, open: false, limit: 1000 });
    for (const { terms, state } of orders) {
      const ok =
        decimal(terms.quantity) === terms.quantity &&
        Number(terms.quantity) > 0 &&
        state !== 'Unknown';
      if (!ok) throw new Error(`an order of ${JSON.stringify(terms)} is ${state}`);
    }
    return { border: 'contract', messages, taken, seconds };
  } finally {
    await workstation.close();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function refused(call: () => Promise<unknown>, name: string): Promise<void> {
  try {
    await call();
  } catch (error) {
    if (error instanceof RenataError && error.code !== 'INTERNAL') return;
    throw new Error(`${name}: ${String(error)}`, { cause: error });
  }
  throw new Error(`${name} took what its schema refuses`);
}
