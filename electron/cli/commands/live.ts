import { Option, type Command } from 'commander';
import { DEFAULT_SETTINGS, type BacktestSettings } from '../../../engine/domain/backtest.ts';
import { RenataError } from '../../../engine/domain/errors.ts';
import { parseIsoTime } from '../../../engine/domain/time.ts';
import {
  MOST_WARM_UP,
  ON_EXIT,
  type LiveStrategyRequest,
  type LiveStrategyView,
  type OnExit,
} from '../../../engine/protocol/live-strategy-schemas.ts';
import { parseFees, parseMargin, parseSlippageModel } from '../cost-values.ts';
import { driftText, progressOf, runTable, tradedBy } from '../live-run-text.ts';
import { armed, connected, runLive, type LiveSession } from '../live-session.ts';
import { readSymbols } from '../run-options.ts';
import { findNamed, readSet } from '../strategy-source.ts';
import {
  parseAmount,
  parseCommission,
  parseNotNegative,
  parsePair,
  parseSize,
  parseTimeframe,
  parseWhole,
} from '../values.ts';
import { common, type CommonOptions } from './context.ts';
import { accountOf, instrumentOf } from './trade.ts';

type Kind = LiveStrategyRequest['kind'];

interface VenueFlags extends CommonOptions {
  readonly venue: string;
  readonly account?: string;
  readonly arm?: string;
}

interface FollowFlags extends VenueFlags {
  readonly onExit: OnExit;
  readonly detach?: boolean;
}

interface StartFlags extends FollowFlags {
  readonly instrument?: string;
  readonly symbols?: string;
  readonly timeframe?: string;
  readonly set?: Readonly<Record<string, string>>;
  readonly cash: string;
  readonly size: string;
  readonly lot: string;
  readonly commission: string;
  readonly fees?: string;
  readonly slippage: string;
  readonly short?: boolean;
  readonly margin?: string;
  readonly seed: string;
  readonly warmUp: string;
  readonly end?: string;
}

/** `paper` and `live`: strategies at work, with the report of how they differ from their backtest. */
export function addLive(program: Command): void {
  add(program, 'paper', 'run a strategy on a paper account, with the code of a backtest');
  add(program, 'live', 'run a strategy on a live account that is armed');
}

function add(program: Command, kind: Kind, description: string): void {
  const command = program
    .command(kind)
    .description(description)
    .usage('<strategy> --instrument ALFA | --symbols ALFA,BETA --timeframe 1m [options]')
    .enablePositionalOptions()
    .argument('[strategy]', 'a name of renata list-strategies, or a .yaml, .json, .ts or .js file');
  follow(venue(command, kind))
    .option('--instrument <symbol>', 'what it trades')
    .option('--symbols <list>', 'instruments of a strategy that trades several, such as ALFA,BETA')
    .option('--timeframe <length>', 'length of its bars, such as 1m, 1h or 1d')
    .option(
      '--set <name=value>',
      'value of a parameter of the strategy; repeatable',
      (text: string, before: Record<string, string> | undefined) => parsePair(text, before),
    )
    .option('--cash <amount>', 'money that the strategy is given', String(DEFAULT_SETTINGS.cash))
    .option('--size <size>', 'all, 50%, 100 (units) or $10000; of its own money', 'all')
    .option('--lot <units>', 'round quantities down to whole lots', '1')
    .option('--short', 'allow short positions')
    .option('--commission <rate>', 'of the model: 0.1%, 0.005/share, or with a minimum', '0')
    .option('--fees <table>', 'of the model: ibkr-fixed, ibkr-tiered, alpaca, binance')
    .option('--slippage <size>', 'of the model: 5bps, 0.05%, 0.01/share, spread:2bps', '0')
    .option('--margin <parts>', 'initial and maintenance margin, such as 50%,25%')
    .option('--seed <number>', 'seed of random draws', '1')
    .option('--warm-up <bars>', 'bars of the past before the first decision', '500')
    .option('--end <time>', 'end with the bar that closes then, UTC')
    .action((strategy: string | undefined, flags: StartFlags) => {
      const asked = readStart(kind, strategy, flags);
      return runLive(flags, (session) => start(session, kind, asked, flags));
    });

  common(command.command('list').description('every run, the newest first')).action(
    (flags: CommonOptions) =>
      runLive(flags, async ({ client }) => {
        const runs = (await client.call('liveStrategies.list', {})).filter(
          (run) => run.kind === kind,
        );
        return { json: runs, text: runs.length === 0 ? 'There is no run.' : runTable(runs) };
      }),
  );
  common(
    command
      .command('report <run>')
      .description('the run beside its paper twin: data, timing, price, fees, size, missed'),
  ).action((id: string, flags: CommonOptions) =>
    runLive(flags, async ({ client }) => {
      const report = await client.call('liveStrategies.report', { run: id });
      return { json: report, text: driftText(report) };
    }),
  );
  common(
    command.command('pause <run>').description('decide nothing new; keep protection up'),
  ).action((id: string, flags: CommonOptions) =>
    runLive(flags, async ({ client }) => {
      const run = await client.call('liveStrategies.pause', { run: id });
      return { json: run, text: runTable([run]) };
    }),
  );
  follow(
    venue(
      command
        .command('resume <run>')
        .description('go on with a run that was paused, or interrupted by the end of Renata'),
      kind,
    ),
  ).action((id: string, flags: FollowFlags) =>
    runLive(flags, async (session) => {
      await ready(session, kind, flags);
      const run = await session.client.call('liveStrategies.resume', { run: id });
      return followed(session, run, flags);
    }),
  );
  venue(
    command
      .command('stop <run>')
      .description('end a run; --on-exit says what becomes of its orders and its position'),
    kind,
  )
    .addOption(onExit())
    .action((id: string, flags: FollowFlags) =>
      runLive(flags, async (session) => {
        if (!session.remote) await ready(session, kind, flags);
        const run = await session.client.call('liveStrategies.stop', {
          run: id,
          onExit: flags.onExit,
        });
        return { json: run, text: [runTable([run]), run.reason].join('\n') };
      }),
    );
}

function venue(command: Command, kind: Kind): Command {
  const named = common(command)
    .option('--venue <name>', 'connection to use', 'simulated')
    .option('--account <id>', 'account; the only one of the connection when absent');
  return kind === 'paper'
    ? named
    : named.option('--arm <account>', 'arms the account for this session: type its name');
}

function follow(command: Command): Command {
  return command
    .addOption(onExit())
    .option('--detach', 'leave it to the running workstation; otherwise Ctrl+C ends it');
}

function onExit(): Option {
  return new Option('--on-exit <what>', 'what becomes of its orders, and of its position')
    .choices(ON_EXIT)
    .default('keep');
}

/** Connects the venue and arms the account where that was asked for. */
async function ready(session: LiveSession, kind: Kind, flags: VenueFlags): Promise<void> {
  await connected(session, flags.venue);
  if (kind !== 'live' || flags.arm === undefined) return;
  const account = await accountOf(session, flags);
  await armed(session, account, flags.arm);
}

/** What the words of the command line say, before anything is opened. */
function readStart(kind: Kind, strategy: string | undefined, flags: StartFlags) {
  const { instrument, symbols, timeframe } = flags;
  if (strategy === undefined) throw missing('strategy', `name one: renata ${kind} sma-cross …`);
  if (instrument === undefined && symbols === undefined)
    throw missing('instrument', 'say what it trades: --instrument ALFA');
  if (instrument !== undefined && symbols !== undefined)
    throw missing('symbols', 'give either --instrument or --symbols, not both');
  if (timeframe === undefined) {
    throw missing('timeframe', 'say how long its bars are: --timeframe 1m');
  }
  return {
    strategy,
    /** In their order; `several` says whether they were given as a list. */
    symbols: instrument === undefined ? readSymbols(flags) : [instrument],
    several: instrument === undefined,
    timeframe: parseTimeframe(timeframe),
    settings: readSettings(flags),
    warmUp: parseWhole(flags.warmUp, 'warm-up', MOST_WARM_UP),
    end: flags.end === undefined ? null : parseIsoTime(flags.end, 'end'),
  };
}

async function start(
  session: LiveSession,
  kind: Kind,
  asked: ReturnType<typeof readStart>,
  flags: StartFlags,
) {
  const { client } = session;
  if (flags.detach === true && !session.remote) {
    throw new RenataError(
      'CONFLICT',
      'detach: no workstation runs that could hold it; start one with renata serve, or leave --detach out.',
      { details: { parameter: 'detach' } },
    );
  }
  const { strategy, symbols, several, ...rest } = asked;
  const { entry, source } = await findNamed(
    { call: (name, input) => client.call(name, input) },
    strategy,
  );
  if (several !== (entry.portfolio === true)) throw otherCount(entry.id, several);
  const parameters = readSet(entry, flags.set ?? {});
  await ready(session, kind, flags);
  const instruments: string[] = [];
  for (const symbol of symbols) instruments.push(await instrumentOf(session, symbol));
  const run = await client.call('liveStrategies.start', {
    ...rest,
    kind,
    strategy: entry.id,
    ...(source === undefined ? {} : { source }),
    parameters,
    instrument: instruments[0] as string,
    ...(several ? { instruments } : {}),
    account: await accountOf(session, flags),
    onExit: flags.onExit,
  });
  return followed(session, run, flags);
}

/** One instrument for a strategy of several, or the reverse. */
function otherCount(id: string, several: boolean): RenataError {
  return several
    ? missing('symbols', `${id} trades one instrument; name it with --instrument`)
    : missing('instrument', `${id} trades several; name them with --symbols ALFA,BETA`);
}

function readSettings(flags: StartFlags): BacktestSettings {
  const commission = parseCommission(flags.commission);
  if (flags.fees !== undefined && Object.values(commission).some((value) => value !== 0)) {
    throw new RenataError(
      'BAD_INPUT',
      'fees: --fees takes the place of --commission; give one of them.',
      { details: { parameter: 'fees' } },
    );
  }
  return {
    ...DEFAULT_SETTINGS,
    cash: parseAmount(flags.cash, 'cash'),
    size: parseSize(flags.size),
    lotSize: parseNotNegative(flags.lot, 'lot'),
    short: flags.short === true,
    commission,
    ...parseSlippageModel(flags.slippage),
    ...(flags.fees === undefined ? {} : { fees: parseFees(flags.fees) }),
    ...(flags.margin === undefined ? {} : { margin: parseMargin(flags.margin) }),
    seed: parseWhole(flags.seed, 'seed', 0xffff_ffff),
  };
}

const OVER: ReadonlySet<LiveStrategyView['state']> = new Set(['stopped', 'failed']);

/** Shows how a run goes on until it ends, or ends it on Ctrl+C. */
async function followed(session: LiveSession, first: LiveStrategyView, flags: FollowFlags) {
  const { client, terminal, signal } = session;
  terminal.note(
    `renata: run ${first.id}: ${first.title} on ${tradedBy(first)} ${first.timeframe}, account ${first.account} (${first.kind === 'live' ? 'LIVE' : 'paper'}), ${first.warmUp} bars of the past`,
  );
  if (flags.detach === true) return { json: { run: first }, text: runTable([first]) };
  const over = Promise.withResolvers<void>();
  let newest = first;
  let told = '';
  const endRuns = client.on('liveStrategies.changed', ({ runs }) => {
    const run = runs.find(({ id }) => id === first.id);
    if (run === undefined) return;
    newest = run;
    const line = progressOf(run);
    if (line !== told) terminal.note(line);
    told = line;
    if (OVER.has(run.state)) over.resolve();
  });
  const endNotices = client.on('trading.notice', ({ subject, title, text }) => {
    if (subject === first.id) terminal.note(`renata: ${title}: ${text}`);
  });
  const abort = (): void => over.resolve();
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  try {
    await over.promise;
  } finally {
    endNotices();
    endRuns();
    signal.removeEventListener('abort', abort);
  }
  if (!OVER.has(newest.state)) {
    terminal.note(`renata: ending the run (${flags.onExit}) …`);
    newest = await client.call('liveStrategies.stop', { run: first.id, onExit: flags.onExit });
  }
  if (newest.state === 'failed') process.exitCode = 1;
  const report = await client.call('liveStrategies.report', { run: first.id });
  return {
    json: { run: newest, report },
    text: [runTable([newest]), newest.reason, '', driftText(report)].join('\n'),
  };
}

function missing(parameter: string, how: string): RenataError {
  return new RenataError('BAD_INPUT', `${parameter}: ${how}.`, { details: { parameter } });
}
