import { Command } from 'commander';
import { LAYOUT } from '../layout.ts';
import { addAlgorithms } from './commands/algo.ts';
import { addAllocate } from './commands/allocate.ts';
import { addApi } from './commands/api.ts';
import { addBacktest } from './commands/backtest.ts';
import { addBundle } from './commands/bundle.ts';
import { addCompare } from './commands/compare.ts';
import { addCompute } from './commands/compute.ts';
import { addCrossValidate } from './commands/cross-validate.ts';
import { addData } from './commands/data.ts';
import { addDesk } from './commands/desk.ts';
import { addFactors } from './commands/factors.ts';
import { addIndicators } from './commands/indicators.ts';
import { addLive } from './commands/live.ts';
import { addLists } from './commands/lists.ts';
import { addOptimize } from './commands/optimize.ts';
import { addQuality } from './commands/quality.ts';
import { addRandomEntry } from './commands/random-entry.ts';
import { addRealityCheck } from './commands/reality-check.ts';
import { addRecordings } from './commands/recordings.ts';
import { addReport } from './commands/report.ts';
import { addResearch } from './commands/research.ts';
import { addServe } from './commands/serve.ts';
import { addStrategy } from './commands/strategy.ts';
import { addTrade } from './commands/trade.ts';
import { addValidate } from './commands/validate.ts';
import { addWalkForward } from './commands/walk-forward.ts';
import { addWatchdog } from './commands/watchdog.ts';
import { exitCodeOf, isShown, isUsageError, payloadOf } from './failure.ts';

/** The whole command line. Nothing is opened before a command runs. */
function createProgram(): Command {
  const program = new Command('renata')
    .description('Research, backtest and trade from the command line.')
    .version(LAYOUT.version)
    // A command and its sub-commands have options of the same names.
    .enablePositionalOptions()
    .showSuggestionAfterError()
    .showHelpAfterError(false);
  addBacktest(program);
  addData(program);
  addFactors(program);
  addCompute(program);
  addIndicators(program);
  addLists(program);
  addReport(program);
  addCompare(program);
  addBundle(program);
  addOptimize(program);
  addWalkForward(program);
  addCrossValidate(program);
  addRealityCheck(program);
  addRandomEntry(program);
  addValidate(program);
  addResearch(program);
  addAllocate(program);
  addServe(program);
  addApi(program);
  addStrategy(program);
  addTrade(program);
  addLive(program);
  addAlgorithms(program);
  addQuality(program);
  addDesk(program);
  addWatchdog(program);
  addRecordings(program);
  for (const command of everyCommand(program)) {
    // Errors are told here, once, in one form.
    command.exitOverride().configureOutput({ writeErr: () => undefined });
  }
  return program;
}

function everyCommand(command: Command): Command[] {
  return [command, ...command.commands.flatMap(everyCommand)];
}

async function main(): Promise<void> {
  const args = process.argv.slice(2);
  const program = createProgram();
  if (args.length === 0) {
    program.outputHelp();
    return;
  }
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (thrown) {
    if (isUsageError(thrown) && isShown(thrown)) return;
    const error = payloadOf(thrown);
    if (args.includes('--json'))
      process.stdout.write(`${JSON.stringify({ ok: false, error }, null, 2)}\n`);
    process.stderr.write(`renata: ${error.message}\n`);
    if (process.env['RENATA_DEBUG'] === '1' && thrown instanceof Error) {
      process.stderr.write(`${thrown.stack ?? ''}\n`);
    }
    process.exitCode = exitCodeOf(error);
  }
}

await main();
