import { describe, expect, it } from 'vitest';
import { INDICATORS } from '../../../engine/indicators/registry.ts';
import type { Indicator } from '../../../renderer/client/store.ts';
import { searchIndicators, withRecent } from '../../../renderer/panels/chart/indicator-search.ts';

const ALL = INDICATORS as unknown as readonly Indicator[];
const NONE = { group: null, favourites: [], recent: [] };

const ids = (search: string, options: Parameters<typeof searchIndicators>[2] = NONE): string[] =>
  searchIndicators(ALL, search, options).flatMap(({ indicators }) =>
    indicators.map(({ id }) => id),
  );

describe('searching indicators', () => {
  it.each([
    ['rsi', 'rsi'],
    ['RSI', 'rsi'],
    ['macd', 'macd'],
    ['bollinger', 'bbands'],
    ['bb', 'bbands'],
    ['  simple   moving ', 'sma'],
    ['true range', 'atr'],
  ])('finds by id, alias, title and words: %s', (search, wanted) => {
    expect(ids(search).slice(0, 3)).toContain(wanted);
  });

  it('needs every word', () => {
    expect(ids('rsi xyzzy')).toEqual([]);
    expect(searchIndicators(ALL, 'xyzzy', NONE)).toEqual([]);
  });

  it('puts the exact name before names that begin with it or only hold it', () => {
    const found = ids('ma');
    expect(found.indexOf('ema')).toBeGreaterThanOrEqual(0);
    for (const [i, id] of found.entries()) {
      if (id === 'ma') expect(i).toBe(0);
    }
    expect(found.findIndex((id) => id.startsWith('ma'))).toBeLessThan(found.indexOf('ema'));
  });

  it('keeps to a group, and finds a group by its name', () => {
    const group = 'Volatility Indicators';
    const found = ids('', { ...NONE, group });
    expect(found).toEqual(ALL.filter((each) => each.group === group).map(({ id }) => id));
    expect(ids('volatility')).toEqual(expect.arrayContaining(['atr']));
  });

  it('lists favourites, then recently used ones, then everything else once by group', () => {
    const options = { group: null, favourites: ['macd', 'gone'], recent: ['rsi', 'macd', 'sma'] };
    const sections = searchIndicators(ALL, ' ', options);
    const shown = sections.map(({ title, indicators }) => [title, indicators.map(({ id }) => id)]);
    expect(shown.slice(0, 2)).toEqual([
      ['Favourites', ['macd']],
      ['Recently used', ['rsi', 'sma']],
    ]);
    const all = shown.flatMap(([, found]) => found as string[]);
    expect(all.toSorted()).toEqual(ALL.map(({ id }) => id).toSorted());
  });

  it('prefers favourites among equals', () => {
    const usual = ids('average');
    const liked = usual.at(-1) ?? '';
    expect(ids('average', { ...NONE, favourites: [liked] }).indexOf(liked)).toBeLessThan(
      usual.indexOf(liked),
    );
  });

  it('looks at each indicator once for each word', () => {
    let looks = 0;
    const counted = ALL.map(
      (each) =>
        new Proxy(each, {
          get: (target, key) => {
            if (key === 'title') looks += 1;
            return Reflect.get(target, key) as unknown;
          },
        }),
    );
    for (const search of ['a', 'aver', 'moving average', 'x y z']) {
      looks = 0;
      const found = searchIndicators(counted, search, NONE);
      expect(found.flatMap(({ indicators }) => indicators.map(({ id }) => id))).toEqual(
        ids(search),
      );
      expect(looks).toBe(search.split(' ').length * ALL.length);
    }
  });
});

describe('recently used indicators', () => {
  it('come newest first, each once, and only so many', () => {
    expect(withRecent(['a', 'b', 'c'], 'b')).toEqual(['b', 'a', 'c']);
    expect(withRecent(['a', 'b', 'c'], 'd', 3)).toEqual(['d', 'a', 'b']);
  });
});
