import type { AdjustmentEvent } from '../domain/adjustments.ts';
import type { BacktestSettings, Statistic } from '../domain/backtest.ts';
import type { BarColumns } from '../domain/bar.ts';
import type { ErrorPayload } from '../domain/errors.ts';
import type { ParameterValues } from '../domain/parameters.ts';
import type {
  AuditFindings,
  MonteCarloFindings,
  MonteCarloRequest,
  ResearchDimension,
  SweepFindings,
} from './research-schemas.ts';
import type { ProgramTask, TaskBars, TaskInstrument } from './tasks.ts';
import type { PackedResult } from './text-columns.ts';

/** What is run by a task of research; plain data and columns on shared memory. */
export interface RunSubject {
  /** A strategy by its id, or conditions. */
  readonly strategy:
    | string
    | {
        readonly entry: string;
        readonly exit: string;
        readonly shortEntry?: string | undefined;
        readonly shortExit?: string | undefined;
      };
  /** Of a strategy that is no part of Renata. */
  readonly program?: ProgramTask | undefined;
  readonly settings: BacktestSettings;
  /** Sessions come from its calendar. */
  readonly base: TaskBars;
  /** Splits and dividends; the bars are then raw. */
  readonly events?: readonly AdjustmentEvent[] | undefined;
  /** Finer bars of the same instrument, as they are stored. */
  readonly finer?: BarColumns | undefined;
  /** Of a strategy of several instruments: what it trades, whole; `base` says which moments of it. */
  readonly portfolio?: PortfolioPart | undefined;
}

/** Several instruments on one account; `base` of the run then is an equal part of each. */
export interface PortfolioPart {
  readonly currency: string;
  readonly instruments: readonly TaskInstrument[];
}

/** Bars with what buying and holding them has to know. */
export type HeldBars = Pick<RunSubject, 'base' | 'events'>;

export interface SweepSubject extends RunSubject {
  /** Equal keys have equal everything: a thread keeps what combinations share. */
  readonly key: string;
  readonly space: {
    readonly ranges: Readonly<Record<string, string>>;
    readonly fixed: ParameterValues;
    readonly constraints: readonly string[];
  };
  /** Bytes that indicator columns may take on each thread. */
  readonly cacheBytes: number;
}

/** Rows of results as columns. */
export interface RowChunk {
  readonly names: readonly string[];
  readonly rows: number;
  readonly columns: readonly Float64Array[];
}

/** How a search goes about a space, and how long it will take. */
export interface SweepPlan {
  readonly dimensions: readonly ResearchDimension[];
  /** Columns of the results. */
  readonly names: readonly string[];
  readonly size: number;
  readonly combinations: number;
  readonly exact: boolean;
  readonly bars: number;
  readonly bytes: number;
  readonly seconds: number;
  /** The part of it after the last combination, and the time of one run event by event. */
  readonly reviewSeconds: number;
  readonly runSeconds: number;
  readonly path: 'together' | 'alone' | 'replayed' | 'events';
  readonly reason: string | null;
  readonly text: string;
  /** Bars in a year, by the settings or the bars. */
  readonly periods: number;
  /** Most bars before a first signal. */
  readonly warmUp: number;
  /** Combinations by their places; null where a place is the combination's number. */
  readonly list: Float64Array | null;
  /** Places in all. */
  readonly places: number;
  /** Places that one slice should have at most, and those without which it is not worth while. */
  readonly slice: number;
  readonly least: number;
}

/** A return series' significance; of one bar. */
export interface SharpeFigures {
  readonly sharpe: number;
  readonly count: number;
  readonly skew: number;
  readonly kurtosis: number;
}

export interface ResearchTasks {
  /** An equal part of each instrument, as one. */
  readonly portfolioBars: {
    readonly input: PortfolioPart;
    readonly output: BarColumns;
  };
  readonly sweepPlan: {
    readonly input: {
      readonly subject: SweepSubject;
      readonly search:
        | { readonly kind: 'grid' }
        | { readonly kind: 'random' | 'adaptive'; readonly count: number; readonly seed: number };
      readonly threads: number;
      /** Whether the list is wanted; an estimate has no use for it. */
      readonly list: boolean;
      /** Nanoseconds for a bar of a combination, where some were measured. */
      readonly nanoseconds?: number | undefined;
    };
    readonly output: SweepPlan;
  };
  readonly sweepSlice: {
    readonly input: {
      readonly subject: SweepSubject;
      readonly list: Float64Array | null;
      readonly from: number;
      readonly to: number;
      readonly tableBytes: number;
    };
    readonly output: SliceOutput;
  };
  /** An adaptive search from what is known until it has so many rows more. */
  readonly sweepSearch: {
    readonly input: {
      readonly subject: SweepSubject;
      readonly seed: number;
      readonly objective: string;
      /** Combinations with their scores. */
      readonly known: Float64Array;
      readonly scores: Float64Array;
      readonly rows: number;
      readonly tableBytes: number;
    };
    readonly output: Omit<SliceOutput, 'next'> & {
      /** Whether nothing is left to try. */
      readonly exhausted: boolean;
    };
  };
  /** What a finished sweep is worth. */
  readonly sweepReview: {
    readonly input: {
      readonly subject: SweepSubject;
      /** The best row, then those whose returns are compared. */
      readonly chosen: RowChunk;
      /** Parameters of all rows and their scores; null where they are too many to look for a plateau. */
      readonly table: RowChunk | null;
    };
    readonly output: {
      /** Values of the parameters that are not varied. */
      readonly fixed: ParameterValues;
      /** Its middle by its place in the table. */
      readonly plateau:
        | (Omit<NonNullable<SweepFindings['plateau']>, 'row'> & { readonly place: number })
        | null;
      readonly overfitting: SweepFindings['overfitting'];
      /** Of the best row; null when it never traded. */
      readonly sample: SharpeFigures | null;
      /** Mean correlation of the combinations that were compared; NaN for fewer than two. */
      readonly correlation: number;
      readonly notes: readonly string[];
    };
  };
  /** One run that trades nothing before `lead` bars. */
  readonly rangeRun: {
    readonly input: RunSubject & {
      readonly parameters: ParameterValues;
      readonly lead: number;
      /** How it is scored: over the columns of a sweep, of which the first are given; null for no score. */
      readonly score: {
        readonly objective: string;
        readonly names: readonly string[];
        readonly codes: Float64Array;
      } | null;
    };
    readonly output: {
      readonly equity: Float64Array;
      readonly position: Float64Array;
      readonly trades: PackedResult['trades'];
      readonly commission: number;
      readonly score: number;
    };
  };
  /** Statistics of a curve that was joined from runs. */
  readonly curve: {
    readonly input: HeldBars & {
      readonly settings: BacktestSettings;
      readonly equity: Float64Array;
      readonly position: Float64Array;
      readonly trades: PackedResult['trades'];
      readonly commission: number;
    };
    readonly output: {
      readonly statistics: readonly Statistic[];
      readonly benchmark: Float64Array;
      readonly sample: SharpeFigures;
    };
  };
  /** What the ledger keeps of a curve. */
  readonly trial: {
    readonly input: {
      readonly time: Float64Array;
      readonly capital: number;
      readonly equity: Float64Array;
      readonly riskFreeRate: number;
      readonly periodsPerYear: number | null;
      /** Times of the whole dataset. */
      readonly span: { readonly from: number; readonly to: number };
    };
    readonly output: {
      readonly sample: SharpeFigures;
      readonly periods: number;
      readonly digest: Float64Array;
    };
  };
  readonly monteCarlo: {
    readonly input: {
      readonly request: MonteCarloRequest;
      readonly returns: Float64Array;
      readonly years: number;
    };
    readonly output: Omit<MonteCarloFindings, 'seconds'>;
  };
  readonly audit: {
    readonly input: RunSubject & {
      readonly parameters: ParameterValues;
      readonly universe: 'point-in-time' | 'single' | 'current-members' | 'unknown';
      readonly cuts: number;
      readonly seed: number;
      readonly ledger: { readonly trials: number; readonly probability: number } | null;
    };
    readonly output: Pick<AuditFindings, 'grade' | 'findings' | 'passed'>;
  };
}

export interface SliceOutput {
  /** Place to go on with. */
  readonly next: number;
  readonly chunk: RowChunk;
  /** Why it ended early: what the strategy threw at the combination after the last row. */
  readonly failure: ErrorPayload | null;
}
