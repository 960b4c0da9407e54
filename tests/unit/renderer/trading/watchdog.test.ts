import { describe, expect, test } from 'vitest';
import type { AccountView, WatchdogView } from '../../../../engine/protocol/live-schemas.ts';
import {
  actsText,
  heardText,
  namesOf,
  secondsFault,
  standing,
  wishText,
} from '../../../../renderer/panels/risk/watchdog-model.ts';

const view = (change: Partial<WatchdogView> = {}): WatchdogView => ({
  running: true,
  armed: true,
  note: '',
  seconds: 15,
  heardAt: 10_000,
  accounts: [{ account: 'PA3', flatten: false, armed: true }],
  trip: null,
  lines: [],
  ...change,
});
const away = { account: 'DU1', flatten: true, armed: false };

describe('the watchdog in the window', () => {
  test.each([
    [view(), 'Armed', 'good'],
    [view({ accounts: [] }), 'Stood down', 'ended'],
    [view({ running: false, armed: false }), 'Not running', 'doubt'],
    [view({ accounts: [...view().accounts, away] }), 'Partly armed', 'doubt'],
    [view({ armed: false, accounts: [away] }), 'Not armed', 'doubt'],
    [view({ trip: { time: 1, reason: 'It hung.' }, running: false }), 'Has stopped trading', 'bad'],
  ] as const)('%# stands as %s says', (of, word, tone) => {
    expect(standing(of)).toEqual({ word, tone });
  });

  test('says what it would do, and when it was heard', () => {
    expect(actsText({ flatten: false })).toBe('cancels orders');
    expect(actsText({ flatten: true })).toBe('cancels orders, closes positions');
    expect(heardText(view(), 13_400)).toBe('last sign of life 3 s ago');
    expect(heardText(view(), 9_000)).toBe('last sign of life 0 s ago');
    expect(heardText(view({ heardAt: null }), 0)).toBe('no sign of life yet');
    expect(heardText(view({ heardAt: null, running: false }), 0)).toBe('');
  });

  test('offers the accounts that are connected, and those that are watched and away', () => {
    const connected = [{ id: 'PAPER' }, { id: 'PA3' }] as AccountView[];
    expect(namesOf(connected, view({ accounts: [...view().accounts, away] }))).toEqual([
      'PAPER',
      'PA3',
      'DU1',
    ]);
  });

  test.each([
    ['15', undefined],
    ['5', undefined],
    ['600', undefined],
    ['4', /5 to 600/],
    ['601', /5 to 600/],
    ['1.5', /whole/],
    ['', /whole/],
    ['-5', /whole/],
  ])('%s seconds', (text, fault) => {
    if (fault === undefined) expect(secondsFault(text)).toBeUndefined();
    else expect(secondsFault(text)).toMatch(fault);
  });

  test('its button names the deed, and nothing where nothing would change', () => {
    const wish = { account: 'PA3', acts: 'cancel', seconds: '15' } as const;
    expect(wishText(view(), wish)).toBeNull();
    expect(wishText(view(), { ...wish, seconds: '30' })).toBe('Act after 30 s of silence');
    expect(wishText(view(), { ...wish, acts: 'flatten' })).toBe(
      'Watch PA3: cancel orders and close positions after 15 s of silence',
    );
    expect(wishText(view(), { ...wish, account: 'DU1' })).toBe(
      'Watch DU1: cancel orders after 15 s of silence',
    );
    expect(wishText(view(), { ...wish, account: '' })).toBeNull();
  });
});
