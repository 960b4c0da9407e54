import { RenataError } from '../../engine/domain/errors.ts';
import type { CallOutput } from '../../engine/protocol/contract.ts';
import { nearestName } from '../services/nearest-name.ts';

export type Dataset = CallOutput<'data.list'>[number];

/**
 * The dataset that a user means: by symbol (`SPX`), by symbol and venue (`SPX.INDEX`) or in full
 * (`SPX.INDEX@1d`), case ignored.
 * @param timeframe null when it is not given; there has to be one only, then
 * @throws RenataError NOT_FOUND or BAD_INPUT with what there is
 */
export function findDataset(
  datasets: readonly Dataset[],
  symbol: string,
  timeframe: string | null,
): Dataset {
  const wanted = symbol.trim().toUpperCase();
  const ofSymbol = datasets.filter((dataset) =>
    [dataset.symbol, dataset.instrumentId, dataset.id].some((name) => name.toUpperCase() === wanted),
  );
  if (ofSymbol.length === 0) throw unknownSymbol(datasets, symbol);
  const found =
    timeframe === null ? ofSymbol : ofSymbol.filter((dataset) => dataset.timeframe === timeframe);
  const [first, ...others] = found;
  if (first === undefined) {
    const there = ofSymbol.map((dataset) => dataset.timeframe).join(', ');
    throw new RenataError(
      'NOT_FOUND',
      `timeframe: there are no ${timeframe} bars of ${symbol}, only ${there}; choose one of them or import a file.`,
      { details: { parameter: 'timeframe' } },
    );
  }
  if (others.length === 0) return first;
  const ids = found.map((dataset) => dataset.id);
  const sameInstrument = found.every((dataset) => dataset.instrumentId === first.instrumentId);
  const how = sameInstrument ? 'add --timeframe' : 'give one of them in full';
  throw new RenataError(
    'BAD_INPUT',
    `symbol: "${symbol}" could be ${listed(ids)}; ${how}.`,
    { details: { parameter: sameInstrument ? 'timeframe' : 'symbol' } },
  );
}

function unknownSymbol(datasets: readonly Dataset[], symbol: string): RenataError {
  const near = nearestName(
    symbol,
    datasets.map((dataset) => dataset.symbol),
  );
  const guess = near === undefined ? '' : ` Did you mean ${near}?`;
  return new RenataError(
    'NOT_FOUND',
    `symbol: the store has no "${symbol}".${guess} "renata list-data" shows what there is, "renata import-data FILE" adds to it.`,
    {
      details: { parameter: 'symbol', ...(near === undefined ? {} : { suggestion: near }) },
    },
  );
}

/** `a, b or c` */
export function listed(names: readonly string[]): string {
  const last = names.at(-1) ?? '';
  return names.length < 2 ? last : `${names.slice(0, -1).join(', ')} or ${last}`;
}
