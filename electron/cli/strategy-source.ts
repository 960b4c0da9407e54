import { existsSync, readFileSync, statSync } from 'node:fs';
import { parse as parsePath, resolve } from 'node:path';
import { RenataError } from '../../engine/domain/errors.ts';
import type { ParameterValue } from '../../engine/domain/parameters.ts';
import type { CallInput, CallOutput } from '../../engine/protocol/contract.ts';
import { nearestName, suggestion } from '../services/nearest-name.ts';
import { languageOf } from '../services/strategies/library.ts';
import type { Session } from './session.ts';
import { parseNumber } from './values.ts';

export type StrategyEntry = CallOutput<'strategies.check'>;
export type StrategySource = CallInput<'strategies.check'>;

/** A strategy that the command line names: one of the library, or a file anywhere. */
export interface NamedStrategy {
  readonly entry: StrategyEntry;
  readonly source: StrategySource | undefined;
}

/** Whether a word of the command line is meant as a file. */
export function isFile(name: string): boolean {
  return languageOf(name) !== undefined || name.includes('/') || name.includes('\\');
}

/** @throws RenataError NOT_FOUND or BAD_INPUT */
export function readSource(file: string): StrategySource {
  const path = resolve(file);
  const language = languageOf(path);
  if (language === undefined) {
    throw new RenataError('BAD_INPUT', `${file}: a strategy is a .yaml, .json, .ts or .js file.`, {
      details: { parameter: 'strategy' },
    });
  }
  if (!existsSync(path) || !statSync(path).isFile()) {
    throw new RenataError('NOT_FOUND', `strategy: there is no file ${path}; check its name.`, {
      details: { parameter: 'strategy' },
    });
  }
  const name = parsePath(path)
    .base.replaceAll(/[^A-Za-z0-9._-]/g, '-')
    .slice(0, 80);
  const text = readFileSync(path, 'utf8');
  if (text.trim() === '' || text.length > 200_000) {
    const what = text.trim() === '' ? 'is empty' : 'has more than 200000 characters';
    throw new RenataError('BAD_FILE', `${file} ${what}.`, { details: { file } });
  }
  return { language, name: /^[A-Za-z0-9]/.test(name) ? name : `x${name}`, text };
}

/** @throws RenataError NOT_FOUND, or the error of its file */
export async function findNamed(
  session: Pick<Session, 'call'>,
  name: string,
): Promise<NamedStrategy> {
  const source = isFile(name) ? readSource(name) : undefined;
  const entry =
    source === undefined
      ? await inLibrary(session, name)
      : await session.call('strategies.check', source);
  if (entry.error === null) return { entry, source };
  const { message, line, column } = entry.error;
  throw new RenataError(entry.kind === 'code' ? 'STRATEGY_FAILED' : 'BAD_FILE', message, {
    details: {
      file: entry.file ?? name,
      ...(line === null ? {} : { line }),
      ...(column === null ? {} : { column }),
    },
  });
}

async function inLibrary(session: Pick<Session, 'call'>, name: string): Promise<StrategyEntry> {
  const all = await session.call('strategies.list', {});
  const named = all.filter(({ id }) => id === name);
  const found = named.find(({ error }) => error === null) ?? named[0];
  if (found !== undefined) return found;
  const known = all.map(({ id }) => id);
  const near = nearestName(name, known);
  const rest =
    near === undefined
      ? `; there are ${known.join(', ')}, or name a file.`
      : `. Did you mean "${near}"?`;
  throw new RenataError('NOT_FOUND', `backtest: there is no strategy "${name}"${rest}`, {
    details: { parameter: 'strategy' },
  });
}

/** Values of `--set name=value`, read as the parameters want them. */
export function readSet(
  { id, parameters }: StrategyEntry,
  given: Readonly<Record<string, string>>,
): Record<string, ParameterValue> {
  const values: Record<string, ParameterValue> = {};
  for (const [name, text] of Object.entries(given)) {
    const parameter = parameters.find((each) => each.name === name);
    if (parameter === undefined) {
      const known = parameters.map((each) => each.name);
      throw new RenataError(
        'BAD_INPUT',
        `set: ${id} has no parameter "${name}".${suggestion(name, known)}`,
        { details: { parameter: name } },
      );
    }
    if (parameter.kind === 'choice') values[name] = text;
    else if (parameter.kind === 'boolean') values[name] = readBoolean(name, text);
    else values[name] = parseNumber(text, name);
  }
  return values;
}

function readBoolean(name: string, text: string): boolean {
  if (text === 'true' || text === 'false') return text === 'true';
  throw new RenataError('BAD_INPUT', `${name}: "${text}" must be true or false.`, {
    details: { parameter: name },
  });
}
