import type { Bar } from '../domain/bar.ts';
import type { ErrorPayload } from '../domain/errors.ts';
import type { PortfolioCall } from './portfolio-script.ts';
import type { PortfolioEvent } from './portfolio-types.ts';
import type { BarMode } from './types.ts';

/** The bars that begin at one time, by the row of their instrument. */
export interface MomentBars {
  readonly time: number;
  readonly bars: readonly (Bar | null)[];
}

/** What a strategy in code is told: everything that its run is told, in the same order. */
export type PortfolioInput =
  | { readonly kind: 'moments'; readonly moments: readonly MomentBars[]; readonly mode: BarMode }
  | { readonly kind: 'event'; readonly event: PortfolioEvent }
  | { readonly kind: 'release'; readonly instrument: number; readonly slot: number };

/** What it did with one input. */
export interface PortfolioAnswer {
  readonly calls: readonly PortfolioCall[];
  /** Why it has ended for good with this input; null while it goes on. */
  readonly ended: ErrorPayload | null;
}
