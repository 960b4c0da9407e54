import type { Command } from 'commander';
import type { ErrorPayload } from '../../engine/domain/errors.ts';
import type { Terminal } from './terminal.ts';

/** What a command made. */
export interface Outcome {
  /** For machines: the `data` of the JSON document. Numbers that are not finite become null. */
  readonly data: unknown;
  /** For people, without the last line end. Absent when `--output -` has taken standard output. */
  readonly text: string | undefined;
  /** Set when a part of the work failed; the rest is in `data` and `text`. */
  readonly failure?: ErrorPayload;
}

/** What commands share while the program is built. */
export interface Shell {
  readonly terminal: Terminal;
  /** Shows an outcome and keeps its exit code. */
  finish(command: string, outcome: Outcome): void;
}

export interface CommonOptions {
  readonly dataDir?: string;
  readonly json?: true;
}

/** Options that every command has. */
export function addCommonOptions(command: Command): Command {
  return command
    .optionsGroup('Common options:')
    .option(
      '--data-dir <dir>',
      'folder of the store (default: RENATA_DATA_DIR, else the one of the desktop app)',
    )
    .option('--json', 'write one JSON document to standard output')
    .helpOption('-h, --help', 'show this help');
}
