import { randomUUID } from 'node:crypto';
import { Option, type Command } from 'commander';
import { RenataError } from '../../../engine/domain/errors.ts';
import {
  ORDER_TYPES,
  TIMES_IN_FORCE,
  type OrderType,
  type TimeInForce,
} from '../../../engine/domain/order.ts';
import { parseIsoTime } from '../../../engine/domain/time.ts';
import { URGENCIES, type Urgency } from '../../../engine/domain/algorithm.ts';
import type { CallOutput } from '../../../engine/protocol/contract.ts';
import type { LiveOrderView, Ticket } from '../../../engine/protocol/live-schemas.ts';
import { armed, connected, runLive, type LiveSession } from '../live-session.ts';
import { formatTable } from '../table.ts';
import { formatMinute, formatNumber, formatPrice } from '../text.ts';
import { common, type CommonOptions } from './context.ts';

interface VenueFlags extends CommonOptions {
  readonly venue: string;
  readonly account?: string;
}

interface OrderFlags extends VenueFlags {
  readonly arm?: string;
  readonly type: OrderType;
  readonly limitPrice?: string;
  readonly stopPrice?: string;
  readonly trailAmount?: string;
  readonly trailPercent?: string;
  readonly limitOffset?: string;
  readonly tif: TimeInForce;
  readonly until?: string;
  readonly notional?: boolean;
  readonly takeProfit?: string;
  readonly stopLoss?: string;
  readonly reduceOnly?: boolean;
  readonly postOnly?: boolean;
  readonly extendedHours?: boolean;
  readonly wait: string;
  readonly requestId?: string;
  readonly dryRun?: boolean;
  readonly urgency: Urgency;
}

const CLOSED = new Set(['Filled', 'Canceled', 'Expired', 'Rejected', 'Denied']);

function venue(command: Command): Command {
  return common(command)
    .option('--venue <name>', 'connection to use', 'simulated')
    .option('--account <id>', 'account; the only one of the connection when absent');
}

/** `order`, `orders`, `positions`: placing and looking. */
export function addTrade(program: Command): void {
  venue(
    program
      .command('order <side> <quantity> <symbol>')
      .description(
        'place an order through the risk gate: renata order buy 100 ALFA --type limit --limit-price 99.5',
      ),
  )
    .addOption(new Option('--type <type>', 'order type').choices(ORDER_TYPES).default('market'))
    .addOption(new Option('--tif <tif>', 'time in force').choices(TIMES_IN_FORCE).default('day'))
    .option('--limit-price <price>', 'limit price')
    .option('--stop-price <price>', 'stop price, or the trigger of a touched order')
    .option('--trail-amount <amount>', 'distance of a trailing stop in price')
    .option('--trail-percent <percent>', 'distance of a trailing stop in percent')
    .option(
      '--limit-offset <amount>',
      'how far behind its stop a trailing stop-limit puts its limit',
    )
    .option('--until <time>', 'end of a gtd order, UTC')
    .option('--notional', 'the quantity is money to spend')
    .option('--take-profit <price>', 'exit with a limit once the order has filled')
    .option('--stop-loss <price>', 'exit with a stop once the order has filled')
    .option('--reduce-only', 'only make the position smaller')
    .option('--post-only', 'never take liquidity')
    .option('--extended-hours', 'may fill outside of regular hours')
    .option('--request-id <id>', 'the same id again places nothing again')
    .option(
      '--wait <seconds>',
      'seconds to wait for the order to close; 0 for its acceptance only',
      '10',
    )
    .option('--dry-run', 'show what the risk gate says and send nothing')
    .option('--arm <account>', 'arms a live account for this session: type its name')
    .addOption(
      new Option('--urgency <how>', 'what --dry-run advises a kind of order for')
        .choices(URGENCIES)
        .default('normal'),
    )
    .action((side: string, quantity: string, symbol: string, flags: OrderFlags) =>
      runLive(flags, (session) => order(session, side, quantity, symbol, flags)),
    );

  venue(program.command('orders').description('open orders, or all of them'))
    .option('--all', 'closed ones as well, newest first')
    .option('--cancel <id>', 'cancel an order')
    .option('--cancel-all', 'cancel every open order of the account')
    .option('--history <id>', 'everything that is known of an order')
    .action(
      (
        flags: VenueFlags & {
          readonly all?: boolean;
          readonly cancel?: string;
          readonly cancelAll?: boolean;
          readonly history?: string;
        },
      ) => runLive(flags, (session) => orders(session, flags)),
    );

  venue(program.command('positions').description('positions of all connected accounts'))
    .option('--flatten <symbol>', 'cancel what works for the position and close it')
    .option('--reverse <symbol>', 'the same, and as much the other way round')
    .action((flags: VenueFlags & { readonly flatten?: string; readonly reverse?: string }) =>
      runLive(flags, (session) => positions(session, flags)),
    );

  venue(program.command('quote <symbol>').description('the newest quote of an instrument')).action(
    (symbol: string, flags: VenueFlags) =>
      runLive(flags, (session) => quote(session, symbol, flags)),
  );
}

/** Seconds that the order which closes a position is followed. */
const CLOSING_WAIT = 5;

async function order(
  session: LiveSession,
  side: string,
  quantity: string,
  symbol: string,
  flags: OrderFlags,
) {
  const { client } = session;
  if (side !== 'buy' && side !== 'sell') {
    throw new RenataError('BAD_INPUT', `side: must be buy or sell, not "${side}".`, {
      details: { parameter: 'side' },
    });
  }
  await connected(session, flags.venue);
  const instrument = await instrumentOf(session, symbol);
  const account = await accountOf(session, flags);
  if (flags.arm !== undefined && flags.dryRun !== true) await armed(session, account, flags.arm);
  const ticket: Ticket = {
    account,
    instrument,
    terms: {
      side,
      type: flags.type,
      timeInForce: flags.tif,
      ...(flags.notional === true ? {} : { quantity }),
      ...(flags.limitPrice === undefined ? {} : { limitPrice: flags.limitPrice }),
      ...(flags.stopPrice === undefined ? {} : { stopPrice: flags.stopPrice }),
      ...(flags.trailAmount === undefined ? {} : { trailAmount: flags.trailAmount }),
      ...(flags.trailPercent === undefined ? {} : { trailPercent: flags.trailPercent }),
      ...(flags.limitOffset === undefined ? {} : { limitOffset: flags.limitOffset }),
      ...(flags.until === undefined ? {} : { goodTill: parseIsoTime(flags.until, 'until') }),
      ...(flags.reduceOnly === true ? { reduceOnly: true } : {}),
      ...(flags.postOnly === true ? { postOnly: true } : {}),
      ...(flags.extendedHours === true ? { extendedHours: true } : {}),
    },
    ...(flags.notional === true ? { notional: quantity } : {}),
    ...(flags.takeProfit === undefined ? {} : { takeProfit: { limitPrice: flags.takeProfit } }),
    ...(flags.stopLoss === undefined ? {} : { stopLoss: { stopPrice: flags.stopLoss } }),
  };
  const watch = await watched(session, instrument);
  try {
    if (flags.dryRun === true) {
      const check = await client.call('orders.check', { ticket, urgency: flags.urgency });
      return { json: check, text: checkText(check) };
    }
    const { answer: placed, orders: current } = await followed(session, seconds(flags.wait), () =>
      client.call('orders.place', { requestId: flags.requestId ?? randomUUID(), ticket }),
    );
    const text = [placed.check.sentence, orderTable(current)];
    const refused = current.find(({ state }) => state === 'Denied' || state === 'Rejected');
    if (refused !== undefined) {
      process.exitCode = 1;
      text.push(`${refused.state} (${refused.reasonCode}): ${refused.reason}`);
      if (placed.check.largest !== null && !placed.check.allowed) {
        text.push(`The largest quantity that would pass is ${placed.check.largest}.`);
      }
    }
    return { json: { orders: current, check: placed.check }, text: text.join('\n') };
  } finally {
    await client.call('market.unwatch', { watchId: watch });
  }
}

/** Sends, and waits until the first of the orders that come of it is closed, or as long as is wanted. */
async function followed<Answer extends { readonly orders: readonly LiveOrderView[] }>(
  { client, signal }: LiveSession,
  wait: number,
  send: () => Promise<Answer>,
): Promise<{ readonly answer: Answer; readonly orders: readonly LiveOrderView[] }> {
  const seen = new Map<string, LiveOrderView>();
  const end = client.on('orders.changed', ({ orders: changed }) => {
    for (const each of changed) seen.set(each.clientOrderId, each);
  });
  try {
    const answer = await send();
    const [first] = answer.orders;
    const until = Date.now() + wait * 1000;
    while (first !== undefined && Date.now() < until && !signal.aborted) {
      if (CLOSED.has((seen.get(first.clientOrderId) ?? first).state)) break;
      await sleep(50);
    }
    return { answer, orders: answer.orders.map((each) => seen.get(each.clientOrderId) ?? each) };
  } finally {
    end();
  }
}

async function orders(
  session: LiveSession,
  flags: VenueFlags & {
    readonly all?: boolean;
    readonly cancel?: string;
    readonly cancelAll?: boolean;
    readonly history?: string;
  },
) {
  const { client } = session;
  if (flags.history !== undefined) {
    const history = await client.call('orders.history', { clientOrderId: flags.history });
    const rows = history.lines.map(({ sequence, time, source, type, state, text }) => [
      String(sequence),
      new Date(time).toISOString().replace('T', ' ').slice(0, 23),
      source,
      type,
      state,
      text,
    ]);
    const columns = ['Entry', 'Time', 'Source', 'Fact', 'State', 'What'].map((title) => ({
      title,
    }));
    return {
      json: history,
      text: `${orderTable([history.order])}\n\n${formatTable(columns, rows)}`,
    };
  }
  if (!session.remote) await connected(session, flags.venue);
  if (flags.cancel !== undefined) {
    const { order: canceled } = await client.call('orders.cancel', { clientOrderId: flags.cancel });
    return { json: canceled, text: orderTable([canceled]) };
  }
  if (flags.cancelAll === true) {
    const account = await accountOf(session, flags);
    const answer = await client.call('orders.cancelAll', { account, instrument: null });
    return { json: answer, text: `${answer.orders} orders are being cancelled.` };
  }
  const found = await client.call('orders.list', {
    account: flags.account ?? null,
    open: flags.all !== true,
    limit: 1000,
  });
  return { json: found, text: found.length === 0 ? 'There is no order.' : orderTable(found) };
}

async function positions(
  session: LiveSession,
  flags: VenueFlags & { readonly flatten?: string; readonly reverse?: string },
) {
  const { client } = session;
  if (!session.remote) await connected(session, flags.venue);
  const target = flags.flatten ?? flags.reverse;
  if (target !== undefined) {
    const account = await accountOf(session, flags);
    const instrument = await instrumentOf(session, target);
    const name = flags.flatten === undefined ? 'positions.reverse' : 'positions.flatten';
    const { answer, orders: ended } = await followed(session, CLOSING_WAIT, () =>
      client.call(name, { requestId: randomUUID(), account, instrument }),
    );
    return { json: { ...answer, orders: ended }, text: orderTable(ended) };
  }
  const found = await client.call('positions.list', {});
  const accounts = await client.call('accounts.list', {});
  const columns = [
    { title: 'Account' },
    { title: 'Instrument' },
    { title: 'Quantity', align: 'right' },
    { title: 'Average', align: 'right' },
    { title: 'Last', align: 'right' },
    { title: 'Unrealized', align: 'right' },
    { title: 'Protection' },
  ] as const;
  const rows = found.map((each) => [
    each.account,
    each.instrument,
    each.quantity,
    each.averagePrice ?? '',
    each.mark === null ? '' : formatPrice(each.mark),
    each.unrealized === null ? '' : formatNumber(each.unrealized, 2),
    each.protection,
  ]);
  const money = accounts.map(
    ({ id, live, equity, buyingPower, currency }) =>
      `${id} (${live ? 'LIVE' : 'paper'}): equity ${equity ?? 'n/a'} ${currency}, buying power ${buyingPower ?? 'n/a'} ${currency}`,
  );
  const table = rows.length === 0 ? 'There is no position.' : formatTable(columns, rows);
  return { json: { positions: found, accounts }, text: [...money, table].join('\n') };
}

async function quote(session: LiveSession, symbol: string, flags: VenueFlags) {
  const { client } = session;
  await connected(session, flags.venue);
  const instrument = await instrumentOf(session, symbol);
  const arrived = Promise.withResolvers<void>();
  let newest: CallOutput<'market.watch'>['quote'] = null;
  const end = client.on('market.data', ({ quotes }) => {
    const found = quotes.find((each) => each.instrument === instrument);
    if (found !== undefined) {
      newest = found;
      arrived.resolve();
    }
  });
  const watch = await client.call('market.watch', { instrument, kinds: ['quote', 'trade', 'bar'] });
  newest ??= watch.quote;
  if (newest === null) await within(10_000, arrived.promise);
  end();
  await client.call('market.unwatch', { watchId: watch.watchId });
  const found = newest;
  if (found === null) {
    throw new RenataError('UNAVAILABLE', `No quote of ${instrument} came within 10 s.`, {
      retryable: true,
    });
  }
  const price = (value: number | null): string => (value === null ? 'n/a' : formatPrice(value));
  return {
    json: found,
    text: `${instrument}  bid ${price(found.bid)} x ${found.bidSize ?? 'n/a'}  ask ${price(found.ask)} x ${found.askSize ?? 'n/a'}  last ${price(found.last)}  ${formatMinute(found.venueTime)} (${found.source}${found.stale ? ', stale' : ''})`,
  };
}

/** Prices are needed before an order can be checked against them. */
export async function watched(
  { client, signal }: LiveSession,
  instrument: string,
): Promise<string> {
  const arrived = Promise.withResolvers<void>();
  const end = client.on('market.data', ({ quotes }) => {
    if (quotes.some((each) => each.instrument === instrument)) arrived.resolve();
  });
  const { watchId, quote: known } = await client.call('market.watch', {
    instrument,
    kinds: ['quote', 'trade', 'bar'],
  });
  if (known === null && !signal.aborted) await within(5000, arrived.promise);
  end();
  return watchId;
}

/** @throws RenataError NOT_FOUND naming what there is, BAD_INPUT where several fit */
export async function instrumentOf(
  { client }: Pick<LiveSession, 'client'>,
  symbol: string,
): Promise<string> {
  const wanted = symbol.trim().toUpperCase();
  const found = await client.call('instruments.find', {
    query: wanted.split('.')[0] || wanted,
    connection: null,
  });
  const ids = [...new Set(found.map(({ instrument }) => instrument.id))];
  const exact = ids.filter((id) => id === wanted || id.slice(0, id.lastIndexOf('.')) === wanted);
  const [only] = exact;
  if (only !== undefined && exact.length === 1) return only;
  throw new RenataError(
    exact.length === 0 ? 'NOT_FOUND' : 'BAD_INPUT',
    exact.length === 0
      ? `symbol: no connected source has "${symbol}"${ids.length === 0 ? '' : `; near it are ${ids.slice(0, 5).join(', ')}`}.`
      : `symbol: "${symbol}" is ${exact.join(' and ')}; name one of them.`,
    { details: { parameter: 'symbol' } },
  );
}

/** @throws RenataError BAD_INPUT where an account has to be chosen */
export async function accountOf(
  { client }: Pick<LiveSession, 'client'>,
  flags: VenueFlags,
): Promise<string> {
  if (flags.account !== undefined) return flags.account;
  const accounts = await client.call('accounts.list', {});
  const own = accounts.filter(({ connection }) => connection === flags.venue);
  const [only] = own;
  if (only !== undefined && own.length === 1) return only.id;
  throw new RenataError(
    own.length === 0 ? 'NOT_FOUND' : 'BAD_INPUT',
    own.length === 0
      ? `account: ${flags.venue} has no account yet; connect it with renata connect ${flags.venue}.`
      : `account: choose one of ${own.map(({ id }) => id).join(', ')} with --account.`,
    { details: { parameter: 'account' } },
  );
}

export function orderTable(found: readonly LiveOrderView[]): string {
  const columns = [
    { title: 'Order' },
    { title: 'State' },
    { title: 'Side' },
    { title: 'Quantity', align: 'right' },
    { title: 'Filled', align: 'right' },
    { title: 'Instrument' },
    { title: 'Type' },
    { title: 'Price', align: 'right' },
    { title: 'Average', align: 'right' },
    { title: 'TIF' },
  ] as const;
  const rows = found.map(
    ({ clientOrderId, state, terms, filledQuantity, averagePrice, instrument }) => [
      clientOrderId,
      state,
      terms.side,
      terms.quantity,
      filledQuantity,
      instrument,
      terms.type,
      terms.limitPrice ??
        terms.stopPrice ??
        terms.trailAmount ??
        (terms.trailPercent === undefined ? '' : `${terms.trailPercent} %`),
      averagePrice ?? '',
      terms.timeInForce,
    ],
  );
  return formatTable(columns, rows);
}

export function checkText(check: CallOutput<'orders.check'>): string {
  const rows = check.checks.map(({ passed, title, scope, value, limit, used }) => [
    passed ? 'ok' : 'DENIED',
    title,
    scope,
    value ?? '',
    limit ?? '',
    used === null ? '' : `${formatNumber(used * 100, 0)} %`,
  ]);
  const columns = ['', 'Check', 'Scope', 'Value', 'Limit', 'Used'].map((title) => ({ title }));
  const denials = check.checks
    .filter(({ passed }) => !passed)
    .map(({ code, message }) => `${code}: ${message}`);
  const largest =
    check.allowed || check.largest === null
      ? []
      : [`The largest quantity that would pass is ${check.largest}.`];
  const { advice } = check;
  const advised =
    advice === undefined || advice === null
      ? []
      : [`Advice (urgency ${advice.urgency}): ${advice.text}. ${advice.reasons.join(' ')}`];
  return [check.sentence, formatTable(columns, rows), ...denials, ...largest, ...advised].join(
    '\n',
  );
}

function seconds(text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value >= 0 && value <= 86_400) return value;
  throw new RenataError('BAD_INPUT', `wait: "${text}" must be seconds, 0 to 86400.`, {
    details: { parameter: 'wait' },
  });
}

/** Waits so long at most; no timer is left that would keep the command from ending. */
async function within(milliseconds: number, arrived: Promise<void>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, milliseconds);
  await Promise.race([arrived, promise]);
  clearTimeout(timer);
}

function sleep(milliseconds: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  setTimeout(resolve, milliseconds);
  return promise;
}
