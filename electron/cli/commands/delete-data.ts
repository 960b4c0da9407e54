import { createInterface } from 'node:readline/promises';
import type { Command } from 'commander';
import { RenataError } from '../../../engine/domain/errors.ts';
import { addCommonOptions, type CommonOptions, type Shell } from '../command.ts';
import { datasetRecord } from '../dataset-records.ts';
import { findDataset } from '../datasets.ts';
import { addTimeframe } from '../file-options.ts';
import type { Terminal } from '../terminal.ts';
import { counted } from '../text.ts';

interface Options extends CommonOptions {
  readonly timeframe?: string;
  readonly yes?: true;
}

export function addDeleteData(program: Command, { terminal, finish }: Shell): void {
  const command = program
    .command('delete-data')
    .description('delete a dataset with all of its versions from the store')
    .argument('<symbol>', 'SPX, SPX.INDEX or SPX.INDEX@1d')
    .option('-y, --yes', 'do not ask');
  addCommonOptions(addTimeframe(command, 'bar length, such as 1d, where a symbol has several'));
  command.action(async (symbol: string, options: Options) => {
    const { withWorkstation } = await import('../session.ts');
    const place = { kind: 'store', directory: options.dataDir } as const;
    await withWorkstation(terminal, place, async ({ call, signal }) => {
      const dataset = findDataset(await call('data.list', {}), symbol, options.timeframe ?? null);
      const what = `${dataset.id} (${counted(dataset.current.barCount, 'bar')}, ${counted(dataset.versionCount, 'version')})`;
      if (options.yes !== true && !(await confirm(terminal, `Delete ${what}?`, signal))) {
        throw new RenataError('CANCELLED', 'Nothing was deleted.');
      }
      await call('data.delete', { datasetId: dataset.id });
      finish('delete-data', { data: { deleted: datasetRecord(dataset) }, text: `Deleted ${what}.` });
    });
  });
}

/** @throws RenataError BAD_INPUT where there is nobody to answer */
async function confirm(terminal: Terminal, question: string, signal: AbortSignal): Promise<boolean> {
  if (!terminal.canAsk) {
    throw new RenataError('BAD_INPUT', `yes: ${question} Add --yes to confirm without a terminal.`, {
      details: { parameter: 'yes' },
    });
  }
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  // The line editor sees Ctrl+C before the process does.
  lines.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  try {
    const answer = await lines.question(`${question} [y/N] `, { signal });
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    lines.close();
  }
}
