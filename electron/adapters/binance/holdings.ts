import { add, isZero, multiply, ZERO, type Decimal } from '../../../engine/domain/decimal.ts';
import type { AccountId } from '../../../engine/domain/identifiers.ts';
import { unixMillis } from '../../../engine/domain/time.ts';
import type { BalanceReport, PositionReport } from '../../../engine/ports/execution-client.ts';
import type { Instruments } from './instruments.ts';
import type { BinanceAccount } from './schemas.ts';

interface Holding {
  readonly asset: string;
  readonly free: Decimal;
  readonly locked: Decimal;
}

/**
 * What a spot account holds. An asset that is traded here is a position in its pair with the account's
 * currency, with what open orders lock; everything else is cash.
 */
export class Holdings {
  readonly #instruments: Instruments;
  readonly #quoteAsset: string;

  constructor(instruments: Instruments, quoteAsset: string) {
    this.#instruments = instruments;
    this.#quoteAsset = quoteAsset;
  }

  /** The position that a holding is; null for cash. `always` tells also that nothing is left. */
  async position(
    account: AccountId,
    { asset, free, locked }: Holding,
    now: number,
    always = false,
  ): Promise<PositionReport | null> {
    const quantity = add(free, locked);
    if (isZero(quantity) && !always) return null;
    const pair = await this.#instruments.ofAsset(asset);
    if (pair?.ours !== true) return null;
    return {
      kind: 'position',
      account,
      instrument: pair.instrument.id,
      quantity,
      // What was paid for it, the account does not say.
      averagePrice: null,
      receivedTime: unixMillis(now),
    };
  }

  async positions(
    account: AccountId,
    { balances }: BinanceAccount,
    now: number,
  ): Promise<readonly PositionReport[]> {
    const reports: PositionReport[] = [];
    for (const holding of balances) {
      const report = await this.position(account, holding, now);
      if (report !== null) reports.push(report);
    }
    return reports;
  }

  /** @param prices last prices by symbol; null when they are not known: then nor is what the account is worth */
  async balance(
    account: AccountId,
    { balances }: BinanceAccount,
    prices: ReadonlyMap<string, Decimal> | null,
    now: number,
  ): Promise<BalanceReport> {
    const quoteAsset = this.#quoteAsset;
    const cash: { currency: string; amount: Decimal }[] = [];
    let own: Decimal = ZERO;
    let buyingPower: Decimal = ZERO;
    let worth: Decimal = ZERO;
    let priced = prices !== null;
    for (const { asset, free, locked } of balances) {
      const total = add(free, locked);
      if (asset === quoteAsset) {
        own = total;
        buyingPower = free;
        continue;
      }
      if (isZero(total)) continue;
      const pair = await this.#instruments.ofAsset(asset);
      const price = pair === null ? undefined : prices?.get(pair.instrument.symbol);
      // What no pair prices is worth nothing in this currency, as far as anybody can say.
      if (pair !== null && price === undefined) priced = false;
      if (price !== undefined) worth = add(worth, multiply(total, price));
      if (pair?.ours !== true) cash.push({ currency: asset, amount: total });
    }
    return {
      kind: 'balance',
      account,
      currency: quoteAsset,
      cash: [{ currency: quoteAsset, amount: own }, ...cash],
      equity: priced ? add(own, worth) : null,
      buyingPower,
      initialMargin: null,
      maintenanceMargin: null,
      receivedTime: unixMillis(now),
    };
  }
}
