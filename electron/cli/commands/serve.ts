import type { Command } from 'commander';
import { openTerminal } from '../terminal.ts';
import { parseDataDirectory } from '../values.ts';

interface ServeFlags {
  readonly dataDir?: string;
  readonly port?: string;
  readonly api?: boolean;
  readonly apiPort?: string;
}

/** `serve`: the workstation for browsers of this machine, until it is told to end. */
export function addServe(program: Command): void {
  program
    .command('serve')
    .description('serve the workstation to a browser on this machine')
    .option(
      '--data-dir <dir>',
      'store to use (default: the desktop app’s, or RENATA_DATA_DIR)',
      parseDataDirectory,
    )
    .option('--port <number>', 'port on 127.0.0.1; the next free one is taken')
    .option('--api', 'open the local API for other programs of yours')
    .option('--api-port <number>', 'port of the API on 127.0.0.1 (default: 7411)')
    .action(async ({ dataDir, port, api, apiPort }: ServeFlags) => {
      const { parsePort, serveUntilSignal, startServer } = await import('../../server.ts');
      const terminal = openTerminal({ json: false });
      const served = await startServer({
        ...(dataDir === undefined ? {} : { dataDirectory: dataDir }),
        ...(port === undefined ? {} : { port: parsePort(port) }),
        ...(api === true || apiPort !== undefined
          ? { api: apiPort === undefined ? {} : { port: parsePort(apiPort, 'api-port') } }
          : {}),
      });
      if (served.api !== null) {
        terminal.write(
          `The API is at ${served.api.origin}/v1; make tokens with renata api token create.\n`,
        );
      }
      serveUntilSignal(served, (line) => terminal.write(`${line}\n`));
    });
}
