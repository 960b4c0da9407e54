import { join } from 'node:path';
import { MANIFESTS } from '../adapter-list.ts';
import type { AdapterContext } from '../net/adapter.ts';
import { systemClock } from '../net/system-clock.ts';
import { redactKeys } from '../services/connections/keys.ts';
import { newId } from '../services/trading/identifiers.ts';
import { openLog } from '../services/log.ts';
import type {
  FromWatchdog,
  ToWatchdog,
  Trip,
  WatchedConnection,
} from '../services/watchdog/messages.ts';
import { appendRecord, isTripped, writeTrip } from '../services/watchdog/trip-file.ts';
import { act } from './act.ts';
import { Judge, TICK, type Clocks } from './judge.ts';

/**
 * The watchdog: a process beside the main one that cancels all orders at their venues when the main one
 * hangs or has died. It opens no port, reads no key from anywhere but its parent, and writes two files.
 */
const [directory = ''] = process.argv.slice(2);
/** Orders that a woken main process sent before it noticed are looked for after this. */
const SECOND_LOOK = 3000;

process.title = 'renata-watchdog';
// A terminal tells the whole group to end; this one ends when its parent says so.
for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => undefined);

const log = openLog(directory, 'watchdog');
const { logger } = log;
const clocks = (): Clocks => ({ elapsed: systemClock.elapsed(), wall: systemClock.now() });
const judge = new Judge(clocks());
const run = newId('W', systemClock.now());
let records = 0;
let limit = 0;
let connections: readonly WatchedConnection[] = [];
let acting: Promise<void> | undefined;
/** The main process has said goodbye; what has been begun is brought to its end. */
let dismissed = false;
let orphaned = false;
let secondLook = false;

process.on('uncaughtException', (err) => {
  // What an adapter throws by the way must not end the process that others rely on.
  logger.error({ err }, 'the watchdog had a failure');
});
process.on('unhandledRejection', (err) => {
  logger.error({ err }, 'the watchdog had a failure');
});
process.on('message', (message: ToWatchdog) => {
  switch (message.kind) {
    case 'arm':
      connections = message.connections;
      limit = message.limit;
      secondLook = false;
      judge.arm(connections.length === 0 ? null : limit, clocks());
      tell({ kind: 'armed', accounts: accountsOf(connections) });
      break;
    case 'beat':
      // The main process runs again: what it sent while it woke is looked for once more.
      if (judge.tripped && !secondLook) {
        secondLook = true;
        systemClock.after(SECOND_LOOK, () => begin(true));
      }
      judge.beat(message.exposed);
      tell({ kind: 'heard', sequence: message.sequence });
      break;
    case 'goodbye':
      dismissed = true;
      judge.arm(null, clocks());
      if (acting === undefined) end();
  }
});
process.on('disconnect', () => {
  orphaned = true;
  if (!dismissed && judge.died()) {
    trip('The main process has ended while orders worked.');
  } else if (acting === undefined) {
    end();
  }
});
setInterval(() => {
  if (judge.tick(clocks())) {
    trip(`The main process gave no sign of life for ${limit / 1000} s while orders worked.`);
  }
}, TICK);
logger.info('started');
tell({ kind: 'started' });

function trip(reason: string): void {
  const fact: Trip = { time: systemClock.now(), reason };
  try {
    writeTrip(directory, fact);
  } catch (err) {
    // A full disk keeps nobody from cancelling.
    logger.error({ err }, 'that trading is stopped cannot be written');
  }
  record(accountsOf(connections).join(', '), reason);
  tell({ kind: 'tripped', trip: fact });
  begin(false);
}

function begin(ordersOnly: boolean): void {
  const before = acting;
  const mine = (async () => {
    await before;
    // Where the flag could not be written it cannot be taken away either.
    const flagged = isTripped(directory);
    await act(connections, {
      manifests: MANIFESTS,
      context: contextOf,
      clock: systemClock,
      record,
      released: () => flagged && !isTripped(directory),
      ordersOnly,
    });
  })()
    .catch((err: unknown) => logger.error({ err }, 'the watchdog could not act'))
    .then(() => {
      if (acting !== mine) return;
      acting = undefined;
      if (orphaned || dismissed) end();
    });
  acting = mine;
}

function record(account: string, text: string): void {
  records += 1;
  const line = {
    id: `${run}-${records}`,
    time: systemClock.now(),
    account: account.slice(0, 80),
    text: redact(text).slice(0, 1000),
  };
  logger.warn({ accounts: account }, line.text);
  try {
    appendRecord(directory, line);
  } catch (err) {
    logger.error({ err }, 'what the watchdog did cannot be written');
  }
}

function contextOf({ id }: WatchedConnection): AdapterContext {
  const none = (): never => {
    throw new Error('The watchdog has no prices.');
  };
  return {
    clock: systemClock,
    random: () => Math.random(),
    log: (level, message, facts) =>
      logger[level](
        JSON.parse(redact(JSON.stringify(facts ?? {}))) as Record<string, unknown>,
        redact(message),
      ),
    feed: { listen: () => () => undefined, watch: none, instrument: none },
    series: { read: none },
    // Its own: the main process may be writing into the other one.
    folder: join(directory, 'watchdog', id),
  };
}

function redact(text: string): string {
  return redactKeys(
    text,
    connections.flatMap(({ keys }) => Object.values(keys)),
  );
}

function accountsOf(list: readonly WatchedConnection[]): string[] {
  return list.flatMap(({ accounts }) => accounts.map(({ id }) => id));
}

function tell(message: FromWatchdog): void {
  // The parent may go away at any moment; whoever needs to know reads the file.
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
}

function end(): void {
  void log.close().finally(() => process.exit(0));
}
