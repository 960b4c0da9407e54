import { RenataError } from '../../engine/domain/errors.ts';
import type { AdapterField, Keys, Settings } from './adapter.ts';

/** A field of an adapter's form. */
export const settingField = (
  name: string,
  label: string,
  kind: AdapterField['kind'],
  fallback: AdapterField['default'],
  help: string,
  rest: { readonly choices?: readonly string[]; readonly required?: boolean } = {},
): AdapterField => ({
  name,
  label,
  kind,
  help,
  default: fallback,
  choices: rest.choices ?? [],
  required: rest.required ?? false,
});

/** What is said of a field or key that is wrong: `what` follows its name and ends without a full stop. */
export function badSetting(name: string, what: string): RenataError {
  return new RenataError('BAD_INPUT', `${name}: ${what}.`, { details: { parameter: name } });
}

/** @throws RenataError BAD_INPUT for anything but one of the choices */
export function choiceOf<Choice extends string>(
  settings: Settings,
  name: string,
  choices: readonly Choice[],
  fallback: Choice,
): Choice {
  const given = settings[name] ?? fallback;
  const choice = choices.find((each) => each === given);
  if (choice === undefined) throw badSetting(name, `must be one of ${choices.join(', ')}`);
  return choice;
}

/** @throws RenataError BAD_INPUT for anything but a whole number of the range */
export function wholeNumberOf(
  settings: Settings,
  name: string,
  fallback: number,
  [least, most]: readonly [number, number],
): number {
  const value = settings[name] ?? fallback;
  if (typeof value !== 'number' || !Number.isInteger(value) || value < least || value > most)
    throw badSetting(name, `must be a whole number from ${least} to ${most}`);
  return value;
}

/**
 * A key as it was entered, without the spaces and line ends that copying adds; empty when there is none.
 * @throws RenataError BAD_INPUT, which does not repeat it, for what cannot be a key
 */
export function keyOf(keys: Keys, name: string): string {
  const key = keys[name]?.trim() ?? '';
  // It goes into a header: what is no plain text would break it, in an error that shows it.
  if (key !== '' && !/^[\x21-\x7E]{1,512}$/.test(key))
    throw badSetting(name, 'has characters that no key has, or too many; copy it again');
  return key;
}

/** Hosts of a venue to which its keys may be sent. */
export interface VenueHosts {
  /** How they are named to the user. */
  readonly title: string;
  /** Of the name of the host, to its end. */
  readonly host: RegExp;
  /** Ports besides the usual one. */
  readonly ports?: readonly string[];
  /** Whether an address may name a path; it may when absent. */
  readonly paths?: boolean;
}

const LOOPBACK: ReadonlySet<string> = new Set(['127.0.0.1', 'localhost', '[::1]']);

export const isThisComputer = ({ hostname }: URL): boolean => LOOPBACK.has(hostname);

/**
 * The address that a field names, the usual one where it is empty. Keys are sent there: nothing but the
 * venue's own hosts, encrypted, or this computer will do.
 * @throws RenataError BAD_INPUT
 */
export function addressOf(
  settings: Settings,
  name: string,
  usual: string,
  scheme: 'http' | 'ws',
  { title, host, ports = [], paths = true }: VenueHosts,
): URL {
  const given = settings[name];
  const wanted = typeof given === 'string' && given.trim() !== '' ? given.trim() : usual;
  let url: URL;
  try {
    url = new URL(wanted);
  } catch {
    throw badSetting(name, `"${wanted.slice(0, 80)}" is not an address; write it like ${usual}`);
  }
  const encrypted = url.protocol === `${scheme}s:`;
  const local = isThisComputer(url) && (encrypted || url.protocol === `${scheme}:`);
  const theirs = host.test(url.hostname) && encrypted && ['', ...ports].includes(url.port);
  const bare = url.username === '' && url.password === '' && url.search === '' && url.hash === '';
  if (!bare || !(local || theirs) || !(paths || url.pathname === '/')) {
    const where = `${title} over ${scheme}s${paths ? '' : ' without a path'}`;
    throw badSetting(name, `must be an address of ${where}, or of this computer`);
  }
  return url;
}

/** An address as text to which a path can be added. */
export const addressText = (url: URL): string => url.href.replace(/\/+$/, '');

/** Whether orders are real ones: the window must not call settings harmless that cannot be read. */
export const isLiveAsRead =
  (read: (settings: Settings) => { readonly live: boolean }) =>
  (settings: Settings): boolean => {
    try {
      return read(settings).live;
    } catch {
      return true;
    }
  };
