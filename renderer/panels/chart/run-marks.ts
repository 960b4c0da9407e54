import type { Run } from '../../../engine/protocol/schemas.ts';
import { formatPrice, formatQuantity } from '../../components/format.ts';
import type { TradeMark } from './price-chart.ts';

/** Entries and exits of a run in a dataset. */
export function runMarks(run: Run | null, datasetId: string | null): readonly TradeMark[] {
  if (run === null) return [];
  const { trades, instruments } = run;
  const several = instruments?.findIndex((each) => each.datasetId === datasetId);
  if (several === -1) return [];
  if (several === undefined && run.summary.request.datasetId !== datasetId) return [];
  return Array.from(trades.size).flatMap((size, i) => {
    if (several !== undefined && trades.instrument?.[i] !== several) return [];
    const amount = formatQuantity(Math.abs(size));
    const entry = {
      time: trades.entryTime[i] as number,
      buy: size > 0,
      text: `${amount} @ ${formatPrice(trades.entryPrice[i] as number)}`,
    };
    if (trades.open[i] === 1) return [entry];
    const exit = {
      time: trades.exitTime[i] as number,
      buy: size < 0,
      text: `${amount} @ ${formatPrice(trades.exitPrice[i] as number)}`,
    };
    return [entry, exit];
  });
}
