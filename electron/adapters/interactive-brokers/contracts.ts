import {
  decimal,
  decimalOf,
  divide,
  ONE,
  ZERO,
  type Decimal,
} from '../../../engine/domain/decimal.ts';
import type { InstrumentId } from '../../../engine/domain/identifiers.ts';
import type { TickBand, TradableInstrument } from '../../../engine/ports/instruments.ts';
import { VenueError } from '../../../engine/ports/venue-error.ts';
import { RateGate } from '../../net/rate-gate.ts';
import { CODES } from './codes.ts';
import { calendarOf, classOf, nameOf, queriesFor, type ContractQuery } from './naming.ts';
import {
  contractSchema,
  detailsSchema,
  incrementsSchema,
  sampleSchema,
  type ContractTold,
  type DetailsTold,
} from './schemas.ts';
import type { TwsSession } from './session.ts';
import { readStamp } from './times.ts';

/** How a contract is named in requests. */
export interface ContractWord {
  readonly conId: number;
  readonly symbol: string;
  readonly secType: string;
  readonly exchange: string;
  readonly currency: string;
}

export interface KnownContract {
  readonly word: ContractWord;
  readonly instrument: TradableInstrument;
  /** Zone that its times are in where TWS writes none. */
  readonly zone: string;
}

/** Contracts by our names and by their numbers; asked for once. */
export class Contracts {
  readonly #session: TwsSession;
  readonly #byId = new Map<InstrumentId, KnownContract>();
  readonly #byNumber = new Map<number, KnownContract>();
  readonly #asking = new Map<string, Promise<KnownContract>>();
  readonly #rules = new Map<number, Promise<readonly TickBand[]>>();
  /** TWS answers one search a second. */
  readonly #searches: RateGate;

  constructor(session: TwsSession) {
    this.#session = session;
    this.#searches = new RateGate(session.clock, [
      { what: 'symbol searches', requests: 1, perMilliseconds: 1000 },
    ]);
  }

  known(conId: number): KnownContract | undefined {
    return this.#byNumber.get(conId);
  }

  /** @throws VenueError `not-found` when Interactive Brokers has no such instrument */
  resolve(id: InstrumentId): Promise<KnownContract> {
    const known = this.#byId.get(id);
    return known === undefined ? this.#once(id, () => this.#resolve(id)) : Promise.resolve(known);
  }

  /** The contract of a message, which tells less of it than is needed. @throws VenueError */
  async learn(contract: unknown): Promise<KnownContract> {
    const parsed = contractSchema.safeParse(contract);
    if (!parsed.success || parsed.data.conId === 0) {
      throw new VenueError(
        'unknown',
        'A contract of TWS has no number; combinations are not supported.',
      );
    }
    const { conId, secType } = parsed.data;
    return (
      this.#byNumber.get(conId) ?? this.#once(String(conId), () => this.#byConId(conId, secType))
    );
  }

  async find(query: string, limit: number): Promise<readonly TradableInstrument[]> {
    const text = query
      .replaceAll(/\p{Cc}/gu, '')
      .trim()
      .slice(0, 60);
    if (text === '') return [];
    const found: TradableInstrument[] = [];
    const pair = /^([A-Z]{3})[./ ]?([A-Z]{3})$/.exec(text.toUpperCase());
    if (pair !== null) {
      const [, base, quote] = pair;
      const forex = await this.#details({
        symbol: base as string,
        secType: 'CASH',
        exchange: 'IDEALPRO',
        currency: quote as string,
      });
      for (const details of forex) found.push((await this.#keep(details)).instrument);
    }
    await this.#searches.take('query');
    const samples = await this.#session.ask({
      what: `symbols like ${text}`,
      priority: 'query',
      send: (encoder, id) => encoder.reqMatchingSymbols(id, text),
      take: (name, args) =>
        name === 'symbolSamples' && Array.isArray(args[1]) ? (args[1] as unknown[]) : undefined,
    });
    for (const sample of samples) {
      if (found.length >= limit) break;
      const parsed = sampleSchema.safeParse(sample);
      if (!parsed.success) continue;
      const { conId, secType } = parsed.data.contract;
      if (classOf(secType) === undefined || secType === 'BOND' || conId <= 0) continue;
      try {
        found.push((await this.learn({ ...parsed.data.contract })).instrument);
      } catch (error) {
        if (!(error instanceof VenueError) || error.failure !== 'not-found') throw error;
      }
    }
    return found.slice(0, limit);
  }

  #once(key: string, ask: () => Promise<KnownContract>): Promise<KnownContract> {
    const asking = this.#asking.get(key);
    if (asking !== undefined) return asking;
    const work = ask().finally(() => this.#asking.delete(key));
    this.#asking.set(key, work);
    return work;
  }

  async #resolve(id: InstrumentId): Promise<KnownContract> {
    for (const query of queriesFor(id)) {
      const rows = await this.#details(query);
      const fitting = rows.filter(({ contract }) => sameName(contract, id));
      const best = fitting.find(({ contract }) => contract.currency === 'USD') ?? fitting[0];
      if (best !== undefined) return this.#keep(best);
    }
    throw new VenueError(
      'not-found',
      `Interactive Brokers knows no ${id}; search for it by its name.`,
      {
        code: String(CODES.noSecurity),
      },
    );
  }

  async #byConId(conId: number, secType: string): Promise<KnownContract> {
    // Without an exchange, a row comes for each place where it is traded.
    const smart = secType === 'STK' || secType === 'OPT';
    const rows = smart ? await this.#details({ conId, exchange: 'SMART' }) : [];
    const [first] = rows.length > 0 ? rows : await this.#details({ conId });
    if (first === undefined) {
      throw new VenueError('not-found', `Interactive Brokers knows no contract ${conId}.`);
    }
    return this.#keep(first);
  }

  #details(query: ContractQuery): Promise<readonly DetailsTold[]> {
    const rows: DetailsTold[] = [];
    return this.#session.ask<readonly DetailsTold[]>({
      what: `the contract ${query.localSymbol ?? query.symbol ?? query.conId ?? ''}`,
      priority: 'query',
      send: (encoder, id) => encoder.reqContractDetails(id, query as never),
      take: (name, args) => {
        if (name === 'contractDetails') rows.push(detailsSchema.parse(args[1]));
        return name === 'contractDetailsEnd' ? rows : undefined;
      },
      failed: (code) => (code === CODES.noSecurity ? [] : undefined),
    });
  }

  async #keep(details: DetailsTold): Promise<KnownContract> {
    const { contract } = details;
    const known = this.#byNumber.get(contract.conId);
    if (known !== undefined) return known;
    const made = await this.#make(details);
    this.#byNumber.set(contract.conId, made);
    // A future of ten years ago has the same name: the one that came first keeps it.
    if (!this.#byId.has(made.instrument.id)) this.#byId.set(made.instrument.id, made);
    return made;
  }

  async #make(details: DetailsTold): Promise<KnownContract> {
    const { contract } = details;
    const kind = classOf(contract.secType);
    if (kind === undefined) {
      throw new VenueError(
        'not-found',
        `Contracts of the type ${contract.secType} are not supported.`,
      );
    }
    const id = nameOf(contract);
    const magnifier = decimal(
      String(
        details.priceMagnifier === undefined || details.priceMagnifier < 1
          ? 1
          : details.priceMagnifier,
      ),
    );
    const multiplier =
      contract.multiplier === undefined || contract.multiplier <= 0
        ? ONE
        : decimalOf(contract.multiplier);
    const money = contract.secType === 'CRYPTO' || contract.secType === 'CASH';
    const step = money ? (size(details.sizeIncrement) ?? ONE) : ONE;
    const least = money ? (size(details.minSize) ?? step) : ONE;
    const instrument: TradableInstrument = {
      id,
      symbol:
        contract.localSymbol === undefined || contract.localSymbol === ''
          ? contract.symbol
          : contract.localSymbol,
      name:
        details.longName === undefined || details.longName === ''
          ? contract.symbol
          : details.longName,
      assetClass:
        contract.secType === 'STK' && details.stockType === 'ETF' ? 'etf' : kind.assetClass,
      currency: contract.currency,
      baseCurrency: money ? contract.symbol : '',
      calendar: calendarOf(contract.secType, id, contract.currency),
      ticks: await this.#ticks(details),
      lotSize: step,
      minQuantity: least,
      maxQuantity: null,
      minNotional: null,
      maxNotional: null,
      multiplier: divide(multiplier, magnifier, 12, 'half-even'),
      tradable: kind.tradable,
      shortable:
        contract.secType === 'STK' ||
        contract.secType === 'FUT' ||
        contract.secType === 'OPT' ||
        contract.secType === 'CASH',
      // TWS takes no parts of shares from other programs.
      fractional: contract.secType === 'CRYPTO',
      marginable: contract.secType !== 'CRYPTO' && contract.secType !== 'OPT',
      expiry: expiryOf(details),
    };
    return {
      word: {
        conId: contract.conId,
        symbol: contract.symbol,
        secType: contract.secType,
        exchange:
          contract.secType === 'STK' || contract.secType === 'OPT'
            ? 'SMART'
            : (contract.exchange ?? ''),
        currency: contract.currency,
      },
      instrument,
      zone:
        details.timeZoneId === undefined || details.timeZoneId === '' ? 'UTC' : details.timeZoneId,
    };
  }

  /** Steps of prices by the market rule of the exchange that orders go to. */
  async #ticks(details: DetailsTold): Promise<readonly TickBand[]> {
    const { contract, validExchanges = '', marketRuleIds = '' } = details;
    const plain: readonly TickBand[] = [{ from: ZERO, tickSize: decimalOf(details.minTick) }];
    const exchanges = validExchanges.split(',');
    const rules = marketRuleIds.split(',');
    const wanted =
      contract.secType === 'STK' || contract.secType === 'OPT' ? 'SMART' : contract.exchange;
    const rule = Number(rules[Math.max(0, exchanges.indexOf(wanted ?? ''))] ?? '');
    if (!Number.isInteger(rule) || rule <= 0) return plain;
    let asked = this.#rules.get(rule);
    if (asked === undefined) {
      asked = this.#rule(rule);
      this.#rules.set(rule, asked);
      asked.catch(() => this.#rules.delete(rule));
    }
    return asked;
  }

  #rule(rule: number): Promise<readonly TickBand[]> {
    return this.#session.ask<readonly TickBand[]>({
      what: `the price steps of market rule ${rule}`,
      priority: 'query',
      lane: `market rule ${rule}`,
      send: (encoder) => encoder.reqMarketRule(rule),
      take: (name, args) => {
        if (name !== 'marketRule' || args[0] !== rule) return undefined;
        const bands = incrementsSchema
          .parse(args[1])
          .map(({ lowEdge, increment }) => ({
            from: decimalOf(lowEdge),
            tickSize: decimalOf(increment),
          }))
          .toSorted((a, b) => Number(a.from) - Number(b.from));
        return [{ ...(bands[0] as TickBand), from: ZERO }, ...bands.slice(1)];
      },
    });
  }
}

function sameName(contract: ContractTold, id: InstrumentId): boolean {
  try {
    return nameOf(contract) === id;
  } catch {
    return false;
  }
}

const size = (value: number | undefined): Decimal | undefined =>
  value === undefined || value <= 0 ? undefined : decimalOf(value);

/** The end of the last trading day in the contract's own zone, where no time is told. */
function expiryOf(details: DetailsTold): TradableInstrument['expiry'] {
  const { contract, realExpirationDate, lastTradeTime, timeZoneId } = details;
  if (contract.secType !== 'FUT' && contract.secType !== 'OPT' && contract.secType !== 'FOP')
    return null;
  const date = [realExpirationDate, contract.lastTradeDateOrContractMonth].find(
    (text) => text !== undefined && /^\d{8}/.test(text),
  );
  if (date === undefined) return null;
  const time = /^\d{2}:\d{2}(:\d{2})?$/.test(lastTradeTime ?? '') ? lastTradeTime : '23:59:59';
  return readStamp(`${date.slice(0, 8)} ${time ?? ''}`, timeZoneId);
}
