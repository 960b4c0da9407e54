import { RenataError } from '../../engine/domain/errors.ts';
import type { ParameterValues } from '../../engine/domain/parameters.ts';
import { SANDBOX } from './limits.ts';

/**
 * What the sandbox's functions work on; a strategy that has not been made sees none of it. Bounds what one
 * strategy may ask for outside of its memory.
 */
export class Bridge<Context> {
  readonly columns: Float64Array[] = [];
  context: Context | undefined;
  private orders = 0;
  private onBar = 0;
  private at = -1;

  ask(): Context {
    if (this.context === undefined) throw tooEarly('order');
    return this.context;
  }

  /** The context for one more order, change or cancel. */
  command(): Context {
    this.orders += 1;
    this.onBar += 1;
    if (this.onBar > SANDBOX.ordersOnBar) throw tooMany('orders on one bar', SANDBOX.ordersOnBar);
    if (this.orders > SANDBOX.orders) throw tooMany('orders', SANDBOX.orders);
    return this.ask();
  }

  /** A call of the strategy begins; orders are counted anew on each bar. */
  begin(context: Context, index: number): void {
    if (this.context === undefined || index !== this.at) this.onBar = 0;
    this.at = index;
    this.context = context;
  }

  /** One more column; there are none to be had once the run has begun. */
  add(make: () => Float64Array): number {
    if (this.context !== undefined) throw tooEarly('setup');
    if (this.columns.length >= SANDBOX.series)
      throw tooMany('indicators and series', SANDBOX.series);
    return this.columns.push(make()) - 1;
  }

  column(id: number): Float64Array {
    return this.columns[id] ?? new Float64Array(0);
  }
}

export function tooMany(what: string, most: number): RenataError {
  return new RenataError('STRATEGY_FAILED', `the strategy asked for more than ${most} ${what}`);
}

export function tooEarly(what: 'order' | 'setup'): RenataError {
  const message =
    what === 'order'
      ? 'orders and random numbers are for onBar and onOrder only'
      : 'indicators and series can be made in create only';
  return new RenataError('STRATEGY_FAILED', message);
}

/** JSON of the sandbox: numbers that JSON lacks come as null. @throws RenataError for text that is none */
export function readJson(text: string): unknown {
  try {
    return JSON.parse(text, (_key, value: unknown) => (value === null ? Number.NaN : value));
  } catch {
    throw new RenataError('STRATEGY_FAILED', 'an order or parameters must be a plain object');
  }
}

/** A problem that a strategy sees in its parameters, as BAD_INPUT. */
export function refused(id: string, problem: string, values: ParameterValues): RenataError {
  const named = Object.keys(values).find((name) => problem.includes(name));
  return new RenataError('BAD_INPUT', `${id}: ${problem.slice(0, 500)}`, {
    details: { parameter: named ?? 'parameters' },
  });
}
