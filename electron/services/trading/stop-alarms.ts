import type { OrderRecord } from '../../../engine/orders/record.ts';

export interface StopAlarmsOptions {
  /** A protection that does not stand now. */
  readonly onUnprotected: (order: OrderRecord, why: string) => void;
  readonly onDefect: (error: unknown, what: string) => void;
}

/** Something that an alarm is given of once for each reason. */
export interface Alarmed {
  alarm: string;
}

/** Says that a protection does not stand, and takes care of what throws while it is looked after. */
export class StopAlarms {
  readonly #options: StopAlarmsOptions;

  constructor(options: StopAlarmsOptions) {
    this.#options = options;
  }

  /** Gives an alarm, once for each reason. */
  give(of: Alarmed, order: OrderRecord, why: string): void {
    if (of.alarm === why) return;
    of.alarm = why;
    this.#options.onUnprotected(order, why);
  }

  failed(of: Alarmed, order: OrderRecord, error: unknown): void {
    const why = error instanceof Error ? error.message : String(error);
    if (of.alarm !== why) this.#options.onDefect(error, 'held stop');
    this.give(of, order, why);
  }

  /** Marks what is being worked at, so that no second work at it begins meanwhile. */
  guard(of: { busy: boolean }, work: Promise<void>): void {
    of.busy = true;
    void work
      .catch((error: unknown) => this.#options.onDefect(error, 'held stop'))
      .finally(() => {
        of.busy = false;
      });
  }
}
