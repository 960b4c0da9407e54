import { fork, type ChildProcess } from 'node:child_process';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, it, type ExpectStatic } from 'vitest';
import { readRecords, readTrip } from '../../electron/services/watchdog/trip-file.ts';
import type { CallInput, CallName, CallOutput } from '../../engine/protocol/contract.ts';
import { KEYS, StubAlpaca } from '../stubs/alpaca/server.ts';
import type { FromChild, ToChild } from './watchdog-child.ts';

const ROOT = process.cwd();
const ACCOUNT = 'PA3STUB0001';
const INSTRUMENT = 'AAPL.XNAS';
/** The least that may be chosen. */
const SECONDS = 5;
const CACHE = mkdtempSync(join(tmpdir(), 'renata-watchdog-cache-'));
/** Processes that were killed may still be writing. */
const remove = (folder: string): void =>
  rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
afterAll(() => remove(CACHE));

/** Tests run beside each other, so each has its own `expect`. */
interface Context {
  readonly expect: ExpectStatic;
  readonly onTestFinished: (run: () => void | Promise<void>) => void;
}

/** A stub of the venue and a workstation in a process, which may be started again. */
class Rig {
  readonly stub: StubAlpaca;
  readonly expect: ExpectStatic;
  readonly folder = mkdtempSync(join(tmpdir(), 'renata-watchdog-'));
  #child: ChildProcess | undefined;
  #prices: NodeJS.Timeout;
  #count = 0;

  private constructor(stub: StubAlpaca, expect: ExpectStatic) {
    this.stub = stub;
    this.expect = expect;
    this.#prices = setInterval(() => {
      const t = new Date().toISOString();
      stub.streams.tick({ T: 'q', S: 'AAPL', bp: 99.99, ap: 100.01, bs: 5, as: 5, t });
    }, 200);
  }

  static async open({ expect, onTestFinished }: Context): Promise<Rig> {
    const rig = new Rig(await StubAlpaca.start(), expect);
    onTestFinished(async () => {
      clearInterval(rig.#prices);
      rig.#child?.kill('SIGKILL');
      for (const pid of rig.watchdogs()) {
        if (isRunning(pid)) process.kill(pid, 'SIGKILL');
      }
      await rig.stub.close();
      remove(rig.folder);
    });
    await rig.start();
    return rig;
  }

  async start(): Promise<void> {
    this.#child = fork(
      join(import.meta.dirname, 'watchdog-child.ts'),
      [ROOT, this.folder, JSON.stringify(this.stub.settings)],
      {
        stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
        env: {
          ...process.env,
          NODE_COMPILE_CACHE: CACHE,
          // As they are given on the command line.
          RENATA_ALPACA_KEY_ID: KEYS.keyId,
          RENATA_ALPACA_SECRET_KEY: KEYS.secretKey,
        },
        execArgv: [],
      },
    );
    this.expect(await this.#next()).toEqual({ kind: 'ready' });
    await this.expect
      .poll(() => this.call('market.watch', { instrument: INSTRUMENT, kinds: ['quote'] }))
      .toMatchObject({ quote: { bid: 99.99 } });
  }

  get child(): ChildProcess {
    return this.#child as ChildProcess;
  }

  /** Numbers of the watchdog's processes, as they noted them themselves, oldest first. */
  watchdogs(): number[] {
    const path = join(this.folder, 'logs', 'watchdog.log');
    if (!existsSync(path)) return [];
    // What stands behind the last end of a line is not whole yet.
    const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1);
    return lines
      .map((line) => JSON.parse(line) as { pid: number; msg: string })
      .filter(({ msg }) => msg === 'started')
      .map(({ pid }) => pid);
  }

  tell(message: ToChild): void {
    this.child.send(message);
  }

  async call<Name extends CallName>(name: Name, input: CallInput<Name>): Promise<CallOutput<Name>> {
    this.tell({ kind: 'call', name, input });
    return (await this.answer()) as CallOutput<Name>;
  }

  async answer(): Promise<unknown> {
    const message = await this.#next();
    if (message.kind === 'answer') return message.value;
    throw new Error(JSON.stringify(message));
  }

  order(limitPrice: string): CallInput<'orders.place'> {
    this.#count += 1;
    return {
      requestId: `Q${process.pid}-${this.#count}-${Date.now()}`,
      ticket: {
        account: ACCOUNT,
        instrument: INSTRUMENT,
        terms: { side: 'buy', type: 'limit', quantity: '10', limitPrice, timeInForce: 'gtc' },
      },
    };
  }

  /** Places an order, once a price has come. */
  async place(limitPrice: string): Promise<string> {
    const { orders, check } = await this.call('orders.place', this.order(limitPrice));
    const denied = check.checks.filter(({ passed }) => !passed).map(({ message }) => message);
    this.expect(denied).toEqual([]);
    return orders[0]?.state ?? '';
  }

  async arm(flatten = false): Promise<void> {
    await this.expect
      .poll(async () => {
        const account = ACCOUNT;
        await this.call('watchdog.set', { account, watch: true, flatten, seconds: SECONDS });
        return this.call('watchdog.get', {});
      })
      .toMatchObject({
        running: true,
        armed: true,
        seconds: SECONDS,
        accounts: [{ account: ACCOUNT, flatten, armed: true }],
        trip: null,
      });
  }

  open(): string[] {
    const { exchange } = this.stub;
    return exchange.orders.filter((order) => exchange.isOpen(order)).map(({ status }) => status);
  }

  async gone(): Promise<number | null> {
    const { child } = this;
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
    const { promise, resolve } = Promise.withResolvers<number | null>();
    child.once('exit', resolve);
    return promise;
  }

  #next(): Promise<FromChild> {
    const { promise, resolve, reject } = Promise.withResolvers<FromChild>();
    const onExit = (): void => reject(new Error('the workstation has ended'));
    this.child.once('exit', onExit);
    this.child.once('message', (message: FromChild) => {
      this.child.off('exit', onExit);
      resolve(message);
    });
    return promise;
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Files may go while they are listed. */
function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile() === true);
}

function bytesOf(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return Buffer.alloc(0);
    throw error;
  }
}

const pause = (milliseconds: number): Promise<void> => {
  const { promise, resolve } = Promise.withResolvers<void>();
  setTimeout(resolve, milliseconds);
  return promise;
};

describe.concurrent('the watchdog', () => {
  it('cancels at the venue when the main process hangs, which then finds itself halted', async (context) => {
    const { expect } = context;
    const rig = await Rig.open(context);
    expect(await rig.place('90')).toBe('Accepted');
    await rig.arm();
    expect(await rig.place('91')).toBe('Accepted');
    expect(rig.open()).toHaveLength(2);
    const began = performance.now();
    // Placed elsewhere, in the same account.
    rig.stub.exchange.place({
      symbol: 'MSFT',
      side: 'buy',
      type: 'limit',
      qty: '1',
      limit_price: '300',
    });
    const awake = join(rig.folder, 'awake');
    rig.tell({ kind: 'hang', until: awake, order: rig.order('92') });
    await expect.poll(() => rig.open()).toEqual([]);
    // Not at once; how long it was silent before is not known to the moment.
    expect(performance.now() - began).toBeGreaterThan((SECONDS * 1000) / 2);
    expect(readTrip(rig.folder)?.reason).toContain('no sign of life for 5 s');
    const said = (line: { text: string }): string => line.text;
    await expect
      .poll(() => readRecords(rig.folder).map(said))
      .toContain('3 orders cancelled; none works any more.');
    const sent = rig.stub.exchange.orders.length;
    // The main process hangs until now: nobody else can have done it.
    writeFileSync(awake, '');

    // What was due while it hung is not sent when it wakes.
    // Denied by the flag, or cancelled here by what the main process does when it sees it.
    const { orders } = (await rig.answer()) as CallOutput<'orders.place'>;
    expect(orders).toMatchObject([{ venueOrderId: null }]);
    expect(['Denied', 'Canceled']).toContain(orders[0]?.state);
    await expect
      .poll(() => rig.call('risk.get', {}))
      .toMatchObject({ state: 'halted', by: 'watchdog' });
    expect(rig.stub.exchange.orders).toHaveLength(sent);
    await expect
      .poll(async () => (await rig.call('watchdog.get', {})).lines.map(said))
      .toEqual(expect.arrayContaining(readRecords(rig.folder).map(said)));
    expect(await rig.call('audit.verify', {})).toMatchObject({ fault: null });

    // A restart changes nothing of it; a person does.
    rig.tell({ kind: 'close' });
    expect(await rig.gone()).toBe(0);
    // It may be looking for orders once more.
    const [pid] = rig.watchdogs();
    await expect.poll(() => isRunning(pid as number)).toBe(false);
    await rig.start();
    expect(await rig.call('risk.get', {})).toMatchObject({ state: 'halted', by: 'watchdog' });
    const refused = await rig.call('orders.place', rig.order('93'));
    expect(refused.orders).toMatchObject([{ state: 'Denied', reasonCode: 'TRADING_HALTED' }]);
    await rig.call('risk.setState', { state: 'active', reason: 'looked at it' });
    expect(readTrip(rig.folder)).toBeNull();
    expect(await rig.place('94')).toBe('Accepted');
    expect((await rig.call('watchdog.get', {})).lines).toHaveLength(readRecords(rig.folder).length);
    await rig.arm();
  });

  it('cancels and closes positions when the main process is killed, and the next start is halted', async (context) => {
    const { expect } = context;
    const rig = await Rig.open(context);
    const { exchange } = rig.stub;
    await rig.arm(true);
    expect(await rig.place('90')).toBe('Accepted');
    exchange.positions.set('AAPL', { qty: '30' as never, price: '95' as never });
    const placed = exchange.orders.length;
    rig.child.kill('SIGKILL');
    await expect.poll(() => rig.open()).toEqual([]);
    await expect.poll(() => exchange.orders.length).toBe(placed + 1);
    expect(exchange.orders.at(-1)).toMatchObject({
      symbol: 'AAPL',
      side: 'sell',
      type: 'market',
      qty: '30',
      status: 'filled',
    });
    const [pid] = rig.watchdogs();
    await expect.poll(() => isRunning(pid as number)).toBe(false);
    expect(readTrip(rig.folder)?.reason).toContain('has ended');
    await rig.start();
    expect(await rig.call('risk.get', {})).toMatchObject({ state: 'halted', by: 'watchdog' });
    const lines = (await rig.call('watchdog.get', {})).lines.map(({ text }) => text);
    expect(lines.join('\n')).toMatch(/1 order cancelled[^]*sell 30 AAPL.XNAS[^]*has taken/);
    expect(rig.stub.spec.problems).toEqual([]);
  });

  it('tries until the venue answers', async (context) => {
    const { expect } = context;
    const rig = await Rig.open(context);
    await rig.arm();
    expect(await rig.place('90')).toBe('Accepted');
    rig.stub.fault({ call: 'DELETE /v2/orders', times: 2, what: { kind: 'status', status: 503 } });
    rig.stub.fault({ call: 'GET /v2/account', times: 1, what: { kind: 'drop-before' } });
    rig.child.kill('SIGKILL');
    await expect.poll(() => rig.open()).toEqual([]);
    await expect
      .poll(() =>
        readRecords(rig.folder)
          .map(({ text }) => text)
          .join('\n'),
      )
      .toMatch(/Could not cancel orders[^]*1 order cancelled/);
  });

  it('leaves everything as it is while all is well and at an orderly end; keys are in no file', async (context) => {
    const { expect } = context;
    const rig = await Rig.open(context);
    await rig.arm();
    expect(await rig.place('90')).toBe('Accepted');
    await pause(SECONDS * 1000 + 2000);
    expect(await rig.call('watchdog.get', {})).toMatchObject({ armed: true, trip: null });
    const [pid, ...others] = rig.watchdogs();
    expect(others).toEqual([]);
    for (const file of [...filesIn(rig.folder), `/proc/${pid}/cmdline`, `/proc/${pid}/environ`]) {
      const bytes = bytesOf(file);
      for (const key of Object.values(KEYS)) {
        expect(bytes.includes(key), `${key} in ${file}`).toBe(false);
      }
    }
    rig.tell({ kind: 'close' });
    expect(await rig.gone()).toBe(0);
    await expect.poll(() => isRunning(pid as number)).toBe(false);
    expect(rig.open()).toEqual(['new']);
    expect(readTrip(rig.folder)).toBeNull();
    expect(readRecords(rig.folder)).toEqual([]);
  });

  it.skipIf(process.platform === 'win32')(
    'takes a sleep of the machine for none, and is started again when it ends itself',
    async (context) => {
      const { expect } = context;
      const rig = await Rig.open(context);
      await rig.arm();
      expect(await rig.place('90')).toBe('Accepted');
      const [pid] = rig.watchdogs();
      // Both stand still for longer than the limit, as when a laptop is closed.
      rig.child.kill('SIGSTOP');
      process.kill(pid as number, 'SIGSTOP');
      await pause(SECONDS * 1000 + 2000);
      process.kill(pid as number, 'SIGCONT');
      await pause(3000);
      rig.child.kill('SIGCONT');
      await pause(1500);
      expect(await rig.call('watchdog.get', {})).toMatchObject({ armed: true, trip: null });
      expect(rig.open()).toEqual(['new']);

      process.kill(pid as number, 'SIGKILL');
      await expect
        .poll(() => rig.call('watchdog.get', {}))
        .toMatchObject({ running: true, armed: true });
      await expect.poll(() => rig.watchdogs()).toHaveLength(2);
      // A debugger that stops the main process looks like a hang, unless the account is not watched.
      const account = ACCOUNT;
      await rig.call('watchdog.set', { account, watch: false, flatten: false, seconds: null });
      rig.child.kill('SIGSTOP');
      await pause(SECONDS * 1000 + 2000);
      rig.child.kill('SIGCONT');
      expect(await rig.call('watchdog.get', {})).toMatchObject({ armed: false, trip: null });
      expect(rig.open()).toEqual(['new']);
    },
  );

  it('does not watch an account whose orders live in the main process', async (context) => {
    const { expect } = context;
    const rig = await Rig.open(context);
    await rig.call('connections.connect', { id: 'simulated' });
    await expect
      .poll(async () => (await rig.call('accounts.list', {})).map(({ id }) => id))
      .toContain('PAPER');
    await expect(
      rig.call('watchdog.set', { account: 'PAPER', watch: true, flatten: false, seconds: null }),
    ).rejects.toThrow('live in this process');
    expect((await rig.call('watchdog.get', {})).accounts).toEqual([]);
  });
});
