import { decimal, isPositive } from '../../../engine/domain/decimal.ts';
import { accountId } from '../../../engine/domain/identifiers.ts';
import { parseIsoTime, unixMillis } from '../../../engine/domain/time.ts';
import { FEE_TABLES } from '../../../engine/domain/backtest.ts';
import type { AdapterContext, AdapterField, AdapterManifest, Settings } from '../../net/adapter.ts';
import { badSetting, settingField as field } from '../../net/setting-fields.ts';
import { MarketReplayer } from './replayer.ts';
import { MarketSimulator } from './simulator.ts';
import { SimulatedVenue } from './venue.ts';

const MOST_SYMBOLS = 1000;

const FIELDS: readonly AdapterField[] = [
  field(
    'prices',
    'Prices',
    'choice',
    'simulator',
    'Where prices come from: made up, replayed from stored series, or those of other connections.',
    { choices: ['simulator', 'replay', 'connections'] },
  ),
  field(
    'symbols',
    'Made-up symbols',
    'text',
    'ALFA, BETA, GAMA, DELT',
    'Symbols of the made-up market, with commas between them; 1,000 at most.',
  ),
  field('seed', 'Seed', 'number', 1, 'The same seed gives the same prices.'),
  field('every', 'Tick interval', 'number', 250, 'Milliseconds between made-up ticks, 10 or more.'),
  field(
    'datasets',
    'Series to replay',
    'text',
    'SPX.INDEX@1d',
    'Datasets of the store, with commas between them.',
  ),
  field(
    'from',
    'Replay from',
    'text',
    '2015-01-02',
    'First day that is played, YYYY-MM-DD; what lies before it is history.',
  ),
  field(
    'pace',
    'Replay pace',
    'choice',
    'bars',
    'By the clock of the bars, or a number of bars a second.',
    { choices: ['bars', 'clock'] },
  ),
  field(
    'speed',
    'Replay speed',
    'number',
    2,
    '1 to 1,000: times faster than life, or bars a second.',
  ),
  field(
    'cash',
    'Starting cash',
    'text',
    '100000',
    'Money of the paper account when it is opened for the first time.',
  ),
  field('leverage', 'Leverage', 'number', 2, 'Buying power for each unit of equity, 1 to 10.'),
  field('fees', 'Fees', 'choice', 'ibkr-fixed', 'A published table of fees, or none.', {
    choices: ['none', ...FEE_TABLES],
  }),
  field(
    'slippageBps',
    'Slippage',
    'number',
    0,
    'Basis points that orders which take liquidity pay on top of the quote.',
  ),
  field(
    'fillBySize',
    'Fill by quoted size',
    'boolean',
    false,
    'Fills no more than the quote shows; the rest waits.',
  ),
];

/** Paper trading: the embedded default, without account, key or network. */
export const manifest: AdapterManifest = {
  id: 'simulated',
  title: 'Paper trading',
  description:
    'Orders filled by the rules of the backtest on made-up, replayed or live prices. No money is at risk.',
  roles: ['data', 'execution'],
  fields: FIELDS,
  automatic: true,
  isLive: () => false,
  // Its orders live in this process and end with it.
  secondSettings: () => null,
  open: (settings, _keys, context) => {
    const cash = decimal(String(settings['cash'] ?? '100000'), 'cash');
    if (!isPositive(cash)) throw badSetting('cash', `must be more than 0, not ${cash}`);
    const table = settings['fees'];
    const fees = FEE_TABLES.find((each) => each === table);
    const data = source(settings, context);
    const execution = new SimulatedVenue(
      {
        account: accountId('PAPER'),
        currency: 'USD',
        cash,
        leverage: number(settings, 'leverage', 1, 10),
        commission: { percent: 0, perShare: 0, minimum: 0 },
        fees: fees === undefined ? undefined : { table: fees },
        slippageBps: number(settings, 'slippageBps', 0, 1000),
        fillBySize: settings['fillBySize'] === true,
      },
      context,
      data instanceof MarketReplayer ? () => data.load() : undefined,
    );
    return data === undefined ? { execution } : { execution, data };
  },
};

function source(
  settings: Settings,
  context: AdapterContext,
): MarketSimulator | MarketReplayer | undefined {
  switch (settings['prices']) {
    case 'replay': {
      const datasets = names(settings['datasets']);
      if (datasets.length === 0)
        throw badSetting('datasets', 'name at least one dataset to replay, such as SPX.INDEX@1d');
      return new MarketReplayer(
        {
          datasets,
          from: unixMillis(parseIsoTime(String(settings['from']), 'from')),
          pace: settings['pace'] === 'clock' ? 'clock' : 'bars',
          speed: number(settings, 'speed', 1, 1000),
        },
        context,
      );
    }
    case 'connections':
      return undefined;
    default: {
      const symbols = names(settings['symbols']);
      if (symbols.length === 0 || symbols.length > MOST_SYMBOLS) {
        throw badSetting('symbols', `name 1 to ${MOST_SYMBOLS} symbols, not ${symbols.length}`);
      }
      return new MarketSimulator(
        {
          symbols,
          seed: number(settings, 'seed', 0, 4_294_967_295),
          every: number(settings, 'every', 10, 60_000),
        },
        context,
      );
    }
  }
}

function names(text: Settings[string] | undefined): readonly string[] {
  const found = String(text ?? '')
    .split(/[\s,;]+/)
    .filter((each) => each !== '');
  return [...new Set(found)];
}

function number(settings: Settings, name: string, least: number, most: number): number {
  const value = settings[name];
  if (typeof value !== 'number' || !(value >= least && value <= most)) {
    throw badSetting(name, `must be a number from ${least} to ${most}, not ${String(value)}`);
  }
  return value;
}
