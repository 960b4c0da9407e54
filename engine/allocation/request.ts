import type { View } from './black-litterman.ts';
import type { Constraints } from './constraints.ts';
import type { CovarianceEstimator } from './covariance.ts';
import type { HierarchicalMetric } from './hierarchical.ts';

/** How weights are chosen; formulas and sources in docs/allocation.md. Rates and returns are per bar. */
export type AllocationMethod =
  | { readonly kind: 'equal-weight' }
  | { readonly kind: 'inverse-volatility' }
  | { readonly kind: 'minimum-variance' }
  | { readonly kind: 'maximum-sharpe'; readonly riskFreeRate?: number }
  /** The least variance with an expected return of at least the target. */
  | { readonly kind: 'target-return'; readonly target: number }
  /** The most of μ' w − δ/2 w' Σ w. */
  | { readonly kind: 'mean-variance'; readonly riskAversion: number }
  | { readonly kind: 'maximum-diversification' }
  | { readonly kind: 'maximum-decorrelation' }
  /** Budgets in the order of the assets, above 0; equal unless given. */
  | { readonly kind: 'risk-parity'; readonly budgets?: readonly number[] }
  | { readonly kind: 'hierarchical-risk-parity'; readonly metric?: HierarchicalMetric }
  | {
      readonly kind: 'black-litterman';
      /** Market weights in the order of the assets. */
      readonly market: readonly number[];
      readonly views: readonly View[];
      /** 2.5 unless given. */
      readonly riskAversion?: number;
      /** 0.05 unless given. */
      readonly tau?: number;
      /** What the posterior is used for; the utility of the same risk aversion unless given. */
      readonly objective?: 'mean-variance' | 'maximum-sharpe';
    }
  /** Confidence is the part of bars that are not the tail, 0.95 unless given. */
  | { readonly kind: 'minimum-cvar'; readonly confidence?: number };

export interface AllocationRequest {
  readonly assets: readonly string[];
  readonly method: AllocationMethod;
  /** Simple returns a bar, a column an asset, oldest first. */
  readonly returns?: readonly Float64Array[];
  /** Instead of estimating it: n × n numbers row by row. */
  readonly covariance?: Float64Array;
  /** Instead of the means of the returns. */
  readonly expected?: Float64Array;
  /** The sample covariance unless given. */
  readonly estimator?: CovarianceEstimator;
  readonly constraints?: Constraints;
}

/** Weights and what they come to; figures are per bar, by the estimates that were used. */
export interface Allocation {
  readonly method: AllocationMethod['kind'];
  readonly assets: readonly string[];
  readonly weights: Float64Array;
  /** NaN when neither returns nor expected returns are given. */
  readonly expectedReturn: number;
  readonly volatility: number;
  /** Parts of the variance, summing to 1. */
  readonly riskContributions: Float64Array;
  /** Mean loss of the worst part of the returns at the method's confidence, or 0.95; NaN without returns. */
  readonly cvar: number;
  /** Σ |new − now| when current weights were given, else NaN. */
  readonly turnover: number;
  /** How far the covariance was pulled to its target, 0 to 1. */
  readonly shrinkage: number;
  /** What a careful user would want to know: repaired inputs, weights that were moved. */
  readonly warnings: readonly string[];
}
