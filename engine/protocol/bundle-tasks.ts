import type { BarColumns } from '../domain/bar.ts';
import type { BundleBars, BundleManifest } from './run-bundle.ts';
import type { STRATEGY_LANGUAGES } from './schemas.ts';
import type { TearSheetTask } from './tasks.ts';

/** The text of a strategy as a run ran it. */
export interface RunStrategy {
  /** SHA-256 of the text, hex. */
  readonly hash: string;
  readonly language: (typeof STRATEGY_LANGUAGES)[number];
  /** Its name in messages, without folders. */
  readonly file: string;
  /** Whether it ran outside of the sandbox. */
  readonly trusted: boolean;
  readonly text: string;
}

/** Bars that a run read besides its own; null when they are not to be had any more. */
export type BundleTaskBars = Omit<BundleBars, 'barsHash' | 'barCount' | 'part'> & {
  readonly bars: BarColumns | null;
};

/** A run with all that goes into its bundle. */
export interface BundleTask {
  /** The run, the bars that it read, and what its report needs. */
  readonly sheet: TearSheetTask;
  readonly strategy: RunStrategy | null;
  readonly provenance: BundleManifest['data']['provenance'];
  readonly others: readonly BundleTaskBars[];
  readonly withBars: boolean;
}

/** A bundle that was found intact. */
export interface OpenedBundle {
  readonly manifest: BundleManifest;
  /** SHA-256 of the file up to its seal. */
  readonly hash: string;
  /** The tear sheet, as its maker wrote it: a document of somebody else. */
  readonly report: string | null;
  readonly strategyText: string | null;
  /** The bars in it, by the names of their parts; on shared memory. */
  readonly bars: Readonly<Record<string, BarColumns>>;
}

export interface BundleTasks {
  readonly writeBundle: {
    readonly input: BundleTask;
    readonly output: { readonly bytes: Uint8Array; readonly hash: string };
  };
  /** Opens and checks a bundle; nothing of it is executed. */
  readonly openBundle: {
    readonly input: { readonly file: Uint8Array };
    readonly output: OpenedBundle;
  };
}
