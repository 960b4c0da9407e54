/** Long work over one dataset whose results come row by row. */
export const RESEARCH_KINDS = [
  'sweep',
  'walk-forward',
  'cross-validation',
  'reality-check',
  'monte-carlo',
  'random-entry',
  'audit',
] as const;
export type ResearchKind = (typeof RESEARCH_KINDS)[number];

/** `running` in the store of a closed workstation is work that was killed; it goes on where it was. */
export const RESEARCH_STATES = ['running', 'paused', 'done', 'failed'] as const;
export type ResearchState = (typeof RESEARCH_STATES)[number];

export interface ResearchRecord {
  readonly id: string;
  readonly kind: ResearchKind;
  /** UnixMillis. */
  readonly createdAt: number;
  readonly changedAt: number;
  readonly title: string;
  readonly datasetId: string;
  /** Content hash of the bars; work goes on only over the same. */
  readonly dataHash: string;
  readonly state: ResearchState;
  /** Place from which the work goes on. */
  readonly nextPlace: number;
  readonly total: number;
  /** Why it failed or was paused. */
  readonly message: string | null;
  /** Plain JSON value: everything that decides the results. */
  readonly request: unknown;
  /** Plain JSON value once there is one. */
  readonly summary: unknown;
}

export type ResearchSummary = ResearchRecord & {
  /** Rows of results so far. */
  readonly rows: number;
};

/** Results of the places `from` (inclusive) to `to` (exclusive). */
export interface ResearchRows {
  readonly from: number;
  readonly to: number;
  readonly chunk: {
    readonly names: readonly string[];
    readonly rows: number;
    readonly columns: readonly Float64Array[];
  };
}

/** Trials that were made together: one run, or the combinations of one search. */
export interface TrialRow {
  /** Equal work on equal data has the same, and counts once. */
  readonly id: string;
  readonly dataset: string;
  readonly strategy: string;
  readonly source: string;
  readonly at: number;
  /** How many; 1 for a single run. */
  readonly trials: number;
  /** Of their Sharpe ratios a period; NaN where none is defined. */
  readonly sharpeMean: number;
  readonly sharpeDeviation: number;
  /** The whole record of a single run. */
  readonly record: unknown;
}

export interface TrialCount {
  readonly dataset: string;
  readonly trials: number;
}
