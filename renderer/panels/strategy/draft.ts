import { WEEKDAYS, type StrategyDocument } from '../../../engine/protocol/strategy-document.ts';

/** What the form holds: texts, so that half-typed numbers and names stay as they are. */
export interface Draft {
  readonly name: string;
  readonly description: string;
  readonly version: string;
  readonly source: string;
  readonly instruments: string;
  readonly timeframe: string;
  readonly parameters: readonly ParameterRow[];
  readonly constraints: readonly string[];
  readonly define: readonly NamedRow[];
  readonly entryLong: string;
  readonly entryShort: string;
  readonly exitLong: string;
  readonly exitShort: string;
  readonly stopLoss: DistanceDraft;
  readonly takeProfit: DistanceDraft;
  readonly trailing: DistanceDraft;
  readonly timeStop: string;
  readonly sizing: SizingDraft;
  readonly order: OrderDraft;
  readonly filters: FiltersDraft;
  readonly plot: readonly NamedRow[];
}

export interface ParameterRow {
  readonly name: string;
  readonly default: string;
  readonly min: string;
  readonly max: string;
  readonly step: string;
  readonly unit: string;
  readonly label: string;
  readonly description: string;
}

export interface NamedRow {
  readonly name: string;
  readonly expression: string;
}

export const DISTANCE_KINDS = ['none', 'percent', 'atr', 'price'] as const;
export interface DistanceDraft {
  readonly kind: (typeof DISTANCE_KINDS)[number];
  readonly percent: string;
  readonly atr: string;
  readonly period: string;
  readonly price: string;
  readonly long: string;
  readonly short: string;
}

/** Sizes that are one amount, besides `run` (the run's own rule) and `all`. */
export const SIZE_AMOUNTS = [
  'percent',
  'quantity',
  'notional',
  'riskPercent',
  'volatilityTarget',
] as const;
export type SizeKind = 'run' | 'all' | (typeof SIZE_AMOUNTS)[number];
export interface SizingDraft {
  readonly kind: SizeKind;
  readonly amount: string;
  readonly lookback: string;
  readonly periodsPerYear: string;
  readonly maxPercent: string;
  readonly rebalance: string;
}

export interface OrderDraft {
  readonly type: 'market' | 'limit' | 'stop';
  readonly price: string;
  readonly long: string;
  readonly short: string;
  /** Empty is the default of the order's type. */
  readonly timeInForce: '' | 'bar' | 'gtc';
}

export interface FiltersDraft {
  readonly session: string;
  readonly weekdays: readonly (typeof WEEKDAYS)[number][];
  readonly when: string;
  readonly maxOpen: string;
  readonly cooldown: string;
}

export const NO_DISTANCE: DistanceDraft = {
  kind: 'none',
  percent: '',
  atr: '',
  period: '',
  price: '',
  long: '',
  short: '',
};
export const NEW_PARAMETER: ParameterRow = {
  name: '',
  default: '',
  min: '',
  max: '',
  step: '',
  unit: '',
  label: '',
  description: '',
};
export const EMPTY_DRAFT: Draft = {
  name: '',
  description: '',
  version: '1',
  source: '',
  instruments: '',
  timeframe: '',
  parameters: [],
  constraints: [],
  define: [],
  entryLong: '',
  entryShort: '',
  exitLong: '',
  exitShort: '',
  stopLoss: NO_DISTANCE,
  takeProfit: NO_DISTANCE,
  trailing: NO_DISTANCE,
  timeStop: '',
  sizing: {
    kind: 'run',
    amount: '',
    lookback: '',
    periodsPerYear: '',
    maxPercent: '',
    rebalance: '',
  },
  order: { type: 'market', price: '', long: '', short: '', timeInForce: '' },
  filters: { session: '', weekdays: [], when: '', maxOpen: '', cooldown: '' },
  plot: [],
};

const text = (value: string | number | undefined): string =>
  value === undefined ? '' : String(value);

/** The form for a document. */
export function draftOf(document: StrategyDocument): Draft {
  const { entry, exit, stops, filters, order } = document;
  return {
    name: document.name,
    description: document.description,
    version: text(document.version),
    source: text(document.source),
    instruments: (document.instruments ?? []).join(', '),
    timeframe: text(document.timeframe),
    parameters: Object.entries(document.parameters ?? {}).map(([name, given]) => ({
      name,
      default: text(given.default),
      min: text(given.min),
      max: text(given.max),
      step: text(given.step),
      unit: text(given.unit),
      label: text(given.label),
      description: text(given.description),
    })),
    constraints: document.constraints ?? [],
    define: rowsOf(document.define),
    entryLong: text(entry.long),
    entryShort: text(entry.short),
    exitLong: text(exit?.long),
    exitShort: text(exit?.short),
    stopLoss: distanceDraft(stops?.stopLoss),
    takeProfit: distanceDraft(stops?.takeProfit),
    trailing: distanceDraft(stops?.trailing),
    timeStop: text(stops?.timeStop),
    sizing: sizingDraft(document.sizing),
    order: {
      type: order?.type ?? 'market',
      price: text(order?.price),
      long: text(order?.long),
      short: text(order?.short),
      timeInForce: order?.timeInForce ?? '',
    },
    filters: {
      session: text(filters?.session),
      weekdays: filters?.weekdays ?? [],
      when: text(filters?.when),
      maxOpen: text(filters?.maxOpen),
      cooldown: text(filters?.cooldown),
    },
    plot: rowsOf(document.plot),
  };
}

function rowsOf(record: Readonly<Record<string, string>> | undefined): NamedRow[] {
  return Object.entries(record ?? {}).map(([name, expression]) => ({ name, expression }));
}

type Distance = NonNullable<NonNullable<StrategyDocument['stops']>['stopLoss']>;

function distanceDraft(distance: Distance | undefined): DistanceDraft {
  if (distance === undefined) return NO_DISTANCE;
  const { percent, atr, period, price, long, short } = distance;
  const kind = percent !== undefined ? 'percent' : atr !== undefined ? 'atr' : 'price';
  return {
    kind,
    percent: text(percent),
    atr: text(atr),
    period: text(period),
    price: text(price),
    long: text(long),
    short: text(short),
  };
}

function sizingDraft(sizing: StrategyDocument['sizing']): SizingDraft {
  const none = EMPTY_DRAFT.sizing;
  if (sizing === undefined) return none;
  if (sizing === 'all') return { ...none, kind: 'all' };
  const kind = SIZE_AMOUNTS.find((name) => sizing[name] !== undefined) ?? 'percent';
  return {
    kind,
    amount: text(sizing[kind]),
    lookback: text(sizing.lookback),
    periodsPerYear: text(sizing.periodsPerYear),
    maxPercent: text(sizing.maxPercent),
    rebalance: text(sizing.rebalance),
  };
}

/** A value of a document that may not be right yet. */
export type Loose = string | number | readonly Loose[] | { readonly [key: string]: Loose };

/**
 * The document that a form says, without what is left empty. What is no number yet stays a text, so
 * that the check can say so.
 */
export function documentOf(draft: Draft): Readonly<Record<string, Loose>> {
  const { sizing, order, filters } = draft;
  return {
    ...filled({ name: draft.name }),
    description: draft.description,
    ...filled({
      version: amount(draft.version),
      source: draft.source,
      instruments: draft.instruments.split(/[\s,;]+/).filter(Boolean),
      timeframe: draft.timeframe,
      parameters: Object.fromEntries(
        draft.parameters.map(({ name, label, description, unit, ...numbers }) => [
          name,
          filled({
            default: amount(numbers.default),
            min: amount(numbers.min),
            max: amount(numbers.max),
            step: amount(numbers.step),
            label,
            description,
            unit,
          }),
        ]),
      ),
      constraints: draft.constraints.filter((each) => each.trim() !== ''),
      define: recordOf(draft.define),
    }),
    entry: filled({ long: draft.entryLong, short: draft.entryShort }),
    ...filled({
      exit: filled({ long: draft.exitLong, short: draft.exitShort }),
      stops: filled({
        stopLoss: distanceOf(draft.stopLoss),
        takeProfit: distanceOf(draft.takeProfit),
        trailing: distanceOf(draft.trailing),
        timeStop: amount(draft.timeStop),
      }),
      sizing: sizingOf(sizing),
      order:
        order.type === 'market'
          ? {}
          : filled({
              type: order.type,
              price: order.price,
              long: order.long,
              short: order.short,
              timeInForce: order.timeInForce,
            }),
      filters: filled({
        session: filters.session,
        weekdays: WEEKDAYS.filter((day) => filters.weekdays.includes(day)),
        when: filters.when,
        maxOpen: amount(filters.maxOpen),
        cooldown: amount(filters.cooldown),
      }),
      plot: recordOf(draft.plot),
    }),
  };
}

/** A number where the text is one. */
function amount(given: string): string | number {
  const trimmed = given.trim();
  const number = Number(trimmed);
  return trimmed === '' || !Number.isFinite(number) ? trimmed : number;
}

function recordOf(rows: readonly NamedRow[]): Record<string, string> {
  return Object.fromEntries(
    rows
      .filter(({ name, expression }) => name !== '' || expression !== '')
      .map(({ name, expression }) => [name, expression]),
  );
}

function distanceOf({ kind, ...given }: DistanceDraft): Record<string, Loose> {
  switch (kind) {
    case 'none':
      return {};
    case 'percent':
      return { percent: amount(given.percent) };
    case 'atr':
      return { atr: amount(given.atr), ...filled({ period: amount(given.period) }) };
    case 'price': {
      const { price, long, short } = given;
      const sides = filled({ price, long, short });
      return Object.keys(sides).length > 0 ? sides : { price: '' };
    }
  }
}

function sizingOf(sizing: SizingDraft): Loose {
  const { kind, lookback, periodsPerYear, maxPercent, rebalance } = sizing;
  if (kind === 'run') return '';
  if (kind === 'all') return 'all';
  const volatility = kind === 'volatilityTarget';
  return {
    [kind]: amount(sizing.amount),
    ...(volatility
      ? filled({ lookback: amount(lookback), periodsPerYear: amount(periodsPerYear) })
      : {}),
    ...(volatility || kind === 'riskPercent' ? filled({ maxPercent: amount(maxPercent) }) : {}),
    ...(volatility ? filled({ rebalance: amount(rebalance) }) : {}),
  };
}

/** Without texts, lists and objects that are empty. */
function filled(given: Readonly<Record<string, Loose>>): Record<string, Loose> {
  return Object.fromEntries(
    Object.entries(given).filter(([, value]) => {
      if (typeof value === 'number') return true;
      if (typeof value === 'string') return value.trim() !== '';
      return (Array.isArray(value) ? value : Object.keys(value)).length > 0;
    }),
  );
}
