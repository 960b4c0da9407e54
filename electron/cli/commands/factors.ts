import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { AdjustmentEvent } from '../../../engine/domain/adjustments.ts';
import { RenataError } from '../../../engine/domain/errors.ts';
import { isoDate } from '../../../engine/domain/time.ts';
import type { Session } from '../session.ts';
import { counted } from '../text.ts';
import { common, findInstrument, run, type CommonOptions } from './context.ts';

interface FactorFlags extends CommonOptions {
  readonly symbol: string;
}

/** `import-factors FILE --symbol AAPL`: splits and dividends of a stored instrument. */
export function addFactors(program: Command): void {
  common(
    program
      .command('import-factors <file>')
      .description('import splits and dividends of a symbol from a file of factors'),
  )
    .requiredOption('--symbol <symbol>', 'stored instrument that they belong to')
    .action(importFactors);
}

async function importFactors(file: string, flags: FactorFlags): Promise<void> {
  const path = existingFile(file, 'file');
  await run(flags, async (session) => {
    const instrumentId = await findInstrument(session, flags.symbol);
    const events = await storeFactors(session, path, instrumentId);
    return { json: { instrumentId, events }, text: `${instrumentId}: ${describeEvents(events)}` };
  });
}

/** Puts the events of a factor file in the place of those the instrument had. */
export async function storeFactors(
  session: Session,
  path: string,
  instrumentId: string,
): Promise<readonly AdjustmentEvent[]> {
  const source = { kind: 'path', path } as const;
  return (await session.call('data.importFactors', { source, instrumentId })).events;
}

/** `2 splits and 31 dividends, 2012-08-09 to 2021-02-05` */
export function describeEvents(events: readonly AdjustmentEvent[]): string {
  const splits = events.filter(({ kind }) => kind === 'split').length;
  const counts = `${counted(splits, 'split')} and ${counted(events.length - splits, 'dividend')}`;
  const days = events.map(({ day }) => day);
  if (days.length === 0) return counts;
  const [first, last] = [isoDate(Math.min(...days)), isoDate(Math.max(...days))];
  return `${counts}, ${first === last ? first : `${first} to ${last}`}`;
}

/** @throws RenataError NOT_FOUND, or BAD_INPUT for a folder, naming the option */
export function existingFile(file: string, option: string): string {
  const path = resolve(file);
  const found = statSync(path, { throwIfNoEntry: false });
  const details = { parameter: option };
  if (found === undefined) {
    throw new RenataError('NOT_FOUND', `There is no file ${path}; check its name.`, { details });
  }
  if (!found.isDirectory()) return path;
  throw new RenataError('BAD_INPUT', `${option}: ${path} is a folder; name a file in it.`, {
    details,
  });
}
