import { RenataError } from '../../domain/errors.ts';
import { ORDER_SIDES, ORDER_TYPES } from '../../domain/order.ts';
import type { OrderRequest } from '../../backtest/strategy.ts';

/**
 * An order as strategy code gave it. Types are gone when the code runs, so what they promise is checked.
 * @throws RenataError STRATEGY_FAILED naming the field
 */
export function checkedRequest(value: unknown): OrderRequest {
  if (typeof value !== 'object' || value === null) throw wrong('an order is an object');
  const request = value as Readonly<Record<string, unknown>>;
  const { side, type, tag } = request;
  if (!(ORDER_SIDES as readonly unknown[]).includes(side)) {
    throw wrong(`side must be ${ORDER_SIDES.join(' or ')}, not ${shown(side)}`);
  }
  if (type !== undefined && !(ORDER_TYPES as readonly unknown[]).includes(type)) {
    throw wrong(`type must be one of ${ORDER_TYPES.join(', ')}, not ${shown(type)}`);
  }
  if (tag !== undefined && typeof tag !== 'string') throw wrong('tag must be text');
  for (const name of ['quantity', 'limitPrice', 'stopPrice']) {
    const number = request[name];
    if (number !== undefined && typeof number !== 'number') throw wrong(`${name} must be a number`);
  }
  if (request['reduceOnly'] !== undefined && typeof request['reduceOnly'] !== 'boolean') {
    throw wrong('reduceOnly must be true or false');
  }
  return { ...request, ...(tag === undefined ? {} : { tag: tag.slice(0, 64) }) } as OrderRequest;
}

/**
 * Targets as strategy code gave them, by symbol.
 * @throws RenataError STRATEGY_FAILED naming the symbol
 */
export function checkedTargets(value: unknown): Readonly<Record<string, number>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw wrongTarget('targets are an object of weights by symbol');
  }
  for (const [symbol, weight] of Object.entries(value)) {
    if (typeof weight !== 'number') {
      throw wrongTarget(
        `the target of ${symbol.slice(0, 48)} must be a number, not ${shown(weight)}`,
      );
    }
  }
  return value as Readonly<Record<string, number>>;
}

function wrongTarget(what: string): RenataError {
  return new RenataError('STRATEGY_FAILED', `The strategy gave targets that cannot work: ${what}.`);
}

function shown(value: unknown): string {
  return typeof value === 'string' ? `"${value.slice(0, 32)}"` : typeof value;
}

function wrong(what: string): RenataError {
  return new RenataError(
    'STRATEGY_FAILED',
    `The strategy gave an order that cannot work: ${what}.`,
  );
}
