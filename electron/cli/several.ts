import type { Adjustment } from '../../engine/domain/bar.ts';
import type { DatasetSummary } from '../../engine/domain/dataset.ts';
import { RenataError } from '../../engine/domain/errors.ts';
import { findDataset, noteAdjustment } from './commands/context.ts';
import type { Session } from './session.ts';

/**
 * The bars of the first of several instruments, which are those of the request; the others are looked for,
 * too, so that one that is missing is told at once.
 * @throws RenataError BAD_INPUT, NOT_FOUND for an instrument without bars
 */
export async function findSeveral(
  session: Session,
  strategy: string,
  instruments: readonly string[],
  {
    timeframe,
    adjustment,
  }: { readonly timeframe: string | undefined; readonly adjustment: Adjustment },
): Promise<DatasetSummary> {
  let first: DatasetSummary | undefined;
  for (const name of instruments) {
    // `VENUE:SYMBOL` as the expression language writes it.
    const [venue, symbol] = name.split(':');
    const id = symbol === undefined ? name : `${symbol}.${venue}`;
    const dataset = await findDataset(session, id, first?.timeframe ?? timeframe);
    noteAdjustment(session, dataset, adjustment);
    first ??= dataset;
  }
  if (first !== undefined) return first;
  throw new RenataError(
    'BAD_INPUT',
    `Say what ${strategy} is to trade: --symbols SPY,QQQ; it names none itself.`,
    { details: { parameter: 'symbols' } },
  );
}
