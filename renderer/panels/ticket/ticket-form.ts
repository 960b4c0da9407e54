import { decimal, type Decimal } from '../../../engine/domain/decimal.ts';
import {
  ORDER_TYPES,
  TIMES_IN_FORCE,
  type OrderSide,
  type OrderType,
  type TimeInForce,
} from '../../../engine/domain/order.ts';
import type { QuoteView, Ticket } from '../../../engine/protocol/live-schemas.ts';
import type { TradableInstrument } from '../../client/trading-state.ts';
import { numberFault, quotedPrice, readDecimal } from '../../components/trading/decimals.ts';
import { EXIT_UNITS, exitPrice, type ExitBase, type ExitUnit } from './exits.ts';

/** What the ticket's fields hold, as they were typed. */
export interface TicketForm {
  readonly account: string;
  readonly instrument: string;
  readonly side: OrderSide;
  readonly size: string;
  /** Units of the instrument, or money to spend on it. */
  readonly sizeIn: 'units' | 'money';
  readonly type: OrderType;
  readonly limit: string;
  readonly stop: string;
  readonly trail: string;
  readonly trailIn: 'price' | 'percent';
  readonly limitOffset: string;
  readonly force: TimeInForce;
  /** `YYYY-MM-DDTHH:MM`, UTC. */
  readonly goodTill: string;
  readonly extended: boolean;
  readonly reduceOnly: boolean;
  readonly postOnly: boolean;
  readonly target: ExitFields;
  readonly protect: ExitFields;
  /** Choices that were put aside for an order that another panel wished for; they come back after it. */
  readonly aside: Pick<TicketForm, 'side' | 'type' | 'force'> | null;
}

export interface ExitFields {
  readonly on: boolean;
  readonly value: string;
  readonly unit: ExitUnit;
}

export const EMPTY_FORM: TicketForm = {
  account: '',
  instrument: '',
  side: 'buy',
  size: '',
  sizeIn: 'units',
  type: 'limit',
  limit: '',
  stop: '',
  trail: '',
  trailIn: 'price',
  limitOffset: '',
  force: 'day',
  goodTill: '',
  extended: false,
  reduceOnly: false,
  postOnly: false,
  target: { on: false, value: '', unit: 'r' },
  protect: { on: false, value: '', unit: 'percent' },
  aside: null,
};

const LIMITS: ReadonlySet<OrderType> = new Set<OrderType>([
  'limit',
  'stop_limit',
  'limit_if_touched',
  'limit_on_open',
  'limit_on_close',
]);
const STOPS: ReadonlySet<OrderType> = new Set<OrderType>([
  'stop',
  'stop_limit',
  'market_if_touched',
  'limit_if_touched',
]);

export const hasLimit = (type: OrderType): boolean => LIMITS.has(type);
export const hasStop = (type: OrderType): boolean => STOPS.has(type);
export const hasTrail = (type: OrderType): boolean => type.startsWith('trailing');
export const isTouched = (type: OrderType): boolean => type.endsWith('if_touched');

export type TicketErrors = Partial<Record<string, string>>;

export interface TicketFacts {
  readonly instrument: TradableInstrument | undefined;
  readonly quote: QuoteView | undefined;
  readonly equity: string | null;
}

/** A ticket that can be checked, or what is missing or wrong, by field. */
export type TicketReading =
  | { readonly ticket: Ticket }
  | { readonly errors: TicketErrors; readonly missing: boolean };

/** What the market asks of a side: the ask of a buyer, the bid of a seller. */
export function marketPrice(
  side: OrderSide,
  quote: QuoteView | undefined,
  instrument: TradableInstrument | undefined,
): Decimal | undefined {
  if (quote === undefined || instrument === undefined) return undefined;
  const own = side === 'buy' ? quote.ask : quote.bid;
  return quotedPrice(own ?? quote.last, instrument.ticks);
}

/** The price that exits are measured from. */
export function entryPrice(form: TicketForm, facts: TicketFacts): Decimal | undefined {
  if (hasLimit(form.type)) return readDecimal(form.limit);
  if (hasStop(form.type)) return readDecimal(form.stop);
  return marketPrice(form.side, facts.quote, facts.instrument);
}

/** What exits are measured with; undefined while the entry has no price. */
export function exitBase(form: TicketForm, facts: TicketFacts): ExitBase | undefined {
  const { instrument, equity } = facts;
  const entry = entryPrice(form, facts);
  if (entry === undefined || instrument === undefined) return undefined;
  return {
    entry,
    side: form.side,
    ticks: instrument.ticks,
    quantity: form.sizeIn === 'units' ? readDecimal(form.size) : unitsFor(form, entry),
    equity: equity === null ? undefined : decimal(equity),
    multiplier: decimal(instrument.multiplier),
  };
}

/** Units that an amount of money is about; the workstation rounds it to lots. */
function unitsFor(form: TicketForm, entry: Decimal): Decimal | undefined {
  const money = readDecimal(form.size);
  const units = Number(money) / Number(entry);
  return money === undefined || !(units > 0) ? undefined : readDecimal(units.toFixed(6));
}

/** Prices of the exits that are switched on, or what is wrong with them. */
export function readExits(form: TicketForm, facts: TicketFacts) {
  const base = exitBase(form, facts);
  const none = { fault: 'Needs a price of the entry.' } as const;
  const stop = !form.protect.on
    ? undefined
    : base === undefined
      ? none
      : exitPrice('stop', form.protect.unit, form.protect.value, base);
  const stopAt = stop !== undefined && 'price' in stop ? stop.price : undefined;
  const target = !form.target.on
    ? undefined
    : base === undefined
      ? none
      : exitPrice('target', form.target.unit, form.target.value, base, stopAt);
  return { stop, target };
}

/**
 * Reads the form. Only what no venue could take is refused here; ticks, lots and limits are the
 * workstation's to check.
 */
export function readForm(form: TicketForm, facts: TicketFacts): TicketReading {
  const errors: Record<string, string> = {};
  let missing = false;
  const number = (name: 'size' | 'limit' | 'stop' | 'trail' | 'limitOffset'): string => {
    const value = form[name];
    const fault = numberFault(value);
    if (value.trim() === '') missing = true;
    else if (fault !== undefined) errors[name] = fault;
    return readDecimal(value) ?? '0';
  };
  if (form.account === '' || form.instrument === '') missing = true;
  const size = number('size');
  const terms: Record<string, unknown> = {
    side: form.side,
    type: form.type,
    timeInForce: form.force,
  };
  if (form.sizeIn === 'units') terms['quantity'] = size;
  if (hasLimit(form.type)) terms['limitPrice'] = number('limit');
  if (hasStop(form.type)) terms['stopPrice'] = number('stop');
  if (hasTrail(form.type)) {
    terms[form.trailIn === 'price' ? 'trailAmount' : 'trailPercent'] = number('trail');
    if (form.type === 'trailing_stop_limit') terms['limitOffset'] = number('limitOffset');
  }
  if (form.force === 'gtd') {
    const time = Date.parse(`${form.goodTill}Z`);
    if (form.goodTill === '') missing = true;
    else if (Number.isNaN(time)) errors['goodTill'] = 'Give a day and a time.';
    else terms['goodTill'] = time;
  }
  if (form.extended) terms['extendedHours'] = true;
  if (form.reduceOnly) terms['reduceOnly'] = true;
  if (form.postOnly && form.type === 'limit') terms['postOnly'] = true;
  const { stop, target } = readExits(form, facts);
  if (stop !== undefined && 'fault' in stop) {
    if (form.protect.value.trim() === '') missing = true;
    else errors['protect'] = stop.fault;
  }
  if (target !== undefined && 'fault' in target) {
    if (form.target.value.trim() === '') missing = true;
    else errors['target'] = target.fault;
  }
  if (missing || Object.keys(errors).length > 0) return { errors, missing };
  return {
    ticket: {
      account: form.account,
      instrument: form.instrument,
      terms: terms as Ticket['terms'],
      ...(form.sizeIn === 'money' ? { notional: size } : {}),
      ...(target !== undefined && 'price' in target
        ? { takeProfit: { limitPrice: target.price } }
        : {}),
      ...(stop !== undefined && 'price' in stop ? { stopLoss: { stopPrice: stop.price } } : {}),
    },
  };
}

/** The field of the form that shows what the workstation says of a parameter of the ticket. */
export function fieldOf(parameter: string): string {
  const known: Readonly<Record<string, string>> = {
    quantity: 'size',
    notional: 'size',
    limitPrice: 'limit',
    stopPrice: 'stop',
    trailAmount: 'trail',
    trailPercent: 'trail',
    timeInForce: 'force',
    extendedHours: 'extended',
    'takeProfit.limitPrice': 'target',
    takeProfit: 'target',
    'stopLoss.stopPrice': 'protect',
    stopLoss: 'protect',
  };
  return known[parameter] ?? parameter;
}

/** Reads what was kept of the last ticket; prices are never kept, since the market has moved on. */
export function parseTicket(stored: unknown): TicketForm | undefined {
  if (typeof stored !== 'object' || stored === null) return undefined;
  const whole = stored as Readonly<Record<string, unknown>>;
  const aside = whole['aside'];
  const given: Readonly<Record<string, unknown>> =
    typeof aside === 'object' && aside !== null ? { ...whole, ...aside } : whole;
  const text = (name: string): string => {
    const value = given[name];
    return typeof value === 'string' ? value : '';
  };
  const one = <Choice extends string>(name: string, choices: readonly Choice[], or: Choice) =>
    choices.find((choice) => choice === given[name]) ?? or;
  const exit = (name: 'target' | 'protect'): ExitFields => {
    const fields = given[name] as Partial<ExitFields> | null | undefined;
    const unit = EXIT_UNITS.find((each) => each === fields?.unit);
    return { ...EMPTY_FORM[name], ...(unit === undefined ? {} : { unit }) };
  };
  return {
    ...EMPTY_FORM,
    account: text('account'),
    instrument: text('instrument'),
    side: one('side', ['buy', 'sell'] as const, 'buy'),
    size: text('size').slice(0, 40),
    sizeIn: one('sizeIn', ['units', 'money'] as const, 'units'),
    type: one('type', ORDER_TYPES, 'limit'),
    trailIn: one('trailIn', ['price', 'percent'] as const, 'price'),
    force: one(
      'force',
      TIMES_IN_FORCE.filter((each) => each !== 'gtd'),
      'day',
    ),
    extended: given['extended'] === true,
    target: exit('target'),
    protect: exit('protect'),
  };
}

/** The same ticket for the next order: what was decided for this one alone is gone. */
export function cleared(form: TicketForm): TicketForm {
  const { account, instrument, sizeIn, trailIn, extended } = form;
  const { side, type, force } = form.aside ?? form;
  return {
    ...EMPTY_FORM,
    account,
    instrument,
    side,
    sizeIn,
    type,
    trailIn,
    force: force === 'gtd' ? 'day' : force,
    extended,
    target: { ...EMPTY_FORM.target, unit: form.target.unit },
    protect: { ...EMPTY_FORM.protect, unit: form.protect.unit },
  };
}
