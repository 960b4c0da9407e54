import {
  decimal,
  decimalOf,
  divide,
  isZero,
  type Decimal,
  type Price,
} from '../../../engine/domain/decimal.ts';
import { messageOf } from '../../../engine/domain/errors.ts';
import { accountId, type AccountId } from '../../../engine/domain/identifiers.ts';
import type { BalanceReport, PositionReport } from '../../../engine/ports/execution-client.ts';
import { VenueError } from '../../../engine/ports/venue-error.ts';
import type { Contracts } from './contracts.ts';
import { positionSchema, summarySchema } from './schemas.ts';
import type { TwsSession } from './session.ts';

const TAGS = 'NetLiquidation,BuyingPower,InitMarginReq,MaintMarginReq,$LEDGER:ALL';
/** Rows of a change come one by one; they are told together. */
const TOGETHER = 250;

interface Figures {
  currency: string;
  readonly values: Map<string, Decimal>;
  readonly cash: Map<string, Decimal>;
}

type Rows = Map<AccountId, Figures>;

/** Positions and money of the accounts: asked for, and told as they change. */
export class AccountData {
  readonly #session: TwsSession;
  readonly #contracts: Contracts;
  readonly #onBalance: (report: BalanceReport) => void;
  readonly #onPosition: (report: PositionReport) => void;
  #rows: Rows = new Map();
  #subscription: number | null = null;
  #cancelTelling: (() => void) | undefined;

  constructor(
    session: TwsSession,
    contracts: Contracts,
    onBalance: (report: BalanceReport) => void,
    onPosition: (report: PositionReport) => void,
  ) {
    this.#session = session;
    this.#contracts = contracts;
    this.#onBalance = onBalance;
    this.#onPosition = onPosition;
  }

  /** Follows the money; positions are followed once they have been asked for. */
  async follow(): Promise<void> {
    const old = this.#subscription;
    const id = this.#session.requests.nextId();
    this.#subscription = id;
    this.#rows = new Map();
    await this.#session.send('query', (encoder) => {
      if (old !== null) encoder.cancelAccountSummary(old);
      encoder.reqAccountSummary(id, 'All', TAGS);
    });
    await this.allPositions();
  }

  lost(): void {
    this.#subscription = null;
    this.#cancelTelling?.();
  }

  /** @returns whether the event was ours */
  event(name: string, args: readonly unknown[]): boolean {
    if (name === 'position') {
      void this.#tellPosition(args);
      return true;
    }
    if (name === 'accountSummary' && args[0] === this.#subscription) {
      takeRow(this.#rows, args);
      this.#cancelTelling?.();
      this.#cancelTelling = this.#session.clock.after(TOGETHER, () => {
        for (const account of this.#rows.keys()) {
          const report = this.#report(this.#rows, account);
          if (report !== null) this.#onBalance(report);
        }
      });
      return true;
    }
    return name === 'accountSummaryEnd' || name === 'positionEnd';
  }

  message(id: number, text: string): boolean {
    if (id !== this.#subscription) return false;
    this.#session.problems.set(
      'account summary',
      'account',
      `The account's money cannot be followed: ${text}`,
    );
    return true;
  }

  /** @throws VenueError */
  async balances(account: AccountId): Promise<BalanceReport> {
    const rows: Rows = new Map();
    await this.#session.ask<true>({
      what: 'the account',
      priority: 'query',
      cancelAfter: true,
      send: (encoder, id) => encoder.reqAccountSummary(id, 'All', TAGS),
      cancel: (encoder, id) => encoder.cancelAccountSummary(id),
      take: (name, args) => {
        if (name === 'accountSummary') takeRow(rows, args);
        return name === 'accountSummaryEnd' ? true : undefined;
      },
    });
    const report = this.#report(rows, account);
    if (report === null) {
      throw new VenueError(
        'unknown',
        `Interactive Brokers told nothing of the money of ${account}.`,
      );
    }
    return report;
  }

  /** @throws VenueError */
  async positions(account: AccountId): Promise<readonly PositionReport[]> {
    return (await this.allPositions()).filter((position) => position.account === account);
  }

  async allPositions(): Promise<readonly PositionReport[]> {
    const told: (readonly unknown[])[] = [];
    await this.#session.ask<true>({
      what: 'the positions',
      priority: 'query',
      lane: 'positions',
      send: (encoder) => encoder.reqPositions(),
      take: (name, args) => {
        if (name === 'position') told.push(args);
        return name === 'positionEnd' ? true : undefined;
      },
    });
    // Changes may come while the list is told: the last word counts.
    const reports = new Map<string, PositionReport>();
    for (const args of told) {
      const report = await this.#readPosition(args);
      if (report !== null) reports.set(`${report.account} ${report.instrument}`, report);
    }
    return [...reports.values()].filter(({ quantity }) => !isZero(quantity));
  }

  async #tellPosition(args: readonly unknown[]): Promise<void> {
    try {
      const report = await this.#readPosition(args);
      if (report !== null) this.#onPosition(report);
    } catch (error) {
      this.#session.log('warn', 'A position of TWS was not taken', {
        reason: messageOf(error),
      });
    }
  }

  async #readPosition(args: readonly unknown[]): Promise<PositionReport | null> {
    const parsed = positionSchema.safeParse(args);
    if (!parsed.success)
      throw new VenueError('unknown', 'Interactive Brokers told a malformed position.');
    const [account, contract, quantity, cost] = parsed.data;
    const receivedTime = this.#session.clock.now();
    const known = await this.#contracts.learn(contract);
    const { id, multiplier } = known.instrument;
    const held = decimalOf(quantity);
    return {
      kind: 'position',
      account: accountId(account),
      instrument: id,
      quantity: held,
      // TWS tells the cost of one contract, not of what it is of.
      averagePrice:
        cost === undefined || isZero(held)
          ? null
          : (divide(decimalOf(Number(cost.toFixed(10))), multiplier, 10, 'half-even') as Price),
      receivedTime,
    };
  }

  #report(rows: Rows, account: AccountId): BalanceReport | null {
    const figures = rows.get(account);
    if (figures === undefined || figures.currency === '') return null;
    const value = (tag: string): Decimal | null => figures.values.get(tag) ?? null;
    return {
      kind: 'balance',
      account,
      currency: figures.currency,
      cash: [...figures.cash].map(([currency, amount]) => ({ currency, amount })),
      equity: value('NetLiquidation'),
      buyingPower: value('BuyingPower'),
      initialMargin: value('InitMarginReq'),
      maintenanceMargin: value('MaintMarginReq'),
      receivedTime: this.#session.clock.now(),
    };
  }
}

function takeRow(rows: Rows, args: readonly unknown[]): void {
  const parsed = summarySchema.safeParse(args);
  if (!parsed.success) return;
  const [, account, tag, text, currency] = parsed.data;
  if (!/^[A-Za-z0-9]{1,32}$/.test(account)) return;
  const id = accountId(account);
  const figures = rows.get(id) ?? { currency: '', values: new Map(), cash: new Map() };
  rows.set(id, figures);
  let amount: Decimal;
  try {
    amount = decimal(text.replaceAll(',', ''));
  } catch {
    return;
  }
  if (tag === 'CashBalance' && currency !== 'BASE' && currency !== '')
    figures.cash.set(currency, amount);
  if (tag === 'NetLiquidation') figures.currency = currency;
  figures.values.set(tag, amount);
}
