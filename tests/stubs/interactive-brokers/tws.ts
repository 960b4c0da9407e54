import {
  accountSummary,
  described,
  execution,
  openOrderOf,
  orderStatus,
  scannerRows,
  symbolSamples,
  type Field,
  type StubOrder,
  type Trade,
} from './answers.ts';
import { CONTRACTS, contractFields, MARKET_RULES, type StubContract } from './catalogue.ts';
import { StubServer, type Client } from './server.ts';
import { completedOrder, openOrder, readPlaceOrder, type Placed } from './layouts.ts';

/** What the next new orders meet. `silent`: TWS has the order and says nothing. */
export type OrderFate = 'normal' | 'silent' | 'cut-before' | 'cut-after' | 'reject' | 'remark';

export interface StubOptions {
  readonly accounts?: readonly string[];
  readonly serverVersion?: number;
}

const SERVER_VERSION = 193;
const STATUS_ENDED = new Set(['Filled', 'Cancelled', 'Inactive']);

/**
 * Trader Workstation on a port of this machine: speaks protocol 193, keeps the truth of orders, trades,
 * positions and cash through disconnections and restarts, and misbehaves on command.
 */
export class StubTws extends StubServer {
  readonly accounts: readonly string[];
  readonly orders: StubOrder[] = [];
  readonly trades: Trade[] = [];
  readonly positions = new Map<
    string,
    { account: string; contract: StubContract; quantity: number; cost: number }
  >();
  /** Bars of a request, or an error. */
  bars: (request: {
    end: string;
    duration: string;
    size: string;
    what: string;
    conId: number;
  }) => readonly (readonly Field[])[] | { code: number; text: string } = () => [];
  cash = 100_000;
  fates: OrderFate[] = [];
  nextValidId = 1;
  /** When trades are made, as TWS writes it. */
  tradeTime = '20240102 10:00:00 US/Eastern';
  logsIn = true;
  requests = 0;
  #nextPermId = 1_850_000_001;
  #nextTrade = 1;
  readonly #lines = new Map<
    string,
    { client: Client; reqId: number; conId: number; kind: number }
  >();

  constructor(options: StubOptions = {}) {
    super(options.serverVersion ?? SERVER_VERSION);
    this.accounts = options.accounts ?? ['DU1234567'];
  }

  line(kind: number, symbol: string): { client: Client; reqId: number } | undefined {
    const conId = CONTRACTS.find((each) => each.symbol === symbol)?.conId;
    return [...this.#lines.values()].find((line) => line.kind === kind && line.conId === conId);
  }

  /** A price or a size of a quote. */
  tick(symbol: string, type: number, price: number, size: number): void {
    const line = this.line(1, symbol);
    if (line !== undefined) this.send(line.client, [1, 6, line.reqId, type, price, size, 1]);
  }

  tell(
    line: { client: Client; reqId: number } | undefined,
    fields: (reqId: number) => Field[],
  ): void {
    if (line !== undefined) this.send(line.client, fields(line.reqId));
  }

  order(ref: string): StubOrder {
    const found = this.orders.filter(({ placed }) => placed['orderRef'] === ref);
    if (found.length !== 1) throw new Error(`${found.length} orders with the reference ${ref}.`);
    return found[0] as StubOrder;
  }

  /** An order of another program, or one that was entered in TWS (client 0 without a number). */
  placeElsewhere(symbol: string, fields: Placed, clientId: number, orderId: number): StubOrder {
    const contract = CONTRACTS.find((each) => each.symbol === symbol) as StubContract;
    const order = this.#add(orderId, clientId, contract, {
      account: this.accounts[0] as string,
      tif: 'DAY',
      ...fields,
    });
    this.#tellOrder(order);
    return order;
  }

  fill(order: StubOrder, shares: number, price: number, commission: string | null = '1.25'): Trade {
    order.filled += shares;
    order.value += shares * price;
    order.status = order.filled >= order.quantity ? 'Filled' : order.status;
    const sign = order.placed['action'] === 'BUY' ? 1 : -1;
    this.#move(order, sign * shares, price);
    const trade: Trade = {
      execId: `0000e0d5.65${String(this.#nextTrade).padStart(6, '0')}.01.01`,
      order,
      shares,
      price,
      time: this.tradeTime,
      commission,
    };
    this.#nextTrade += 1;
    this.trades.push(trade);
    for (const client of this.clients) {
      this.send(client, execution(-1, trade));
      this.send(client, openOrderOf(order));
      this.send(client, orderStatus(order));
    }
    if (commission !== null) this.commission(trade, commission);
    this.#afterFill(order);
    this.#tellPosition(order);
    return trade;
  }

  commission(trade: Trade, amount: string): void {
    this.broadcast([
      59,
      1,
      trade.execId,
      amount,
      'USD',
      '1.7976931348623157E308',
      '1.7976931348623157E308',
      '',
    ]);
  }

  /** Tells a trade anew, with another size or price. */
  correct(trade: Trade, shares: number, price: number): Trade {
    const { order } = trade;
    order.filled += shares - trade.shares;
    order.value += shares * price - trade.shares * trade.price;
    const last = Number(trade.execId.slice(-2)) + 1;
    const next: Trade = {
      ...trade,
      shares,
      price,
      execId: `${trade.execId.slice(0, -2)}${String(last).padStart(2, '0')}`,
    };
    this.trades.splice(this.trades.indexOf(trade), 1, next);
    this.broadcast(execution(-1, next));
    return next;
  }

  cancelOrder(order: StubOrder, reason: string): void {
    if (STATUS_ENDED.has(order.status)) return;
    order.status = 'Cancelled';
    this.say(order.orderId, 202, `Order Canceled - reason:${reason}`);
    for (const client of this.clients) this.send(client, orderStatus(order));
    for (const child of this.#childrenOf(order)) this.cancelOrder(child, 'parent cancelled');
  }

  protected override take(client: Client, fields: string[]): void {
    const kind = Number(fields[0]);
    if (kind === 71) {
      this.#logIn(client, Number(fields[2]));
      return;
    }
    if (!client.started) return;
    this.requests += 1;
    switch (kind) {
      case 1:
        this.#subscribe(client, kind, Number(fields[2]), Number(fields[3]));
        this.send(client, [81, Number(fields[2]), '0.01', '9c0001', 3]);
        break;
      case 2:
      case 11:
      case 51:
        this.#lines.delete(`${client.id} ${fields[2] ?? ''}`);
        break;
      case 98:
        this.#lines.delete(`${client.id} ${fields[1] ?? ''}`);
        break;
      case 3:
        this.#place(client, fields);
        break;
      case 4:
        this.#cancel(client, Number(fields[1]));
        break;
      case 7:
        this.#executions(client, Number(fields[2]), fields[4] ?? '');
        break;
      case 9:
        this.#describe(client, fields);
        break;
      case 10:
      case 50:
        this.#subscribe(client, kind, Number(fields[2]), Number(fields[3]));
        break;
      case 97:
        this.#subscribe(client, kind, Number(fields[1]), Number(fields[2]));
        break;
      case 16:
        for (const order of this.orders) {
          if (STATUS_ENDED.has(order.status)) continue;
          this.send(client, openOrderOf(order));
          this.send(client, orderStatus(order));
        }
        this.send(client, [53, 1]);
        break;
      case 20:
        this.#history(client, fields);
        break;
      case 22:
        this.send(client, scannerRows(Number(fields[1])));
        break;
      case 24:
        this.send(client, [19, 1, '<ScanParameterResponse/>']);
        break;
      case 49:
        this.send(client, [49, 1, 1_704_207_600]);
        break;
      case 58:
        for (const order of this.orders) this.cancelOrder(order, '');
        break;
      case 61:
        for (const { account, contract, quantity, cost } of this.positions.values()) {
          this.send(client, [61, 3, account, ...contractFields(contract, ''), quantity, cost]);
        }
        this.send(client, [62, 1]);
        break;
      case 62:
        for (const row of accountSummary(Number(fields[2]), this.accounts, this.cash))
          this.send(client, row);
        break;
      case 81:
        this.send(client, symbolSamples(Number(fields[1]), fields[2] ?? ''));
        break;
      case 91: {
        const rule = MARKET_RULES[Number(fields[1])];
        if (rule !== undefined)
          this.send(client, [93, Number(fields[1]), rule.length, ...rule.flat()]);
        break;
      }
      case 99:
        this.#completed(client);
        break;
      default:
    }
  }

  protected override gone(client: Client): void {
    for (const [key, line] of this.#lines) if (line.client === client) this.#lines.delete(key);
  }

  #logIn(client: Client, id: number): void {
    if ([...this.clients].some((each) => each !== client && each.started && each.id === id)) {
      this.say(
        -1,
        326,
        'Unable to connect as the client id is already in use. Retry with a unique client id.',
        client,
      );
      client.socket.end();
      return;
    }
    client.id = id;
    if (!this.logsIn) return;
    client.started = true;
    this.send(client, [15, 1, this.accounts.join(',')]);
    this.send(client, [9, 1, this.nextValidId]);
    this.say(-1, 2104, 'Market data farm connection is OK:usfarm', client);
    this.say(-1, 2106, 'HMDS data farm connection is OK:ushmds', client);
  }

  #place(client: Client, fields: string[]): void {
    const placed = readPlaceOrder(fields);
    // A question what an order would need is no order.
    const asks = placed['whatIf'] === '1';
    const fate = (asks ? undefined : this.fates.shift()) ?? 'normal';
    if (fate === 'cut-before') {
      client.socket.destroy();
      return;
    }
    const orderId = Number(placed['orderId']);
    const contract = CONTRACTS.find(({ conId }) => conId === Number(placed['conId']));
    if (contract === undefined) {
      this.say(orderId, 200, 'No security definition has been found for the request', client);
      return;
    }
    if (asks) {
      this.#whatIf(client, orderId, contract, placed);
      return;
    }
    const known = this.orders.find(
      (each) => each.clientId === client.id && each.orderId === orderId,
    );
    if (known !== undefined) {
      this.#change(client, known, placed, fate);
      return;
    }
    this.nextValidId = Math.max(this.nextValidId, orderId + 1);
    if (fate === 'reject') {
      this.say(
        orderId,
        201,
        'Order rejected - reason:The contract is not available for trading.',
        client,
      );
      return;
    }
    const order = this.#add(orderId, client.id, contract, placed);
    if (fate === 'cut-after') {
      client.socket.destroy();
      return;
    }
    if (fate === 'silent') return;
    if (fate === 'remark')
      this.say(orderId, 10_349, 'Order TIF was set to DAY based on order preset.', client);
    this.#tellOrder(order);
  }

  #add(orderId: number, clientId: number, contract: StubContract, placed: Placed): StubOrder {
    const parent = this.orders.find(
      (each) => each.orderId === Number(placed['parentId']) && each.clientId === clientId,
    );
    const waits = Number(placed['parentId'] ?? 0) !== 0 && parent?.status !== 'Filled';
    const stops = /STP|TRAIL|MIT|LIT/.test(placed['orderType'] ?? '');
    const order: StubOrder = {
      orderId,
      clientId,
      permId: this.#nextPermId,
      contract,
      placed,
      quantity: Number(placed['totalQuantity']),
      filled: 0,
      value: 0,
      status: waits || stops ? 'PreSubmitted' : 'Submitted',
    };
    this.#nextPermId += 1;
    this.orders.push(order);
    return order;
  }

  #change(client: Client, order: StubOrder, placed: Placed, fate: OrderFate): void {
    if (STATUS_ENDED.has(order.status)) {
      this.say(order.orderId, 104, 'Cannot modify a filled order.', client);
      return;
    }
    if (fate === 'reject') {
      this.say(
        order.orderId,
        110,
        'The price does not conform to the minimum price variation for this contract.',
        client,
      );
      this.#tellOrder(order);
      return;
    }
    order.placed = placed;
    order.quantity = Number(placed['totalQuantity']);
    if (fate === 'cut-after') client.socket.destroy();
    else if (fate !== 'silent') this.#tellOrder(order);
  }

  #whatIf(client: Client, orderId: number, contract: StubContract, placed: Placed): void {
    this.send(
      client,
      openOrder({
        orderId,
        permId: 0,
        clientId: client.id,
        placed,
        contract: contractFields(contract),
        quantity: placed['totalQuantity'] ?? '0',
        status: 'PreSubmitted',
        whatIf: true,
        margins: ['4675.5', '4250.25', '-1.0'],
        commission: '1.0',
        warning: '',
      }),
    );
  }

  #cancel(client: Client, orderId: number): void {
    const order = this.orders.find(
      (each) => each.orderId === orderId && each.clientId === client.id,
    );
    if (order === undefined) {
      this.say(
        orderId,
        10_147,
        `OrderId ${orderId} that needs to be cancelled is not found.`,
        client,
      );
      return;
    }
    if (STATUS_ENDED.has(order.status)) {
      this.say(
        orderId,
        10_148,
        `OrderId ${orderId} that needs to be cancelled can not be cancelled, state: ${order.status}.`,
        client,
      );
      return;
    }
    this.cancelOrder(order, '');
  }

  #childrenOf(order: StubOrder): StubOrder[] {
    return this.orders.filter(
      (each) =>
        each.clientId === order.clientId &&
        order.orderId !== 0 &&
        Number(each.placed['parentId'] ?? 0) === order.orderId,
    );
  }

  /** Children begin to work, and what is linked by a group shrinks or ends. */
  #afterFill(order: StubOrder): void {
    if (order.status === 'Filled') {
      for (const child of this.#childrenOf(order)) {
        if (child.status === 'PreSubmitted') this.#tellOrder(child);
      }
    }
    const group = order.placed['ocaGroup'] ?? '';
    if (group === '') return;
    for (const other of this.orders) {
      if (other === order || other.placed['ocaGroup'] !== group || STATUS_ENDED.has(other.status))
        continue;
      if (order.status === 'Filled') this.cancelOrder(other, '');
      else {
        other.quantity = order.quantity - order.filled;
        this.#tellOrder(other);
      }
    }
  }

  #move(order: StubOrder, quantity: number, price: number): void {
    const account = order.placed['account'] ?? '';
    const key = `${account} ${order.contract.conId}`;
    const held = this.positions.get(key) ?? {
      account,
      contract: order.contract,
      quantity: 0,
      cost: 0,
    };
    const after = held.quantity + quantity;
    held.cost =
      after === 0
        ? 0
        : held.quantity === 0
          ? price * Number(order.contract.multiplier || '1')
          : held.cost;
    held.quantity = after;
    this.cash -= quantity * price;
    this.positions.set(key, held);
  }

  #tellPosition(order: StubOrder): void {
    const held = this.positions.get(`${order.placed['account'] ?? ''} ${order.contract.conId}`);
    if (held === undefined) return;
    this.broadcast([
      61,
      3,
      held.account,
      ...contractFields(held.contract, ''),
      held.quantity,
      held.cost,
    ]);
  }

  #tellOrder(order: StubOrder): void {
    for (const client of this.clients) {
      if (!client.started) continue;
      this.send(client, openOrderOf(order));
      this.send(client, orderStatus(order));
    }
  }

  #executions(client: Client, reqId: number, account: string): void {
    for (const trade of this.trades) {
      if (account !== '' && trade.order.placed['account'] !== account) continue;
      this.send(client, execution(reqId, trade));
      if (trade.commission !== null) {
        this.send(client, [
          59,
          1,
          trade.execId,
          trade.commission,
          'USD',
          '1.7976931348623157E308',
          '1.7976931348623157E308',
          '',
        ]);
      }
    }
    this.send(client, [55, 1, reqId]);
  }

  #completed(client: Client): void {
    for (const order of this.orders) {
      if (!STATUS_ENDED.has(order.status)) continue;
      this.send(
        client,
        completedOrder({
          permId: order.permId,
          placed: order.placed,
          contract: contractFields(order.contract),
          status: order.status,
          filled: String(order.filled),
          completedTime: '20240102 10:05:00 US/Eastern',
          completedStatus:
            order.status === 'Filled' ? `Filled Size: ${order.filled}` : 'Cancelled by Trader',
        }),
      );
    }
    this.send(client, [102]);
  }

  #describe(client: Client, fields: string[]): void {
    const rows = described(fields);
    if (rows === null) {
      this.say(
        Number(fields[2]),
        200,
        'No security definition has been found for the request',
        client,
      );
      return;
    }
    for (const row of rows) this.send(client, row);
  }

  #subscribe(client: Client, kind: number, reqId: number, conId: number): void {
    this.#lines.set(`${client.id} ${reqId}`, { client, reqId, conId, kind });
  }

  #history(client: Client, fields: string[]): void {
    const reqId = Number(fields[1]);
    const [end, size, duration, , what] = fields.slice(15, 20) as [
      string,
      string,
      string,
      string,
      string,
    ];
    const bars = this.bars({ end, duration, size, what, conId: Number(fields[2]) });
    if ('code' in bars) {
      this.say(reqId, bars.code, bars.text, client);
      return;
    }
    this.send(client, [17, reqId, 'start', 'end', bars.length, ...bars.flat()]);
  }
}
