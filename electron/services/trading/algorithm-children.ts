import { strategyId, type ClientOrderId } from '../../../engine/domain/identifiers.ts';
import type { OrderIntent, OrderTerms } from '../../../engine/domain/live-order.ts';
import type { AlgorithmState, ChildAction } from '../../../engine/execution/types.ts';
import { checkTerms } from '../../../engine/orders/check-terms.ts';
import type { Clock } from '../../../engine/ports/clock.ts';
import type { MarketDataService } from '../market-data/types.ts';
import { childId, type AlgorithmFacts } from './algorithm-records.ts';
import type { Desk } from './desk.ts';
import type { OrderLog } from './order-log.ts';
import type { Venues } from './venues.ts';

export interface AlgorithmChildrenOptions {
  readonly log: OrderLog;
  readonly venues: Venues;
  readonly desk: Desk;
  readonly market: Pick<MarketDataService, 'instrument'>;
  readonly clock: Clock;
}

/** The algorithm that a child is of. */
export interface Parent extends AlgorithmFacts {
  readonly id: string;
  readonly state: AlgorithmState;
}

/** Places, changes and takes away the orders of algorithms: ordinary orders, each through the gate. */
export class AlgorithmChildren {
  readonly #options: AlgorithmChildrenOptions;

  constructor(options: AlgorithmChildrenOptions) {
    this.#options = options;
  }

  /** @returns why the child was refused; empty when it was not */
  async place(
    parent: Parent,
    action: Extract<ChildAction, { readonly type: 'place' }>,
  ): Promise<string> {
    const { desk } = this.#options;
    const id = childId(parent.id, action.child);
    const intent = await this.#intentOf(parent, id, action);
    const { orders } = await desk.place({ requestId: id, hash: id, intents: [intent] });
    const refused = orders.find(({ state }) => state === 'Denied' || state === 'Rejected');
    return refused?.reason ?? '';
  }

  async #intentOf(
    parent: Parent,
    id: ClientOrderId,
    action: Extract<ChildAction, { readonly type: 'place' }>,
  ): Promise<OrderIntent> {
    const { market, venues, clock } = this.#options;
    const { account, instrument, strategy, state } = parent;
    const { capabilities } = venues.account(account).client;
    const { timesInForce } = capabilities;
    const { quantity, orderType, limitPrice, timeInForce } = action;
    const rules = await market.instrument(instrument);
    const terms: OrderTerms = checkTerms(
      {
        side: state.order.side,
        type: orderType,
        quantity,
        ...(limitPrice === null ? {} : { limitPrice }),
        timeInForce: timesInForce.includes(timeInForce) ? timeInForce : 'day',
      },
      rules,
      capabilities,
      clock.now(),
    );
    return {
      clientOrderId: id,
      account,
      instrument,
      terms,
      source: { kind: 'algorithm', name: state.order.method.kind },
      strategy: strategy === null ? null : strategyId(strategy),
      group: null,
      parent: null,
      decidedAt: parent.decidedAt,
      decisionPrice: parent.decisionPrice,
      tag: parent.id,
    };
  }

  /** Gives a child another price, or takes it away. One that never came to the desk stays so. */
  async change(
    parent: Parent,
    action: Exclude<ChildAction, { readonly type: 'place' }>,
  ): Promise<void> {
    const { desk, venues, log } = this.#options;
    const id = childId(parent.id, action.child);
    if (log.ledger.get(id) === undefined) return;
    const { amend } = venues.account(parent.account).client.capabilities;
    // Where orders cannot be changed, the child is taken away and the next one has the new price.
    if (action.type === 'cancel' || amend === 'none') await desk.cancel(id);
    else await desk.amend(id, { limitPrice: action.limitPrice });
  }
}
