import { createHash } from 'node:crypto';
import { open, readFile, rename, rm } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { parseDocument } from 'yaml';
import { RenataError } from '../../../engine/domain/errors.ts';
import { CATALOGUE } from '../../../engine/indicators/registry.ts';
import type { CallInput, CallOutput } from '../../../engine/protocol/contract.ts';
import {
  firstProblem,
  MAX_STRATEGY_TEXT,
  strategyDocument,
} from '../../../engine/protocol/strategy-document.ts';
import { checkRules } from '../../../engine/strategies/rules/problems.ts';
import { plainEntry } from './entries.ts';
import { makeStrategyFolder } from './folder.ts';
import { languageOf, type LibraryEntry, type StrategyLibrary } from './library.ts';
import { readStrategyDocument } from './read-document.ts';

type Problems = CallOutput<'strategies.problems'>;

/** The user's rule documents, as the strategy builder reads and writes them. */
export interface StrategyDocuments {
  /** @throws RenataError NOT_FOUND */
  get(place: CallInput<'strategies.get'>): Promise<CallOutput<'strategies.get'>>;
  /** All that is wrong with a text. */
  problems(text: string): Problems;
  /** @throws RenataError BAD_FILE for a text with problems, CONFLICT when the file has changed */
  save(request: CallInput<'strategies.save'>): Promise<CallOutput<'strategies.save'>>;
  /** @throws RenataError NOT_FOUND, BAD_INPUT for what is no document of the user */
  remove(id: string): Promise<void>;
}

export function createStrategyDocuments(
  library: StrategyLibrary,
  onChanged: () => void,
): StrategyDocuments {
  const { directory } = library;

  async function find(id: string, origin: LibraryEntry['origin']): Promise<LibraryEntry> {
    const entry = (await library.list()).find((each) => each.id === id && each.origin === origin);
    if (entry !== undefined) return entry;
    throw new RenataError('NOT_FOUND', `There is no strategy "${id}" any more.`, {
      details: { parameter: 'id' },
    });
  }

  /** A rule document of the user. */
  async function own(id: string): Promise<LibraryEntry & { readonly file: string }> {
    const entry = await find(id, 'user');
    if (entry.kind === 'rules' && entry.file !== null) return { ...entry, file: entry.file };
    throw new RenataError('BAD_INPUT', `${id} is code; change its file in your own editor.`, {
      details: { parameter: 'id' },
    });
  }

  async function freeId(name: string): Promise<string> {
    const taken = new Set((await library.list()).map(({ id }) => id.toLowerCase()));
    const stem = slugOf(name);
    for (let n = 1; ; n += 1) {
      const id = n === 1 ? stem : `${stem}-${n}`;
      if (!taken.has(id.toLowerCase())) return id;
    }
  }

  return {
    async get({ id, origin }) {
      const entry = await find(id, origin);
      const text = entry.file === null ? null : await readFile(entry.file, 'utf8');
      const whole = text !== null && text.length <= MAX_STRATEGY_TEXT;
      return {
        entry: plainEntry(entry),
        directory,
        language: entry.file === null ? null : (languageOf(entry.file) ?? null),
        text: whole ? text : null,
        hash: whole ? hashOf(text) : null,
      };
    },
    problems,
    async save({ id, hash, language, text }) {
      const before = id === null ? null : await own(id);
      const { document } = readStrategyDocument(text, before === null ? 'strategy' : `${id}`);
      const extension = before === null ? `.${language}` : extname(before.file);
      if (extension.toLowerCase() === '.json') requireJson(text);
      if (before !== null && hash !== null) {
        const now = hashOf(await readFile(before.file, 'utf8'));
        if (now !== hash) {
          throw new RenataError(
            'CONFLICT',
            `${basename(before.file)} has been changed by another program since it was opened.`,
            { details: { parameter: 'hash' } },
          );
        }
      }
      const kept = id ?? (await freeId(document.name));
      makeStrategyFolder(directory);
      await writeWhole(before?.file ?? join(directory, `${kept}${extension}`), text);
      onChanged();
      return { id: kept, hash: hashOf(text) };
    },
    async remove(id) {
      const { file } = await own(id);
      await rm(file);
      onChanged();
    },
  };
}

function problems(text: string): Problems {
  const none = { parameters: [], lookback: null };
  const whole = (message: string, path = ''): Problems => ({
    problems: [{ path, message, column: null, endColumn: null, suggestion: null }],
    ...none,
  });
  const parsed = parseDocument(text, { prettyErrors: false });
  const [broken] = parsed.errors;
  if (broken !== undefined) return whole(broken.message.split('\n')[0] ?? 'is not YAML');
  let plain: unknown;
  try {
    plain = parsed.toJS({ maxAliasCount: 100 });
  } catch (error) {
    return whole(error instanceof Error ? error.message : String(error));
  }
  const checked = strategyDocument.safeParse(plain);
  if (!checked.success) {
    const { path, message } = firstProblem(checked.error);
    return whole(message, path.join('.'));
  }
  const { parameters, lookback, problems: found } = checkRules(checked.data, CATALOGUE);
  return {
    problems: found.map((problem) => ({ ...problem })),
    parameters: [...parameters] as Problems['parameters'],
    lookback,
  };
}

function requireJson(text: string): void {
  try {
    JSON.parse(text);
  } catch (error) {
    throw new RenataError('BAD_FILE', `The file is JSON; the text is not: ${String(error)}.`);
  }
}

/** A file is there whole or as it was before, whenever the program ends. */
async function writeWhole(file: string, text: string): Promise<void> {
  const draft = `${file}.draft`;
  const handle = await open(draft, 'w');
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(draft, file);
}

/** `My 2nd cross!` as a file name: `my-2nd-cross`. */
function slugOf(name: string): string {
  const slug = name
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, 48);
  return slug === '' ? 'strategy' : slug;
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
