import {
  resolveParameters,
  type Parameter,
  type ParameterValues,
} from '../../../engine/domain/parameters.ts';
import { STUDY_STYLES } from '../../../engine/domain/study.ts';
import type { Indicator } from '../../client/store.ts';
import {
  EMPTY,
  MAX_STUDIES,
  MAX_WIDTH,
  newStudy,
  PALETTE_SIZE,
  titleOf,
  withStudy,
  type OutputLook,
  type PanePlace,
  type Study,
  type StudyDocument,
} from './study-model.ts';

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
    ...(typeof hidden === 'boolean' ? { hidden } : {}),
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
