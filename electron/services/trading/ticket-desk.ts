import type { Urgency } from '../../../engine/domain/algorithm.ts';
import { accountId, clientOrderId, type InstrumentId } from '../../../engine/domain/identifiers.ts';
import type {
  OrderAmendment,
  OrderIntent,
  OrderSource,
} from '../../../engine/domain/live-order.ts';
import { checkTerms } from '../../../engine/orders/check-terms.ts';
import { changedTerms, type OrderRecord } from '../../../engine/orders/record.ts';
import type { Clock } from '../../../engine/ports/clock.ts';
import type { OrderCheck, Ticket } from '../../../engine/protocol/live-schemas.ts';
import type { Decision } from '../../../engine/risk/check.ts';
import type { MarketDataService } from '../market-data/types.ts';
import { adviceOf } from './advice.ts';
import type { Desk } from './desk.ts';
import { isReady } from './doubts.ts';
import type { FigureSource } from './figures.ts';
import type { HeldWatches } from './held-watches.ts';
import type { OrderLog } from './order-log.ts';
import type { RiskDesk } from './risk-desk.ts';
import { readTicket, ticketHash } from './tickets.ts';
import type { TradingShown } from './trading-shown.ts';
import { checkView } from './views.ts';
import type { Venues } from './venues.ts';

export interface TicketDeskOptions {
  readonly log: OrderLog;
  readonly venues: Venues;
  readonly desk: Desk;
  readonly risk: Pick<RiskDesk, 'checkAll'>;
  readonly shown: Pick<TradingShown, 'check' | 'facts'>;
  readonly watches: Pick<HeldWatches, 'priced'>;
  readonly market: MarketDataService;
  readonly clock: Clock;
  readonly figures: FigureSource | undefined;
}

/** Takes tickets and changes as callers write them, and answers with what the gate said of them. */
export class TicketDesk {
  readonly #options: TicketDeskOptions;

  constructor(options: TicketDeskOptions) {
    this.#options = options;
  }

  /** What the gate says of a ticket, and what it would cost. Sends nothing. */
  async check(
    ticket: Ticket,
    source: OrderSource,
    strategy: string | null,
    urgency: Urgency,
  ): Promise<OrderCheck> {
    const { venues, risk } = this.#options;
    const intents = await this.#read(ticket, source, strategy);
    const all = risk.checkAll(intents);
    const decision: Decision = all.find(({ allowed }) => !allowed) ?? (all[0] as Decision);
    const { client } = venues.account(accountId(ticket.account));
    const whatIf =
      client.whatIf !== undefined && isReady(client)
        ? await client.whatIf(intents[0] as OrderIntent).catch(() => null)
        : null;
    const advice = this.#advice(intents[0] as OrderIntent, urgency);
    return { ...this.#options.shown.check(intents, decision, whatIf), advice };
  }

  #advice(intent: OrderIntent, urgency: Urgency): OrderCheck['advice'] {
    const { market, figures } = this.#options;
    const { instrument: id } = intent;
    return adviceOf(intent, urgency, {
      quote: market.quote(id),
      instrument: market.knownInstrument(id),
      dayVolume: figures?.known(id)?.volume ?? Number.NaN,
    });
  }

  /** Places a ticket. A denial is an answer, not an error. */
  async place(
    requestId: string,
    ticket: Ticket,
    source: OrderSource,
    strategy: string | null,
  ): Promise<{ readonly orders: readonly OrderRecord[]; readonly check: OrderCheck }> {
    const { desk, shown } = this.#options;
    const hash = ticketHash(ticket, source);
    // What was given before is not looked at again: the market may have moved since.
    const again = desk.again(requestId, hash);
    if (again !== null) {
      const { orders, decision: then } = await again;
      return { orders, check: shown.check(orders, then, null) };
    }
    const intents = await this.#read(ticket, source, strategy);
    const placing = desk.place({ requestId, hash, intents });
    // As things stand before the order is sent, worked out while it is written down.
    const facts = shown.facts(intents, null);
    const { orders, decision } = await placing;
    return { orders, check: checkView(decision, facts) };
  }

  async amend(
    id: string,
    change: OrderAmendment,
  ): Promise<{ readonly order: OrderRecord; readonly check: OrderCheck | null }> {
    const { log, venues, market, clock, desk, shown } = this.#options;
    const order = log.ledger.require(clientOrderId(id));
    const { client } = venues.account(order.account);
    const instrument = await market.instrument(order.instrument);
    // The same checks as for a new order; canonical texts come out of it.
    const terms = checkTerms(
      changedTerms(order.terms, change),
      instrument,
      client.capabilities,
      clock.now(),
    );
    const canonical = Object.fromEntries(
      Object.keys(change)
        .filter((name) => change[name as keyof OrderAmendment] !== undefined)
        .map((name) => [name, terms[name as keyof OrderAmendment]]),
    ) as OrderAmendment;
    const { order: after, decision } = await desk.amend(order.clientOrderId, canonical);
    return { order: after, check: shown.check([{ ...after, terms }], decision, null) };
  }

  /** The orders of a ticket, once there are prices of what the gate has to value. */
  async #read(
    ticket: Ticket,
    source: OrderSource,
    strategy: string | null,
  ): Promise<readonly OrderIntent[]> {
    const { market, clock, venues, watches } = this.#options;
    const { client } = venues.account(accountId(ticket.account));
    const instrument = await market.instrument(ticket.instrument as InstrumentId);
    await watches.priced();
    return readTicket(ticket, {
      instrument,
      capabilities: client.capabilities,
      mark: market.mark(instrument.id),
      source,
      strategy,
      now: clock.now(),
    });
  }
}
