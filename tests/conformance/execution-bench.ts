import type { Price, Quantity } from '../../engine/domain/decimal.ts';
import type { AccountId, ClientOrderId, InstrumentId } from '../../engine/domain/identifiers.ts';
import type { OrderTerms } from '../../engine/domain/live-order.ts';
import type { UnixMillis } from '../../engine/domain/time.ts';
import type { ExecutionClient, ExecutionReport } from '../../engine/ports/execution-client.ts';
import type { TradableInstrument } from '../../engine/ports/instruments.ts';

/** What goes wrong at the venue. Each holds for the next request of its kind, `queries-fail` until `mend`. */
export type VenueFault =
  /** The next new order is taken, and its answer is lost. */
  | 'lose-answer'
  /** The connection ends before the next new order has arrived. */
  | 'lose-request'
  /** The venue refuses the next new order for good. */
  | 'reject-order'
  /** The venue refuses the next amendment for good. */
  | 'reject-amendment'
  /** Every question for orders, fills, positions and money fails. */
  | 'queries-fail';

/** The venue behind the adapter, as the suite moves it. What has no meaning there is left out. */
export interface VenueControl {
  /** Requests that arrived and would place, change or cancel something. */
  changes(): number;
  /** An order as it stands at the venue, in the venue's own words; null when it has none of that name. */
  arrived(name: ClientOrderId): Readonly<Record<string, unknown>> | null;
  /** How the venue writes such terms: taken from its documentation, not from the adapter. */
  words(terms: OrderTerms): Readonly<Record<string, unknown>>;
  /** Orders of one name that the venue has or had: 1 for an order that was sent once. */
  copies(name: ClientOrderId): number;
  /** Fills a part of an order that rests. */
  fill(name: ClientOrderId, quantity: Quantity, price: Price): void | Promise<void>;
  /** Tells what was told of the last fill once more, word by word. */
  repeat?(): void | Promise<void>;
  /** Another program places an order, buying at a limit far below the market. @returns the venue's name of it */
  placeOutside?(): string | Promise<string>;
  fault?(fault: VenueFault): void | Promise<void>;
  /** Ends `queries-fail`. */
  mend?(): void | Promise<void>;
  /** Ends the connections, which may be made anew at once. */
  drop?(): void | Promise<void>;
  /** Sends messages that make no sense on the stream of orders. @returns how many */
  garble?(): number | Promise<number>;
}

/** An adapter that is connected and ready, on a venue of its own. */
export interface ExecutionBench {
  readonly client: ExecutionClient;
  readonly account: AccountId;
  readonly instrument: InstrumentId;
  /** An instrument that the venue does not have, of a form that it could have. */
  readonly unknown: InstrumentId;
  /** Whereabouts the instrument trades. */
  readonly price: Price;
  /** A usual number of units: four whole lots or more, that can be cut in four. */
  readonly quantity: Quantity;
  /** The clock of the venue. */
  readonly now: () => UnixMillis;
  /** Everything that the adapter logged. */
  readonly logs: readonly string[];
  /** What must never be in a log or an error. */
  readonly secrets: readonly string[];
  readonly venue: VenueControl;
  close(): Promise<void>;
}

/** What a check works with. */
export interface Context {
  readonly bench: ExecutionBench;
  readonly client: ExecutionClient;
  readonly reports: ExecutionReport[];
  readonly rules: TradableInstrument;
}

/** Registers a check. Its number keeps its meaning for ever. */
export type Check = (
  number: string,
  what: string,
  run: (context: Context) => Promise<void>,
) => void;
