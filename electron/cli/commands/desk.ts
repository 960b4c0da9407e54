import type { Command } from 'commander';
import { RenataError } from '../../../engine/domain/errors.ts';
import { armed, connected, runLive } from '../live-session.ts';
import { formatTable } from '../table.ts';
import { common, type CommonOptions } from './context.ts';

interface ConnectFlags extends CommonOptions {
  readonly list?: boolean;
  readonly set?: readonly string[];
  readonly automatic?: boolean;
  readonly arm?: string;
  readonly disarm?: string;
}

/** `connect`, `reconcile`, `kill`, `audit`: the desk itself. */
export function addDesk(program: Command): void {
  common(
    program
      .command('connect [venue]')
      .description(
        'connect a venue and show its accounts; keys come from the environment (RENATA_ALPACA_KEY_ID, …)',
      ),
  )
    .option('--list', 'every connection with its settings and state')
    .option('--set <name=value...>', 'settings, kept for later')
    .option('--automatic', 'connect by itself whenever Renata starts')
    .option('--arm <account>', 'let a live account take orders until Renata ends: type its name')
    .option('--disarm <account>', 'let it take none any more')
    .action((venue: string | undefined, flags: ConnectFlags) =>
      runLive(flags, async (session) => {
        const { client } = session;
        if (flags.arm !== undefined && !session.remote) {
          throw new RenataError(
            'CONFLICT',
            'arm: no workstation runs that could stay armed; start one with renata serve, or arm for one order with renata order --arm.',
            { details: { parameter: 'arm' } },
          );
        }
        if (venue !== undefined && flags.list !== true) {
          await configure(client, venue, flags);
          await connected(session, venue);
        }
        if (flags.arm !== undefined) await armed(session, flags.arm);
        if (flags.disarm !== undefined)
          await client.call('accounts.disarm', { account: flags.disarm });
        const connections = await client.call('connections.list', {});
        const accounts = await client.call('accounts.list', {});
        const rows = connections.map(({ id, state, live, settings }) => [
          id,
          live ? 'LIVE' : 'paper',
          state.phase,
          state.message,
          flags.list === true
            ? Object.entries(settings)
                .map(([name, value]) => `${name}=${String(value)}`)
                .join(' ')
            : '',
        ]);
        const table = formatTable(
          ['Connection', 'Kind', 'State', '', 'Settings'].map((title) => ({ title })),
          rows,
        );
        const money = accounts.map(
          ({ id, live, armed: takes, equity, currency }) =>
            `${id} (${live ? `LIVE, ${takes ? 'armed' : 'not armed'}` : 'paper'}): equity ${equity ?? 'n/a'} ${currency}`,
        );
        return { json: { connections, accounts }, text: [table, ...money].join('\n') };
      }),
    );

  common(
    program
      .command('reconcile')
      .description('compare orders, fills, positions and cash with the venues'),
  )
    .option('--venue <name>', 'connection to use where none is connected', 'simulated')
    .option('--account <id>', 'one account alone')
    .option('--resolve <case>', 'settle a case of the inbox')
    .option('--proposal <id>', 'what to do about it')
    .action(
      (
        flags: CommonOptions & {
          readonly venue: string;
          readonly account?: string;
          readonly resolve?: string;
          readonly proposal?: string;
        },
      ) =>
        runLive(flags, async (session) => {
          const { client } = session;
          if (!session.remote) await connected(session, flags.venue);
          if (flags.resolve !== undefined) {
            if (flags.proposal === undefined)
              throw new RenataError(
                'BAD_INPUT',
                'proposal: choose one with --proposal; renata reconcile lists them.',
                { details: { parameter: 'proposal' } },
              );
            await client.call('reconciliation.resolve', {
              caseId: flags.resolve,
              proposal: flags.proposal,
              note: '',
            });
          }
          const result = await client.call('reconciliation.run', {
            account: flags.account ?? null,
          });
          const cases = await client.call('reconciliation.cases', { open: true });
          const lines = cases.map(
            ({ id, kind, subject, venueSays, weSay, proposals }) =>
              `${id}\n  ${kind} ${subject}: the venue says ${venueSays}; we say ${weSay}\n  ${proposals.map((each) => `--proposal ${each.id}: ${each.effect}`).join('\n  ')}`,
          );
          const head = `${result.checked} compared, ${cases.length} open cases.`;
          return {
            json: { ...result, cases },
            text: [head, ...result.failures, ...lines].join('\n'),
          };
        }),
    );

  common(
    program
      .command('kill')
      .description('halt trading and cancel every order; --flatten closes the positions as well'),
  )
    .option('--flatten', 'close every position at the market')
    .option('--resume', 'allow trading again')
    .option('--venue <name>', 'connection to use where none is connected', 'simulated')
    .option('--reason <text>', 'noted in the audit log', 'command line')
    .action(
      (
        flags: CommonOptions & {
          readonly flatten?: boolean;
          readonly resume?: boolean;
          readonly venue: string;
          readonly reason: string;
        },
      ) =>
        runLive(flags, async (session) => {
          const { client } = session;
          if (flags.resume === true) {
            await client.call('risk.setState', { state: 'active', reason: flags.reason });
            return { json: { state: 'active' }, text: 'Trading is allowed again.' };
          }
          if (!session.remote) await connected(session, flags.venue);
          const killed = await client.call('risk.kill', {
            flatten: flags.flatten === true,
            reason: flags.reason,
          });
          const text = [
            `Trading is halted. ${killed.canceled} orders cancelled, ${killed.flattened} positions being closed.`,
            ...killed.failures,
          ];
          if (killed.failures.length > 0) process.exitCode = 1;
          return { json: killed, text: text.join('\n') };
        }),
    );

  const audit = program
    .command('audit')
    .description('the append-only log of everything that trading did');
  common(audit.command('verify').description('compute the chain of hashes anew')).action(
    (flags: CommonOptions) =>
      runLive(flags, async ({ client }) => {
        const check = await client.call('audit.verify', {});
        if (check.fault !== null) {
          process.exitCode = 1;
          return {
            json: check,
            text: `Broken at entry ${check.fault.sequence}: ${check.fault.what}.`,
          };
        }
        return {
          json: check,
          text: `${check.entries} entries, unbroken; the last hash is ${check.head}.`,
        };
      }),
  );
  common(audit.command('list').description('entries, oldest first'))
    .option('--from <number>', 'first entry', '1')
    .option('--limit <number>', 'entries at most', '100')
    .action((flags: CommonOptions & { readonly from: string; readonly limit: string }) =>
      runLive(flags, async ({ client }) => {
        const entries = await client.call('audit.list', {
          from: whole('from', flags.from, 1e9),
          limit: whole('limit', flags.limit, 2000),
        });
        const rows = entries.map(({ sequence, time, kind, subject, body }) => [
          String(sequence),
          new Date(time).toISOString().slice(0, 23).replace('T', ' '),
          kind,
          subject,
          body.length > 100 ? `${body.slice(0, 99)}…` : body,
        ]);
        return {
          json: entries,
          text: formatTable(
            ['Entry', 'Time', 'Kind', 'Subject', 'Fact'].map((title) => ({ title })),
            rows,
          ),
        };
      }),
    );
}

async function configure(
  client: Parameters<typeof connected>[0]['client'],
  venue: string,
  flags: ConnectFlags,
): Promise<void> {
  if (flags.set === undefined && flags.automatic !== true) return;
  const known = (await client.call('connections.list', {})).find(({ id }) => id === venue);
  if (known === undefined) return;
  const settings: Record<string, string | number | boolean> = { ...known.settings };
  for (const pair of flags.set ?? []) {
    const at = pair.indexOf('=');
    const name = pair.slice(0, at);
    const field = known.fields.find((each) => each.name === name);
    if (at <= 0 || field === undefined) {
      const names = known.fields.map((each) => each.name).join(', ');
      throw new RenataError(
        'BAD_INPUT',
        `set: "${pair}" is no setting; write name=value with one of ${names}.`,
        { details: { parameter: 'set' } },
      );
    }
    const text = pair.slice(at + 1);
    settings[name] =
      field.kind === 'number' ? Number(text) : field.kind === 'boolean' ? text === 'true' : text;
  }
  // Settings of a connection change while it is down; the caller connects it again.
  await client.call('connections.disconnect', { id: venue });
  await client.call('connections.configure', {
    id: venue,
    settings,
    keys: {},
    automatic: flags.automatic ?? known.automatic,
    acceptWeakStore: false,
  });
}

function whole(name: string, text: string, most: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= most) return value;
  throw new RenataError(
    'BAD_INPUT',
    `${name}: "${text}" must be a whole number from 1 to ${most}.`,
    { details: { parameter: name } },
  );
}
