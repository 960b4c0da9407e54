import type { SeriesView, StrategyDefinition, StrategySetup } from '../backtest/strategy.ts';
import { RenataError } from '../domain/errors.ts';
import { resolveParameters, type ParameterValues } from '../domain/parameters.ts';
import { CATALOGUE } from '../indicators/registry.ts';
import type { Dimension } from './dimension.ts';
import type { Rules } from './rules.ts';
import type { Space } from './space.ts';

const NOTHING: SeriesView = { at: () => Number.NaN };

/** Bars before a strategy or rule can give its first signal: the longest lead-in of its indicators. */
export function warmUpOf(owner: StrategyDefinition | Rules, parameters: ParameterValues): number {
  if (!('create' in owner)) return owner.lookback(parameters);
  let longest = 0;
  const setup: StrategySetup = {
    barCount: 0,
    indicator(id, given) {
      const definition = CATALOGUE.find(id);
      if (definition !== undefined) {
        const resolved = resolveParameters(id, definition.parameters, given);
        longest = Math.max(longest, definition.lookback(resolved));
      }
      return NOTHING;
    },
    plot: () => undefined,
  };
  owner.create(parameters, setup);
  return longest;
}

/** Warm-ups at the least and the largest values of all dimensions: windows only grow with their parameters. */
export function warmUpRange(
  space: Space,
  owner: StrategyDefinition | Rules,
): { readonly least: number; readonly most: number } {
  const extreme = (pick: (codes: readonly number[]) => number): number => {
    const codes = space.dimensions.map((dimension) => pick(endsOf(dimension)));
    return warmUpOf(owner, space.parameters(codes));
  };
  return {
    least: extreme((codes) => Math.min(...codes)),
    most: extreme((codes) => Math.max(...codes)),
  };
}

/** @throws RenataError BAD_INPUT when no combination gets beyond its warm-up */
export function requireEnoughBars(
  space: Space,
  owner: StrategyDefinition | Rules,
  bars: number,
): void {
  const { least } = warmUpRange(space, owner);
  // A crossing needs one bar more than the first value.
  if (bars > least) return;
  throw new RenataError(
    'BAD_INPUT',
    `bars: the ${bars} bars are fewer than the ${least + 1} that even the shortest windows need to begin; load more or take shorter ones.`,
    { details: { parameter: 'bars', bars, needed: least + 1 } },
  );
}

function endsOf(dimension: Dimension): readonly number[] {
  const { count, kind } = dimension;
  const ends = [dimension.code(0), dimension.code(count - 1)];
  if (kind === 'choice' || kind === 'boolean' || count > 65_536) return ends;
  for (let k = 1; k < count - 1; k += 1) ends.push(dimension.code(k));
  return ends;
}
