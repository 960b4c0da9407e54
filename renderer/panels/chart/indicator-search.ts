import type { Indicator } from '../../client/store.ts';

export interface SearchOptions {
  /** Only this group; `null` is all of them. */
  readonly group: string | null;
  readonly favourites: readonly string[];
  readonly recent: readonly string[];
}

/** A part of the list with a heading of its own. */
export interface FoundSection {
  readonly title: string;
  readonly indicators: readonly Indicator[];
}

/**
 * Finds indicators by id, alias, title and group, best first. Every word has to be found. Without a
 * search favourites and recently used ones come first, then all by group.
 */
export function searchIndicators(
  indicators: readonly Indicator[],
  search: string,
  options: SearchOptions,
): FoundSection[] {
  const inGroup = indicators.filter(
    ({ group }) => options.group === null || group === options.group,
  );
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return browse(inGroup, options);
  const scored = inGroup.flatMap((indicator) => {
    const scores = words.map((word) => scoreOf(indicator, word));
    if (scores.includes(0)) return [];
    const liked = options.favourites.includes(indicator.id) ? 0.5 : 0;
    const used = options.recent.includes(indicator.id) ? 0.25 : 0;
    const score = scores.reduce((sum, each) => sum + each, 0) / words.length + liked + used;
    return [{ indicator, score }];
  });
  // The sort is stable: equals keep the catalogue's order.
  const sorted = scored.toSorted((a, b) => b.score - a.score).map(({ indicator }) => indicator);
  return sorted.length === 0 ? [] : [{ title: 'Found', indicators: sorted }];
}

function browse(indicators: readonly Indicator[], options: SearchOptions): FoundSection[] {
  const byId = new Map(indicators.map((indicator) => [indicator.id, indicator]));
  const pick = (ids: readonly string[]): Indicator[] =>
    ids.map((id) => byId.get(id)).filter((indicator) => indicator !== undefined);
  const favourites = pick(options.favourites);
  const recent = pick(options.recent).filter(({ id }) => !options.favourites.includes(id));
  const groups = [...new Set(indicators.map(({ group }) => group))];
  const onTop = new Set([...favourites, ...recent]);
  return [
    { title: 'Favourites', indicators: favourites },
    { title: 'Recently used', indicators: recent },
    ...groups.map((title) => ({
      title,
      indicators: indicators.filter(
        (indicator) => indicator.group === title && !onTop.has(indicator),
      ),
    })),
  ].filter((section) => section.indicators.length > 0);
}

/** 0 where the word is not found; the more it names this very indicator, the higher. */
function scoreOf({ id, aliases, title, group }: Indicator, word: string): number {
  if (id === word) return 10;
  if (aliases.includes(word)) return 9;
  if (id.startsWith(word)) return 8;
  const name = title.toLowerCase();
  if (name.startsWith(word)) return 7;
  if (aliases.some((alias) => alias.startsWith(word))) return 6;
  if (wordStarts(name, word)) return 5;
  if (id.includes(word)) return 4;
  if (name.includes(word) || aliases.some((alias) => alias.includes(word))) return 3;
  return wordStarts(group.toLowerCase(), word) ? 1 : 0;
}

function wordStarts(text: string, word: string): boolean {
  return text.split(/[^\p{L}\p{N}]+/u).some((part) => part.startsWith(word));
}

/** Used ones, newest first. */
export function withRecent(recent: readonly string[], id: string, most = 8): string[] {
  return [id, ...recent.filter((each) => each !== id)].slice(0, most);
}
