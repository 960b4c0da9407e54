import { describe, expect, it } from 'vitest';
import { manifest as csv } from '../../../electron/adapters/csv/manifest.ts';
import { readKeys as alpacaKeys } from '../../../electron/adapters/alpaca/settings.ts';
import { readKeys as binanceKeys } from '../../../electron/adapters/binance/settings.ts';
import type { AdapterContext } from '../../../electron/net/adapter.ts';
import {
  addressOf,
  addressText,
  choiceOf,
  isThisComputer,
  keyOf,
  settingField,
  wholeNumberOf,
  type VenueHosts,
} from '../../../electron/net/setting-fields.ts';
import { RenataError } from '../../../engine/domain/errors.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const HOSTS: VenueHosts = { title: 'venue.test', host: /(?:^|\.)venue\.test$/, ports: ['9443'] };
const USUAL = 'https://api.venue.test';

/** The sentence of the refusal, which names the field for machines, too. */
function refusal(name: string, run: () => unknown): string {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(RenataError);
    const { code, details, message } = error as RenataError;
    expect({ code, details }).toEqual({ code: 'BAD_INPUT', details: { parameter: name } });
    return message;
  }
  throw new Error('it was not refused');
}

const read = (
  given: string | number,
  scheme: 'http' | 'ws' = 'http',
  hosts: VenueHosts = HOSTS,
): string =>
  addressText(
    addressOf({ url: given }, 'url', scheme === 'http' ? USUAL : 'wss://venue.test', scheme, hosts),
  );

describe('fields of a form', () => {
  it('have no choices and are not required unless it is said', () => {
    expect(settingField('feed', 'Feed', 'choice', 'iex', 'Which.')).toEqual({
      name: 'feed',
      label: 'Feed',
      kind: 'choice',
      help: 'Which.',
      default: 'iex',
      choices: [],
      required: false,
    });
    const more = { choices: ['a', 'b'], required: true };
    expect(settingField('x', 'X', 'choice', 'a', '', more)).toMatchObject(more);
  });

  it('take one of their choices, or the usual one', () => {
    const choices = ['paper', 'live'] as const;
    expect(choiceOf({ account: 'live' }, 'account', choices, 'paper')).toBe('live');
    expect(choiceOf({}, 'account', choices, 'paper')).toBe('paper');
    for (const account of ['LIVE', '', true, 1]) {
      const message = refusal('account', () => choiceOf({ account }, 'account', choices, 'paper'));
      expect(message).toBe('account: must be one of paper, live.');
    }
  });

  it('take whole numbers of their range, ends included', () => {
    const readNumber = (rate: string | number): number =>
      wholeNumberOf({ rate }, 'rate', 5, [1, 9]);
    expect(wholeNumberOf({}, 'rate', 5, [1, 9])).toBe(5);
    expect([readNumber(1), readNumber(9)]).toEqual([1, 9]);
    for (const wrong of [0, 10, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '3'])
      expect(refusal('rate', () => readNumber(wrong))).toBe(
        'rate: must be a whole number from 1 to 9.',
      );
  });
});

describe('keys', () => {
  it('lose what copying adds', () => {
    expect(keyOf({ key: '  abc-DEF_123+/=\r\n' }, 'key')).toBe('abc-DEF_123+/=');
    expect(keyOf({}, 'key')).toBe('');
    expect(keyOf({ key: ' \n' }, 'key')).toBe('');
  });

  it('are refused without being repeated when they cannot go into a header', () => {
    for (const wrong of [
      'sec ret',
      'sec\nret',
      'sec\u0000ret',
      'secrét',
      '“secret”',
      's'.repeat(513),
    ]) {
      const message = refusal('key', () => keyOf({ key: wrong }, 'key'));
      expect(message).toBe('key: has characters that no key has, or too many; copy it again.');
    }
  });

  it('are read so by the venues', () => {
    expect(alpacaKeys({ keyId: 'PK1\n', secretKey: ' s1 ' })).toEqual({
      keyId: 'PK1',
      secretKey: 's1',
    });
    expect(refusal('secretKey', () => alpacaKeys({ keyId: 'PK1', secretKey: 's\n1' }))).not.toMatch(
      /s\n1/,
    );
    expect(binanceKeys({ apiKey: 'k\r\n', secretKey: 's' })).toEqual({
      apiKey: 'k',
      secretKey: 's',
    });
    expect(binanceKeys({ apiKey: ' ', secretKey: '' })).toBeNull();
    expect(refusal('apiKey', () => binanceKeys({ secretKey: 's' }))).toMatch(/is missing/);
  });
});

describe('addresses', () => {
  it('are the usual one where nothing is said', () => {
    for (const given of ['', '  ', 5]) expect(read(given)).toBe(USUAL);
    expect(addressText(addressOf({}, 'url', USUAL, 'http', HOSTS))).toBe(USUAL);
  });

  it('are of the venue, encrypted, or of this computer', () => {
    expect(read(' https://proxy.venue.test/v1// ')).toBe('https://proxy.venue.test/v1');
    expect(read('https://venue.test:9443')).toBe('https://venue.test:9443');
    expect(read('https://venue.test:443')).toBe('https://venue.test');
    expect(read('http://127.0.0.1:8080')).toBe('http://127.0.0.1:8080');
    expect(read('https://localhost')).toBe('https://localhost');
    expect(read('ws://[::1]:99/stream', 'ws')).toBe('ws://[::1]:99/stream');
    expect(isThisComputer(new URL('http://127.0.0.1.venue.test'))).toBe(false);
  });

  it('lead the keys nowhere else', () => {
    const wrong = [
      'http://api.venue.test',
      'wss://api.venue.test',
      'https://venue.test.example.com',
      'https://myvenue.test',
      'https://api.venue.test:8443',
      'https://user@api.venue.test',
      'https://:word@api.venue.test',
      'https://api.venue.test?to=elsewhere',
      'https://api.venue.test#x',
      'https://127.0.0.2',
      'http://localhost.example.com',
      'file:///etc/passwd',
    ];
    for (const each of wrong)
      expect(
        refusal('url', () => read(each)),
        each,
      ).toBe('url: must be an address of venue.test over https, or of this computer.');
    expect(refusal('url', () => read('https://venue.test', 'ws'))).toMatch(/over wss/);
    expect(refusal('url', () => read('http://127.0.0.1', 'ws'))).toMatch(/over wss/);
    expect(refusal('url', () => read('venue'))).toBe(
      `url: "venue" is not an address; write it like ${USUAL}.`,
    );
  });

  it('have no path where the venue has none', () => {
    const bare = { ...HOSTS, paths: false };
    expect(read('https://api.venue.test/', 'http', bare)).toBe(USUAL);
    for (const each of ['https://api.venue.test/v1', 'http://localhost/v1'])
      expect(refusal('url', () => read(each, 'http', bare))).toBe(
        'url: must be an address of venue.test over https without a path, or of this computer.',
      );
  });
});

describe('the folder of prices', () => {
  const open = (settings: Readonly<Record<string, string>>): unknown =>
    csv.open({ folder: '/prices', ...settings }, {}, {
      clock: new FakeClock(),
    } as unknown as AdapterContext);

  it('refuses what no instrument can have', () => {
    expect(refusal('calendar', () => open({ calendar: 'moon' }))).toMatch(/none, us-equity/);
    expect(refusal('assetClass', () => open({ assetClass: 'tulip' }))).toMatch(/must be one of/);
    expect(refusal('currency', () => open({ currency: '$' }))).toMatch(/"\$" is no currency/);
    expect(open({ calendar: 'crypto', assetClass: 'crypto', currency: 'usdt' })).toBeTruthy();
  });
});
