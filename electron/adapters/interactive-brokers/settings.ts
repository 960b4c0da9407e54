import type { AdapterField, Settings } from '../../net/adapter.ts';
import { badSetting } from '../../net/setting-fields.ts';
import { REGIONS, type Region } from './breaks.ts';

export interface TwsSettings {
  readonly host: string;
  readonly port: number;
  readonly clientId: number;
  readonly live: boolean;
  readonly region: Region;
  readonly delayedData: boolean;
  readonly regularHours: boolean;
  readonly answerTimeout: number;
}

/** Ports that TWS and IB Gateway use for accounts with real money, unless they are changed. */
export const LIVE_PORTS: readonly number[] = [7496, 4001];

const field = (
  name: string,
  label: string,
  help: string,
  rest: Partial<AdapterField> & Pick<AdapterField, 'kind'>,
): AdapterField => ({ name, label, help, choices: [], default: null, required: false, ...rest });

export const FIELDS: readonly AdapterField[] = [
  field(
    'mode',
    'Accounts',
    'Paper or live. What the accounts are is seen by their names; live accounts are refused while this says paper.',
    {
      kind: 'choice',
      choices: ['paper', 'live'],
      default: 'paper',
      required: true,
    },
  ),
  field('host', 'Host', 'Where TWS or IB Gateway runs; normally this computer.', {
    kind: 'text',
    default: '127.0.0.1',
    required: true,
  }),
  field(
    'port',
    'Port',
    'Socket port of its API settings: TWS 7497 paper, 7496 live; IB Gateway 4002 paper, 4001 live.',
    {
      kind: 'number',
      default: 7497,
      required: true,
    },
  ),
  field(
    'clientId',
    'Client id',
    'A number of its own for each program. 0 also gets hold of orders that are entered in TWS by hand.',
    {
      kind: 'number',
      default: 0,
      required: true,
    },
  ),
  field('region', 'Region', 'Where the account is kept; decides when the nightly reset is.', {
    kind: 'choice',
    choices: [...REGIONS],
    default: 'america',
  }),
  field(
    'delayedData',
    'Delayed data',
    'Ask for delayed prices where real-time data is not subscribed.',
    {
      kind: 'boolean',
      default: false,
    },
  ),
  field(
    'regularHours',
    'Regular hours only',
    'Leave out bars from before the open and after the close.',
    {
      kind: 'boolean',
      default: true,
    },
  ),
];

/** @throws RenataError BAD_INPUT naming the field that is wrong */
export function readSettings(settings: Settings): TwsSettings {
  const value = (name: string): string | number | boolean | null =>
    settings[name] ?? FIELDS.find((each) => each.name === name)?.default ?? null;
  const whole = (name: string, least: number, most: number): number => {
    const number = Number(value(name));
    if (!Number.isInteger(number) || number < least || number > most) {
      throw badSetting(name, `must be a whole number from ${least} to ${most}`);
    }
    return number;
  };
  const host = String(value('host')).trim();
  if (!/^[A-Za-z0-9.:_-]{1,253}$/.test(host))
    throw badSetting('host', 'must be a host name or address, such as 127.0.0.1');
  const mode = value('mode');
  if (mode !== 'paper' && mode !== 'live') throw badSetting('mode', 'must be paper or live');
  const region = REGIONS.find((each) => each === value('region'));
  if (region === undefined) throw badSetting('region', `must be one of ${REGIONS.join(', ')}`);
  return {
    host,
    port: whole('port', 1, 65_535),
    clientId: whole('clientId', 0, 999_999),
    live: mode === 'live',
    region,
    delayedData: value('delayedData') === true,
    regularHours: value('regularHours') !== false,
    answerTimeout: 10_000,
  };
}

/** Paper accounts have names that begin with D; all others hold real money. */
export function isLiveAccount(name: string): boolean {
  return !/^D[A-Z]?\d/.test(name);
}
