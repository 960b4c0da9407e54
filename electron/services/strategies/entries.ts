import { RenataError } from '../../../engine/domain/errors.ts';
import type { CallInput, CallOutput } from '../../../engine/protocol/contract.ts';
import type { LibraryEntry, StrategyLibrary } from './library.ts';

type Entry = CallOutput<'strategies.check'>;

/** An entry as it crosses the contract. */
export function plainEntry(entry: LibraryEntry): Entry {
  const { instruments, parameters } = entry;
  return {
    ...entry,
    instruments: [...instruments],
    parameters: [...parameters] as Entry['parameters'],
  };
}

export function plainEntries(entries: readonly LibraryEntry[]): Entry[] {
  return entries.map(plainEntry);
}

/** Reads a text and says what it is; an error of the text is an answer here. */
export async function checkSource(
  library: StrategyLibrary,
  { name, language, text }: CallInput<'strategies.check'>,
): Promise<LibraryEntry> {
  try {
    const { entry } = await library.read(text, language, name);
    return { ...entry, id: name };
  } catch (error) {
    if (!(error instanceof RenataError) || error.retryable) throw error;
    const number = (key: string): number | null => {
      const value = error.details?.[key];
      return typeof value === 'number' ? value : null;
    };
    return {
      id: name,
      title: name,
      description: '',
      parameters: [],
      origin: 'user',
      kind: language === 'yaml' || language === 'json' ? 'rules' : 'code',
      file: null,
      source: null,
      instruments: [],
      timeframe: null,
      trusted: false,
      error: { message: error.message, line: number('line'), column: number('column') },
    };
  }
}
