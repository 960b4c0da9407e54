import { messageOf } from '../../../engine/domain/errors.ts';
import type { Encoder } from '@stoqey/ib/dist/core/io/encoder.js';
import { accountId, type AccountId } from '../../../engine/domain/identifiers.ts';
import type { Clock } from '../../../engine/ports/clock.ts';
import type { ConnectionState } from '../../../engine/ports/connection.ts';
import { VenueError } from '../../../engine/ports/venue-error.ts';
import type { AdapterContext } from '../../net/adapter.ts';
import { backoff, type BackoffLimits } from '../../net/backoff.ts';
import { ConnectionTracker } from '../../net/connection-tracker.ts';
import { RateGate, type Priority } from '../../net/rate-gate.ts';
import { scheduledBreak } from './breaks.ts';
import { afterClosing, capital, downParts } from './closing.ts';
import { CODES, FARMS, plain } from './codes.ts';
import { OrderIds } from './order-ids.ts';
import { Problems, type Part } from './problems.ts';
import { Requests, type Question } from './requests.ts';
import { isLiveAccount, type TwsSettings } from './settings.ts';
import { TwsWire } from './wire.ts';

/** Part of the adapter that lives on the session. */
export interface SessionUser {
  /**
   * The session stands, or stands again: ask for everything that is needed. A rejection makes another
   * connection. `kept`: TWS has kept its subscriptions.
   */
  readonly onUp: (kept: boolean) => Promise<void>;
  readonly onDown: (reason: string) => void;
  readonly onEvent: (name: string, args: readonly unknown[]) => void;
  readonly onMessage: (id: number, code: number, text: string) => void;
  /** A message about orders or accounts could not be read: what is known may be old. */
  readonly onDoubt: () => void;
  readonly onIdle: () => void;
}

/** TWS ends connections that send more than 50 messages a second. */
export const MESSAGES_PER_SECOND = 45;
const WAITS: BackoffLimits = { first: 1000, longest: 30_000 };
const CONNECT_TIMEOUT = 10_000;
const LOGIN_TIMEOUT = 20_000;
const LOOK_EVERY = 5000;
const QUIET = 10_000;
const DEAD = 25_000;
const STEADY = 30_000;
const ORDER_PATIENCE = 5000;
/** Messages on the wire that say something of orders, fills, positions or accounts. */
const ORDER_KINDS: ReadonlySet<number> = new Set([
  3, 5, 6, 7, 9, 11, 15, 53, 55, 59, 61, 62, 63, 64, 100, 101, 102,
]);

/** The one connection that orders and data share: log-in, reconnection, system messages, rate. */
export class TwsSession {
  readonly settings: TwsSettings;
  readonly clock: Clock;
  readonly log: AdapterContext['log'];
  readonly orderIds: OrderIds;
  readonly requests: Requests;
  readonly problems: Problems;
  readonly #context: AdapterContext;
  readonly #tracker: ConnectionTracker;
  readonly #users: SessionUser[] = [];
  readonly #holders = new Set<object>();
  /** Those that have stopped while others go on: to them nothing stands any more. */
  readonly #apart = new Map<object, ConnectionState>();
  readonly #told = new Map<object, Set<(state: ConnectionState) => void>>();
  #accounts: readonly AccountId[] = [];
  #wire: TwsWire | undefined;
  #gate: RateGate;
  #timers: (() => void)[] = [];
  #cancelRetry: (() => void) | undefined;
  #first: PromiseWithResolvers<void> | undefined;
  #attempt = 0;
  /** Rises whenever what is under way has been overtaken. */
  #epoch = 0;
  #upstream = true;
  #synchronized = false;
  #nextIdSeen = false;
  #heardAt = 0;
  #loggedInAt = 0;
  #lastUp: number | null = null;
  #hint: string | null = null;
  #unreadable = 0;

  constructor(settings: TwsSettings, context: AdapterContext) {
    this.settings = settings;
    this.#context = context;
    this.clock = context.clock;
    this.log = context.log;
    this.#tracker = new ConnectionTracker(context.clock, context.log);
    this.orderIds = new OrderIds(context.folder, settings.clientId);
    this.problems = new Problems(() => this.#settle());
    this.#gate = this.#newGate();
    this.requests = new Requests({
      clock: context.clock,
      timeout: settings.answerTimeout,
      send: (priority, make) => this.send(priority, make),
    });
  }

  /** The connection as a holder has it. */
  connectionOf(holder: object): ConnectionState {
    return this.#apart.get(holder) ?? this.#tracker.state;
  }

  /** Whether a holder has stopped while others go on. */
  isApart(holder: object): boolean {
    return this.#apart.has(holder);
  }

  /** @throws VenueError `not-sent` for a holder that has stopped */
  check(holder: object): void {
    if (this.isApart(holder))
      throw new VenueError('not-sent', 'TWS is not connected.', { code: '504' });
  }

  get accounts(): readonly AccountId[] {
    return this.#accounts;
  }

  /** Whether requests reach Interactive Brokers now. */
  get up(): boolean {
    return this.#loggedIn() && this.#upstream;
  }

  onConnection(holder: object, listener: (state: ConnectionState) => void): () => void {
    const own = this.#told.get(holder) ?? new Set();
    this.#told.set(holder, own.add(listener));
    const end = this.#tracker.on((state) => {
      if (!this.isApart(holder)) listener(state);
    });
    return () => {
      own.delete(listener);
      end();
    };
  }

  use(user: SessionUser): void {
    this.#users.push(user);
  }

  /**
   * Connects for a holder; the session lives while it has one. Settles when the first attempt has ended,
   * well or not: what follows is told by the state.
   * @throws VenueError when no other attempt can end better
   */
  start(holder: object): Promise<void> {
    this.#holders.add(holder);
    if (this.#apart.delete(holder)) this.#tellState(holder);
    if (this.#first === undefined) {
      this.#first = Promise.withResolvers<void>();
      this.#first.promise.catch(() => undefined);
      this.#attempt = 0;
      this.#connect();
    }
    return this.#first.promise;
  }

  stop(holder: object): void {
    const held = this.#holders.delete(holder);
    if (this.#holders.size > 0) {
      if (!held) return;
      this.#apart.set(holder, {
        phase: 'disconnected',
        message: 'Not connected.',
        since: this.clock.now(),
        until: null,
        parts: [],
      });
      this.#tellState(holder);
      return;
    }
    this.#apart.clear();
    if (this.#first === undefined) return;
    this.#end();
    this.#tracker.set('disconnected', 'Not connected.', { parts: [] });
  }

  #tellState(holder: object): void {
    for (const listener of this.#told.get(holder) ?? []) listener(this.connectionOf(holder));
  }

  #end(): void {
    this.#cancelRetry?.();
    this.#first?.resolve();
    this.#first = undefined;
    this.#wire?.close('disconnected');
  }

  /**
   * Sends when the rate allows. Orders do not wait for long: prices move on.
   * @throws VenueError `not-sent`
   */
  async send(priority: Priority, make: (encoder: Encoder) => void, cost = 1): Promise<void> {
    const wire = this.#wire;
    if (wire === undefined || !wire.open) {
      throw new VenueError('not-sent', 'TWS is not connected.', { code: '504' });
    }
    await this.#gate.take(
      priority,
      priority === 'order' ? { cost, patience: ORDER_PATIENCE } : { cost },
    );
    if (wire !== this.#wire) throw new VenueError('not-sent', 'The connection to TWS was lost.');
    wire.send(make);
  }

  ask<Answer>(question: Question<Answer>): Promise<Answer> {
    return this.requests.ask(question);
  }

  /** What is known of orders may be old or wrong: everybody asks again. */
  doubt(): void {
    for (const user of this.#users) this.#guard(() => user.onDoubt());
  }

  /** Drops the connection and makes another. */
  restart(reason: string): void {
    this.#wire?.close(reason);
  }

  #newGate(): RateGate {
    return new RateGate(this.#context.clock, [
      { what: 'messages', requests: MESSAGES_PER_SECOND, perMilliseconds: 1000 },
    ]);
  }

  #loggedIn(): boolean {
    return this.#wire?.open === true && this.#nextIdSeen && this.#accounts.length > 0;
  }

  #connect(): void {
    const { host, port, clientId } = this.settings;
    this.#cancelRetry = undefined;
    this.#epoch += 1;
    this.#nextIdSeen = false;
    this.#accounts = [];
    this.#upstream = true;
    this.#synchronized = false;
    this.#hint = null;
    this.#loggedInAt = 0;
    this.#gate = this.#newGate();
    this.problems.reset();
    this.#heardAt = this.clock.elapsed();
    if (this.#attempt === 0)
      this.#tracker.set('connecting', `Connecting to TWS at ${host}:${port}.`);
    const mine = (run: () => void): void => {
      if (wire === this.#wire) this.#guard(run);
    };
    const wire: TwsWire = new TwsWire({
      host,
      port,
      clientId,
      onHandshake: () =>
        mine(() => {
          this.#later(LOGIN_TIMEOUT, () => {
            if (this.#loggedIn()) return;
            wire.close(
              'TWS took the connection and did not log it in; it may wait for an answer in a dialog',
            );
          });
        }),
      onEvent: (name, args) => mine(() => this.#event(name, args)),
      onMessage: (id, code, text) => mine(() => this.#message(id, code, text)),
      onUnreadable: (kind, reason) => mine(() => this.#unreadableMessage(kind, reason)),
      onIdle: () =>
        mine(() => {
          this.#heardAt = this.clock.elapsed();
          for (const user of this.#users) this.#guard(() => user.onIdle());
        }),
      onClosed: (reason, final) => mine(() => this.#closed(reason, final)),
    });
    this.#wire = wire;
    this.#later(CONNECT_TIMEOUT, () => {
      if (wire.serverVersion === 0) wire.close('no answer');
    });
    this.#watch(wire);
  }

  /** Finds connections that are open at one end only. */
  #watch(wire: TwsWire): void {
    this.#later(LOOK_EVERY, () => {
      if (wire !== this.#wire) return;
      const quiet = this.clock.elapsed() - this.#heardAt;
      if (this.#loggedIn()) {
        if (quiet >= DEAD) {
          wire.close(`nothing was heard for ${Math.round(quiet / 1000)} s`);
          return;
        }
        if (quiet >= QUIET)
          this.send('query', (encoder) => encoder.reqCurrentTime()).catch(() => undefined);
      }
      this.#watch(wire);
    });
  }

  #later(milliseconds: number, run: () => void): void {
    const cancel = this.clock.after(milliseconds, () => {
      this.#timers = this.#timers.filter((each) => each !== cancel);
      this.#guard(run);
    });
    this.#timers.push(cancel);
  }

  #event(name: string, args: readonly unknown[]): void {
    if (name === 'nextValidId') {
      this.orderIds.atLeast(Number(args[0]));
      const before = this.#nextIdSeen;
      this.#nextIdSeen = true;
      if (!before) this.#maybeLoggedIn();
    } else if (name === 'managedAccounts') {
      this.#takeAccounts(String(args[0]));
    }
    if (this.requests.event(name, args)) return;
    for (const user of this.#users) this.#guard(() => user.onEvent(name, args));
  }

  #takeAccounts(text: string): void {
    const names = text.split(',').map((name) => name.trim());
    const before = this.#accounts.length;
    // "All" stands for every account of an adviser; it is none itself.
    const told = names
      .filter((name) => /^[A-Za-z0-9]{1,32}$/.test(name) && name !== 'All')
      .map((name) => accountId(name));
    if (told.length === 0) return;
    this.#accounts = told;
    const live = this.#accounts.filter(isLiveAccount);
    if (live.length > 0 && !this.settings.live) {
      this.problems.set(
        'live-accounts',
        'orders',
        `${live.join(', ')} holds real money, and this connection is set up for paper trading; change Accounts to live, or log in to a paper account.`,
        true,
      );
    } else this.problems.clear('live-accounts');
    if (before === 0) this.#maybeLoggedIn();
  }

  #maybeLoggedIn(): void {
    if (!this.#loggedIn()) return;
    this.#loggedInAt = this.clock.elapsed();
    this.log('info', 'TWS is connected', {
      serverVersion: this.#wire?.serverVersion,
      accounts: this.#accounts.length,
    });
    void this.#synchronize(false);
  }

  /** Everything is asked for anew; until it is there the phase says so. */
  async #synchronize(kept: boolean): Promise<void> {
    this.#epoch += 1;
    const epoch = this.#epoch;
    this.#synchronized = false;
    this.#settle();
    try {
      for (const user of this.#users) {
        await user.onUp(kept);
        if (epoch !== this.#epoch) return;
      }
    } catch (error) {
      if (epoch !== this.#epoch) return;
      const reason = messageOf(error);
      this.log('warn', 'TWS could not be asked for the present state', { reason });
      if (this.#upstream) this.#wire?.close(`the present state could not be had: ${reason}`);
      return;
    }
    this.#synchronized = true;
    this.#lastUp = this.clock.now();
    this.#settle();
    this.#first?.resolve();
  }

  #message(id: number, code: number, text: string): void {
    if (code === CODES.connectionLost || code === CODES.brokenToServer) {
      this.#upstreamLost(text);
      return;
    }
    if (code === CODES.restoredDataLost || code === CODES.restoredDataKept) {
      this.#upstreamBack(code === CODES.restoredDataKept);
      return;
    }
    if (code === CODES.clientIdInUse) {
      this.#hint = `Another program uses client id ${this.settings.clientId}; close it, or give this connection a number of its own.`;
    } else if (code === CODES.portReset) {
      this.#hint = `TWS has moved its API to another port; ${plain(text)}`;
    }
    const farm = FARMS[code];
    if (farm !== undefined) {
      this.#farm(farm, text);
      return;
    }
    if (id >= 0) {
      if (this.requests.message(id, code, text)) return;
      for (const user of this.#users) this.#guard(() => user.onMessage(id, code, text));
      return;
    }
    this.log(code >= 2100 && code < 3000 ? 'info' : 'warn', 'TWS says', {
      code,
      text: plain(text),
    });
  }

  #farm({ part, works }: { readonly part: Part; readonly works: boolean }, text: string): void {
    const name = /:\s*(\S+)\s*$/.exec(plain(text))?.[1] ?? 'all';
    const key = `farm ${part} ${name}`;
    if (works) this.problems.clear(key);
    else this.problems.set(key, part, `The data farm ${name} is not connected.`);
  }

  #upstreamLost(text: string): void {
    if (!this.#upstream) return;
    this.#upstream = false;
    this.#epoch += 1;
    this.log('warn', 'TWS has lost Interactive Brokers', { text: plain(text) });
    for (const user of this.#users)
      this.#guard(() => user.onDown('TWS has lost Interactive Brokers'));
    this.#settle();
    this.#first?.resolve();
  }

  #upstreamBack(kept: boolean): void {
    // Told without a loss before, it still says that data may be missing.
    if (this.#upstream)
      for (const user of this.#users) this.#guard(() => user.onDown('TWS was reconnected'));
    this.#upstream = true;
    this.problems.clearFarms();
    if (this.#loggedIn()) void this.#synchronize(kept);
  }

  #unreadableMessage(kind: number, reason: string): void {
    this.#unreadable += 1;
    this.log('warn', 'A message of TWS could not be read', {
      kind,
      reason,
      serverVersion: this.#wire?.serverVersion,
      count: this.#unreadable,
    });
    if (ORDER_KINDS.has(kind)) {
      this.problems.set(
        'unreadable orders',
        'orders',
        'TWS sent something about orders that could not be read; it is being asked again.',
      );
      this.doubt();
      return;
    }
    this.problems.set(
      'unreadable data',
      'quotes',
      'TWS sends data that cannot be read; another version of TWS may help.',
    );
    this.#later(60_000, () => this.problems.clear('unreadable data'));
  }

  #closed(reason: string, final: boolean): void {
    const reached = this.#wire?.reached === true;
    const wasIn = this.#loggedInAt > 0;
    this.#wire = undefined;
    this.#epoch += 1;
    for (const cancel of this.#timers.splice(0)) cancel();
    if (wasIn && this.clock.elapsed() - this.#loggedInAt >= STEADY) this.#attempt = 0;
    const ended = `The connection to TWS was lost (${reason}).`;
    this.#gate.close(ended);
    this.requests.drop(ended);
    for (const user of this.#users) this.#guard(() => user.onDown(reason));
    if (this.#first === undefined) return;
    this.log('warn', 'TWS is not connected', { reason });
    if (final) {
      this.#first.reject(new VenueError('rejected', `${reason}.`));
      this.#end();
      this.#tracker.set('needs-user', `${capital(reason)}.`, { parts: downParts(reason) });
      return;
    }
    const wait = backoff(this.#attempt, WAITS, this.#context.random);
    this.#attempt += 1;
    const { phase, message } = afterClosing(reason, {
      now: this.clock.now(),
      settings: this.settings,
      hint: this.#hint,
      reached,
      lastUp: this.#lastUp,
    });
    this.#tracker.set(phase, message, { retryIn: wait, parts: downParts(reason) });
    this.#cancelRetry = this.clock.after(wait, () => this.#guard(() => this.#connect()));
    this.#first.resolve();
  }

  /** Works out the phase from what is known. */
  #settle(): void {
    if (!this.#loggedIn()) return;
    const { region } = this.settings;
    if (!this.#upstream) {
      const pause = scheduledBreak(this.clock.now(), region);
      const retryIn = pause === null ? null : pause.until - this.clock.now();
      const message =
        pause === null
          ? 'TWS has lost its connection to Interactive Brokers and restores it by itself; no orders until then.'
          : `${pause.reason}; no orders until TWS is connected again.`;
      this.#tracker.set(pause === null ? 'reconnecting' : 'scheduled-break', message, {
        retryIn,
        parts: downParts('TWS has lost Interactive Brokers'),
      });
      return;
    }
    const parts = this.problems.parts();
    const asking = this.problems.needsUser();
    if (!this.#synchronized) {
      this.#tracker.set('synchronizing', 'Asking TWS for orders, fills and positions.', { parts });
      return;
    }
    if (asking !== null) this.#tracker.set('needs-user', asking, { parts });
    else if (parts.every(({ working }) => working))
      this.#tracker.set('ready', 'Connected.', { parts });
    else {
      const notes = parts.filter(({ working }) => !working).map(({ note }) => note);
      this.#tracker.set('degraded', notes.join(' '), { parts });
    }
  }

  /** A defect in a listener must not end the process from inside of a socket's callback. */
  #guard(run: () => void): void {
    try {
      run();
    } catch (error) {
      this.log('error', 'A message of TWS was not dealt with', {
        reason: messageOf(error),
      });
    }
  }
}
