import type { RunSummary } from '../../engine/protocol/schemas.ts';
import type { StrategyLibrary } from './strategies/library.ts';

/** What the strategy of a run is called. */
export type TitleOfRun = (
  summary: Pick<RunSummary, 'request' | 'strategyTitle'>,
) => Promise<string>;

/** The title that a run keeps; for one without it that of the strategy now, or its id once it is gone. */
export function createRunTitles(library: Pick<StrategyLibrary, 'list'>): TitleOfRun {
  return async ({ request, strategyTitle }) => {
    if (strategyTitle !== undefined) return strategyTitle;
    const entries = await library.list();
    const known = entries.find(({ id, error }) => id === request.strategy && error === null);
    return known?.title ?? request.strategy;
  };
}
