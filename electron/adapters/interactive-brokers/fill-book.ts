import {
  decimalOf,
  isPositive,
  ONE,
  type Decimal,
  type Price,
  type Quantity,
} from '../../../engine/domain/decimal.ts';
import { accountId, tradeId, venueOrderId } from '../../../engine/domain/identifiers.ts';
import type { Liquidity } from '../../../engine/domain/live-order.ts';
import type { UnixMillis } from '../../../engine/domain/time.ts';
import type { FillReport } from '../../../engine/ports/execution-client.ts';
import type { KnownContract } from './contracts.ts';
import { refOf } from './order-book.ts';
import type { ExecutionTold } from './schemas.ts';
import { readStamp } from './times.ts';

interface Execution {
  readonly revision: number;
  readonly report: FillReport;
}

const MOST = 100_000;
const LIQUIDITY: Readonly<Record<number, Liquidity>> = { 1: 'maker', 2: 'taker' };

/**
 * Executions and their commissions, which come later by themselves. A correction is the same execution with
 * a higher number at the end of its identifier; it takes the place of all lower ones.
 */
export class FillBook {
  readonly #latest = new Map<string, Execution>();
  readonly #commissions = new Map<
    string,
    { readonly amount: Decimal; readonly currency: string }
  >();

  /** Reports of an execution: what it takes the place of, then itself. Empty when a later one is known. */
  take(
    told: ExecutionTold,
    contract: KnownContract,
    receivedTime: UnixMillis,
  ): readonly FillReport[] {
    const { base, revision } = partsOf(told.execId);
    const known = this.#latest.get(base);
    if (known !== undefined && known.revision > revision) return [];
    const report = this.#read(told, contract, receivedTime);
    this.#latest.set(base, { revision, report });
    trim(this.#latest);
    const reports: FillReport[] = [];
    // Which lower ones were told before a restart is not known here; taking back what was never
    // booked changes nothing.
    const before = known?.report ?? report;
    const units = isPositive(before.quantity) ? before.quantity : (ONE as Quantity);
    for (let lower = 1; lower < revision; lower += 1) {
      const id = tradeId(`${base}.${twoDigits(lower)}`);
      reports.push({ ...before, quantity: units, tradeId: id, receivedTime, busted: true });
    }
    return isPositive(report.quantity) ? [...reports, report] : reports;
  }

  /** The execution with its commission; null as long as it is not known itself. */
  commission(execId: string, amount: Decimal, currency: string): FillReport | null {
    this.#commissions.set(execId, { amount, currency });
    trim(this.#commissions);
    const { base, revision } = partsOf(execId);
    const known = this.#latest.get(base);
    if (known === undefined || known.revision !== revision) return null;
    const { commission, commissionCurrency } = known.report;
    if (commission === amount && commissionCurrency === currency) return null;
    const report = { ...known.report, commission: amount, commissionCurrency: currency };
    this.#latest.set(base, { revision, report });
    return isPositive(report.quantity) ? report : null;
  }

  /** Whether the execution is the last word on it. */
  latest(execId: string): FillReport | undefined {
    const { base, revision } = partsOf(execId);
    const known = this.#latest.get(base);
    return known?.revision === revision ? known.report : undefined;
  }

  #read(told: ExecutionTold, contract: KnownContract, receivedTime: UnixMillis): FillReport {
    const commission = this.#commissions.get(told.execId);
    return {
      kind: 'fill',
      account: accountId(told.acctNumber),
      tradeId: tradeId(told.execId),
      venueOrderId: venueOrderId(String(told.permId)),
      clientOrderId: refOf(told.orderRef),
      instrument: contract.instrument.id,
      side: told.side === 'BOT' ? 'buy' : 'sell',
      quantity: decimalOf(told.shares) as Quantity,
      price: decimalOf(told.price) as Price,
      commission: commission?.amount ?? null,
      commissionCurrency: commission?.currency ?? contract.instrument.currency,
      liquidity: LIQUIDITY[told.lastLiquidity ?? 0] ?? 'unknown',
      venueTime: readStamp(told.time, contract.zone) ?? receivedTime,
      receivedTime,
    };
  }
}

/** "0000e0d5.6576fd38.01.02" is the second telling of "0000e0d5.6576fd38.01". */
function partsOf(execId: string): { readonly base: string; readonly revision: number } {
  const match = /^(.+)\.(\d{1,2})$/.exec(execId);
  if (match === null) return { base: execId, revision: 1 };
  return { base: match[1] as string, revision: Number(match[2]) };
}

const twoDigits = (value: number): string => String(value).padStart(2, '0');

function trim(map: Map<string, unknown>): void {
  if (map.size <= MOST) return;
  const [oldest] = map.keys();
  if (oldest !== undefined) map.delete(oldest);
}
