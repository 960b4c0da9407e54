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
import type { ParameterValues } from '../../engine/domain/parameters.ts';
import type { Environment } from '../../engine/expressions/environment.ts';
import { CodeColumns } from '../../engine/strategies/code/columns.ts';
import { describeModule, type ModuleDescription } from '../../engine/strategies/code/module.ts';
import { checkedRequest } from '../../engine/strategies/code/request.ts';
import { Bridge, readJson, refused, tooEarly, tooMany } from './bridge.ts';
import { tradesSeveral } from './failure.ts';
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
  const sandbox = await Sandbox.open(file, 0, hostOf(new BarsBridge(EMPTY, undefined)));
  try {
    return describeModule(file, readJson(sandbox.load(code)));
  } finally {
    sandbox.dispose();
  }
}

/**
 * @param work million steps that a run may take; `SANDBOX.work` when absent
 * @throws RenataError STRATEGY_FAILED naming file and line
 */
export async function openSandboxed(
  id: string,
  file: string,
  code: string,
  bars: BarColumns,
  environment: Environment,
  work?: number,
): Promise<Sandboxed> {
  const bridge = new BarsBridge(bars, environment);
  const sandbox = await Sandbox.open(file, bars.time.length, hostOf(bridge), work);
  try {
    const description = describeModule(file, readJson(sandbox.load(code)));
    const { title, parameters, portfolio } = description;
    if (portfolio) throw tradesSeveral(file);
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

/** A strategy of one instrument that lives in a sandbox. */
export class SandboxStrategy implements Strategy {
  private readonly sandbox: Sandbox;
  private readonly bridge: Bridge<StrategyContext>;
  private readonly hears: boolean;

  constructor(sandbox: Sandbox, bridge: Bridge<StrategyContext>, hears: boolean) {
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
    this.bridge.begin(context, context.index);
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

/** What the sandbox's functions work on for the bars of one instrument. */
class BarsBridge extends Bridge<StrategyContext> {
  readonly bars: BarColumns;
  private readonly source: CodeColumns | undefined;
  plot: ((name: string, column: Float64Array) => void) | undefined;
  private plots = 0;

  constructor(bars: BarColumns, environment: Environment | undefined) {
    super();
    this.bars = bars;
    this.source = environment === undefined ? undefined : new CodeColumns(bars, environment);
  }

  draw(name: string, id: number): void {
    const column = this.columns[id];
    if (column === undefined) return;
    this.plots += 1;
    if (this.plots > SANDBOX.plots) throw tooMany('plots', SANDBOX.plots);
    this.plot?.(name.slice(0, 64), column);
  }

  make(work: (source: CodeColumns) => Float64Array): number {
    const { source } = this;
    if (source === undefined) throw tooEarly('setup');
    return this.add(() => work(source));
  }
}

function hostOf(bridge: BarsBridge): HostFunctions {
  const { bars } = bridge;
  const prices = new Map(Object.entries(bars));
  return {
    // No symbols: the strategy has the bars of its one instrument.
    symbols: () => '[]',
    price: (name) => prices.get(String(name)) ?? new Float64Array(0),
    column: (id) => bridge.column(Number(id)),
    indicator: (id, parameters, output) =>
      bridge.make((source) =>
        source.indicator(
          String(id),
          readJson(String(parameters)) as ParameterValues,
          output === '' ? undefined : String(output),
        ),
      ),
    series: (expression) => bridge.make((source) => source.series(String(expression))),
    plot: (name, id) => bridge.draw(String(name), Number(id)),
    ...orderFunctions(bridge),
  };
}

/** What a strategy of one instrument may do besides reading. */
export function orderFunctions(bridge: Bridge<StrategyContext>): HostFunctions {
  return {
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
