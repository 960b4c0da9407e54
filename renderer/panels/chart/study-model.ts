import {
  resolveParameters,
  type Parameter,
  type ParameterValues,
} from '../../../engine/domain/parameters.ts';
import { STUDY_STYLES, type StudyPane, type StudyStyle } from '../../../engine/domain/study.ts';
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

/** Inputs that may read any series; the others are columns of the bars. */
export const SERIES_INPUTS: Readonly<Record<string, string>> = {
  real: 'close',
  real0: 'close',
  real1: 'open',
  periods: '14',
};

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
  const values = Object.values(source.parameters).map(String);
  return [name, values.join(', '), ...Object.values(source.inputs)]
    .filter((part) => part !== '')
    .join(' ');
}

/** A study with the indicator's defaults. */
export function studyOf(indicator: Indicator, document: StudyDocument): Study {
  const parameters = Object.fromEntries(
    indicator.parameters.map(({ name, default: value }) => [name, value]),
  );
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

/** What was saved, and what of it could not be read. */
export interface SavedStudies {
  readonly document: StudyDocument;
  /** One line for each study that was left out. */
  readonly dropped: readonly string[];
}

/** Reads what a workspace kept, of this version or an older one; `undefined` when there is nothing. */
export function parseStudies(stored: unknown): SavedStudies | undefined {
  if (stored === null || stored === undefined) return undefined;
  if (Array.isArray(stored)) return parseFirstVersion(stored);
  const given = recordOf(stored);
  if (given?.['version'] !== 2 || !Array.isArray(given['studies'])) {
    return { document: EMPTY, dropped: ['studies saved by another version of Renata'] };
  }
  const dropped: string[] = [];
  const studies: Study[] = [];
  for (const entry of given['studies'].slice(0, MAX_STUDIES)) {
    const study = parseStudy(entry);
    if (study === undefined || studies.some(({ id }) => id === study.id)) {
      dropped.push(`${nameOf(entry)}: cannot be read`);
    } else {
      studies.push(study);
    }
  }
  const saved = Array.isArray(given['panes']) ? given['panes'] : [];
  const panes = saved.map(parsePlace).filter((place) => place !== undefined);
  const unique = panes.filter((place, i) => panes.findIndex(({ id }) => id === place.id) === i);
  return { document: { version: 2, studies, panes: unique }, dropped };
}

/** The first version kept a list of indicators and their parameters. */
function parseFirstVersion(stored: readonly unknown[]): SavedStudies {
  let document = EMPTY;
  const dropped: string[] = [];
  for (const entry of stored.slice(0, MAX_STUDIES)) {
    const given = recordOf(entry);
    const parameters = parseParameters(given?.['parameters']);
    const indicator = given?.['indicator'];
    if (typeof indicator !== 'string' || parameters === undefined) {
      dropped.push(`${nameOf(entry)}: cannot be read`);
      continue;
    }
    const source = { kind: 'indicator', indicator, parameters, inputs: {} } as const;
    document = withStudy(document, newStudy(source, document));
  }
  return { document, dropped };
}

/** Leaves studies out that the catalogue does not have or whose parameters it refuses. */
export function reconcile(saved: SavedStudies, indicators: readonly Indicator[]): SavedStudies {
  const dropped = [...saved.dropped];
  const studies = saved.document.studies.filter((study) => {
    const problem = problemOf(study, indicators);
    if (problem !== undefined) dropped.push(`${titleOf(study)}: ${problem}`);
    return problem === undefined;
  });
  return { document: { ...saved.document, studies }, dropped };
}

function problemOf({ source }: Study, indicators: readonly Indicator[]): string | undefined {
  if (source.kind === 'expression') return undefined;
  const indicator = indicators.find(({ id }) => id === source.indicator);
  if (indicator === undefined) return 'there is no such indicator';
  const unknown = Object.keys(source.inputs).find((input) => !indicator.inputs.includes(input));
  if (unknown !== undefined) return `it has no input ${unknown}`;
  try {
    resolveParameters(
      indicator.id,
      indicator.parameters as readonly Parameter[],
      source.parameters,
    );
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

function parseStudy(value: unknown): Study | undefined {
  const given = recordOf(value);
  const source = parseSource(given?.['source']);
  if (given === undefined || source === undefined) return undefined;
  const { id, colour, pane, hidden } = given;
  if (!isId(id) || (pane !== null && !isId(pane))) return undefined;
  const whole = Number.isInteger(colour) && (colour as number) >= 1;
  const looks = Object.entries(recordOf(given['looks']) ?? {}).map(
    ([name, look]) => [name, parseLook(look)] as const,
  );
  return {
    id,
    source,
    colour: whole ? (((colour as number) - 1) % PALETTE_SIZE) + 1 : 1,
    looks: Object.fromEntries(looks),
    pane,
    hidden: hidden === true,
  };
}

function parseSource(value: unknown): Study['source'] | undefined {
  const given = recordOf(value);
  const parameters = parseParameters(given?.['parameters']);
  if (given === undefined || parameters === undefined) return undefined;
  if (given['kind'] === 'expression' && typeof given['expression'] === 'string') {
    const numbers = Object.entries(parameters).filter(([, entry]) => typeof entry === 'number');
    return {
      kind: 'expression',
      expression: given['expression'],
      parameters: Object.fromEntries(numbers) as Record<string, number>,
    };
  }
  if (given['kind'] !== 'indicator' || typeof given['indicator'] !== 'string') return undefined;
  const inputs = Object.entries(recordOf(given['inputs']) ?? {}).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  );
  return {
    kind: 'indicator',
    indicator: given['indicator'],
    parameters,
    inputs: Object.fromEntries(inputs),
  };
}

function parseLook(value: unknown): OutputLook {
  const given = recordOf(value) ?? {};
  const { colour, width, hidden } = given;
  const style = STUDY_STYLES.find((known) => known === given['style']);
  const validWidth = Number.isInteger(width) && (width as number) >= 1;
  return {
    ...(typeof colour === 'string' && /^(study-[1-8]|#[0-9a-f]{6})$/i.test(colour)
      ? { colour }
      : {}),
    ...(validWidth && (width as number) <= MAX_WIDTH ? { width: width as number } : {}),
    ...(style === undefined ? {} : { style }),
    ...(hidden === true ? { hidden } : {}),
  };
}

function parsePlace(value: unknown): PanePlace | undefined {
  const { id, height } = recordOf(value) ?? {};
  const valid = typeof height === 'number' && height > 0 && height < 1_000;
  return isId(id) && valid ? { id, height } : undefined;
}

function parseParameters(value: unknown): ParameterValues | undefined {
  const given = recordOf(value);
  const entries = Object.entries(given ?? {});
  const valid = entries.every(([, entry]) =>
    ['number', 'string', 'boolean'].includes(typeof entry),
  );
  return given !== undefined && valid ? (given as ParameterValues) : undefined;
}

function recordOf(value: unknown): Record<string, unknown> | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return value as Record<string, unknown>;
}

function isId(value: unknown): value is string {
  return typeof value === 'string' && /^[a-z][a-z0-9-]{0,30}$/.test(value);
}

function nameOf(entry: unknown): string {
  const given = recordOf(entry);
  const source = recordOf(given?.['source']) ?? given;
  const name = source?.['indicator'] ?? source?.['expression'];
  return typeof name === 'string' ? name.slice(0, 60) : 'a study';
}
