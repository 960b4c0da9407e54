import type { RiskLimitsText, RiskStateView } from '../../../engine/protocol/live-schemas.ts';
import { readDecimal } from '../../components/trading/decimals.ts';

/** What a limit is of, and how it is typed. */
export interface LimitField {
  readonly name: keyof RiskLimitsText;
  readonly label: string;
  readonly help: string;
  /** `part` is typed in percent of what the limit stores as a part of one; `seconds` of milliseconds. */
  readonly kind: 'amount' | 'money' | 'part' | 'times' | 'count' | 'seconds' | 'flag' | 'choice';
  readonly choices?: readonly (readonly [string, string])[];
}

const field = (
  name: LimitField['name'],
  label: string,
  kind: LimitField['kind'],
  help: string,
  choices?: LimitField['choices'],
): LimitField => ({ name, label, kind, help, ...(choices === undefined ? {} : { choices }) });

const ON_LOSS = [
  ['reduce-only', 'only exits'],
  ['halt', 'halt'],
] as const;

export const LIMIT_GROUPS: readonly {
  readonly title: string;
  readonly fields: readonly LimitField[];
}[] = [
  {
    title: 'One order',
    fields: [
      field('maxOrderQuantity', 'Largest quantity', 'amount', 'Units of one order.'),
      field('maxOrderNotional', 'Largest value', 'money', 'What one order is worth.'),
      field('priceCollar', 'Price collar', 'part', 'How far a limit may lie beyond the market.'),
      field('maxQuoteAgeMs', 'Age of the quote', 'seconds', 'Older quotes let no entry pass.'),
    ],
  },
  {
    title: 'Positions',
    fields: [
      field('maxPositionQuantity', 'Largest position', 'amount', 'Units of one instrument.'),
      field('maxPositionNotional', 'Largest position value', 'money', 'Value of one position.'),
      field('maxConcentration', 'Concentration', 'part', 'One position, of the equity.'),
      field('maxGrossExposure', 'Gross exposure', 'part', 'All positions, of the equity.'),
      field('maxNetExposure', 'Net exposure', 'part', 'Longs less shorts, of the equity.'),
      field('maxLeverage', 'Leverage', 'times', 'Value of all positions for one of equity.'),
    ],
  },
  {
    title: 'Losses',
    fields: [
      field('maxDailyLoss', 'Loss of the day', 'money', 'Reached, it stops new risk.'),
      field('onDailyLoss', 'Then', 'choice', 'What the loss of the day does.', ON_LOSS),
      field('maxDrawdown', 'Drawdown', 'part', 'Below the highest equity.'),
      field('onDrawdown', 'Then', 'choice', 'What the drawdown does.', ON_LOSS),
    ],
  },
  {
    title: 'Pace',
    fields: [
      field('maxOrders', 'Orders in a period', 'count', 'How many may be given in it.'),
      field('perMs', 'Period', 'seconds', 'Length of the period.'),
      field('duplicateWindowMs', 'No double within', 'seconds', 'The same order is a slip.'),
      field('maxOpenOrders', 'Open orders', 'count', 'How many may work at once.'),
    ],
  },
  {
    title: 'Permissions',
    fields: [
      field('hours', 'Hours', 'choice', 'When orders are taken.', [
        ['regular', 'regular'],
        ['extended', 'extended'],
        ['any', 'any'],
      ]),
      field('allowShort', 'Short selling', 'flag', ''),
      field('allowFractional', 'Fractions', 'flag', ''),
      field('allowMarketOrders', 'Market orders', 'flag', ''),
      field('buyingPower', 'Check buying power', 'flag', ''),
    ],
  },
];

export const LIMIT_FIELDS: readonly LimitField[] = LIMIT_GROUPS.flatMap(({ fields }) => fields);

/** Limits as they are typed, and the restricted symbols one a line. */
export type LimitsForm = Readonly<Record<string, string | boolean>>;

type Stored = RiskStateView['scopes'][number]['limits'];

/** What a scope without limits of its own has. */
const NEUTRAL: Readonly<Record<string, string | boolean>> = {
  onDailyLoss: 'reduce-only',
  onDrawdown: 'halt',
  hours: 'any',
  allowShort: true,
  allowFractional: true,
  allowMarketOrders: true,
  buyingPower: false,
};

export function formOf(limits: Stored): LimitsForm {
  const form: Record<string, string | boolean> = {};
  for (const { name, kind } of LIMIT_FIELDS) {
    const value = limits[name] as string | number | boolean | null | undefined;
    if (kind === 'flag' || kind === 'choice')
      form[name] =
        typeof value === 'string' || typeof value === 'boolean' ? value : (NEUTRAL[name] ?? '');
    else if (value === null || value === undefined) form[name] = '';
    else if (kind === 'part') form[name] = shifted(String(value), 2);
    else if (kind === 'seconds') form[name] = shifted(String(value), -3);
    else form[name] = String(value);
  }
  form['restricted'] = (limits.restricted ?? [])
    .map(({ symbol, reason }) => (reason === '' ? symbol : `${symbol} ${reason}`))
    .join('\n');
  return form;
}

/** A decimal with its point moved: no digit is lost or made up. */
export function shifted(text: string, places: number): string {
  const [whole = '', fraction = ''] = text.replace(/^-/, '').split('.');
  const digits = whole + fraction;
  const point = whole.length + places;
  const padded =
    point <= 0
      ? `0.${'0'.repeat(-point)}${digits}`
      : point >= digits.length
        ? digits + '0'.repeat(point - digits.length)
        : `${digits.slice(0, point)}.${digits.slice(point)}`;
  return readDecimal(`${text.startsWith('-') ? '-' : ''}${padded}`) ?? text;
}

/** Only what differs from what holds now, or what is wrong by field. */
export function changedLimits(
  form: LimitsForm,
  before: Stored,
):
  | { readonly limits: Partial<RiskLimitsText> }
  | { readonly errors: Readonly<Record<string, string>> } {
  const errors: Record<string, string> = {};
  const limits: Record<string, unknown> = {};
  const old = formOf(before);
  for (const { name, kind } of LIMIT_FIELDS) {
    const typed = form[name];
    if (typed === undefined || typed === old[name]) continue;
    if (kind === 'flag' || kind === 'choice') {
      limits[name] = typed;
      continue;
    }
    const text = String(typed).trim();
    if (text === '') {
      limits[name] = null;
      continue;
    }
    const value = readDecimal(text);
    if (value === undefined) errors[name] = 'This is not a number.';
    else if (value.startsWith('-')) errors[name] = 'Give 0 or more, or nothing for no limit.';
    else if (kind === 'part') limits[name] = shifted(value, -2);
    else if (kind === 'seconds' || kind === 'count') {
      const whole = Number(kind === 'seconds' ? shifted(value, 3) : value);
      if (Number.isSafeInteger(whole)) limits[name] = whole;
      else errors[name] = kind === 'count' ? 'Give a whole number.' : 'Give thousandths at most.';
    } else limits[name] = value;
  }
  const restricted = form['restricted'];
  if (restricted !== undefined && restricted !== old['restricted']) {
    limits['restricted'] = readRestricted(String(restricted), before.restricted ?? []);
  }
  if (Object.keys(errors).length > 0) return { errors };
  return { limits };
}

/** One symbol a line, with the reason after it; a symbol that stays keeps its last day. */
function readRestricted(
  text: string,
  before: RiskLimitsText['restricted'],
): RiskLimitsText['restricted'] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .map((line) => {
      const [first = '', ...reason] = line.split(/\s+/);
      const symbol = first.toUpperCase();
      const known = before.find((each) => each.symbol === symbol);
      return { symbol, until: known?.until ?? null, reason: reason.join(' ').slice(0, 256) };
    });
}

export function unitOf(kind: LimitField['kind'], currency: string): string | undefined {
  switch (kind) {
    case 'amount':
      return 'units';
    case 'money':
      return currency;
    case 'part':
      return '%';
    case 'times':
      return '×';
    case 'seconds':
      return 's';
    default:
      return undefined;
  }
}
