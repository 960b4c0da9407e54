import type {
  BracketRequest,
  OrderChange,
  OrderEvent,
  Strategy,
  StrategyContext,
  StrategyDefinition,
} from '../../engine/backtest/strategy.ts';
import { ColumnView } from '../../engine/backtest/view.ts';
import type { BarColumns } from '../../engine/domain/bar.ts';
import { RenataError } from '../../engine/domain/errors.ts';
import type { ParameterValues } from '../../engine/domain/parameters.ts';
import type { Environment } from '../../engine/expressions/environment.ts';
import { CodeColumns } from '../../engine/strategies/code/columns.ts';
import { describeModule, type ModuleDescription } from '../../engine/strategies/code/module.ts';
import { checkedRequest } from '../../engine/strategies/code/request.ts';
import { SANDBOX } from './limits.ts';
import { Sandbox, type HostFunctions } from './quickjs.ts';

/** A strategy in TypeScript made ready in a sandbox. */
export interface Sandboxed {
  readonly definition: StrategyDefinition;
  readonly description: ModuleDescription;
  /** Ends the sandbox. */
  dispose(): void;
}

/** What of a file's exports is described; nothing runs yet but the file itself. */
export async function describeSandboxed(file: string, code: string): Promise<ModuleDescription> {
  const sandbox = await Sandbox.open(file, 0, hostOf(new Bridge(EMPTY, undefined)));
  try {
    return describeModule(file, readJson(sandbox.load(code)));
  } finally {
    sandbox.dispose();
  }
}

/** @throws RenataError STRATEGY_FAILED naming file and line */
export async function openSandboxed(
  id: string,
  file: string,
  code: string,
  bars: BarColumns,
  environment: Environment,
): Promise<Sandboxed> {
  const bridge = new Bridge(bars, environment);
  const sandbox = await Sandbox.open(file, bars.time.length, hostOf(bridge));
  try {
    const description = describeModule(file, readJson(sandbox.load(code)));
    const { title, parameters } = description;
    const definition: StrategyDefinition = {
      id,
      title,
      description: description.description,
      parameters,
      validate(values) {
        const problem = sandbox.check(JSON.stringify(values));
        if (problem !== undefined) throw refused(id, problem, values);
      },
      create(values, setup) {
        sandbox.numbers()[6] = setup.barCount;
        bridge.plot = (name, column) => setup.plot(name, new ColumnView(column, { index: -1 }));
        const hears = sandbox.create(JSON.stringify(values));
        bridge.plot = undefined;
        return new SandboxStrategy(sandbox, bridge, hears);
      },
    };
    return { definition, description, dispose: () => sandbox.dispose() };
  } catch (error) {
    sandbox.dispose();
    throw error;
  }
}

/** A problem that a strategy sees in its parameters, as BAD_INPUT. */
export function refused(id: string, problem: string, values: ParameterValues): RenataError {
  const named = Object.keys(values).find((name) => problem.includes(name));
  return new RenataError('BAD_INPUT', `${id}: ${problem.slice(0, 500)}`, {
    details: { parameter: named ?? 'parameters' },
  });
}

class SandboxStrategy implements Strategy {
  private readonly sandbox: Sandbox;
  private readonly bridge: Bridge;
  private readonly hears: boolean;

  constructor(sandbox: Sandbox, bridge: Bridge, hears: boolean) {
    this.sandbox = sandbox;
    this.bridge = bridge;
    this.hears = hears;
  }

  onBar(context: StrategyContext): void {
    this.show(context);
    this.sandbox.onBar();
  }

  onOrder(event: OrderEvent, context: StrategyContext): void {
    if (!this.hears) return;
    this.show(context);
    this.sandbox.onOrder(JSON.stringify(event));
  }

  private show(context: StrategyContext): void {
    this.bridge.begin(context);
    const numbers = this.sandbox.numbers();
    numbers[0] = context.index;
    numbers[1] = context.position;
    numbers[2] = context.cash;
    numbers[3] = context.equity;
    numbers[4] = context.entryPrice;
    numbers[5] = context.shortAllowed ? 1 : 0;
    numbers[7] = context.warmingUp ? 1 : 0;
  }
}

const EMPTY: BarColumns = {
  time: new Float64Array(0),
  open: new Float64Array(0),
  high: new Float64Array(0),
  low: new Float64Array(0),
  close: new Float64Array(0),
  volume: new Float64Array(0),
};

/** What the sandbox's functions work on; a strategy that has not been made sees none of it. */
class Bridge {
  readonly bars: BarColumns;
  readonly columns: Float64Array[] = [];
  private readonly source: CodeColumns | undefined;
  context: StrategyContext | undefined;
  plot: ((name: string, column: Float64Array) => void) | undefined;
  private plots = 0;
  private orders = 0;
  private onBar = 0;
  private at = -1;

  constructor(bars: BarColumns, environment: Environment | undefined) {
    this.bars = bars;
    this.source = environment === undefined ? undefined : new CodeColumns(bars, environment);
  }

  ask(): StrategyContext {
    if (this.context === undefined) throw tooEarly('order');
    return this.context;
  }

  /** The context for one more order, change or cancel. */
  command(): StrategyContext {
    this.orders += 1;
    this.onBar += 1;
    if (this.onBar > SANDBOX.ordersOnBar) throw tooMany('orders on one bar', SANDBOX.ordersOnBar);
    if (this.orders > SANDBOX.orders) throw tooMany('orders', SANDBOX.orders);
    return this.ask();
  }

  /** A call of the strategy begins; orders are counted anew on each bar. */
  begin(context: StrategyContext): void {
    if (this.context === undefined || context.index !== this.at) this.onBar = 0;
    this.at = context.index;
    this.context = context;
  }

  draw(name: string, id: number): void {
    const column = this.columns[id];
    if (column === undefined) return;
    this.plots += 1;
    if (this.plots > SANDBOX.plots) throw tooMany('plots', SANDBOX.plots);
    this.plot?.(name.slice(0, 64), column);
  }

  make(): CodeColumns {
    if (this.source === undefined || this.context !== undefined) throw tooEarly('setup');
    if (this.columns.length >= SANDBOX.series)
      throw tooMany('indicators and series', SANDBOX.series);
    return this.source;
  }

  add(column: Float64Array): number {
    return this.columns.push(column) - 1;
  }
}

function tooMany(what: string, most: number): RenataError {
  return new RenataError('STRATEGY_FAILED', `the strategy asked for more than ${most} ${what}`);
}

function tooEarly(what: 'order' | 'setup'): RenataError {
  const message =
    what === 'order'
      ? 'orders and random numbers are for onBar and onOrder only'
      : 'indicators and series can be made in create only';
  return new RenataError('STRATEGY_FAILED', message);
}

function hostOf(bridge: Bridge): HostFunctions {
  const { bars } = bridge;
  const prices = new Map(Object.entries(bars));
  return {
    price: (name) => prices.get(String(name)) ?? new Float64Array(0),
    column: (id) => bridge.columns[Number(id)] ?? new Float64Array(0),
    indicator: (id, parameters, output) =>
      bridge.add(
        bridge
          .make()
          .indicator(
            String(id),
            readJson(String(parameters)) as ParameterValues,
            output === '' ? undefined : String(output),
          ),
      ),
    series: (expression) => bridge.add(bridge.make().series(String(expression))),
    plot: (name, id) => bridge.draw(String(name), Number(id)),
    random: () => bridge.ask().random(),
    order: (request) => bridge.command().order(checkedRequest(readJson(String(request)))),
    bracket: (request) => {
      const given = readJson(String(request)) as BracketRequest;
      checkedRequest(given?.entry);
      return JSON.stringify(bridge.command().bracket(given));
    },
    amend: (order, change) =>
      Number(bridge.command().amend(Number(order), readJson(String(change)) as OrderChange)),
    market: (what, tag) => {
      const context = bridge.command();
      const text = String(tag).slice(0, 64);
      if (what === 'buy') return context.buy(text);
      return what === 'sell' ? context.sell(text) : context.exit(text);
    },
    cancel: (order) => bridge.command().cancel(Number(order)),
    cancelAll: () => bridge.command().cancelAll(),
  };
}

/** JSON of the sandbox: numbers that JSON lacks come as null. @throws RenataError for text that is none */
function readJson(text: string): unknown {
  try {
    return JSON.parse(text, (_key, value: unknown) => (value === null ? Number.NaN : value));
  } catch {
    throw new RenataError('STRATEGY_FAILED', 'an order or parameters must be a plain object');
  }
}
