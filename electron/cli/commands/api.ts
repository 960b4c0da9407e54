import { resolve } from 'node:path';
import type { Command } from 'commander';
import { RenataError } from '../../../engine/domain/errors.ts';
import { SCOPES, TokenBook, type Scope } from '../../api/tokens.ts';
import { defaultDataDirectory } from '../../layout.ts';
import { parsePort } from '../../server.ts';
import { runLive } from '../live-session.ts';
import { formatTable } from '../table.ts';
import { openTerminal } from '../terminal.ts';
import { common, print, type CommonOptions } from './context.ts';

interface PortFlags extends CommonOptions {
  readonly apiPort?: string;
}

interface CreateFlags extends CommonOptions {
  readonly name: string;
  readonly scope: Scope;
}

/** `api`: whether the API opens with Renata; `api token`: which of the user's programs may use it. */
export function addApi(program: Command): void {
  const api = program
    .command('api')
    .description('the local API for other programs of yours; serve --api opens it as well');
  addSetting(api);
  const token = api.command('token').description('tokens of programs');

  common(token.command('create').description('make a token; it is shown once'))
    .requiredOption('--name <name>', 'what the program is called in orders and logs')
    .requiredOption('--scope <scope>', 'read or trade', parseScope)
    .action((flags: CreateFlags) =>
      answer(flags, (tokens) => {
        const secret = tokens.create(flags.name, flags.scope, Date.now());
        return {
          json: { name: flags.name, scope: flags.scope, token: secret },
          text: `${secret}\nThis token is not kept and will not be shown again. Revoke it with renata api token revoke ${flags.name}.`,
        };
      }),
    );

  common(token.command('list').description('programs that have a token')).action(
    (flags: CommonOptions) =>
      answer(flags, (tokens) => {
        const programs = tokens.list();
        const rows = programs.map(({ name, scope, createdAt }) => [
          name,
          scope,
          new Date(createdAt).toISOString().slice(0, 19).replace('T', ' '),
        ]);
        const columns = ['Program', 'Scope', 'Made'].map((title) => ({ title }));
        return {
          json: programs,
          text: rows.length === 0 ? 'There are no tokens.' : formatTable(columns, rows),
        };
      }),
  );

  common(
    token.command('revoke <name>').description('end a token; open streams close within a second'),
  ).action((name: string, flags: CommonOptions) =>
    answer(flags, (tokens) => {
      tokens.revoke(name);
      return { json: { revoked: name }, text: `The token "${name}" is worthless now.` };
    }),
  );
}

function addSetting(api: Command): void {
  const run = (flags: PortFlags, enabled: boolean | null): Promise<void> =>
    runLive(flags, async ({ client }) => {
      const before = await client.call('api.get', {});
      const { apiPort } = flags;
      if (enabled !== null) {
        const port = apiPort === undefined ? before.port : parsePort(apiPort, 'api-port');
        await client.call('api.configure', { enabled, port });
      }
      const view = await client.call('api.get', {});
      const lines = [
        view.enabled ? `The API opens with Renata on port ${view.port}.` : 'The API stays closed.',
        ...(view.origin === null ? [] : [`It is at ${view.origin}/v1 now.`]),
        ...(view.failure === '' ? [] : [view.failure]),
      ];
      return { json: view, text: lines.join('\n') };
    });
  common(api.command('on').description('open the API whenever Renata starts, and now'))
    .option('--api-port <number>', 'port on this machine')
    .action((flags: PortFlags) => run(flags, true));
  common(api.command('off').description('close it, and leave it closed')).action(
    (flags: PortFlags) => run(flags, false),
  );
  common(api.command('status').description('whether it opens with Renata, and is open')).action(
    (flags: PortFlags) => run(flags, null),
  );
}

async function answer(
  flags: CommonOptions,
  work: (tokens: TokenBook) => { readonly json: unknown; readonly text: string },
): Promise<void> {
  const terminal = openTerminal({ json: flags.json === true });
  print(terminal, work(new TokenBook(resolve(flags.dataDir ?? defaultDataDirectory()))));
  await terminal.flush();
}

function parseScope(text: string): Scope {
  const found = SCOPES.find((scope) => scope === text);
  if (found !== undefined) return found;
  throw new RenataError('BAD_INPUT', `scope: "${text}" must be ${SCOPES.join(' or ')}.`, {
    details: { parameter: 'scope' },
  });
}
