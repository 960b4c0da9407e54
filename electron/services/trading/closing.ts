import { negate, ZERO, type Decimal } from '../../../engine/domain/decimal.ts';
import { RenataError } from '../../../engine/domain/errors.ts';
import type { AccountId, InstrumentId } from '../../../engine/domain/identifiers.ts';
import type { OrderSource } from '../../../engine/domain/live-order.ts';
import type { Placed } from './desk.ts';
import {
  closingHash,
  common,
  flatten,
  untilClosed,
  type KillSwitchOptions,
} from './kill-switch.ts';
import { closingIntent } from './tickets.ts';

/** How a position is to be ended. */
export interface Ending {
  readonly tag: 'flatten' | 'reverse';
  readonly requestId: string;
  readonly source: OrderSource;
}

export interface Place {
  readonly account: AccountId;
  readonly instrument: InstrumentId;
}

/** Closes and turns positions as the user wants it: takes away what works for them, then sends one order. */
export class Closings {
  readonly #options: KillSwitchOptions;
  readonly #running = new Map<string, Promise<Placed>>();

  constructor(options: KillSwitchOptions) {
    this.#options = options;
  }

  /** Ends a position once for each request, however often it is asked for. */
  async end(how: Ending, place: Place): Promise<Placed> {
    const { desk } = this.#options;
    const again =
      desk.again(how.requestId, closingHash({ ...place, tag: how.tag })) ??
      this.#running.get(how.requestId);
    if (again !== undefined) return again;
    const work = this.#once(how, place).finally(() => this.#running.delete(how.requestId));
    this.#running.set(how.requestId, work);
    return work;
  }

  async #once({ tag, requestId, source }: Ending, place: Place): Promise<Placed> {
    const { desk, risk, clock, mark, prepare } = this.#options;
    const { account, instrument } = place;
    const extraOf = (held: Decimal) =>
      tag === 'reverse' ? { extra: held.startsWith('-') ? negate(held) : held } : {};
    const before = this.#sure(tag, place);
    if (before === ZERO) {
      throw new RenataError(
        'CONFLICT',
        `There is no position in ${instrument} in ${account} to close.`,
      );
    }
    await prepare(account, instrument);
    // Its exits are taken away only when the order that closes it would be let through.
    const draft = { source, now: clock.now(), mark: mark(instrument), tag, ...extraOf(before) };
    const decision = risk.check(
      closingIntent(before, place, draft),
      null,
      (order) => order.instrument === instrument,
    );
    if (!decision.allowed) {
      const why = decision.denials.map(({ message }) => message).join(' ');
      throw new RenataError('CONFLICT', `Nothing was cancelled or sent: ${why}`);
    }
    await desk.cancelAll(account, instrument);
    await untilClosed(this.#options, account, instrument);
    const held = this.#sure(tag, place);
    if (held === ZERO)
      throw new RenataError('CONFLICT', `The position in ${instrument} was closed meanwhile.`);
    return flatten(this.#options, { ...place, held, tag, requestId, source, ...extraOf(held) });
  }

  /**
   * What is held for sure: where the venue is known to have something else, no more than both have.
   * @throws RenataError CONFLICT where nothing is sure
   */
  #sure(tag: Ending['tag'], { account, instrument }: Place): Decimal {
    const { log, disputed } = this.#options;
    const ours = log.positions.get(account, instrument)?.quantity ?? ZERO;
    const theirs = disputed(account, instrument);
    if (theirs === null || ours === ZERO) return ours;
    const both = common(ours, theirs);
    if (tag === 'flatten' && both !== ZERO) return both;
    throw new RenataError(
      'CONFLICT',
      `The venue has ${theirs} of ${instrument} and we have ${ours}; settle the case in the inbox first (renata reconcile).`,
    );
  }
}
