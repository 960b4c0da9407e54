import type { RunSummary } from '../../engine/protocol/schemas.ts';
import { formatDate } from './format.ts';

/** A run in one line of a list: strategy, parameters, data and when it was made. */
export function runLabel({ request, symbol, timeframe, createdAt }: RunSummary): string {
  const values = Object.values(request.parameters).join('/');
  const clock = new Date(createdAt).toISOString().slice(11, 19);
  const strategy = [request.strategy, values].filter(Boolean).join(' ');
  return `${strategy} · ${symbol} ${timeframe} · ${formatDate(createdAt)} ${clock}`;
}
