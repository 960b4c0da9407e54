import type {
  AlgorithmMethodText,
  AlgorithmTicket,
} from '../../../engine/protocol/execution-schemas.ts';
import { groupDigits, numberFault, readDecimal } from '../../components/trading/decimals.ts';
import { symbolOf } from '../../components/trading/words.ts';
import type { TicketErrors, TicketForm } from './ticket-form.ts';

export type Method = AlgorithmMethodText['kind'];
type PegTo = Extract<AlgorithmMethodText, { kind: 'peg' }>['to'];

export const METHODS: readonly { readonly value: Method; readonly label: string }[] = [
  { value: 'twap', label: 'TWAP, evenly over time' },
  { value: 'vwap', label: 'VWAP, by a curve of volume' },
  { value: 'pov', label: 'POV, a part of the volume' },
  { value: 'iceberg', label: 'Iceberg, shows a part' },
  { value: 'peg', label: 'Peg, follows the quote' },
  { value: 'shortfall', label: 'Shortfall, Almgren-Chriss' },
];
export const PEGS = ['bid', 'mid', 'ask'] as const satisfies readonly PegTo[];
/** The curve is typed, and not measured from a stored series. */
export const OWN_CURVE = '';

/** What the fields of an algorithm hold, as they were typed; side, size and instrument are the ticket's. */
export interface AlgorithmForm {
  readonly mode: 'order' | 'algorithm';
  readonly method: Method;
  readonly minutes: string;
  readonly slices: string;
  readonly limit: string;
  /** Percent of the market's volume that it may be at most. */
  readonly participation: string;
  readonly finish: 'leave' | 'take';
  readonly rate: string;
  readonly display: string;
  readonly pegTo: PegTo;
  readonly offset: string;
  /** Dataset that the curve is measured from. */
  readonly dataset: string;
  readonly curve: string;
  readonly riskAversion: string;
  readonly volatility: string;
  readonly temporaryImpact: string;
  readonly permanentImpact: string;
}

/** The same as on the command line. */
export const EMPTY_ALGORITHM: AlgorithmForm = {
  mode: 'order',
  method: 'twap',
  minutes: '10',
  slices: '10',
  limit: '',
  participation: '',
  finish: 'leave',
  rate: '10',
  display: '',
  pegTo: 'mid',
  offset: '0',
  dataset: OWN_CURVE,
  curve: '',
  riskAversion: '0',
  volatility: '0',
  temporaryImpact: '1',
  permanentImpact: '0',
};

const MINUTE = 60_000;
const LONGEST = 7 * 1440;
const MOST_SLICES = 10_000;

export const hasSlices = ({ method, dataset }: AlgorithmForm): boolean =>
  method === 'twap' || method === 'shortfall' || (method === 'vwap' && dataset !== OWN_CURVE);

/** An algorithm that can be looked at, or what is missing or wrong, by field. */
export type AlgorithmReading =
  | { readonly ticket: AlgorithmTicket }
  | { readonly errors: TicketErrors; readonly missing: boolean };

/** Reads the form. Ticks, lots and limits are the workstation's to check. */
export function readAlgorithm(
  { account, instrument, side, size }: TicketForm,
  form: AlgorithmForm,
): AlgorithmReading {
  const errors: Record<string, string> = {};
  let missing = account === '' || instrument === '';
  const text = (name: string, value: string): string => {
    const fault = numberFault(value);
    if (value.trim() === '') missing = true;
    else if (fault !== undefined) errors[name] = fault;
    return readDecimal(value) ?? '0';
  };
  const number = (name: keyof AlgorithmForm, least: number, most: number, unit = ''): number => {
    const value = Number(text(name, form[name]));
    const off = !(value >= least && value <= most) && form[name].trim() !== '';
    if (off) errors[name] ??= `Give ${range(least, most)}${unit}.`;
    return value;
  };
  const whole = (name: keyof AlgorithmForm, least: number, most: number): number => {
    const value = number(name, least, most);
    if (!Number.isInteger(value)) errors[name] ??= 'Give a whole number.';
    return value;
  };
  const part = (name: 'rate' | 'participation'): number => {
    const percent = number(name, 0, 100, ' %');
    if (percent === 0 && form[name].trim() !== '') errors[name] ??= 'Must be more than 0.';
    return percent / 100;
  };
  const quantity = text('size', size);
  const minutes = number('minutes', 1 / 60, LONGEST, ' minutes');
  const method = ((): AlgorithmMethodText => {
    switch (form.method) {
      case 'twap':
        return { kind: 'twap', slices: whole('slices', 1, MOST_SLICES) };
      case 'vwap':
        if (form.dataset !== OWN_CURVE) {
          return { kind: 'vwap', dataset: form.dataset, slices: whole('slices', 1, MOST_SLICES) };
        }
        return { kind: 'vwap', curve: curve() };
      case 'pov':
        return { kind: 'pov', rate: part('rate') };
      case 'iceberg':
        return { kind: 'iceberg', display: text('display', form.display) };
      case 'peg':
        return { kind: 'peg', to: form.pegTo, offset: text('offset', form.offset) };
      case 'shortfall':
        return {
          kind: 'shortfall',
          slices: whole('slices', 1, MOST_SLICES),
          riskAversion: number('riskAversion', 0, 1e15),
          volatility: number('volatility', 0, 1e15),
          temporaryImpact: number('temporaryImpact', 0, 1e15),
          permanentImpact: number('permanentImpact', 0, 1e15),
        };
    }
  })();
  function curve(): number[] {
    const parts = form.curve.split(/[\s,;]+/).filter((each) => each !== '');
    if (parts.length === 0) missing = true;
    else if (parts.some((each) => numberFault(each) !== undefined || Number(each) < 0))
      errors['curve'] = 'Give the volume of each slice, such as 5, 3, 2, 3, 5.';
    else if (parts.every((each) => Number(each) === 0)) errors['curve'] = 'Not all may be 0.';
    return parts.map(Number);
  }
  const needsLimit = form.method === 'iceberg';
  const limited = needsLimit || form.limit.trim() !== '';
  const limitPrice = limited ? text('limit', form.limit) : '';
  const capped = form.method !== 'pov' && form.participation.trim() !== '';
  const participation = capped ? part('participation') : 0;
  if (missing || Object.keys(errors).length > 0) return { errors, missing };
  return {
    ticket: {
      account,
      instrument,
      side,
      quantity,
      method,
      duration: Math.max(1000, Math.round(minutes * MINUTE)),
      finish: form.finish,
      ...(limited ? { limitPrice } : {}),
      ...(capped ? { participation } : {}),
    },
  };
}

function range(least: number, most: number): string {
  return most >= 1e15 ? `${least} or more` : `${Number(least.toPrecision(2))} to ${most}`;
}

/** What the button says: the whole of what will be done. */
export function algorithmSentence(ticket: AlgorithmTicket, live: boolean): string {
  const { method, side, quantity, instrument, duration, limitPrice } = ticket;
  const limit = limitPrice === undefined ? '' : ` at ${limitPrice} or better`;
  const where = live ? 'LIVE' : 'PAPER';
  return `${NAMES[method.kind]}: ${side} ${groupDigits(quantity)} ${symbolOf(instrument)}${limit} over ${lengthText(duration)} - ${where}`;
}
export const NAMES: Readonly<Record<Method, string>> = {
  twap: 'TWAP',
  vwap: 'VWAP',
  pov: 'POV',
  iceberg: 'Iceberg',
  peg: 'Peg',
  shortfall: 'Shortfall',
};

/** A length of time as short as it can be said: `90 s`, `10 min`, `2 h`. */
export function lengthText(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  if (seconds < 60 || seconds % 60 !== 0) return `${seconds} s`;
  return seconds % 3600 === 0 ? `${seconds / 3600} h` : `${seconds / 60} min`;
}

/** The field that shows what the workstation says of a parameter. */
export function algorithmFieldOf(parameter: string): string {
  const known: Readonly<Record<string, string>> = {
    quantity: 'size',
    limitPrice: 'limit',
    duration: 'minutes',
    end: 'minutes',
    method: 'curve',
    window: 'curve',
    history: 'curve',
    datasetId: 'curve',
  };
  return known[parameter] ?? parameter;
}

/** Reads what was kept; prices are never kept, since the market has moved on. */
export function parseAlgorithm(stored: unknown): AlgorithmForm | undefined {
  if (typeof stored !== 'object' || stored === null) return undefined;
  const given = stored as Readonly<Record<string, unknown>>;
  const one = <Choice extends string>(name: string, choices: readonly Choice[], or: Choice) =>
    choices.find((choice) => choice === given[name]) ?? or;
  const texts = Object.fromEntries(
    KEPT.flatMap((name) => {
      const value = given[name];
      return typeof value === 'string' ? [[name, value.slice(0, 400)]] : [];
    }),
  );
  return {
    ...EMPTY_ALGORITHM,
    ...texts,
    mode: one('mode', ['order', 'algorithm'] as const, 'order'),
    method: one(
      'method',
      METHODS.map(({ value }) => value),
      'twap',
    ),
    finish: one('finish', ['leave', 'take'] as const, 'leave'),
    pegTo: one('pegTo', PEGS, 'mid'),
  };
}
const KEPT = [
  'minutes',
  'slices',
  'participation',
  'rate',
  'dataset',
  'curve',
  'riskAversion',
  'volatility',
  'temporaryImpact',
  'permanentImpact',
] as const satisfies readonly (keyof AlgorithmForm)[];

/** The same form for the next one: what was decided for this one alone is gone. */
export function clearedAlgorithm(form: AlgorithmForm): AlgorithmForm {
  return { ...form, limit: '', display: '', offset: EMPTY_ALGORITHM.offset, finish: 'leave' };
}
