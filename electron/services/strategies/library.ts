import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join, parse as parsePath } from 'node:path';
import { STRATEGIES } from '../../../engine/backtest/strategies.ts';
import { RenataError } from '../../../engine/domain/errors.ts';
import type { Parameter } from '../../../engine/domain/parameters.ts';
import { MAX_STRATEGY_TEXT } from '../../../engine/protocol/strategy-document.ts';
import type { StrategyProgram } from '../../../engine/protocol/tasks.ts';
import type { RuleProgram } from '../../../engine/strategies/rules/program.ts';
import type { Store } from '../../storage/store-client.ts';
import type { ComputePool } from '../compute.ts';
import { suggestion } from '../nearest-name.ts';
import { RESERVED_PREFIX } from '../workspace-documents.ts';
import { makeStrategyFolder } from './folder.ts';
import { readStrategyDocument } from './read-document.ts';
import { stripTypes } from './strip-types.ts';

/** Types of the strategy interface, put beside the user's files for editors. */
export const API_FILE = 'renata-strategy.d.ts';
/** Hashes of files that the user lets run outside of the sandbox. */
const TRUST = `${RESERVED_PREFIX}trusted-strategies`;

export const LANGUAGES = ['yaml', 'json', 'typescript', 'javascript'] as const;
export type Language = (typeof LANGUAGES)[number];

const EXTENSIONS: Readonly<Record<string, Language>> = {
  '.yaml': 'yaml',
  '.yml': 'yaml',
  '.json': 'json',
  '.ts': 'typescript',
  '.js': 'javascript',
};

/** A strategy that can be chosen, or a file that is to be one and why it cannot. */
export interface LibraryEntry {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly parameters: readonly Parameter[];
  readonly origin: 'built-in' | 'example' | 'user';
  readonly kind: 'built-in' | 'rules' | 'code';
  /** Path of its file; null for those of the program itself. */
  readonly file: string | null;
  readonly source: string | null;
  readonly instruments: readonly string[];
  readonly timeframe: string | null;
  /** Trades several instruments on shared cash. */
  readonly portfolio?: boolean | undefined;
  readonly trusted: boolean;
  readonly error: {
    readonly message: string;
    readonly line: number | null;
    readonly column: number | null;
  } | null;
}

/** The text of a strategy. */
export interface StrategyText {
  readonly language: Language;
  /** Its name in messages, without folders. */
  readonly file: string;
  readonly text: string;
}

/** What is needed to run one. */
export interface LoadedStrategy {
  readonly entry: LibraryEntry;
  /** Absent for those of the program itself. */
  readonly program?: StrategyProgram;
  readonly rules?: RuleProgram;
  /** What was read; absent for those of the program itself. */
  readonly text?: StrategyText;
  /** SHA-256 of its text, hex; empty for those of the program itself. */
  readonly hash: string;
}

export interface StrategyLibrary {
  /** The user's folder; made when it is first read. */
  readonly directory: string;
  list(): Promise<readonly LibraryEntry[]>;
  /** @throws RenataError NOT_FOUND, or the error of its file */
  load(id: string): Promise<LoadedStrategy>;
  /** Checks a text that is in no folder. @throws RenataError of the text */
  read(text: string, language: Language, name: string): Promise<LoadedStrategy>;
  /** Path of an example's file. @throws RenataError NOT_FOUND */
  example(id: string): Promise<string>;
  /** Lets a file of the user run outside of the sandbox until it changes; false takes it back. */
  trust(id: string, trusted: boolean): Promise<void>;
}

export interface LibraryOptions {
  readonly store: Store;
  readonly compute: ComputePool;
  readonly directory: string;
  readonly resourcesDirectory: string;
}

/** Language of a file by its name; `undefined` for one that is no strategy. */
export function languageOf(path: string): Language | undefined {
  const { ext, base } = parsePath(path);
  return base.endsWith('.d.ts') ? undefined : EXTENSIONS[ext.toLowerCase()];
}

const ID = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;

export function createStrategyLibrary(options: LibraryOptions): StrategyLibrary {
  const { store, compute, directory } = options;
  const examples = join(options.resourcesDirectory, 'strategies');
  /** What texts were found to be, by their hash and name: code is not run again for every list. */
  const known = new Map<string, Promise<LoadedStrategy>>();

  async function understand(
    text: string,
    language: Language,
    file: string,
    place: Pick<LibraryEntry, 'id' | 'origin' | 'file'>,
  ): Promise<LoadedStrategy> {
    const hash = createHash('sha256').update(text).digest('hex');
    if (language === 'yaml' || language === 'json') {
      const rules = readStrategyDocument(text, file);
      const { document, parameters } = rules;
      const entry: LibraryEntry = {
        ...place,
        title: document.name,
        description: document.description,
        parameters,
        kind: 'rules',
        source: document.source ?? null,
        instruments: document.instruments ?? [],
        timeframe: document.timeframe ?? null,
        trusted: false,
        error: null,
      };
      return {
        entry,
        program: { kind: 'rules', document },
        rules,
        text: { language, file, text },
        hash,
      };
    }
    if (text.length > MAX_STRATEGY_TEXT) {
      throw new RenataError(
        'TOO_LARGE',
        `${file}: a strategy has at most ${MAX_STRATEGY_TEXT} characters.`,
        { details: { file } },
      );
    }
    const code = language === 'typescript' ? stripTypes(text, file) : text;
    const described = await compute.run('describe', { file, code });
    const entry: LibraryEntry = {
      ...place,
      ...described,
      kind: 'code',
      trusted: false,
      error: null,
    };
    return {
      entry,
      program: { kind: 'code', file, code, trusted: false },
      text: { language, file, text },
      hash,
    };
  }

  function remembered(
    text: string,
    language: Language,
    file: string,
    place: Pick<LibraryEntry, 'id' | 'origin' | 'file'>,
  ): Promise<LoadedStrategy> {
    const key = `${createHash('sha256').update(text).digest('hex')} ${file} ${place.file ?? ''}`;
    const found = known.get(key) ?? understand(text, language, file, place);
    known.set(key, found);
    // A thread that ended has nothing to say about the file: it is asked again.
    found.catch((error: unknown) => {
      if (error instanceof RenataError && error.retryable) known.delete(key);
    });
    if (known.size > 1_000) known.delete([...known.keys()][0] ?? '');
    return found;
  }

  async function trustedHashes(): Promise<Readonly<Record<string, string>>> {
    const json = await store.loadDocument(TRUST);
    return json === null ? {} : (JSON.parse(json) as Record<string, string>);
  }

  async function prepareFolder(): Promise<void> {
    try {
      makeStrategyFolder(directory);
    } catch {
      // Without it there are no strategies of the user's own, and all others are.
      return;
    }
    const types = await readFile(join(examples, API_FILE), 'utf8').catch(() => undefined);
    const place = join(directory, API_FILE);
    const before = await readFile(place, 'utf8').catch(() => undefined);
    // A folder that cannot be written to can still be read.
    if (types !== undefined && types !== before)
      await writeFile(place, types).catch(() => undefined);
  }

  interface Found {
    readonly entry: LibraryEntry;
    readonly loaded?: LoadedStrategy;
    readonly failure?: RenataError;
  }

  async function readFolder(
    folder: string,
    origin: 'example' | 'user',
    taken: ReadonlySet<string>,
  ): Promise<Found[]> {
    const names = await readdir(folder).catch(() => [] as string[]);
    const trusted = origin === 'user' ? await trustedHashes() : {};
    const found: Found[] = [];
    for (const name of names.toSorted()) {
      const language = languageOf(name);
      if (language === undefined || name === 'tsconfig.json') continue;
      const id = parsePath(name).name;
      const place = { id, origin, file: join(folder, name) } as const;
      try {
        if (!ID.test(id))
          throw fileError(name, 'a strategy’s file name has only letters, digits, - and _');
        const same = found.some(({ entry }) => entry.id === id);
        if (taken.has(id) || same) {
          throw fileError(name, `there is a strategy "${id}" already; rename the file`);
        }
        const text = await readFile(place.file, 'utf8');
        const read = await remembered(text, language, name, place);
        found.push(withTrust(read, trusted[id] === read.hash));
      } catch (thrown) {
        const failure = thrown instanceof RenataError ? thrown : fileError(name, String(thrown));
        found.push({ entry: brokenEntry(place, language, failure), failure });
      }
    }
    return found;
  }

  async function all(): Promise<Found[]> {
    const builtIns = STRATEGIES.map((definition): Found => {
      const { id, title, description, parameters } = definition;
      const entry: LibraryEntry = {
        id,
        title,
        description,
        parameters,
        origin: 'built-in',
        kind: 'built-in',
        file: null,
        source: null,
        instruments: [],
        timeframe: null,
        trusted: true,
        error: null,
      };
      return { entry, loaded: { entry, hash: '' } };
    });
    await prepareFolder();
    const ids = new Set(builtIns.map(({ entry }) => entry.id));
    const given = await readFolder(examples, 'example', ids);
    for (const { entry } of given) ids.add(entry.id);
    return [...builtIns, ...given, ...(await readFolder(directory, 'user', ids))];
  }

  async function load(id: string): Promise<LoadedStrategy> {
    const builtIn = STRATEGIES.some((definition) => definition.id === id);
    const found = (await all()).filter(({ entry }) => entry.id === id);
    // A file whose name is taken stands beside the strategy that has it.
    const usable = found.find(({ loaded }) => loaded !== undefined) ?? found[0];
    if (usable?.loaded !== undefined) return usable.loaded;
    if (usable?.failure !== undefined && !builtIn) throw usable.failure;
    const names = (await all()).map(({ entry }) => entry.id);
    throw new RenataError('NOT_FOUND', `There is no strategy "${id}".${suggestion(id, names)}`, {
      details: { parameter: 'strategy' },
    });
  }

  return {
    directory,
    list: async () => (await all()).map(({ entry }) => entry),
    load,
    read: (text, language, name) =>
      remembered(text, language, name, { id: 'inline', origin: 'user', file: null }),
    async example(id) {
      const { entry } = await load(id);
      if (entry.file === null) {
        throw new RenataError(
          'BAD_INPUT',
          `${id} is part of Renata and has no file; choose an example with one.`,
          { details: { parameter: 'from' } },
        );
      }
      return entry.file;
    },
    async trust(id, trusted) {
      const { entry, hash } = await load(id);
      if (entry.origin !== 'user' || entry.kind !== 'code') {
        throw new RenataError('BAD_INPUT', `${id} is no strategy in code of yours.`, {
          details: { parameter: 'strategy' },
        });
      }
      const { [id]: _before, ...others } = await trustedHashes();
      await store.saveDocument(TRUST, JSON.stringify(trusted ? { ...others, [id]: hash } : others));
    },
  };
}

function withTrust(
  read: LoadedStrategy,
  trusted: boolean,
): { readonly entry: LibraryEntry; readonly loaded: LoadedStrategy } {
  const { program } = read;
  if (!trusted || program?.kind !== 'code') return { entry: read.entry, loaded: read };
  const entry = { ...read.entry, trusted };
  return { entry, loaded: { ...read, entry, program: { ...program, trusted } } };
}

function brokenEntry(
  { id, origin, file }: Pick<LibraryEntry, 'id' | 'origin' | 'file'>,
  language: Language,
  { message, details }: RenataError,
): LibraryEntry {
  const number = (name: string): number | null => {
    const value = details?.[name];
    return typeof value === 'number' ? value : null;
  };
  return {
    id: ID.test(id)
      ? id
      : id
          .replaceAll(/[^A-Za-z0-9_-]/g, '-')
          .replace(/^(?=[^A-Za-z0-9])/, 'x')
          .slice(0, 64),
    title: id.slice(0, 64),
    description: '',
    parameters: [],
    origin,
    kind: language === 'yaml' || language === 'json' ? 'rules' : 'code',
    file,
    source: null,
    instruments: [],
    timeframe: null,
    trusted: false,
    error: { message, line: number('line'), column: number('column') },
  };
}

function fileError(file: string, message: string): RenataError {
  return new RenataError('BAD_FILE', `${file}: ${message}.`, { details: { file } });
}
