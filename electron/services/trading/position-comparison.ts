import { subtract, ZERO, type Decimal } from '../../../engine/domain/decimal.ts';
import { RenataError } from '../../../engine/domain/errors.ts';
import type { AccountId, InstrumentId } from '../../../engine/domain/identifiers.ts';
import type { Clock } from '../../../engine/ports/clock.ts';
import type { ExecutionClient, PositionReport } from '../../../engine/ports/execution-client.ts';
import type { Cases } from './cases.ts';
import type { Intake } from './intake.ts';
import { isFresh, type Compared } from './order-comparison.ts';
import type { OrderLog } from './order-log.ts';

export interface PositionComparisonOptions {
  readonly log: OrderLog;
  readonly intake: Intake;
  readonly cases: Cases;
  readonly clock: Clock;
  /** Books the fills that the venue has. */
  readonly fills: (client: ExecutionClient, account: AccountId) => Promise<unknown>;
}

/** How often a position is read until no fill comes between. */
const ATTEMPTS = 4;

/** Compares the positions of a venue with ours, and takes the venue's where that is what it must be. */
export class PositionComparison {
  readonly #options: PositionComparisonOptions;

  constructor(options: PositionComparisonOptions) {
    this.#options = options;
  }

  /** @param before instruments of which there was a position before this comparison */
  async compare(
    client: ExecutionClient,
    account: AccountId,
    before: ReadonlySet<InstrumentId>,
  ): Promise<Compared> {
    const { log, clock } = this.#options;
    const askedAt = clock.now();
    const reports = await client.positions(account);
    const told = new Map<InstrumentId, PositionReport>(
      reports.map((report) => [report.instrument, report]),
    );
    const ours = log.positions.list(account, true);
    const ids = new Set([...told.keys(), ...ours.map(({ instrument }) => instrument)]);
    let waiting = false;
    for (const id of ids) {
      const position = log.positions.get(account, id);
      const theirs: Decimal = told.get(id)?.quantity ?? ZERO;
      const held: Decimal = position?.quantity ?? ZERO;
      // A fill on its way changes one of both before the other.
      const arriving = before.has(id) || !this.#onlyOutside(account, id);
      const fresh = position !== undefined && isFresh(position.changedAt, askedAt, clock.now());
      if (fresh && arriving) {
        waiting ||= theirs !== held;
        continue;
      }
      if (theirs === held) {
        await this.#options.cases.settle(
          { kind: 'position-differs', account, subject: id },
          'Both agree again.',
        );
        continue;
      }
      if (position !== undefined && !before.has(id) && this.#onlyOutside(account, id)) {
        // Its first trades here came with this comparison, of orders placed elsewhere: it was there before.
        await this.takeOver(client, account, id, false);
        continue;
      }
      await this.#differs(client, account, id, told.get(id), held);
    }
    return { checked: ids.size, waiting };
  }

  #onlyOutside(account: AccountId, id: InstrumentId): boolean {
    for (const order of this.#options.log.ledger.all()) {
      const here = order.account === account && order.instrument === id;
      if (here && order.source.kind !== 'external' && order.fills.length > 0) return false;
    }
    return true;
  }

  async #differs(
    client: ExecutionClient,
    account: AccountId,
    id: InstrumentId,
    report: PositionReport | undefined,
    held: Decimal,
  ): Promise<void> {
    const { log, cases, clock } = this.#options;
    const theirs: Decimal = report?.quantity ?? ZERO;
    if (log.positions.get(account, id) === undefined) {
      // Never traded here: what the account brought along is simply so.
      await this.takeOver(client, account, id, true);
      return;
    }
    await cases.raise({
      kind: 'position-differs',
      account,
      subject: id,
      venueSays: theirs,
      weSay: held,
      evidence: [
        {
          time: clock.now(),
          text: `The venue has ${subtract(theirs, held)} more than our fills explain.`,
        },
      ],
      proposals: [
        {
          id: 'take-over',
          label: 'Take the venue’s position',
          effect: `Sets our position to ${theirs}; sends no order.`,
        },
        {
          id: 'again',
          label: 'Compare again',
          effect: 'Asks the venue once more; changes nothing else.',
        },
      ],
    });
  }

  /**
   * Takes the venue's position for ours, together with the trades in it. Fills are asked for after the
   * position: one that came between the two answers would be booked twice, or never.
   * @param first only where there is no position here yet
   */
  async takeOver(
    client: ExecutionClient,
    account: AccountId,
    id: InstrumentId,
    first: boolean,
  ): Promise<void> {
    const { log, intake, clock, fills } = this.#options;
    const orphans = () => intake.orphans(account).filter(({ instrument }) => instrument === id);
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const before = log.positions.get(account, id);
      if (first && before !== undefined) return;
      const waiting = orphans().length;
      const report = (await client.positions(account)).find(({ instrument }) => instrument === id);
      await fills(client, account);
      const inside = orphans();
      if (log.positions.get(account, id) !== before || inside.length !== waiting) continue;
      await log.takeOver({
        account,
        instrument: id,
        quantity: report?.quantity ?? ZERO,
        averagePrice: report?.averagePrice ?? null,
        time: clock.now(),
        trades: inside.map(({ tradeId }) => tradeId),
      });
      intake.forget(account, id);
      return;
    }
    throw new RenataError(
      'CONFLICT',
      `The position in ${id} keeps changing while it is read; try again when fewer fills come.`,
      { retryable: true },
    );
  }
}
