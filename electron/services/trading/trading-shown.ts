import {
  add,
  decimal,
  divide,
  multiply,
  subtract,
  toFixed,
  toNumber,
  ZERO,
  type Decimal,
} from '../../../engine/domain/decimal.ts';
import type { AccountId, InstrumentId } from '../../../engine/domain/identifiers.ts';
import type { OrderIntent } from '../../../engine/domain/live-order.ts';
import type { UnixMillis } from '../../../engine/domain/time.ts';
import type { Clock } from '../../../engine/ports/clock.ts';
import type { WhatIf } from '../../../engine/ports/execution-client.ts';
import type {
  AccountView,
  OrderCheck,
  PositionView,
} from '../../../engine/protocol/live-schemas.ts';
import type { Decision } from '../../../engine/risk/check.ts';
import { worthOf } from '../../../engine/risk/gate.ts';
import { signed, unitValue } from '../../../engine/risk/valuation.ts';
import type { MarketDataService } from '../market-data/types.ts';
import type { OrderLog } from './order-log.ts';
import type { RiskDesk } from './risk-desk.ts';
import { riskAtStop, sentenceOf } from './tickets.ts';
import type { Venues } from './venues.ts';
import { accountView, checkView, positionView, type CheckFacts } from './views.ts';

interface Shown {
  readonly log: OrderLog;
  readonly venues: Venues;
  readonly risk: RiskDesk;
  readonly clock: Clock;
  readonly market: MarketDataService;
  readonly dayOf: (account: AccountId, now: UnixMillis) => string;
}

/** Accounts, positions and checked tickets as the user sees them, valued at the present market. */
export class TradingShown {
  readonly #sources: Shown;
  /** Realized profit of each position when the day began. */
  readonly #dayRealized = new Map<string, { readonly day: string; readonly realized: Decimal }>();

  constructor(sources: Shown) {
    this.#sources = sources;
  }

  accounts(): readonly AccountView[] {
    const { venues, risk } = this.#sources;
    return venues.accounts().map((account) =>
      accountView(account, risk.balance(account.id), {
        armed: risk.isArmed(account.id),
        dayStart: risk.dayStart(account.id),
      }),
    );
  }

  positions(): readonly PositionView[] {
    const { market, clock, dayOf, log } = this.#sources;
    return log.positions.list(undefined, true).flatMap((position) => {
      const key = `${position.account}|${position.instrument}`;
      const day = dayOf(position.account, clock.now());
      const noted = this.#dayRealized.get(key);
      if (noted?.day !== day) this.#dayRealized.set(key, { day, realized: position.realized });
      const began = noted?.day === day ? noted.realized : position.realized;
      const instrument = market.knownInstrument(position.instrument);
      const realized = multiply(
        subtract(position.realized, began),
        instrument?.multiplier ?? decimal('1'),
      );
      if (position.quantity === ZERO && realized === ZERO) return [];
      return [
        positionView(position, {
          instrument,
          mark: market.mark(position.instrument),
          realizedToday: realized,
          protection: this.#protection(position.account, position.instrument, position.quantity),
        }),
      ];
    });
  }

  /** What the gate says of an order, and what it would cost, hold and risk. */
  check(intents: readonly OrderIntent[], decision: Decision, whatIf: WhatIf | null): OrderCheck {
    return checkView(decision, this.facts(intents, whatIf));
  }

  /** What orders would cost, hold and risk as things stand now. */
  facts(intents: readonly OrderIntent[], whatIf: WhatIf | null): CheckFacts {
    const { market, venues, risk: desk, log } = this.#sources;
    const entryIntent = intents[0] as OrderIntent;
    // A request that is given again may be of a venue that is not connected any more.
    const account = venues.find(entryIntent.account);
    const instrument = market.knownInstrument(entryIntent.instrument);
    const balance = desk.balance(entryIntent.account);
    const view = {
      account: { currency: account?.currency ?? instrument?.currency ?? '' },
      instrument: () => instrument,
      mark: (id: InstrumentId) => market.mark(id),
      rate: () => null,
    } as never;
    const { price, unit } =
      instrument === null
        ? { price: null, unit: null }
        : worthOf(entryIntent.terms, entryIntent, view);
    const notional = unit === null ? null : multiply(entryIntent.terms.quantity, unit);
    const money = (value: Decimal): Decimal => decimal(toFixed(value, 2));
    const held = log.positions.get(entryIntent.account, entryIntent.instrument)?.quantity ?? ZERO;
    const risk = riskAtStop(
      intents,
      price,
      instrument === null ? null : unitValue(view, entryIntent.instrument, price),
    );
    const equity = balance?.equity ?? null;
    const buyingPower = balance?.buyingPower ?? null;
    return {
      sentence:
        instrument === null || account === undefined
          ? ''
          : sentenceOf(intents, instrument, account.live),
      quantity: entryIntent.terms.quantity,
      estimate: {
        price,
        notional: notional === null ? null : money(notional),
        fee: whatIf?.commission ?? null,
        initialMargin: whatIf?.initialMarginChange ?? null,
        buyingPowerAfter:
          notional === null || buyingPower === null ? null : money(subtract(buyingPower, notional)),
        positionAfter: add(held, signed(entryIntent.terms.side, entryIntent.terms.quantity)),
        riskAtStop: risk,
        riskPart:
          risk === null || equity === null || equity === ZERO
            ? null
            : toNumber(divide(risk, equity, 6, 'half-even')),
      },
      warnings: whatIf === null || whatIf.warning === '' ? [] : [whatIf.warning],
    };
  }

  #protection(
    account: AccountId,
    instrument: InstrumentId,
    quantity: Decimal,
  ): PositionView['protection'] {
    if (quantity === ZERO) return 'none';
    const side = quantity.startsWith('-') ? 'buy' : 'sell';
    const stops = this.#sources.log.ledger
      .open(account, instrument)
      .filter(
        ({ terms }) =>
          terms.side === side &&
          (terms.type.startsWith('stop') || terms.type.startsWith('trailing')),
      );
    if (stops.some(({ marks }) => marks.accepted)) return 'venue';
    return stops.length > 0 ? 'local' : 'none';
  }
}
