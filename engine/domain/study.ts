/** How one column of a study is drawn. `marks` stand at bars, `step` holds a value until the next. */
export const STUDY_STYLES = ['line', 'step', 'histogram', 'dots', 'area', 'marks'] as const;
export type StudyStyle = (typeof STUDY_STYLES)[number];

/** `overlay` shares the scale of the prices, `own` needs a pane of its own. */
export const STUDY_PANES = ['overlay', 'own'] as const;
export type StudyPane = (typeof STUDY_PANES)[number];

/** Conditions are `boolean`: 1, 0 or missing. `integer` columns hold whole numbers only. */
export const STUDY_VALUES = ['real', 'integer', 'boolean'] as const;
export type StudyValues = (typeof STUDY_VALUES)[number];

export interface StudyOutput {
  readonly name: string;
  readonly label: string;
  readonly values: StudyValues;
  readonly style: StudyStyle;
}

/** A `param(…)` of an expression; a bound is `null` where it has none. */
export interface StudyParameter {
  readonly name: string;
  readonly default: number;
  readonly low: number | null;
  readonly high: number | null;
  readonly step: number;
}

/** What an expression over bars is, and how it asks to be drawn. */
export interface StudyDescription {
  /** The indicator that the expression is a call of; `null` for any other expression. */
  readonly indicator: string | null;
  readonly pane: StudyPane;
  /** Horizontal lines worth drawing, such as 30 and 70. */
  readonly levels: readonly number[];
  /** Bars before the first value. */
  readonly lookback: number;
  readonly parameters: readonly StudyParameter[];
  readonly outputs: readonly StudyOutput[];
}
