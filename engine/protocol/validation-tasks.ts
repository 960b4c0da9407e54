import type { BacktestSettings } from '../domain/backtest.ts';
import type { BarColumns } from '../domain/bar.ts';
import type { ErrorPayload } from '../domain/errors.ts';
import type { HeldBars, RowChunk, SweepSubject } from './research-tasks.ts';
import type { PackedResult } from './text-columns.ts';
import type {
  CrossValidationFindings,
  NeighbourhoodRow,
  PlateauAnswer,
  RandomEntryFindings,
  RealityCheckFindings,
  ValidationPath,
  ValidationScore,
} from './validation-schemas.ts';

/** Returns of combinations over the same periods, one after another on shared memory. */
export interface TrialReturns {
  readonly values: Float64Array;
  /** Periods of each combination. */
  readonly length: number;
}

/** Tasks that say how far results can be trusted. */
export interface ValidationTasks {
  /** Runs combinations and writes their returns. */
  readonly trialReturns: {
    readonly input: {
      readonly subject: SweepSubject;
      /** Numbers of combinations. */
      readonly list: Float64Array;
      readonly from: number;
      readonly to: number;
      readonly into: TrialReturns;
    };
    readonly output: {
      /** Sharpe ratios of one bar. */
      readonly sharpes: Float64Array;
      /** Bars of the longest trade of any. */
      readonly longestTrade: number;
      /** Varied parameters of each, as the columns of a sweep have them, row by row. */
      readonly codes: Float64Array;
      /** What the strategy threw at the combination after the last. */
      readonly failure: ErrorPayload | null;
    };
  };
  readonly crossValidate: {
    readonly input: HeldBars & {
      readonly returns: TrialReturns;
      readonly settings: BacktestSettings;
      readonly score: ValidationScore;
      readonly folds: number;
      readonly testFolds: number;
      readonly purge: number;
      readonly embargo: number;
      /** Points of a curve, at most. */
      readonly points: number;
    };
    readonly output: Pick<
      CrossValidationFindings,
      'sharpe' | 'belowMedian' | 'benchmark' | 'overfitting' | 'notes'
    > & {
      readonly groups: readonly BarRange[];
      readonly splits: readonly {
        readonly groups: readonly number[];
        readonly test: readonly BarRange[];
        readonly train: readonly BarRange[];
        /** Place in the list; -1 for none. */
        readonly choice: number;
        readonly inSample: number;
        readonly outOfSample: number;
        readonly outOfSampleReturn: number;
        readonly rank: number;
      }[];
      readonly paths: readonly ValidationPath[];
      /** Mean correlation of some of the combinations. */
      readonly correlation: number;
      /** Times, the equity of buying and holding, and of each path. */
      readonly curves: RowChunk;
    };
  };
  readonly realityCheck: {
    readonly input: HeldBars & {
      readonly returns: TrialReturns;
      readonly settings: BacktestSettings;
      readonly against: 'buy-and-hold' | 'zero';
      readonly samples: number;
      readonly blockLength: number | null;
      readonly seed: number;
    };
    readonly output: Omit<RealityCheckFindings, 'best' | 'seconds'> & {
      readonly best: { readonly place: number; readonly mean: number; readonly yearly: number };
    };
  };
  readonly randomEntries: {
    readonly input: {
      readonly bars: BarColumns;
      readonly trades: PackedResult['trades'];
      readonly settings: BacktestSettings;
      /** Commission of all fills. */
      readonly commission: number;
      readonly samples: number;
      readonly seed: number;
    };
    readonly output: Omit<RandomEntryFindings, 'seconds'>;
  };
  readonly sweepPlateau: {
    readonly input: {
      readonly table: RowChunk;
      /** Varied parameters, in the columns after the combination. */
      readonly dimensions: readonly string[];
      readonly metric: string;
      readonly radius: number;
    };
    readonly output: Pick<PlateauAnswer, 'histogram'> & {
      readonly best: FoundRow;
      readonly plateau: FoundRow;
      /** One for each dimension. */
      readonly slices: readonly Pick<
        PlateauAnswer['slices'][number],
        'values' | 'best' | 'plateau' | 'mean'
      >[];
    };
  };
}

/** A row of the table with its neighbourhood. */
export type FoundRow = Omit<NeighbourhoodRow, 'row'> & {
  readonly row: number;
  readonly score: number;
};

interface BarRange {
  readonly from: number;
  readonly to: number;
}
