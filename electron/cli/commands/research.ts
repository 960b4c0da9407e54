import type { Command } from 'commander';
import type { ResearchItem } from '../../../engine/protocol/research-schemas.ts';
import { timeLeft } from '../progress.ts';
import { findResearch, follow } from '../research-follow.ts';
import type { Session } from '../session.ts';
import { formatTable } from '../table.ts';
import { formatMinute, formatNumber } from '../text.ts';
import { common, findDataset, run, type CommonOptions } from './context.ts';

/** `research …` and `trials`: what was searched, and how often. */
export function addResearch(program: Command): void {
  const research = program
    .command('research')
    .description('list sweeps, walk-forward tests, simulations and audits; pause, resume, delete');
  common(research.command('list').description('what there is, newest first')).action(
    (flags: CommonOptions) => run(flags, listResearch),
  );
  common(research.command('pause <id>').description('end it at its last complete results')).action(
    (id: string, flags: CommonOptions) =>
      run(flags, async (session) => {
        const item = await findResearch(session, id);
        await session.call('research.pause', { researchId: item.id });
        return { json: { id: item.id, state: 'paused' }, text: `paused ${item.title}` };
      }),
  );
  common(research.command('resume <id>').description('go on where it was paused or killed')).action(
    (id: string, flags: CommonOptions) =>
      run(flags, async (session, terminal) => {
        const item = await findResearch(session, id);
        const started = await session.call('research.resume', { researchId: item.id });
        await follow(session, terminal, started);
        return { json: { id: item.id, state: 'done' }, text: `${item.title}: done` };
      }),
  );
  common(
    research.command('delete <id>').description('delete its results; its trials stay counted'),
  ).action((id: string, flags: CommonOptions) =>
    run(flags, async (session) => {
      const item = await findResearch(session, id);
      await session.call('research.delete', { researchId: item.id });
      return { json: { id: item.id }, text: `deleted ${item.title}` };
    }),
  );
  common(program.command('trials').description('how often each dataset was ever tried'))
    .option('--symbol <symbol>', 'only this instrument')
    .option('--timeframe <length>', 'bar length, where a symbol has several')
    .action((flags: TrialsFlags) => run(flags, (session) => listTrials(session, flags)));
}

interface TrialsFlags extends CommonOptions {
  readonly symbol?: string;
  readonly timeframe?: string;
}

async function listTrials(session: Session, { symbol, timeframe }: TrialsFlags) {
  const dataset = symbol === undefined ? null : await findDataset(session, symbol, timeframe);
  const totals = await session.call('trials.count', { datasetId: dataset?.id ?? null });
  const right = { align: 'right' } as const;
  const table = formatTable(
    [
      { title: 'Dataset' },
      { title: 'Trials', ...right },
      { title: 'Strategies', ...right },
      { title: 'Of' },
      { title: 'First' },
      { title: 'Last' },
    ],
    totals.map(({ dataset: name, trials, strategies, sources, first, last }) => [
      name,
      formatNumber(trials),
      formatNumber(strategies),
      Object.entries(sources)
        .map(([source, count]) => `${source} ${formatNumber(count)}`)
        .join(', '),
      formatMinute(first),
      formatMinute(last),
    ]),
  );
  return { json: totals, text: totals.length === 0 ? 'Nothing was tried yet.' : table };
}

/** The table of all research, for `research list` and `runs --research`. */
export async function listResearch({ call }: Session): Promise<{ json: unknown; text: string }> {
  const items = await call('research.list', {});
  const right = { align: 'right' } as const;
  const table = formatTable(
    [
      { title: 'Id' },
      { title: 'Created' },
      { title: 'State' },
      { title: 'Done', ...right },
      { title: 'Title' },
    ],
    items.map((item) => [
      item.id.slice(0, 8),
      formatMinute(item.createdAt),
      stateText(item),
      `${formatNumber(item.done)} / ${formatNumber(item.total)}`,
      item.message === null ? item.title : `${item.title} (${item.message})`,
    ]),
  );
  return { json: items, text: items.length === 0 ? 'There is no research yet.' : table };
}

function stateText({ state, secondsLeft }: ResearchItem): string {
  return secondsLeft === null ? state : `${state}, ${timeLeft(secondsLeft)} left`;
}
