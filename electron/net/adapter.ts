import type { BarColumns } from '../../engine/domain/bar.ts';
import type { InstrumentId } from '../../engine/domain/identifiers.ts';
import type { DataKind, MarketDatum } from '../../engine/domain/market-data.ts';
import type { Timeframe } from '../../engine/domain/timeframe.ts';
import type { Clock, Random } from '../../engine/ports/clock.ts';
import type { ExecutionClient } from '../../engine/ports/execution-client.ts';
import type { TradableInstrument } from '../../engine/ports/instruments.ts';
import type { MarketDataClient } from '../../engine/ports/market-data-client.ts';

export type SettingValue = string | number | boolean;
export type Settings = Readonly<Record<string, SettingValue>>;
/** By name of the field. They are held in memory only, and never logged. */
export type Keys = Readonly<Record<string, string>>;

/** A field of an adapter's settings; forms and command-line options are made from it. */
export interface AdapterField {
  readonly name: string;
  readonly label: string;
  readonly help: string;
  /** `key` is secret: it goes to the keychain and never comes back. */
  readonly kind: 'text' | 'number' | 'boolean' | 'choice' | 'key';
  readonly choices: readonly string[];
  readonly default: SettingValue | null;
  readonly required: boolean;
}

/** Prices of other sources, for a venue that fills orders on them. */
export interface PriceFeed {
  listen(listener: (batch: readonly MarketDatum[]) => void): () => void;
  /** @throws VenueError when no source has the instrument */
  watch(id: InstrumentId, kinds: readonly DataKind[]): Promise<() => void>;
  instrument(id: InstrumentId): Promise<TradableInstrument>;
}

/** A stored series, for replay. */
export interface StoredSeries {
  readonly id: InstrumentId;
  readonly name: string;
  readonly currency: string;
  /** Calendar name in `resources/calendars`. */
  readonly calendar: string;
  readonly timeframe: Timeframe;
  readonly bars: BarColumns;
}

/** The history store, for venues that replay it. */
export interface SeriesSource {
  /** @throws RenataError NOT_FOUND for a dataset that there is not */
  read(datasetId: string): Promise<StoredSeries>;
}

export interface AdapterContext {
  readonly clock: Clock;
  readonly random: Random;
  /** Facts never hold keys. */
  readonly log: (
    level: 'info' | 'warn' | 'error',
    message: string,
    facts?: Readonly<Record<string, unknown>>,
  ) => void;
  readonly feed: PriceFeed;
  readonly series: SeriesSource;
  /** Folder in which the adapter may keep what it caches; made when it is absent. */
  readonly folder: string;
}

/** What an adapter says of itself, and how it is opened. One of each folder of electron/adapters. */
export interface AdapterManifest {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly roles: readonly ('data' | 'execution')[];
  readonly fields: readonly AdapterField[];
  /** Connects by itself before the user has said anything; only what needs nothing may. */
  readonly automatic?: boolean;
  /** Whether orders through it cost real money with these settings. */
  isLive(settings: Settings): boolean;
  /**
   * Settings with which a second process may open the account beside this one, as the watchdog does; null
   * where orders live in this process. The same ones when absent.
   */
  secondSettings?(settings: Settings): Settings | null;
  /**
   * Makes the clients; connecting is theirs.
   * @throws RenataError BAD_INPUT naming the field that is wrong or missing
   */
  open(
    settings: Settings,
    keys: Keys,
    context: AdapterContext,
  ): { readonly execution?: ExecutionClient; readonly data?: MarketDataClient };
}
