import { randomUUID } from 'node:crypto';
import { Option, type Command } from 'commander';
import { RenataError } from '../../../engine/domain/errors.ts';
import { parseIsoTime } from '../../../engine/domain/time.ts';
import { timeframeMillis, timeframe } from '../../../engine/domain/timeframe.ts';
import { CATCH_UP, CHILD_STYLES } from '../../../engine/domain/algorithm.ts';
import type {
  AlgorithmMethodText,
  AlgorithmTicket,
  AlgorithmView,
} from '../../../engine/protocol/execution-schemas.ts';
import type { QuoteView } from '../../../engine/protocol/live-schemas.ts';
import { parseVolumeLimit } from '../cost-values.ts';
import { connected, runLive, type LiveSession } from '../live-session.ts';
import { formatTable } from '../table.ts';
import { formatInstant, formatNumber } from '../text.ts';
import { bad, numberOf, parseChoice, parseNotNegative, parseWhole } from '../values.ts';
import { common, type CommonOptions } from './context.ts';
import { accountOf, checkText, instrumentOf, watched } from './trade.ts';

interface VenueFlags extends CommonOptions {
  readonly venue: string;
  readonly account?: string;
}

interface StartFlags extends VenueFlags {
  readonly over: string;
  readonly start?: string;
  readonly slices: string;
  readonly rate: string;
  readonly display?: string;
  readonly to: 'bid' | 'mid' | 'ask';
  readonly offset: string;
  readonly curve?: string;
  readonly curveFrom?: string;
  readonly riskAversion: string;
  readonly volatility: string;
  readonly temporaryImpact: string;
  readonly permanentImpact: string;
  readonly limitPrice?: string;
  readonly participation?: string;
  readonly smallest?: string;
  readonly catchUp?: (typeof CATCH_UP)[number];
  readonly style?: (typeof CHILD_STYLES)[number];
  readonly every?: string;
  readonly finish?: 'leave' | 'take';
  readonly jitter?: string;
  readonly seed?: string;
  readonly requestId?: string;
  readonly wait?: boolean;
}

const METHODS = ['twap', 'vwap', 'pov', 'iceberg', 'peg', 'shortfall'] as const;
const LOOK_EVERY = 200;
/** Milliseconds that a quote has to come with both sides; indices have none. */
const BOTH_SIDES = 1500;

function venue(command: Command): Command {
  return common(command)
    .option('--venue <name>', 'connection to use', 'simulated')
    .option('--account <id>', 'account; the only one of the connection when absent');
}

/** `algo`: orders that are worked over time. */
export function addAlgorithms(program: Command): void {
  const algo = program.command('algo').description('orders that are worked over time');
  withOrder(
    algo
      .command('start <method> <side> <quantity> <symbol>')
      .description(
        'work an order: renata algo start twap buy 1000 ALFA --over 10m --slices 10; where no Renata runs, it waits for the end and Ctrl+C stops it',
      ),
  )
    .option('--request-id <id>', 'the same id again begins nothing again')
    .option('--wait', 'wait for the end also where a Renata runs')
    .action((method: string, side: string, quantity: string, symbol: string, flags: StartFlags) =>
      runLive(flags, (session) => start(session, { method, side, quantity, symbol }, flags)),
    );
  withOrder(
    algo
      .command('preview <method> <side> <quantity> <symbol>')
      .description('its schedule, and what the risk gate says of the whole; begins nothing'),
  ).action((method: string, side: string, quantity: string, symbol: string, flags: StartFlags) =>
    runLive(flags, (session) => preview(session, { method, side, quantity, symbol }, flags)),
  );
  common(algo.command('list').description('algorithms and how they stand, newest first'))
    .option('--running', 'only those that have not ended')
    .action((flags: CommonOptions & { readonly running?: boolean }) =>
      runLive(flags, async ({ client }) => {
        const found = await client.call('algorithms.list', {
          account: null,
          running: flags.running === true,
          limit: 1000,
        });
        const text = found.length === 0 ? 'There is no algorithm.' : algorithmTable(found);
        return { json: found, text };
      }),
    );
  for (const [name, description] of [
    ['pause', 'take its orders away and let it stand still'],
    ['resume', 'let it go on; where no Renata runs, wait for its end'],
    ['stop', 'take its orders away and end it'],
  ] as const) {
    venue(algo.command(`${name} <id>`).description(description)).action(
      (id: string, flags: VenueFlags) =>
        runLive(flags, async (session) => {
          const { client, remote } = session;
          if (!remote) await connected(session, flags.venue);
          let view = await client.call(`algorithms.${name}`, { id });
          if (!remote) view = await ended(session, view, name === 'resume');
          return { json: view, text: outcome(view) };
        }),
    );
  }
}

function withOrder(command: Command): Command {
  return venue(command)
    .option('--over <time>', 'how long it works: 90s, 10m, 2h', '10m')
    .option('--start <time>', 'when it begins, UTC; at once when absent')
    .option('--slices <number>', 'slices of twap, vwap and shortfall', '10')
    .option('--rate <part>', 'part of the market’s volume that pov takes', '10%')
    .option('--display <units>', 'what iceberg shows at a time')
    .addOption(
      new Option('--to <price>', 'what peg follows').choices(['bid', 'mid', 'ask']).default('bid'),
    )
    .option('--offset <amount>', 'how far from it, signed', '0')
    .option('--curve <parts>', 'volume of each slice of vwap: 5,3,2,2,3,5')
    .option('--curve-from <symbol>', 'stored bars that the curve of vwap is measured from')
    .option('--risk-aversion <number>', 'of shortfall; units of one slice, docs/execution.md', '0')
    .option('--volatility <number>', 'of shortfall: price units in a slice', '0')
    .option('--temporary-impact <number>', 'of shortfall', '0')
    .option('--permanent-impact <number>', 'of shortfall', '0')
    .option('--limit-price <price>', 'no order buys above or sells below it')
    .option('--participation <part>', 'most of the market’s volume since the start, such as 10%')
    .option('--smallest <units>', 'no order is for less, but the last')
    .addOption(new Option('--catch-up <how>', 'what becomes of missed units').choices(CATCH_UP))
    .addOption(new Option('--style <style>', 'how its orders are priced').choices(CHILD_STYLES))
    .option('--every <time>', 'shortest time between two changes of an order: 1s')
    .addOption(new Option('--finish <how>', 'what is left at the end').choices(['leave', 'take']))
    .option('--jitter <part>', 'slices differ by up to this part, such as 20%')
    .option('--seed <number>', 'of the jitter');
}

interface Asked {
  readonly method: string;
  readonly side: string;
  readonly quantity: string;
  readonly symbol: string;
}

async function ticketOf(
  session: LiveSession,
  { method, side, quantity, symbol }: Asked,
  flags: StartFlags,
): Promise<AlgorithmTicket> {
  const { limitPrice, participation, smallest, catchUp, style, every, finish } = flags;
  const { jitter, seed } = flags;
  // What can be refused without a connection is refused before there is one.
  const fixed = {
    side: parseChoice(side, 'side', ['buy', 'sell'] as const),
    quantity,
    method: await methodOf(session, parseChoice(method, 'method', METHODS), flags),
    duration: millisecondsOf(flags.over, 'over'),
    ...(flags.start === undefined ? {} : { start: parseIsoTime(flags.start, 'start') }),
    ...(limitPrice === undefined ? {} : { limitPrice }),
    ...(participation === undefined
      ? {}
      : { participation: parseVolumeLimit(participation, 'participation') }),
    ...(smallest === undefined ? {} : { smallest }),
    ...(catchUp === undefined ? {} : { catchUp }),
    ...(style === undefined ? {} : { style }),
    ...(every === undefined ? {} : { every: millisecondsOf(every, 'every') }),
    ...(finish === undefined ? {} : { finish }),
    ...(jitter === undefined ? {} : { jitter: parseVolumeLimit(jitter, 'jitter') }),
    ...(seed === undefined ? {} : { seed: parseWhole(seed, 'seed', 0xffff_ffff) }),
  };
  await connected(session, flags.venue);
  return {
    ...fixed,
    account: await accountOf(session, flags),
    instrument: await instrumentOf(session, symbol),
  };
}

async function methodOf(
  session: LiveSession,
  kind: (typeof METHODS)[number],
  flags: StartFlags,
): Promise<AlgorithmMethodText> {
  const slices = parseWhole(flags.slices, 'slices', 10_000);
  switch (kind) {
    case 'twap':
      return { kind, slices };
    case 'vwap':
      return { kind, ...(await curveOf(session, slices, flags)) };
    case 'pov':
      return { kind, rate: parseVolumeLimit(flags.rate, 'rate') };
    case 'iceberg':
      if (flags.display === undefined) {
        throw new RenataError('BAD_INPUT', 'display: say what the iceberg shows: --display 100.', {
          details: { parameter: 'display' },
        });
      }
      return { kind, display: flags.display };
    case 'peg':
      return { kind, to: flags.to, offset: flags.offset };
    case 'shortfall':
      return {
        kind,
        slices,
        riskAversion: parseNotNegative(flags.riskAversion, 'risk-aversion'),
        volatility: parseNotNegative(flags.volatility, 'volatility'),
        temporaryImpact: parseNotNegative(flags.temporaryImpact, 'temporary-impact'),
        permanentImpact: parseNotNegative(flags.permanentImpact, 'permanent-impact'),
      };
  }
}

async function curveOf(
  { client }: LiveSession,
  slices: number,
  { curve, curveFrom }: StartFlags,
): Promise<{ readonly curve: number[] } | { readonly dataset: string; readonly slices: number }> {
  if ((curve === undefined) === (curveFrom === undefined)) {
    throw new RenataError(
      'BAD_INPUT',
      'curve: vwap needs --curve 5,3,2,3,5 or --curve-from SYMBOL with stored bars: one of the two.',
      { details: { parameter: 'curve' } },
    );
  }
  if (curve !== undefined) {
    return { curve: curve.split(',').map((part) => parseNotNegative(part, 'curve')) };
  }
  const wanted = (curveFrom ?? '').trim().toUpperCase();
  const [finest] = (await client.call('data.list', {}))
    .filter(({ symbol, instrumentId }) => symbol === wanted || instrumentId === wanted)
    .toSorted((a, b) => lengthOf(a.timeframe) - lengthOf(b.timeframe));
  if (finest === undefined) {
    throw new RenataError('NOT_FOUND', `curve-from: there are no stored bars of "${curveFrom}".`, {
      details: { parameter: 'curve-from' },
    });
  }
  return { dataset: finest.id, slices };
}

const lengthOf = (frame: string): number => timeframeMillis(timeframe(frame));

/** Decisions are measured against the middle of the market, so both sides of it are waited for, for a moment. */
async function quoted(session: LiveSession, instrument: string): Promise<string> {
  const watchId = await watched(session, instrument);
  const { client, signal } = session;
  const arrived = Promise.withResolvers<void>();
  const end = client.on('market.data', ({ quotes }) => {
    if (quotes.some((each) => each.instrument === instrument && isTwoSided(each)))
      arrived.resolve();
  });
  const { watchId: second, quote } = await client.call('market.watch', {
    instrument,
    kinds: ['quote'],
  });
  if (!isTwoSided(quote) && !signal.aborted)
    await Promise.race([arrived.promise, sleep(BOTH_SIDES)]);
  end();
  await client.call('market.unwatch', { watchId: second });
  return watchId;
}

const isTwoSided = (quote: QuoteView | null): boolean =>
  quote !== null && quote.bid !== null && quote.ask !== null;

async function preview(session: LiveSession, asked: Asked, flags: StartFlags) {
  const ticket = await ticketOf(session, asked, flags);
  const watchId = await quoted(session, ticket.instrument);
  try {
    const answer = await session.client.call('algorithms.preview', { ticket });
    const rows = answer.schedule.map(({ from, to, quantity }) => [
      clockOf(from),
      clockOf(to),
      quantity,
    ]);
    const columns = [
      { title: 'From' },
      { title: 'To' },
      { title: 'Quantity', align: 'right' },
    ] as const;
    const schedule = rows.length === 0 ? answer.note : formatTable(columns, rows);
    if (!answer.check.allowed) process.exitCode = 1;
    return { json: answer, text: `${schedule}\n\n${checkText(answer.check)}` };
  } finally {
    await session.client.call('market.unwatch', { watchId });
  }
}

async function start(session: LiveSession, asked: Asked, flags: StartFlags) {
  const { client, remote } = session;
  const ticket = await ticketOf(session, asked, flags);
  const watchId = await quoted(session, ticket.instrument);
  try {
    const requestId = flags.requestId ?? randomUUID();
    const { algorithm, check } = await client.call('algorithms.start', { requestId, ticket });
    if (algorithm.denied) {
      process.exitCode = 1;
      const largest =
        check.largest === null ? [] : [`The largest quantity that would pass is ${check.largest}.`];
      return { json: { algorithm, check }, text: [outcome(algorithm), ...largest].join('\n') };
    }
    const waits = !remote || flags.wait === true;
    const view = waits ? await ended(session, algorithm, true) : algorithm;
    if (waits && view.remainder !== '0') process.exitCode = 1;
    return { json: { algorithm: view, check }, text: outcome(view) };
  } finally {
    await client.call('market.unwatch', { watchId });
  }
}

/**
 * Waits until an algorithm has ended, or where it is to stand still until its orders are away. Ctrl+C stops
 * one that would end with this process.
 */
async function ended(
  { client, signal, remote, terminal }: LiveSession,
  began: AlgorithmView,
  toTheEnd: boolean,
): Promise<AlgorithmView> {
  let view = began;
  const end = client.on('algorithms.changed', ({ algorithms }) => {
    view = algorithms.find(({ id }) => id === began.id) ?? view;
    if (terminal.drawsProgress) {
      terminal.draw(`${view.method}: ${view.filled} of ${view.quantity} filled, ${view.status}`);
    }
  });
  const rests = (): boolean =>
    view.status === 'done' || (view.status === 'paused' && view.working === '0');
  try {
    while (!rests() && !signal.aborted) await sleep(LOOK_EVERY);
    if (signal.aborted && !remote && toTheEnd && view.status !== 'done') {
      view = await client.call('algorithms.stop', { id: began.id });
      for (let i = 0; i < 50 && !rests(); i += 1) await sleep(LOOK_EVERY);
    }
    return view;
  } finally {
    terminal.draw(null);
    end();
  }
}

function outcome(view: AlgorithmView): string {
  const { status, filled, quantity, averagePrice, remainder, reason, denied } = view;
  if (denied) return reason;
  const average = averagePrice === null ? '' : ` at ${averagePrice} on average`;
  const left = remainder === '0' ? '' : `, ${remainder} not filled`;
  const why = reason === '' ? '' : ` ${reason}`;
  return `${view.id} ${view.method} ${view.side} ${quantity} ${view.instrument}: ${status}, ${filled} filled${average}${left}.${why}`;
}

function algorithmTable(found: readonly AlgorithmView[]): string {
  const columns = [
    { title: 'Algorithm' },
    { title: 'Method' },
    { title: 'Side' },
    { title: 'Quantity', align: 'right' },
    { title: 'Filled', align: 'right' },
    { title: 'Working', align: 'right' },
    { title: 'Left', align: 'right' },
    { title: 'Instrument' },
    { title: 'State' },
    { title: 'Average', align: 'right' },
    { title: 'Volume', align: 'right' },
    { title: 'Until' },
    { title: 'Reason' },
  ] as const;
  const rows = found.map((view) => [
    view.id,
    view.method,
    view.side,
    view.quantity,
    view.filled,
    view.working,
    view.remainder,
    view.instrument,
    view.denied ? 'denied' : view.status,
    view.averagePrice ?? '',
    view.marketShare === null ? '' : `${formatNumber(view.marketShare * 100, 1)} %`,
    formatInstant(view.end),
    view.reason,
  ]);
  return formatTable(columns, rows);
}

const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

function millisecondsOf(text: string, option: string): number {
  const [, amount = '', unit = ''] = /^(.*?)(ms|s|m|h|d)$/.exec(text.trim()) ?? [];
  const value = Math.round(numberOf(amount) * (UNITS[unit] ?? Number.NaN));
  if (value >= 0) return value;
  throw bad(option, text, 'is not a time; write 90s, 10m or 2h.');
}

function sleep(milliseconds: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  setTimeout(resolve, milliseconds);
  return promise;
}

/** With seconds: slices may be shorter than minutes. */
function clockOf(time: number): string {
  return new Date(time).toISOString().slice(0, 19).replace('T', ' ');
}
