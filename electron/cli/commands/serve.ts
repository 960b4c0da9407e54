import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { RenataError } from '../../../engine/domain/errors.ts';
import { LAYOUT } from '../../layout.ts';
import { addCommonOptions, type CommonOptions, type Shell } from '../command.ts';
import { parseWhole } from '../values.ts';

interface Options extends CommonOptions {
  readonly port?: number;
}

export function addServe(program: Command, { terminal }: Shell): void {
  const command = program
    .command('serve')
    .description('serve the workstation to a browser of this machine until Ctrl+C')
    .option(
      '--port <number>',
      'first port to try; 0 takes any that is free (default: 7311)',
      (text) => parseWhole(text, 'port', 65_535),
    );
  addCommonOptions(command);
  command.action(async ({ port, dataDir }: Options) => {
    if (!existsSync(join(LAYOUT.rendererDirectory, 'index.html'))) {
      throw new RenataError(
        'UNAVAILABLE',
        `The window is not built (${LAYOUT.rendererDirectory} has no index.html); run "npm run build".`,
      );
    }
    const { serveUntilSignal, startServer } = await import('../../server.ts');
    const served = await startServer({
      ...(dataDir === undefined ? {} : { dataDirectory: dataDir }),
      ...(port === undefined ? {} : { port }),
    });
    serveUntilSignal(served, (line) => {
      if (terminal.json) terminal.note(line);
      else terminal.write(`${line}\n`);
    });
    if (terminal.json) {
      const { origin, link } = served;
      const data = { origin, link, port: served.port };
      terminal.write(`${JSON.stringify({ ok: true, command: 'serve', data })}\n`);
    }
    // The server ends the program itself.
    await new Promise(() => undefined);
  });
}
