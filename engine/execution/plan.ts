import { CATCH_UP, CHILD_STYLES } from '../domain/algorithm.ts';
import {
  compare,
  decimalOf,
  isMultiple,
  isPositive,
  multiply,
  roundToStep,
  toNumber,
  ZERO,
  type Quantity,
} from '../domain/decimal.ts';
import { RenataError } from '../domain/errors.ts';
import { ORDER_SIDES } from '../domain/order.ts';
import { almgrenChriss } from './almgren-chriss.ts';
import { draw } from './noise.ts';
import type { AlgorithmOrder, Method } from './types.ts';

const MOST_SLICES = 10_000;

/** @throws RenataError BAD_INPUT naming what is wrong with an order of an algorithm */
export function checkAlgorithm(order: AlgorithmOrder): void {
  const { quantity, lot, tick, smallest, limitPrice, participation, start, end } = order;
  if (!ORDER_SIDES.includes(order.side)) throw bad('side', 'must be buy or sell');
  if (!isPositive(lot)) throw bad('lot', 'must be above 0');
  if (!isPositive(tick)) throw bad('tick', 'must be above 0');
  if (!isPositive(quantity) || !isMultiple(quantity, lot)) {
    throw bad('quantity', `${quantity} must be above 0 and a multiple of the lot ${lot}`);
  }
  if (!isPositive(smallest) || !isMultiple(smallest, lot)) {
    throw bad('smallest', `${smallest} must be above 0 and a multiple of the lot ${lot}`);
  }
  if (limitPrice !== null && !isMultiple(limitPrice, tick)) {
    throw bad('limitPrice', `${limitPrice} is not a multiple of the tick ${tick}`);
  }
  if (participation !== null && !(participation > 0 && participation <= 1)) {
    throw bad('participation', `${participation} must be above 0 and at most 1 (0.1 is 10 %)`);
  }
  if (!Number.isFinite(start) || !Number.isFinite(end) || !(end > start)) {
    throw bad('end', 'must be a time after the start');
  }
  if (!(order.jitter >= 0 && order.jitter < 1))
    throw bad('jitter', 'must be 0 or more and below 1');
  if (!(order.every >= 0 && order.every < Infinity)) throw bad('every', 'must be 0 or more');
  if (!Number.isInteger(order.seed)) throw bad('seed', 'must be a whole number');
  if (!CATCH_UP.includes(order.catchUp)) throw bad('catchUp', `must be ${CATCH_UP.join(', ')}`);
  if (!CHILD_STYLES.includes(order.style)) throw bad('style', `must be ${CHILD_STYLES.join(', ')}`);
  if (order.finish !== 'leave' && order.finish !== 'take') {
    throw bad('finish', 'must be leave or take');
  }
  checkMethod(order, order.method);
}

function checkMethod(order: AlgorithmOrder, method: Method): void {
  switch (method.kind) {
    case 'twap':
      return checkSlices(method.slices);
    case 'vwap': {
      checkSlices(method.curve.length);
      const sum = method.curve.reduce((all, part) => all + part, 0);
      if (!method.curve.every((part) => part >= 0) || !(sum > 0) || !(sum < Infinity)) {
        throw bad('curve', 'must hold numbers of 0 or more, not all of them 0');
      }
      return;
    }
    case 'pov':
      if (!(method.rate > 0 && method.rate <= 1)) {
        throw bad('rate', `${method.rate} must be above 0 and at most 1 (0.1 is 10 %)`);
      }
      return;
    case 'iceberg':
      if (!isPositive(method.display) || !isMultiple(method.display, order.lot)) {
        throw bad('display', `must be above 0 and a multiple of the lot ${order.lot}`);
      }
      if (compare(method.display, order.smallest) < 0) {
        throw bad('display', `must not be less than the smallest order of ${order.smallest}`);
      }
      if (order.limitPrice === null) throw bad('limitPrice', 'an iceberg order needs one');
      return;
    case 'peg':
      if (!isMultiple(method.offset, order.tick)) {
        throw bad('offset', `${method.offset} is not a multiple of the tick ${order.tick}`);
      }
      return;
    case 'shortfall': {
      checkSlices(method.slices);
      for (const name of [
        'riskAversion',
        'volatility',
        'temporaryImpact',
        'permanentImpact',
      ] as const) {
        if (!(method[name] >= 0 && method[name] < Infinity)) throw bad(name, 'must be 0 or more');
      }
      weightsOf(order);
      return;
    }
    default:
      throw bad('method', 'must be twap, vwap, pov, iceberg, peg or shortfall');
  }
}

function checkSlices(slices: number): void {
  if (!Number.isInteger(slices) || slices < 1 || slices > MOST_SLICES) {
    throw bad('slices', `must be a whole number from 1 to ${MOST_SLICES}`);
  }
}

/** Units that are to have been placed by the end of each slice, whole lots, the last of them all; empty without slices. */
export function planOf(order: AlgorithmOrder): readonly Quantity[] {
  const weights = weightsOf(order).map(
    (weight, slice) => weight * (1 + order.jitter * (2 * draw(order.seed, slice) - 1)),
  );
  const sum = weights.reduce((all, weight) => all + weight, 0);
  let reached = 0;
  return weights.map((weight, slice) => {
    reached += weight;
    if (slice === weights.length - 1) return order.quantity;
    // Fifteen places: what doubles leave behind them is rounding.
    const part = decimalOf(Number(Math.min(1, reached / sum).toFixed(15)));
    return roundToStep(multiply(order.quantity, part), order.lot, 'half-even') as Quantity;
  });
}

function weightsOf({ method, quantity }: AlgorithmOrder): readonly number[] {
  switch (method.kind) {
    case 'twap':
      return Array.from({ length: method.slices }, () => 1);
    case 'vwap':
      return method.curve;
    case 'shortfall':
      return almgrenChriss({
        quantity: toNumber(quantity),
        time: method.slices,
        periods: method.slices,
        volatility: method.volatility,
        permanentImpact: method.permanentImpact,
        temporaryImpact: method.temporaryImpact,
        fixedCost: 0,
        riskAversion: method.riskAversion,
      }).trades;
    case 'pov':
    case 'iceberg':
    case 'peg':
      return [];
  }
}

/** What the plan has reached when a slice begins. */
export function before(plan: readonly Quantity[], slice: number): Quantity {
  return slice > 0 ? (plan[slice - 1] as Quantity) : (ZERO as Quantity);
}

function bad(field: string, what: string): RenataError {
  return new RenataError('BAD_INPUT', `${field}: ${what}.`, { details: { parameter: field } });
}
