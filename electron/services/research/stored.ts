import type {
  AuditRequest,
  CrossValidationRequest,
  MonteCarloRequest,
  RandomEntryRequest,
  RealityCheckRequest,
  ResearchDimension,
  SweepRequest,
  WalkForwardRequest,
} from '../../../engine/protocol/research-schemas.ts';
import type { BarFile } from './subject.ts';

interface Searched {
  readonly dimensions: readonly ResearchDimension[];
  /** Columns of the results. */
  readonly names: readonly string[];
  /** Where the bars are not stored ones. */
  readonly file?: BarFile | undefined;
  /** SHA-256 of the strategy's text. */
  readonly strategyHash: string;
  /** Hash of sessions, splits and dividends, finer bars; absent where it began without any. */
  readonly marketHash?: string;
}

/** What the store keeps of a request: everything that is needed to go on with it and to show it. */
export type StoredRequest =
  | ({ readonly kind: 'sweep'; readonly request: SweepRequest } & Searched)
  | ({ readonly kind: 'walk-forward'; readonly request: WalkForwardRequest } & Searched)
  | ({ readonly kind: 'cross-validation'; readonly request: CrossValidationRequest } & Searched)
  | { readonly kind: 'reality-check'; readonly request: RealityCheckRequest }
  | { readonly kind: 'random-entry'; readonly request: RandomEntryRequest }
  | { readonly kind: 'monte-carlo'; readonly request: MonteCarloRequest }
  | {
      readonly kind: 'audit';
      readonly request: AuditRequest;
      readonly file?: BarFile | undefined;
      readonly strategyHash: string;
      readonly marketHash?: string;
    };
