import type { ProgramPart } from '../../expressions/program.ts';
import {
  WEEKDAYS,
  type StrategyAmount,
  type StrategyDistance,
  type StrategyDocument,
} from '../../protocol/strategy-document.ts';

/** An expression of a document, with the use that the strategy makes of it. */
export interface RulePart extends ProgramPart {
  /** Must be of parameters alone, so that it is one number for the whole run. */
  readonly constant: boolean;
}

/** Bars of the average true range of stops, and of the realised volatility, when none is given. */
export const ATR_PERIOD = 14;
export const VOLATILITY_LOOKBACK = 20;
const PERIODS_PER_YEAR = 252;

/** Which price of a distance is for a side: `long` and `short` come before `price`. */
export function pricePath(
  distance: StrategyDistance | undefined,
  path: string,
  side: 'long' | 'short',
): string | undefined {
  if (distance?.[side] !== undefined) return `${path}.${side}`;
  return distance?.price === undefined ? undefined : `${path}.price`;
}

/** Every expression that a document holds or implies, by path. */
export function partsOf(document: StrategyDocument): RulePart[] {
  const parts: RulePart[] = [];
  const add = (
    path: string,
    source: StrategyAmount | undefined,
    wanted: ProgramPart['wanted'],
    constant = false,
  ): void => {
    if (source !== undefined) parts.push({ path, source: String(source), wanted, constant });
  };
  const { entry, exit, stops, sizing, order, filters, plot } = document;
  document.constraints?.forEach((source, i) => add(`constraints.${i}`, source, 'boolean', true));
  add('entry.long', entry.long, 'boolean');
  add('entry.short', entry.short, 'boolean');
  add('exit.long', exit?.long, 'boolean');
  add('exit.short', exit?.short, 'boolean');
  for (const name of ['stopLoss', 'takeProfit', 'trailing'] as const) {
    const distance = stops?.[name];
    if (distance === undefined) continue;
    const path = `stops.${name}`;
    add(`${path}.percent`, distance.percent, 'number', true);
    add(`${path}.atr`, distance.atr, 'number', true);
    add(`${path}.price`, distance.price, 'number');
    add(`${path}.long`, distance.long, 'number');
    add(`${path}.short`, distance.short, 'number');
    if (distance.atr !== undefined) {
      // The place of the period stays the document's, so that an error in it points there.
      add(`${path}.period`, distance.period, 'number', true);
      add(`${path}.range`, `atr(${String(distance.period ?? ATR_PERIOD)})`, 'number');
    }
  }
  add('stops.timeStop', stops?.timeStop, 'number', true);
  if (sizing !== undefined && sizing !== 'all') {
    for (const name of [
      'percent',
      'quantity',
      'notional',
      'riskPercent',
      'volatilityTarget',
      'lookback',
      'maxPercent',
      'rebalance',
    ] as const) {
      add(`sizing.${name}`, sizing[name], 'number', true);
    }
    if (sizing.volatilityTarget !== undefined) {
      const bars = `(${String(sizing.lookback ?? VOLATILITY_LOOKBACK)})`;
      const periods = sizing.periodsPerYear ?? PERIODS_PER_YEAR;
      // The indicator divides by the number of bars; a sample's deviation divides by one less.
      const sample = `(${bars} / (${bars} - 1)) ^ 0.5`;
      add(
        'sizing.realised',
        `stddev(ln(close / close[1]), ${bars}, 1) * ${sample} * ${100 * Math.sqrt(periods)}`,
        'number',
      );
    }
  }
  add('order.price', order?.price, 'number');
  add('order.long', order?.long, 'number');
  add('order.short', order?.short, 'number');
  if (filters !== undefined) {
    add('filters.when', filters.when, 'boolean');
    add('filters.session', sessionCondition(filters.session), 'boolean');
    add('filters.weekdays', weekdayCondition(filters.weekdays), 'boolean');
    add('filters.cooldown', filters.cooldown, 'number', true);
  }
  for (const [name, source] of Object.entries(plot ?? {})) add(`plot.${name}`, source, 'number');
  return parts;
}

/** `09:30-16:00` as a condition on a bar's start; `22:00-06:00` goes over midnight. */
function sessionCondition(session: string | undefined): string | undefined {
  if (session === undefined) return undefined;
  const [from = 0, to = 0] = session.split('-').map(minutesOf);
  const now = '(hour * 60 + minute)';
  const join = from <= to ? 'and' : 'or';
  return `${now} >= ${from} ${join} ${now} < ${to}`;
}

function minutesOf(clock: string): number {
  return Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3, 5));
}

function weekdayCondition(
  days: readonly (typeof WEEKDAYS)[number][] | undefined,
): string | undefined {
  return days?.map((day) => `day_of_week == ${WEEKDAYS.indexOf(day) + 1}`).join(' or ');
}
