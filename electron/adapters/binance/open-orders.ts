import type { BinanceStatus } from './schemas.ts';

const CLOSED: ReadonlySet<BinanceStatus> = new Set<BinanceStatus>([
  'FILLED',
  'CANCELED',
  'REJECTED',
  'EXPIRED',
  'EXPIRED_IN_MATCH',
]);

interface Told {
  readonly symbol: string;
  readonly orderId: number;
  readonly type: string;
  readonly status: BinanceStatus;
}

/** Names that are remembered; the oldest are forgotten, and asked for again when needed. */
const MOST_NAMES = 50_000;

/** Our names of orders by Binance's: its trades do not hold them. */
export class OrderNames {
  readonly #names = new Map<string, string>();

  learn(symbol: string, orderId: number, name: string): void {
    const key = `${symbol}:${orderId}`;
    if (this.#names.has(key)) return;
    this.#names.set(key, name);
    const oldest = this.#names.keys().next();
    if (this.#names.size > MOST_NAMES && oldest.done !== true) this.#names.delete(oldest.value);
  }

  of(symbol: string, orderId: number): string | undefined {
    return this.#names.get(`${symbol}:${orderId}`);
  }
}

/** Open orders by pair, as far as they are known: for the number of them that a pair allows. */
export class OpenOrders {
  readonly #bySymbol = new Map<string, Map<number, { readonly type: string }>>();

  of(symbol: string): readonly { readonly type: string }[] {
    return [...(this.#bySymbol.get(symbol)?.values() ?? [])];
  }

  note({ symbol, orderId, type, status }: Told): void {
    const orders = this.#bySymbol.get(symbol) ?? new Map<number, { readonly type: string }>();
    if (CLOSED.has(status)) orders.delete(orderId);
    else orders.set(orderId, { type });
    if (orders.size === 0) this.#bySymbol.delete(symbol);
    else this.#bySymbol.set(symbol, orders);
  }

  /** All of them, as the venue was asked. */
  replace(orders: readonly Told[]): void {
    this.#bySymbol.clear();
    for (const order of orders) this.note(order);
  }
}
