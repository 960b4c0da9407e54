import type { InstrumentId } from '../../../engine/domain/identifiers.ts';
import type { DataKind } from '../../../engine/domain/market-data.ts';

/** Streams of a pair by kind: minutes and the day for bars. */
const STREAMS: ReadonlyMap<DataKind, readonly string[]> = new Map<DataKind, readonly string[]>([
  ['quote', ['bookTicker']],
  ['trade', ['trade']],
  ['book', ['depth@100ms']],
  ['bar', ['kline_1m', 'kline_1d']],
]);
export const KINDS_HERE: readonly DataKind[] = [...STREAMS.keys()];
const KIND_OF: ReadonlyMap<string, DataKind> = new Map(
  [...STREAMS].flatMap(([kind, names]) => names.map((name) => [name, kind] as const)),
);

export const namesOf = (symbol: string, kind: DataKind): readonly string[] =>
  (STREAMS.get(kind) ?? []).map((name) => `${symbol.toLowerCase()}@${name}`);

/** What a message of a stream is about. */
export interface Told {
  readonly symbol: string;
  readonly kind: DataKind;
  readonly channel: string;
  readonly instrument: InstrumentId;
}

/** What is wanted, whatever becomes of the connection. */
export class Wanted {
  readonly #bySymbol = new Map<string, Map<DataKind, InstrumentId>>();

  get empty(): boolean {
    return this.#bySymbol.size === 0;
  }

  has(symbol: string, kind: DataKind): boolean {
    return this.#bySymbol.get(symbol)?.has(kind) === true;
  }

  add(symbol: string, kind: DataKind, instrument: InstrumentId): void {
    const kinds = this.#bySymbol.get(symbol) ?? new Map<DataKind, InstrumentId>();
    kinds.set(kind, instrument);
    this.#bySymbol.set(symbol, kinds);
  }

  /** False when it was not wanted. */
  remove(symbol: string, kind: DataKind): boolean {
    const kinds = this.#bySymbol.get(symbol);
    const had = kinds?.delete(kind) === true;
    if (kinds?.size === 0) this.#bySymbol.delete(symbol);
    return had;
  }

  /** Names of all streams. */
  streams(): readonly string[] {
    return [...this.#bySymbol].flatMap(([symbol, kinds]) =>
      [...kinds.keys()].flatMap((kind) => namesOf(symbol, kind)),
    );
  }

  /** Pairs of which this kind is wanted. */
  of(kind: DataKind): readonly (readonly [string, InstrumentId])[] {
    return [...this.#bySymbol].flatMap(([symbol, kinds]) => {
      const instrument = kinds.get(kind);
      return instrument === undefined ? [] : [[symbol, instrument] as const];
    });
  }

  /** undefined for a stream that is not wanted: for a moment after its end, it is still served. */
  told(stream: string): Told | undefined {
    const at = stream.indexOf('@');
    const symbol = stream.slice(0, Math.max(0, at)).toUpperCase();
    const channel = stream.slice(at + 1);
    const kind = KIND_OF.get(channel);
    const instrument = kind === undefined ? undefined : this.#bySymbol.get(symbol)?.get(kind);
    return kind === undefined || instrument === undefined
      ? undefined
      : { symbol, kind, channel, instrument };
  }
}
