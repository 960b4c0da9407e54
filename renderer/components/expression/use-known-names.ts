import { useMemo } from 'react';
import { useWorkstation } from '../../client/store.ts';
import { ofIndicator, ofLanguage, type KnownName } from './completion.ts';

/** The names that any expression can hold: those of the language and the indicators. */
export function useKnownNames(): readonly KnownName[] {
  const indicators = useWorkstation((state) => state.indicators);
  const languageNames = useWorkstation((state) => state.languageNames);
  return useMemo(
    () => [...languageNames.map(ofLanguage), ...(indicators ?? []).map(ofIndicator)],
    [languageNames, indicators],
  );
}
