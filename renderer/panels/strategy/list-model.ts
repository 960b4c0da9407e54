import type { Strategy } from '../../client/store.ts';

export interface StrategyGroup {
  readonly title: string;
  readonly strategies: readonly Strategy[];
}

const ORIGINS: readonly (readonly [origin: Strategy['origin'], title: string])[] = [
  ['user', 'Yours'],
  ['example', 'Examples'],
  ['built-in', 'Built-in'],
];

/** Strategies that hold every word of a search in their title, id or description, by where they come from. */
export function groupsOf(strategies: readonly Strategy[], search: string): StrategyGroup[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  return ORIGINS.map(([origin, title]) => ({
    title,
    strategies: strategies
      .filter((each) => each.origin === origin)
      .filter(({ id, title: name, description }) => {
        const text = `${id} ${name} ${description}`.toLowerCase();
        return words.every((word) => text.includes(word));
      }),
  })).filter(({ strategies: found }) => found.length > 0);
}

/** The key of a row: a broken file may have the id of another strategy. */
export function keyOf({ id, origin, file }: Strategy): string {
  return `${origin} ${id} ${file ?? ''}`;
}
