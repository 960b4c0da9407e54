import { BUILT_INS } from './functions.ts';

/** A name of the expression language itself; indicators have a catalogue of their own. */
export interface LanguageName {
  readonly name: string;
  readonly kind: 'function' | 'price' | 'clock' | 'word';
  /** With its arguments; the name alone where it takes none. */
  readonly signature: string;
  readonly description: string;
}

function list(kind: LanguageName['kind'], names: Readonly<Record<string, string>>): LanguageName[] {
  return Object.entries(names).map(([signature, description]) => ({
    name: signature.split('(')[0] ?? signature,
    kind,
    signature,
    description,
  }));
}

/** Every name that the language gives a meaning, for editors that complete them. */
export const LANGUAGE_NAMES: readonly LanguageName[] = [
  ...list('price', {
    close: 'Close of the bar',
    open: 'Open of the bar',
    high: 'High of the bar',
    low: 'Low of the bar',
    volume: 'Volume of the bar, in units',
    hl2: '(high + low) / 2',
    hlc3: '(high + low + close) / 3',
    ohlc4: '(open + high + low + close) / 4',
    time: 'Start of the bar, ms since 1970, UTC',
  }),
  ...list('word', {
    and: 'True when both are true',
    or: 'True when one of both is true',
    not: 'True when it is false',
    true: 'Always',
    false: 'Never',
  }),
  ...BUILT_INS.map(({ name, signature, description }) => ({
    name,
    kind: 'function' as const,
    signature,
    description,
  })),
  ...list('function', {
    'param("name", default, low..high)': 'A named parameter with its range, for forms and sweeps.',
    'tf("1w", x)': 'x over bars of another timeframe; a bar counts once it has closed.',
    'on("SPY", x)': 'x over the bars of another stored instrument.',
  }),
  ...list('clock', {
    year: 'Year in the market’s zone',
    month: 'Month in the market’s zone, 1 to 12',
    day_of_month: 'Day of the month in the market’s zone',
    day_of_week: 'Day of the week in the market’s zone, 1 is Monday',
    hour: 'Hour of the bar’s start in the market’s zone',
    minute: 'Minute of the bar’s start in the market’s zone',
    session_bar: 'Bars since the first of the day, 0 on the first',
    session_day: 'Changes with the trading day',
  }),
];
