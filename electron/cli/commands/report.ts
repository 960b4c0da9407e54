import { resolve } from 'node:path';
import type { Command } from 'commander';
import { RenataError } from '../../../engine/domain/errors.ts';
import type { RunSummary } from '../../../engine/protocol/schemas.ts';
import { suggestion } from '../../services/nearest-name.ts';
import { writeWhole } from '../run-files.ts';
import type { Session } from '../session.ts';
import { formatBytes } from '../text.ts';
import { common, run, type CommonOptions } from './context.ts';

interface ReportFlags extends CommonOptions {
  readonly output?: string;
}

/** `report RUN`: the tear sheet of a stored run as one HTML file. */
export function addReport(program: Command): void {
  common(program.command('report <run>'))
    .description('write the tear sheet of a past backtest, one HTML file that needs no network')
    .option('--output <file>', 'file to write, - for standard output')
    .action(report);
}

async function report(name: string, flags: ReportFlags): Promise<void> {
  await run(flags, async (session, terminal) => {
    const { id } = await findRun(session, name);
    const { fileName, html } = await session.call('reports.html', { runId: id });
    if (flags.output === '-') {
      terminal.write(html);
      return { json: undefined, text: '' };
    }
    const path = resolve(flags.output ?? fileName);
    writeWhole(path, html, 'output');
    const bytes = Buffer.byteLength(html);
    return { json: { run: id, path, bytes }, text: `wrote ${path}, ${formatBytes(bytes)}` };
  });
}

/** Fewest letters of an id that name a run. */
const LEAST_LETTERS = 4;

/**
 * A stored run by its id, the first letters of it, or `latest`.
 * @throws RenataError NOT_FOUND, or BAD_INPUT when the letters fit several runs
 */
export async function findRun(session: Session, name: string): Promise<RunSummary> {
  const runs = await session.call('runs.list', {});
  const [latest] = runs;
  if (name === 'latest' && latest !== undefined) return latest;
  const fitting = runs.filter(
    ({ id }) => id === name || (name.length >= LEAST_LETTERS && id.startsWith(name)),
  );
  const [found] = fitting;
  if (found !== undefined && fitting.length === 1) return found;
  const ids = runs.map(({ id }) => id.slice(0, 8));
  throw new RenataError(
    found === undefined ? 'NOT_FOUND' : 'BAD_INPUT',
    found === undefined
      ? `run: there is no run "${name}".${suggestion(name, ids)} List them with renata runs, or write latest.`
      : `run: ${fitting.length} runs begin with "${name}"; write more of the id.`,
    { details: { parameter: 'run' } },
  );
}
