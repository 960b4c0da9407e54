import type { Command } from 'commander';
import { RenataError } from '../../../engine/domain/errors.ts';
import { connected, runLive } from '../live-session.ts';
import { formatTable } from '../table.ts';
import { common, type CommonOptions } from './context.ts';

interface WatchdogFlags extends CommonOptions {
  readonly account?: string;
  readonly off?: boolean;
  readonly flatten?: boolean;
  readonly seconds?: string;
  readonly venue?: string;
}

/** `watchdog`: the process that cancels orders when Renata hangs. */
export function addWatchdog(program: Command): void {
  common(
    program
      .command('watchdog')
      .description(
        'a second process cancels all orders of an account when Renata hangs or dies; shows what it watches and did',
      ),
  )
    .option('--account <id>', 'watch this account from now on')
    .option('--off', 'watch it no longer')
    .option('--flatten', 'close its positions as well')
    .option('--seconds <number>', 'silence after which it acts, 5 to 600')
    .option('--venue <name>', 'connection to use where none is connected')
    .action((flags: WatchdogFlags) =>
      runLive(flags, async (session) => {
        const { client } = session;
        const { account, off = false, flatten = false } = flags;
        if (account === undefined && (off || flatten)) {
          throw new RenataError('BAD_INPUT', 'account: say which one with --account.', {
            details: { parameter: 'account' },
          });
        }
        if (!session.remote && flags.venue !== undefined) await connected(session, flags.venue);
        if (account !== undefined || flags.seconds !== undefined) {
          await client.call('watchdog.set', {
            account: account ?? null,
            watch: !off,
            flatten,
            seconds: flags.seconds === undefined ? null : secondsOf(flags.seconds),
          });
        }
        const view = await client.call('watchdog.get', {});
        const rows = view.accounts.map(({ account: id, flatten: closes, armed }) => [
          id,
          closes ? 'cancels orders, closes positions' : 'cancels orders',
          armed ? 'armed' : 'waits for its connection',
        ]);
        const lines = view.lines.map(
          ({ time, account: id, text }) => `${new Date(time).toISOString()} ${id}: ${text}`,
        );
        const table = formatTable(
          ['Account', 'Acts', 'State'].map((title) => ({ title })),
          rows,
        );
        const trip =
          view.trip === null
            ? []
            : [`TRADING IS STOPPED: ${view.trip.reason} Release it with renata kill --resume.`];
        return {
          json: view,
          text: [
            `Acts after ${view.seconds} s of silence. ${view.note}`,
            ...(view.heardAt === null
              ? []
              : [`Last sign of life ${new Date(view.heardAt).toISOString()}.`]),
            ...(rows.length === 0 ? [] : [table]),
            ...trip,
            ...lines,
          ].join('\n'),
        };
      }),
    );
}

function secondsOf(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 5 && value <= 600) return value;
  throw new RenataError('BAD_INPUT', `seconds: "${text}" is no whole number from 5 to 600.`, {
    details: { parameter: 'seconds' },
  });
}
