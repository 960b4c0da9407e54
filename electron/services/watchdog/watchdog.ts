import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { isZero } from '../../../engine/domain/decimal.ts';
import { RenataError } from '../../../engine/domain/errors.ts';
import { accountId } from '../../../engine/domain/identifiers.ts';
import type { Clock } from '../../../engine/ports/clock.ts';
import type { RiskStateView, WatchdogView } from '../../../engine/protocol/live-schemas.ts';
import type { OrderJournal } from '../../storage/journal.ts';
import type { Store } from '../../storage/store-client.ts';
import type { Connections } from '../connections/connections.ts';
import type { Notice, Trading } from '../trading/trading.ts';
import { entry } from '../trading/order-log.ts';
import type { FromWatchdog, ToWatchdog, WatchedConnection } from './messages.ts';
import { clearTrip, isTripped, readRecords, readTrip } from './trip-file.ts';

export interface WatchdogOptions {
  readonly directory: string;
  /** Entry of the process; null where there can be none. */
  readonly url: URL | null;
  readonly store: Store;
  readonly journal: OrderJournal;
  readonly trading: Trading;
  readonly connections: Connections;
  readonly clock: Clock;
  readonly onChange: () => void;
  readonly onNotice: (notice: Notice) => void;
  readonly onDefect: (error: unknown, what: string) => void;
}

/** Milliseconds between two signs of life. */
const BEAT = 1000;
/** A process of its own would get a console of its own on Windows. */
const NO_WINDOW = { windowsHide: true };
/** Beats without an answer after which the watchdog itself counts as hung. */
const UNHEARD = 20;
const RESTARTS = { first: 1000, longest: 60_000 };
const DOCUMENT = 'watchdog';
const MOST_RECORDS = 100_000;
/** Seconds of silence: by default, and what may be chosen. */
const SECONDS = 15;
export const LEAST_SECONDS = 5;
export const MOST_SECONDS = 600;

interface Saved {
  readonly seconds: number;
  readonly accounts: Readonly<Record<string, { readonly flatten: boolean }>>;
}

/**
 * The main process's end of the watchdog: starts it once an account that is to be watched is connected,
 * hands it what it needs, gives signs of life, and stops everything here when it has acted.
 */
export class Watchdog {
  readonly #options: WatchdogOptions;
  #saved: Saved;
  #child: ChildProcess | undefined;
  /** What the process was told to watch, as text, and what it has said that it watches. */
  #told = '';
  #armed: readonly string[] = [];
  #sequence = 0;
  #heard = 0;
  #heardAt: number | null = null;
  #exposed = false;
  #failures = 0;
  #note = '';
  #cancelBeat: (() => void) | undefined;
  #cancelRestart: (() => void) | undefined;
  /** The trip that this process has answered by halting itself. */
  #answered: boolean;
  #closed = false;

  private constructor(options: WatchdogOptions, saved: Saved) {
    this.#options = options;
    this.#saved = saved;
    this.#answered = isTripped(options.directory);
  }

  /** Halts trading where the watchdog has stopped it and nobody has released it since. */
  static async open(options: WatchdogOptions): Promise<Watchdog> {
    const watchdog = new Watchdog(options, await readSaved(options.store));
    await watchdog.#takeRecords();
    const trip = readTrip(options.directory);
    const { state } = options.trading.risk;
    if (trip !== null && !(state.state === 'halted' && state.by === 'watchdog'))
      await options.trading.risk.setState('halted', trip.reason, 'watchdog');
    watchdog.#beat();
    return watchdog;
  }

  /** Whether the watchdog has acted and this process does not know it yet: nothing may be sent. */
  get tripped(): boolean {
    return !this.#answered && isTripped(this.#options.directory);
  }

  /** Whether it has stopped trading and nobody has released it. */
  get hasTripped(): boolean {
    return isTripped(this.#options.directory);
  }

  /** As the window shows it beside the risk state. */
  get state(): RiskStateView['watchdog'] {
    const running = this.#child !== undefined;
    return { running, armed: running && this.#armed.length > 0, note: this.#noteNow() };
  }

  async view(): Promise<WatchdogView> {
    const { directory, journal } = this.#options;
    const lines = await journal.about(DOCUMENT, MOST_RECORDS);
    return {
      ...this.state,
      seconds: this.#saved.seconds,
      heardAt: this.#heardAt,
      accounts: Object.entries(this.#saved.accounts).map(([account, { flatten }]) => ({
        account,
        flatten,
        armed: this.#armed.includes(account),
      })),
      trip: readTrip(directory),
      lines: lines.slice(-100).map(({ body }) => {
        const { time, account, text } = JSON.parse(body) as ReturnType<typeof readRecords>[number];
        return { time, account, text };
      }),
    };
  }

  /**
   * What is watched, and after how long a silence; kept for later starts.
   * @throws RenataError CONFLICT for an account whose orders end with this process
   */
  async set(request: {
    readonly account: string | null;
    readonly watch: boolean;
    readonly flatten: boolean;
    readonly seconds: number | null;
  }): Promise<void> {
    const { account, watch, flatten } = request;
    const accounts = { ...this.#saved.accounts };
    if (account !== null) {
      delete accounts[account];
      if (watch) {
        this.#mustBeWatchable(account);
        accounts[account] = { flatten };
      }
    }
    this.#saved = { seconds: request.seconds ?? this.#saved.seconds, accounts };
    await this.#options.store.saveDocument(DOCUMENT, JSON.stringify(this.#saved));
    await this.#options.trading.log.write([entry('watchdog', 'settings', this.#saved)]);
    this.#sync();
    this.#options.onChange();
  }

  /** Orders or positions have changed: the watchdog hears of the first before it is sent. */
  readonly look = (): void => {
    if (this.#closed || this.#child === undefined || this.#exposed) return;
    if (this.#isExposed()) this.#sign();
  };

  /** A person allows trading again. */
  release(): void {
    clearTrip(this.#options.directory);
    this.#answered = false;
    this.#told = '';
    this.#sync();
  }

  /** Says goodbye; the watchdog ends, unless it is at work. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelBeat?.();
    this.#cancelRestart?.();
    const child = this.#child;
    if (child === undefined || !child.connected) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const goodbye: ToWatchdog = { kind: 'goodbye' };
    child.send(goodbye, () => resolve());
    await promise;
  }

  #sync(): void {
    if (this.#closed) return;
    const connections = this.#watched();
    if (connections.length === 0 && this.#child === undefined) return;
    if (this.#child === undefined) this.#start();
    const told: ToWatchdog = { kind: 'arm', limit: this.#saved.seconds * 1000, connections };
    const text = JSON.stringify(told);
    if (this.#child === undefined || text === this.#told) return;
    this.#told = text;
    this.#tell(told);
    this.#sign();
  }

  /** Connections with the accounts that are to be watched, as far as they are open. */
  #watched(): WatchedConnection[] {
    const { trading, connections } = this.#options;
    const byVenue = new Map<string, { id: string; flatten: boolean }[]>();
    for (const { id, client } of trading.venues.accounts()) {
      const saved = this.#saved.accounts[id];
      if (saved === undefined) continue;
      byVenue.set(client.venue, [
        ...(byVenue.get(client.venue) ?? []),
        { id, flatten: saved.flatten },
      ]);
    }
    return [...byVenue].flatMap(([venue, accounts]) => {
      const opening = connections.secondOpening(venue);
      return opening === null ? [] : [{ id: venue, ...opening, accounts }];
    });
  }

  #isExposed(): boolean {
    const { log, venues } = this.#options.trading;
    return venues.accounts().some(({ id }) => {
      const saved = this.#saved.accounts[id];
      if (saved === undefined) return false;
      if (log.ledger.open(id).some(({ marks }) => marks.submitted)) return true;
      return saved.flatten && log.positions.list(id).some(({ quantity }) => !isZero(quantity));
    });
  }

  #mustBeWatchable(account: string): void {
    const { trading, connections, url } = this.#options;
    if (url === null)
      throw new RenataError('UNAVAILABLE', 'There is no watchdog in this kind of start.');
    const { client } = trading.venues.account(accountId(account));
    if (connections.secondOpening(client.venue) === null) {
      throw new RenataError(
        'CONFLICT',
        `account: orders of ${account} live in this process and end with it; there is nothing to watch.`,
        { details: { parameter: 'account' } },
      );
    }
  }

  #start(): void {
    const { url, directory, onDefect } = this.#options;
    if (url === null || this.#cancelRestart !== undefined) return;
    let child: ChildProcess;
    try {
      child = fork(fileURLToPath(url), [directory], {
        ...NO_WINDOW,
        // It outlives this process and its terminal.
        detached: true,
        stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
        execArgv: [],
        env: bareEnvironment(),
      });
    } catch (error) {
      this.#ended(undefined, error instanceof Error ? error.message : String(error));
      return;
    }
    this.#child = child;
    this.#told = '';
    this.#armed = [];
    this.#heard = this.#sequence;
    child.on('message', (message: FromWatchdog) => this.#take(child, message));
    child.on('error', (error) => onDefect(error, 'watchdog'));
    child.on('exit', (code, signal) => this.#ended(child, signal ?? `code ${code ?? '?'}`));
    // Neither keeps this process alive.
    child.unref();
    child.channel?.unref();
  }

  #ended(child: ChildProcess | undefined, why: string): void {
    if (this.#closed || child !== this.#child) return;
    const { clock, onNotice, onChange } = this.#options;
    const guarded = this.#armed.length > 0;
    this.#child = undefined;
    this.#heardAt = null;
    this.#armed = [];
    this.#note = `It has ended (${why}) and is started again.`;
    const wait = Math.min(RESTARTS.longest, RESTARTS.first * 2 ** this.#failures);
    this.#failures += 1;
    if (guarded) {
      onNotice({
        level: 'warning',
        title: 'The watchdog has ended',
        text: `Nothing cancels orders if Renata hangs, until it runs again (${why}).`,
        subject: 'watchdog',
      });
    }
    onChange();
    this.#cancelRestart = clock.after(wait, () => {
      this.#cancelRestart = undefined;
      this.#sync();
    });
  }

  #take(child: ChildProcess, message: FromWatchdog): void {
    if (child !== this.#child) return;
    switch (message.kind) {
      case 'started':
        break;
      case 'armed':
        this.#armed = message.accounts;
        this.#failures = 0;
        this.#note = '';
        this.#options.onChange();
        break;
      case 'heard':
        this.#heard = message.sequence;
        this.#heardAt = this.#options.clock.now();
        break;
      case 'tripped':
        this.#answer();
    }
  }

  #beat(): void {
    this.#cancelBeat = this.#options.clock.after(BEAT, () => {
      if (this.tripped) this.#answer();
      this.#sync();
      if (this.#child !== undefined) this.#sign();
      this.#beat();
    });
  }

  #sign(): void {
    this.#exposed = this.#isExposed();
    this.#sequence += 1;
    this.#tell({ kind: 'beat', sequence: this.#sequence, exposed: this.#exposed });
    if (this.#sequence - this.#heard > UNHEARD) this.#child?.kill('SIGKILL');
  }

  /** The watchdog has acted: this process stops as well, and cancels what it may have sent since. */
  #answer(): void {
    const { trading, directory, onNotice, onDefect, onChange } = this.#options;
    if (this.#answered) return;
    trading.desk.stopAll();
    const reason = readTrip(directory)?.reason ?? 'The watchdog stopped trading.';
    const killed = trading.kill(false, reason, 'watchdog');
    // From here on the halted state holds everything back; what closes positions may pass again.
    this.#answered = true;
    onNotice({
      level: 'error',
      title: 'The watchdog has stopped trading',
      text: `${reason} Orders were cancelled at the venue. Trading stays halted until you release it.`,
      subject: 'watchdog',
    });
    killed
      .then(() => this.#takeRecords())
      .catch((error: unknown) => onDefect(error, 'watchdog'))
      .finally(onChange);
  }

  /** What the watchdog has written goes into the journal, each line once. */
  async #takeRecords(): Promise<void> {
    const { directory, journal, trading } = this.#options;
    const all = readRecords(directory);
    if (all.length === 0) return;
    const taken = new Set(
      (await journal.about(DOCUMENT, MOST_RECORDS)).map(
        ({ body }) => (JSON.parse(body) as { readonly id: string }).id,
      ),
    );
    const rest = all.filter(({ id }) => !taken.has(id));
    if (rest.length > 0)
      await trading.log.write(rest.map((line) => entry('watchdog', DOCUMENT, line)));
  }

  #noteNow(): string {
    if (this.#note !== '') return this.#note;
    if (this.#options.url === null) return 'There is none in this kind of start.';
    const wanted = Object.keys(this.#saved.accounts);
    if (wanted.length === 0) return 'No account is watched.';
    const missing = wanted.filter((account) => !this.#armed.includes(account));
    return missing.length === 0
      ? `Acts after ${this.#saved.seconds} s of silence.`
      : `Not connected: ${missing.join(', ')}.`.slice(0, 1000);
  }

  #tell(message: ToWatchdog): void {
    const child = this.#child;
    if (child === undefined || !child.connected) return;
    // That it has gone is told by its exit.
    child.send(message, () => undefined);
  }
}

async function readSaved(store: Store): Promise<Saved> {
  const json = await store.loadDocument(DOCUMENT);
  const none: Saved = { seconds: SECONDS, accounts: {} };
  if (json === null) return none;
  try {
    return { ...none, ...(JSON.parse(json) as Saved) };
  } catch {
    return none;
  }
}

/** Keys that stand in the environment are not for the watchdog's: it gets those it needs, in memory. */
function bareEnvironment(): NodeJS.ProcessEnv {
  const plain = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('RENATA_') && name !== 'NODE_OPTIONS',
  );
  // Electron's own program runs plain Node with it.
  const own = process.versions.electron === undefined ? {} : { ELECTRON_RUN_AS_NODE: '1' };
  return { ...Object.fromEntries(plain), ...own };
}
