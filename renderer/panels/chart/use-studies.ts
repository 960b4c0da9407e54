import { useEffect, useMemo, useState } from 'react';
import { useSaved } from '../../client/saved.ts';
import type { Indicator } from '../../client/store.ts';
import { parseStudies, reconcile, type SavedStudies } from './saved-studies.ts';
import { EMPTY, withStudy, type StudyDocument } from './study-model.ts';

/** What a new workspace shows. */
const FIRST: StudyDocument = ['s1', 's2'].reduce<StudyDocument>(
  (document, id, index) =>
    withStudy(document, {
      id,
      source: {
        kind: 'indicator',
        indicator: 'sma',
        parameters: { timeperiod: index === 0 ? 10 : 30 },
        inputs: {},
      },
      colour: index + 1,
      looks: {},
      pane: null,
      hidden: false,
    }),
  EMPTY,
);
const NOTHING_DROPPED: SavedStudies = { document: FIRST, dropped: [] };
/** Saved studies that cannot be shown are named up to so many. */
const MOST_NAMED = 4;

export interface Studies {
  readonly document: StudyDocument;
  readonly save: (document: StudyDocument) => void;
  /** Why saved studies are missing; `null` when none are. */
  readonly dropped: string | null;
  /** False until the saved studies and the catalogue are there. */
  readonly ready: boolean;
}

/** The chart's studies as the workspace keeps them. */
export function useStudies(indicators: readonly Indicator[] | null): Studies {
  const [saved, setSaved, loaded] = useSaved('chart.studies', NOTHING_DROPPED, parseStudies, {
    write: ({ document }) => document,
  });
  const [dropped, setDropped] = useState<string | null>(null);
  const checked = useMemo(
    () => (indicators === null || !loaded ? null : reconcile(saved, indicators)),
    [saved, indicators, loaded],
  );
  useEffect(() => {
    if (checked === null || checked.dropped.length === 0) return;
    const named = checked.dropped.slice(0, MOST_NAMED).join('; ');
    const more = checked.dropped.length - MOST_NAMED;
    setDropped(`Saved studies were left out: ${named}${more > 0 ? `; and ${more} more` : ''}`);
    setSaved({ document: checked.document, dropped: [] });
  }, [checked, setSaved]);
  return {
    document: checked?.document ?? EMPTY,
    save: (document) => setSaved({ document, dropped: [] }),
    dropped,
    ready: checked !== null,
  };
}
