import {
  add,
  compare,
  divide,
  isPositive,
  ONE,
  subtract,
  ZERO,
  type Decimal,
} from '../../../engine/domain/decimal.ts';
import { RenataError } from '../../../engine/domain/errors.ts';
import type { AccountId, InstrumentId } from '../../../engine/domain/identifiers.ts';
import type { OrderIntent } from '../../../engine/domain/live-order.ts';
import { MS_PER_DAY, type UnixMillis } from '../../../engine/domain/time.ts';
import type { OrderRecord } from '../../../engine/orders/record.ts';
import type { Clock } from '../../../engine/ports/clock.ts';
import type { BalanceReport } from '../../../engine/ports/execution-client.ts';
import type { TradableInstrument } from '../../../engine/ports/instruments.ts';
import type { JournalEntry } from '../../../engine/ports/journal.ts';
import type { Decision } from '../../../engine/risk/check.ts';
import { calledFor, evaluate } from '../../../engine/risk/gate.ts';
import { evaluateTogether } from '../../../engine/risk/together.ts';
import {
  DEFAULT_LIMITS,
  NO_LIMITS,
  scopeName,
  type RiskLimits,
  type RiskScope,
  type ScopedLimits,
  type TradingState,
} from '../../../engine/risk/limits.ts';
import type { Mark, RiskBook, RiskView } from '../../../engine/risk/view.ts';
import { isReady } from './doubts.ts';
import { entry, type OrderLog } from './order-log.ts';
import { RiskBooks } from './risk-books.ts';
import type { Venues } from './venues.ts';

export type StateAuthor = 'user' | 'limit' | 'kill-switch' | 'watchdog' | 'start';

export interface CurrentState {
  readonly state: TradingState;
  readonly reason: string;
  readonly since: UnixMillis;
  readonly by: StateAuthor;
}

export interface RiskDeskOptions {
  readonly log: OrderLog;
  readonly venues: Venues;
  readonly clock: Clock;
  readonly mark: (id: InstrumentId) => Mark | null;
  /** Price of what is held: where the market has none, the last that was known. */
  readonly heldMark: (id: InstrumentId) => Mark | null;
  /** Rules of an instrument that has been looked up; null before. */
  readonly instrument: (id: InstrumentId) => TradableInstrument | null;
  readonly session: (id: InstrumentId) => 'regular' | 'extended' | 'closed';
  /** Day of an account, `YYYY-MM-DD` in the zone of its market. */
  readonly dayOf: (account: AccountId, now: UnixMillis) => string;
  /** Whether the account has been compared with its venue since the start. */
  readonly isSettled: (account: AccountId) => boolean;
  readonly onChange: () => void;
}

/** What is remembered of an account from one start to the next. */
interface AccountMemory {
  readonly day: string;
  /** Equity when the day began, as far as it was seen. */
  readonly dayStart: Decimal;
  readonly peak: Decimal;
}

interface ScopeMemory {
  readonly day: string;
  readonly profit: Decimal;
}

const GLOBAL: RiskScope = { kind: 'global', name: '' };
/** How far a new peak has to be above the noted one to be noted again: one part in ten thousand. */
const PEAK_STEP = 10_000n;

/** Keeps limits, trading state, balances and what the gate needs besides, and asks the gate. */
export class RiskDesk {
  readonly books: RiskBooks;
  readonly #options: RiskDeskOptions;
  readonly #limits = new Map<string, ScopedLimits>([
    ['global', { scope: GLOBAL, limits: DEFAULT_LIMITS }],
  ]);
  readonly #balances = new Map<AccountId, BalanceReport>();
  readonly #accounts = new Map<AccountId, AccountMemory>();
  readonly #scopes = new Map<string, ScopeMemory>();
  readonly #armed = new Set<AccountId>();
  #state: CurrentState;

  /** @param entries those of the journal that the order log did not know */
  constructor(options: RiskDeskOptions, entries: readonly JournalEntry[]) {
    this.#options = options;
    this.#state = { state: 'active', reason: '', since: options.clock.now(), by: 'start' };
    this.books = new RiskBooks(
      options.log,
      {
        mark: options.heldMark,
        instrument: options.instrument,
        rate: (currency, account) => this.#rate(currency, account),
      },
      (order) => this.#isLinked(order),
    );
    for (const each of entries) this.#replay(each);
  }

  get state(): CurrentState {
    return this.#state;
  }

  limits(): readonly ScopedLimits[] {
    return [...this.#limits.values()];
  }

  balance(account: AccountId): BalanceReport | undefined {
    return this.#balances.get(account);
  }

  /** Equity when the account's day began; null before a balance came. */
  dayStart(account: AccountId): Decimal | null {
    return this.#accounts.get(account)?.dayStart ?? null;
  }

  isArmed(account: AccountId): boolean {
    return this.#armed.has(account);
  }

  /**
   * What the gate says of an order now. `replacing` is left out of what works: the order takes its place.
   * So are those of `without`, which are to be cancelled first.
   */
  check(
    intent: OrderIntent,
    replacing: OrderRecord | null,
    without: (order: OrderRecord) => boolean = () => false,
  ): Decision {
    if (replacing === null) return evaluate(intent, this.#view(intent, without));
    const { clientOrderId, filledQuantity, group, terms } = replacing;
    const whole = add(intent.terms.quantity, filledQuantity);
    // Nor does the other of a pair count of which only one can fill.
    const pair = this.#isLinked(replacing) ? group?.id : undefined;
    const left = (order: OrderRecord): boolean =>
      order.clientOrderId === clientOrderId || (pair !== undefined && order.group?.id === pair);
    return evaluate(intent, {
      ...this.#view(intent, left),
      // What grows is looked at as a whole: else each fill would make room for more.
      ...(compare(whole, terms.quantity) > 0 ? { filled: filledQuantity } : {}),
    });
  }

  /** What the gate says of orders that are given together: the entry of a group first, or both of a pair. */
  checkAll(intents: readonly OrderIntent[]): readonly Decision[] {
    const [first] = intents;
    if (first === undefined) return [];
    return evaluateTogether(
      intents,
      this.#view(first, () => false),
      (intent) => this.#isLinked(intent),
    );
  }

  /** The same of orders that are to be sent; those that pass count from now on. */
  admit(intents: readonly OrderIntent[]): readonly Decision[] {
    const decisions = this.checkAll(intents);
    const time = this.#options.clock.now();
    if (decisions.every(({ allowed }) => allowed))
      for (const intent of intents) this.books.onOrder({ time, intent });
    return decisions;
  }

  /** Changes some limits of a scope; the others stay. */
  async setLimits(scope: RiskScope, change: Partial<RiskLimits>): Promise<void> {
    const name = scopeName(scope);
    const before = this.#limits.get(name)?.limits ?? NO_LIMITS;
    const limits = { ...before, ...change };
    this.#limits.set(name, { scope, limits });
    await this.#options.log.write([entry('limits', name, { scope, limits })]);
    this.#options.onChange();
  }

  async setState(state: TradingState, reason: string, by: StateAuthor): Promise<void> {
    this.#state = { state, reason, since: this.#options.clock.now(), by };
    this.#options.onChange();
    await this.#options.log.write([entry('state', 'trading', this.#state)]);
  }

  /**
   * Lets a live account take orders until Renata ends.
   * @throws RenataError BAD_INPUT unless the account's name was typed, CONFLICT for one that is not live
   */
  async arm(account: AccountId, confirmation: string): Promise<void> {
    // What is paper now may be live under the same name once its connection is set otherwise.
    if (!this.#options.venues.account(account).live) {
      throw new RenataError(
        'CONFLICT',
        `${account} is a paper account; only live ones are armed.`,
        {
          details: { parameter: 'account' },
        },
      );
    }
    if (confirmation !== account) {
      throw new RenataError(
        'BAD_INPUT',
        `confirmation: type the account's name, ${account}, to arm it.`,
        {
          details: { parameter: 'confirmation' },
        },
      );
    }
    await this.#options.log.write([entry('arming', account, { armed: true })]);
    this.#armed.add(account);
    this.#options.onChange();
  }

  /** @throws RenataError NOT_FOUND for an account that there is not: a slip would leave the meant one armed */
  async disarm(account: AccountId): Promise<void> {
    // An armed one is disarmed also while its connection is away.
    if (!this.#armed.delete(account)) this.#options.venues.account(account);
    this.#options.onChange();
    await this.#options.log.write([entry('arming', account, { armed: false })]);
  }

  /** New figures of an account: the loss of the day and the drawdown follow from them. */
  async onBalance(report: BalanceReport): Promise<void> {
    this.#balances.set(report.account, report);
    if (report.equity !== null) await this.#remember(report.account, report.equity);
    await this.enforce();
  }

  /** Stops trading when a limit on losses says so. A state that the user has set is only made stricter. */
  async enforce(): Promise<void> {
    for (const { id } of this.#options.venues.accounts()) {
      const called = calledFor(this.#applicableTo(id), (scope) =>
        this.#book(scope, id, () => false),
      );
      if (called === null) continue;
      const stricter =
        this.#state.state === 'active' ||
        (this.#state.state === 'reduce-only' && called.state === 'halted');
      if (stricter) await this.setState(called.state, called.reason, 'limit');
    }
  }

  #applicableTo(account: AccountId): readonly ScopedLimits[] {
    return this.limits().filter(({ scope }) => scope.kind !== 'account' || scope.name === account);
  }

  async #remember(account: AccountId, equity: Decimal): Promise<void> {
    const { clock, dayOf, log } = this.#options;
    const day = dayOf(account, clock.now());
    const before = this.#accounts.get(account);
    const peak = before === undefined || compare(equity, before.peak) > 0 ? equity : before.peak;
    const newDay = before === undefined || beginsAnew(before.day, day);
    const next: AccountMemory = newDay ? { day, dayStart: equity, peak } : { ...before, peak };
    this.#accounts.set(account, next);
    const higher =
      before !== undefined &&
      peak !== before.peak &&
      isPositive(before.peak) &&
      compare(
        subtract(peak, before.peak),
        divide(before.peak, PEAK_STEP.toString() as Decimal, 8, 'half-even'),
      ) > 0;
    if (newDay || higher) await log.write([entry('state', `account:${account}`, next)]);
  }

  #view(
    { account, instrument: own }: OrderIntent,
    without: (order: OrderRecord) => boolean,
  ): RiskView {
    const { clock, venues, mark, heldMark, instrument, session } = this.#options;
    const known = venues.account(account);
    const balance = this.#balances.get(account);
    const books = new Map<string, RiskBook>();
    const { state, reason } = this.#state;
    return {
      now: clock.now(),
      state: this.#options.log.failed ? 'halted' : state,
      stateReason: this.#options.log.failed ? 'the order journal cannot be written' : reason,
      account: {
        id: account,
        live: known.live,
        armed: this.#armed.has(account),
        currency: known.currency,
        equity: balance?.equity ?? null,
        buyingPower: balance?.buyingPower ?? null,
      },
      hearsOrders:
        this.#options.isSettled(account) &&
        isReady(known.client) &&
        ordersHeard(known.client.connection.parts),
      limits: this.#applicableTo(account),
      book: (scope) => {
        const name = scopeName(scope);
        const made = books.get(name) ?? this.#book(scope, account, without);
        books.set(name, made);
        return made;
      },
      instrument: (id) => {
        const found = instrument(id);
        if (found === null) {
          throw new RenataError(
            'NOT_FOUND',
            `The rules of ${id} are not known; look the instrument up first.`,
          );
        }
        return found;
      },
      units: (id) => instrument(id) ?? (id === own ? null : unknownRules(known.currency)),
      // An order needs a price of now; what else is held is worth what it was worth last.
      mark: (id) => (id === own ? mark(id) : heldMark(id)),
      rate: (currency) => this.#rate(currency, account),
      session,
    };
  }

  /** Whether the venue of an order lets only one of its pair fill. */
  #isLinked({ account, group }: OrderIntent): boolean {
    if (group?.kind !== 'oco') return false;
    const client = this.#options.venues.find(account)?.client;
    return client?.capabilities.groups.includes('oco') === true;
  }

  #book(scope: RiskScope, account: AccountId, without: (order: OrderRecord) => boolean): RiskBook {
    const { books } = this;
    const lossOf = (): Decimal | null => this.#dayProfit(scope, account);
    const fallOf = (): Decimal | null =>
      drawdown(this.#balances.get(account)?.equity ?? null, this.#accounts.get(account));
    // What no limit asks for is not worked out: orders of minutes, and the value of all that is held.
    return {
      holdings: books.positions(scope, account),
      working: books.working(scope, account, without),
      get recent() {
        return books.recent(scope, account);
      },
      get dayProfit() {
        return lossOf();
      },
      get drawdown() {
        return fallOf();
      },
    };
  }

  #dayProfit(scope: RiskScope, account: AccountId): Decimal | null {
    if (scope.kind === 'strategy' || scope.kind === 'agent')
      return this.#scopeProfit(scope, account);
    const memory = this.#accounts.get(account);
    const equity = this.#balances.get(account)?.equity ?? null;
    return equity === null || memory === undefined ? null : subtract(equity, memory.dayStart);
  }

  /** Profit of a strategy or agent since it was first looked at on this day. */
  #scopeProfit(scope: RiskScope, account: AccountId): Decimal | null {
    const { clock, dayOf } = this.#options;
    const profit = this.books.profit(scope, account);
    if (profit === null) return null;
    const key = `${scopeName(scope)}|${account}`;
    const day = dayOf(account, clock.now());
    const before = this.#scopes.get(key);
    if (before !== undefined && !beginsAnew(before.day, day))
      return subtract(profit, before.profit);
    const memory: ScopeMemory = { day, profit };
    this.#scopes.set(key, memory);
    // A restart does not begin the day anew. What cannot be written now is noted on the next day.
    this.#options.log.write([entry('state', `scope:${key}`, memory)]).catch(() => undefined);
    return ZERO;
  }

  #rate(currency: string, account: AccountId): Decimal | null {
    const known = this.#options.venues.find(account);
    if (known === undefined) return null;
    if (known.currency === currency) return ONE;
    // Dollars of the stable kind are taken for dollars: nothing else is quoted against both.
    const dollars = new Set(['USD', 'USDT', 'USDC', 'FDUSD']);
    return dollars.has(currency) && dollars.has(known.currency) ? ONE : null;
  }

  #replay({ kind, subject, body }: JournalEntry): void {
    const value = JSON.parse(body) as unknown;
    if (kind === 'limits') {
      const { scope, limits } = value as ScopedLimits;
      this.#limits.set(scopeName(scope), { scope, limits: { ...NO_LIMITS, ...limits } });
    } else if (kind === 'state' && subject === 'trading') {
      this.#state = value as CurrentState;
    } else if (kind === 'state' && subject.startsWith('account:')) {
      this.#accounts.set(subject.slice('account:'.length) as AccountId, value as AccountMemory);
    } else if (kind === 'state' && subject.startsWith('scope:')) {
      this.#scopes.set(subject.slice('scope:'.length), value as ScopeMemory);
    }
  }
}

/**
 * Whether a day is another one than that of which the loss is counted. A clock that was set back a little
 * brings the day before again; the loss of today must not be forgotten when it comes back.
 */
function beginsAnew(before: string, day: string): boolean {
  if (day > before) return true;
  return Date.parse(before) - Date.parse(day) > 2 * MS_PER_DAY;
}

/** An instrument that is held and of which nobody has ever told the rules counts as units of the account's money. */
function unknownRules(currency: string): Pick<TradableInstrument, 'currency' | 'multiplier'> {
  return { currency, multiplier: ONE };
}

function drawdown(equity: Decimal | null, memory: AccountMemory | undefined): Decimal | null {
  if (equity === null || memory === undefined || !isPositive(memory.peak)) return null;
  if (compare(equity, memory.peak) >= 0) return ZERO;
  return divide(subtract(memory.peak, equity), memory.peak, 6, 'half-even');
}

/** Whether the reports of orders arrive. */
export function ordersHeard(
  parts: readonly { readonly name: string; readonly working: boolean }[],
): boolean {
  return parts.every(({ name, working }) => name !== 'orders' || working);
}
