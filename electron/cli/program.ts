import { Command } from 'commander';
import { LAYOUT } from '../layout.ts';
import type { Shell } from './command.ts';
import { addBacktest } from './commands/backtest.ts';
import { addDeleteData } from './commands/delete-data.ts';
import { addExportData } from './commands/export-data.ts';
import { addImportData } from './commands/import-data.ts';
import { addIndicators } from './commands/indicators.ts';
import { addListData } from './commands/list-data.ts';
import { addListStrategies } from './commands/list-strategies.ts';
import { addRestoreBackup } from './commands/restore-backup.ts';
import { addRuns } from './commands/runs.ts';
import { addServe } from './commands/serve.ts';
import { exitCodeOf, EXIT, isShown, isUsageError, payloadOf } from './failure.ts';
import { openTerminal, type Terminal } from './terminal.ts';
import { harmless } from './text.ts';

/**
 * Runs one command. What a command needs is loaded when it runs, so that help and errors of usage come
 * at once and touch no store.
 * @param args without the program and the script
 * @returns the exit code
 */
export async function runCli(args: readonly string[]): Promise<number> {
  const terminal = openTerminal({ json: asksForJson(args) });
  let exitCode: number = EXIT.ok;
  const shell: Shell = {
    terminal,
    finish(command, { data, text, failure }) {
      if (failure !== undefined) {
        exitCode = exitCodeOf(failure);
        if (!terminal.json) noteError(terminal, failure.message);
      }
      if (terminal.json) {
        const document = { ok: failure === undefined, command, data, error: failure };
        terminal.write(`${JSON.stringify(document, null, 2)}\n`);
      } else if (text !== undefined) {
        terminal.write(`${text}\n`);
      }
    },
  };
  try {
    const program = await createProgram(args, shell);
    await program.parseAsync([...args], { from: 'user' });
  } catch (thrown) {
    exitCode = fail(terminal, thrown);
  }
  await terminal.flush();
  return exitCode;
}

async function createProgram(args: readonly string[], shell: Shell): Promise<Command> {
  const { terminal } = shell;
  const program = new Command('renata')
    .description('Renata, a trading workstation: data and backtests without a window.')
    .version(LAYOUT.version, '-V, --version', 'show the version')
    .helpOption('-h, --help', 'show this help')
    .helpCommand('help [command]', 'show the help of a command')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.write(text),
      writeErr: (text) => {
        if (!terminal.json) terminal.note(text.trimEnd());
      },
      // Errors are told once, where all others are.
      outputError: () => {},
    });
  addImportData(program, shell);
  addListData(program, shell);
  addExportData(program, shell);
  addDeleteData(program, shell);
  await addBacktest(program, shell, args);
  addListStrategies(program, shell);
  addIndicators(program, shell);
  addRuns(program, shell);
  addServe(program, shell);
  addRestoreBackup(program, shell);
  program.addHelpText('after', '\nA command tells more with --help, such as: renata backtest --help');
  return program;
}

/** Tells what went wrong, once, and returns the exit code. */
function fail(terminal: Terminal, thrown: unknown): number {
  if (isUsageError(thrown) && isShown(thrown)) {
    return thrown.exitCode === 0 ? EXIT.ok : EXIT.badInput;
  }
  const error = payloadOf(thrown);
  if (terminal.json) {
    terminal.write(`${JSON.stringify({ ok: false, error }, null, 2)}\n`);
  } else {
    noteError(terminal, error.message);
  }
  if (process.env['RENATA_DEBUG'] === '1' && thrown instanceof Error) {
    terminal.note(thrown.stack ?? thrown.message);
  }
  return exitCodeOf(error);
}

function noteError(terminal: Terminal, message: string): void {
  terminal.note(`${terminal.styleNote('red', 'renata:')} ${harmless(message)}`);
}

/** Known before anything is parsed, because a usage error has to be told as JSON, too. */
function asksForJson(args: readonly string[]): boolean {
  const end = args.indexOf('--');
  return (end === -1 ? args : args.slice(0, end)).includes('--json');
}
