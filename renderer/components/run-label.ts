import { useMemo } from 'react';
import type { RunSummary } from '../../engine/protocol/schemas.ts';
import { useWorkstation } from '../client/store.ts';
import { formatDate } from './format.ts';

type Named = Pick<RunSummary, 'request' | 'strategyTitle'>;
type Known = readonly { readonly id: string; readonly title: string }[];

/** Names the strategies of runs: by title, and by id as well where two of them share one. */
export function strategyNames(runs: readonly Named[], known: Known): (run: Named) => string {
  const now = new Map(known.map(({ id, title }) => [id, title]));
  const titleOf = ({ request, strategyTitle }: Named): string =>
    strategyTitle ?? now.get(request.strategy) ?? request.strategy;
  const ids = new Map<string, Set<string>>();
  const add = (title: string, id: string): void => {
    ids.set(title, (ids.get(title) ?? new Set()).add(id));
  };
  for (const { id, title } of known) add(title, id);
  for (const run of runs) add(titleOf(run), run.request.strategy);
  return (run) => {
    const title = titleOf(run);
    return (ids.get(title)?.size ?? 0) > 1 ? `${title} (${run.request.strategy})` : title;
  };
}

/** A run in one line of a list: strategy, parameters, data and when it was made. */
export function runLabel(
  { request, symbol, timeframe, createdAt }: RunSummary,
  strategy: string,
): string {
  const values = Object.values(request.parameters).join('/');
  const clock = new Date(createdAt).toISOString().slice(11, 19);
  const subject = [strategy, values].filter(Boolean).join(' ');
  return `${subject} · ${symbol} ${timeframe} · ${formatDate(createdAt)} ${clock}`;
}

/** What a label has no room for: the id, and the parameters by name. */
export function runDetails({ id, request, strategyHash }: RunSummary): string {
  const parameters = Object.entries(request.parameters).map(([name, value]) => `${name} ${value}`);
  return [
    `Strategy ${request.strategy}${strategyHash === undefined ? '' : `, text ${strategyHash.slice(0, 8)}`}`,
    parameters.join(', '),
    `Run ${id}`,
  ]
    .filter(Boolean)
    .join('\n');
}

/** The label of any run that the window knows. */
export function useRunLabel(): (run: RunSummary) => string {
  const runs = useWorkstation((state) => state.runs);
  const strategies = useWorkstation((state) => state.strategies);
  return useMemo(() => {
    const nameOf = strategyNames(runs ?? [], strategies ?? []);
    return (run) => runLabel(run, nameOf(run));
  }, [runs, strategies]);
}
