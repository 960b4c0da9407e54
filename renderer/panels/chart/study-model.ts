import type { ParameterValues } from '../../../engine/domain/parameters.ts';
import type { StudyPane, StudyStyle } from '../../../engine/domain/study.ts';
import type { Indicator } from '../../client/store.ts';

/** How the user changed the look of one output; what is absent is as the indicator has it. */
export interface OutputLook {
  /** `study-3` is a colour of the theme's palette; `#5b9bff` is the same in every theme. */
  readonly colour?: string;
  readonly width?: number;
  readonly style?: StudyStyle;
  readonly hidden?: boolean;
}

export interface IndicatorSource {
  readonly kind: 'indicator';
  readonly indicator: string;
  readonly parameters: ParameterValues;
  /** Expressions for the inputs that do not read their usual series. */
  readonly inputs: Readonly<Record<string, string>>;
}

export interface ExpressionSource {
  readonly kind: 'expression';
  readonly expression: string;
  /** Values for the `param(…)`s of the expression. */
  readonly parameters: Readonly<Record<string, number>>;
}

/** A study that the user put on the chart. */
export interface Study {
  readonly id: string;
  readonly source: IndicatorSource | ExpressionSource;
  /** Where in the palette its outputs begin, from 1. */
  readonly colour: number;
  readonly looks: Readonly<Record<string, OutputLook>>;
  /** The pane it was put into; `null` leaves it to the study: the price pane or one of its own. */
  readonly pane: string | null;
  readonly hidden: boolean;
}

/** A pane's place is its place in the list. */
export interface PanePlace {
  readonly id: string;
  /** Height relative to the other panes. */
  readonly height: number;
}

export interface StudyDocument {
  readonly version: 2;
  readonly studies: readonly Study[];
  readonly panes: readonly PanePlace[];
}

export const PRICE_PANE = 'price';
export const PALETTE_SIZE = 8;
export const MAX_STUDIES = 40;
export const MAX_WIDTH = 4;
const PRICE_HEIGHT = 3;
/** A new pane is a third of the price pane. */
const NEW_SHARE = 1 / 3;
const LEAST_SHARE = 0.05;

export const EMPTY: StudyDocument = { version: 2, studies: [], panes: [] };

/**
 * Inputs that may read any series, and what they read unless the user says; the others are columns of the
 * bars. Nothing is usual for two series that are compared: the user has to choose.
 */
export const SERIES_INPUTS: Readonly<Record<string, string>> = {
  real: 'close',
  real0: '',
  real1: '',
  periods: '14',
};

/**
 * What a chart begins with where its users are used to other values than TA-Lib's. Expressions without
 * arguments keep the catalogue's defaults; a study always writes its values out.
 */
const CHART_DEFAULTS: Readonly<Record<string, ParameterValues>> = {
  bbands: { timeperiod: 20 },
  cci: { timeperiod: 20 },
  dema: { timeperiod: 9 },
  ema: { timeperiod: 9 },
  roc: { timeperiod: 9 },
  sma: { timeperiod: 9 },
  stoch: { fastk_period: 14, slowk_period: 1, slowd_period: 3 },
  tema: { timeperiod: 9 },
  wma: { timeperiod: 9 },
};

/** The values with which an indicator is put on a chart. */
export function chartDefaults({ id, parameters }: Indicator): ParameterValues {
  const usual = parameters.map(({ name, default: value }) => [name, value] as const);
  return { ...Object.fromEntries(usual), ...CHART_DEFAULTS[id] };
}

/** The expression that computes a study. */
export function expressionOf(study: Study, indicator: Indicator | undefined): string {
  const { source } = study;
  if (source.kind === 'expression') return source.expression;
  const inputs = Object.entries(source.inputs);
  if (indicator?.inputs.includes('periods') === true && source.inputs['periods'] === undefined) {
    inputs.push(['periods', SERIES_INPUTS['periods'] ?? '']);
  }
  const parameters = (indicator?.parameters ?? []).map(({ name, default: initial }) => {
    const value = source.parameters[name] ?? initial;
    return [name, typeof value === 'string' ? JSON.stringify(value) : String(value)] as const;
  });
  const named = inputs.length > 0;
  const args = [
    ...inputs.map(([name, text]) => `${name} = ${/^\w+$/.test(text) ? text : `(${text})`}`),
    ...parameters.map(([name, text]) => (named ? `${name} = ${text}` : text)),
  ];
  return args.length === 0 ? source.indicator : `${source.indicator}(${args.join(', ')})`;
}

/** What the legend calls a study: `RSI 14`, `SMA 20 hl2`, or the expression itself. */
export function titleOf(study: Study, indicator?: Indicator): string {
  const { source } = study;
  if (source.kind === 'expression') return source.expression;
  const pattern = indicator?.group === 'Pattern Recognition';
  const name = pattern ? indicator.title : source.indicator.toUpperCase();
  // A simple average is what everybody takes it for.
  const values = Object.entries(source.parameters)
    .filter(([parameter, value]) => !(parameter.endsWith('matype') && value === 0))
    .map(([, value]) => String(value));
  return [name, values.join(', '), ...Object.values(source.inputs)]
    .filter((part) => part !== '')
    .join(' ');
}

/** A study with the indicator's defaults. */
export function studyOf(indicator: Indicator, document: StudyDocument): Study {
  const parameters = chartDefaults(indicator);
  return newStudy({ kind: 'indicator', indicator: indicator.id, parameters, inputs: {} }, document);
}

export function newStudy(source: Study['source'], document: StudyDocument): Study {
  return {
    id: freeId(document),
    source,
    colour: freeColour(document),
    looks: {},
    pane: null,
    hidden: false,
  };
}

export function withStudy(document: StudyDocument, study: Study): StudyDocument {
  return { ...document, studies: [...document.studies, study] };
}

export function replaceStudy(document: StudyDocument, study: Study): StudyDocument {
  const studies = document.studies.map((each) => (each.id === study.id ? study : each));
  return { ...document, studies };
}

/** Puts a removed study back where it was. */
export function restoreStudy(document: StudyDocument, study: Study, index: number): StudyDocument {
  const taken = document.studies.some(({ id }) => id === study.id);
  const back = taken ? { ...study, id: freeId(document) } : study;
  return { ...document, studies: document.studies.toSpliced(index, 0, back) };
}

export function withoutStudy(document: StudyDocument, id: string): StudyDocument {
  return { ...document, studies: document.studies.filter((study) => study.id !== id) };
}

function freeId({ studies, panes }: StudyDocument): string {
  const taken = new Set([...studies.map(({ id }) => id), ...panes.map(({ id }) => id)]);
  let number = studies.length + 1;
  while (taken.has(`s${number}`)) number += 1;
  return `s${number}`;
}

/** The palette's colour that the fewest studies begin with. */
function freeColour({ studies }: StudyDocument): number {
  const uses = Array.from(
    { length: PALETTE_SIZE },
    (_, index) => studies.filter(({ colour }) => colour === index + 1).length,
  );
  return uses.indexOf(Math.min(...uses)) + 1;
}

export interface ArrangedPane {
  readonly id: string;
  readonly height: number;
  readonly studies: readonly Study[];
}

/**
 * The panes of the chart from top to bottom, the price pane among them.
 * @param wanted where each study without a pane of its own choice belongs
 */
export function arrange(
  document: StudyDocument,
  wanted: (study: Study) => StudyPane,
): ArrangedPane[] {
  const paneOf = (study: Study): string =>
    study.pane ?? (wanted(study) === 'own' ? study.id : PRICE_PANE);
  const used = new Set([PRICE_PANE, ...document.studies.map(paneOf)]);
  const known = document.panes.filter(({ id }) => used.has(id));
  const price = known.find(({ id }) => id === PRICE_PANE) ?? {
    id: PRICE_PANE,
    height: PRICE_HEIGHT,
  };
  const places = known.includes(price) ? [...known] : [price, ...known];
  for (const id of used) {
    if (!places.some((place) => place.id === id)) {
      places.push({ id, height: price.height * NEW_SHARE });
    }
  }
  return places.map((place) => ({
    ...place,
    studies: document.studies.filter((study) => paneOf(study) === place.id),
  }));
}

/** Exchanges a pane with its neighbour above (-1) or below (1). */
export function movePane(
  document: StudyDocument,
  panes: readonly ArrangedPane[],
  id: string,
  by: -1 | 1,
): StudyDocument {
  const from = panes.findIndex((pane) => pane.id === id);
  const to = from + by;
  if (from < 0 || to < 0 || to >= panes.length) return document;
  const places = panes.map(placeOf);
  places.splice(to, 0, ...places.splice(from, 1));
  return { ...document, panes: places };
}

/** Makes a pane higher or lower by a factor; the others share the rest as before. */
export function resizePane(
  document: StudyDocument,
  panes: readonly ArrangedPane[],
  id: string,
  factor: number,
): StudyDocument {
  const total = panes.reduce((sum, { height }) => sum + height, 0);
  const least = total * LEAST_SHARE;
  const places = panes.map((pane) =>
    pane.id === id ? { id, height: Math.max(least, pane.height * factor) } : placeOf(pane),
  );
  return { ...document, panes: places };
}

/** Keeps the heights that the panes have on the screen, in pixels. */
export function withHeights(
  document: StudyDocument,
  panes: readonly ArrangedPane[],
  pixels: ReadonlyMap<string, number>,
): StudyDocument {
  const places = panes.map(({ id, height }) => ({
    id,
    height: (pixels.get(id) ?? height * 100) / 100,
  }));
  return { ...document, panes: places };
}

function placeOf({ id, height }: ArrangedPane): PanePlace {
  return { id, height };
}
