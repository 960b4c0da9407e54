import type { Command } from 'commander';
import type { Parameter } from '../../../engine/domain/parameters.ts';
import { formatTable } from '../table.ts';
import { formatMinute, formatNumber } from '../text.ts';
import { common, run, type CommonOptions } from './context.ts';
import { listResearch } from './research.ts';

function parametersOf(parameters: readonly unknown[]): string {
  return (parameters as readonly Parameter[])
    .map(({ name, default: value }) => `${name}=${String(value)}`)
    .join(' ');
}

export function addLists(program: Command): void {
  common(
    program.command('list-strategies').description('list the strategies and their parameters'),
  ).action((flags: CommonOptions) =>
    run(flags, async ({ call }) => {
      const strategies = await call('strategies.list', {});
      const rows = strategies.map(({ id, title, parameters }) => [
        id,
        title,
        parametersOf(parameters),
      ]);
      const table = formatTable(
        [{ title: 'Strategy' }, { title: 'Title' }, { title: 'Parameters' }],
        rows,
      );
      return { json: strategies, text: table };
    }),
  );
  common(program.command('runs').description('list past backtests, newest first'))
    .option('--research', 'sweeps, walk-forward tests, simulations and audits instead')
    .action((flags: CommonOptions & { readonly research?: boolean }) =>
      run(flags, async (session) => {
        if (flags.research === true) return listResearch(session);
        const runs = await session.call('runs.list', {});
        const rows = runs.map(({ id, createdAt, request, symbol, timeframe, statistics }) => [
          id.slice(0, 8),
          formatMinute(createdAt),
          `${request.strategy} ${Object.values(request.parameters).join('/')}`,
          `${symbol} ${timeframe}`,
          formatNumber(
            statistics.find(({ name }) => name === 'Return [%]')?.value ?? Number.NaN,
            2,
          ),
        ]);
        const columns = [
          { title: 'Run' },
          { title: 'Created' },
          { title: 'Strategy' },
          { title: 'Data' },
          { title: 'Return [%]', align: 'right' } as const,
        ];
        return {
          json: runs,
          text: runs.length === 0 ? 'There is no run yet.' : formatTable(columns, rows),
        };
      }),
    );
}
