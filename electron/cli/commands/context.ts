import type { Command } from 'commander';
import type { Adjustment } from '../../../engine/domain/bar.ts';
import type { DatasetSummary } from '../../../engine/domain/dataset.ts';
import { RenataError } from '../../../engine/domain/errors.ts';
import { timeframe as parseTimeframe } from '../../../engine/domain/timeframe.ts';
import { suggestion } from '../../services/nearest-name.ts';
import { withWorkstation, type Session } from '../session.ts';
import { openTerminal, type Terminal } from '../terminal.ts';
import { parseDataDirectory } from '../values.ts';

/** Options that every command takes. */
export interface CommonOptions {
  readonly dataDir?: string;
  readonly json?: boolean;
}

export function common(command: Command): Command {
  return command
    .option(
      '--data-dir <dir>',
      'store to use (default: the desktop app’s, or RENATA_DATA_DIR)',
      parseDataDirectory,
    )
    .option('--json', 'one JSON document on standard output');
}

/** Opens the store, does the work, and prints what it gives: JSON when asked for, else lines for people. */
export async function run(
  options: CommonOptions,
  work: (session: Session, terminal: Terminal) => Promise<{ json: unknown; text: string }>,
): Promise<void> {
  const terminal = openTerminal({ json: options.json === true });
  const result = await withWorkstation(
    terminal,
    { kind: 'store', directory: options.dataDir },
    (session) => work(session, terminal),
  );
  print(terminal, result);
  await terminal.flush();
}

/** JSON has no NaN: what is not defined is null. */
export function print(terminal: Terminal, result: { json: unknown; text: string }): void {
  if (!terminal.json) {
    if (result.text !== '')
      terminal.write(result.text.endsWith('\n') ? result.text : `${result.text}\n`);
    return;
  }
  const text = JSON.stringify(
    result.json,
    (_key, value: unknown) => (typeof value === 'number' && !Number.isFinite(value) ? null : value),
    2,
  );
  terminal.write(`${text}\n`);
}

/**
 * Tells when prices were asked for that need splits and dividends, and none are stored: they are then
 * what they were as imported.
 */
export function noteAdjustment(
  session: Session,
  { instrumentId, symbol, current, splits, dividends }: DatasetSummary,
  adjustment: Adjustment,
): void {
  const stored = current.provenance.adjustment;
  if (adjustment === 'raw' || adjustment === stored || splits + dividends > 0) return;
  session.note(
    `renata: no splits or dividends are stored for ${symbol}, so its ${adjustment} prices are the ${stored} ones; import them with renata import-factors FILE --symbol ${instrumentId}`,
  );
}

/** Tells that raw prices jump where stored splits lie, for what has no notes of its own. */
export function noteSplits(
  session: Session,
  { symbol, splits }: DatasetSummary,
  adjustment: Adjustment,
): void {
  if (adjustment !== 'raw' || splits === 0) return;
  const lie = splits === 1 ? 'its split lies' : `its ${splits} splits lie`;
  session.note(`renata: raw prices of ${symbol} jump where ${lie}; --adjust split takes that out`);
}

/**
 * The instrument of a symbol, `SYMBOL` or `SYMBOL.VENUE`.
 * @throws RenataError NOT_FOUND with the nearest symbol, BAD_INPUT when it trades on several venues
 */
export async function findInstrument(session: Session, symbol: string): Promise<string> {
  const ids = new Set((await findNamed(session, symbol)).map((each) => each.instrumentId));
  const [id] = ids;
  if (id !== undefined && ids.size === 1) return id;
  throw new RenataError(
    'BAD_INPUT',
    `symbol: "${symbol}" is the symbol of ${[...ids].join(' and ')}; name one of them.`,
    { details: { parameter: 'symbol' } },
  );
}

/**
 * The dataset of a symbol, `SYMBOL` or `SYMBOL.VENUE`.
 * @throws RenataError NOT_FOUND with the nearest symbol, BAD_INPUT when several timeframes fit
 */
export async function findDataset(
  session: Session,
  symbol: string,
  frame: string | undefined,
): Promise<DatasetSummary> {
  const named = await findNamed(session, symbol);
  const timeframe = frame === undefined ? undefined : parseTimeframe(frame);
  const fitting = named.filter((each) => timeframe === undefined || each.timeframe === timeframe);
  const [found] = fitting;
  if (found !== undefined && fitting.length === 1) return found;
  const frames = named.map((each) => each.timeframe).join(', ');
  throw new RenataError(
    found === undefined ? 'NOT_FOUND' : 'BAD_INPUT',
    `timeframe: ${symbol.trim().toUpperCase()} has bars of ${frames}; choose one with --timeframe.`,
    { details: { parameter: 'timeframe' } },
  );
}

async function findNamed(session: Session, symbol: string): Promise<readonly DatasetSummary[]> {
  const all = (await session.call('data.list', {})) as unknown as readonly DatasetSummary[];
  const wanted = symbol.trim().toUpperCase();
  const named = all.filter((each) => each.symbol === wanted || each.instrumentId === wanted);
  if (named.length > 0) return named;
  const known = [...new Set(all.map((each) => each.symbol))];
  throw new RenataError(
    'NOT_FOUND',
    `symbol: there are no bars of "${symbol}".${suggestion(symbol, known)} Import a file with renata import-data, or list them with renata list-data.`,
    { details: { parameter: 'symbol' } },
  );
}
