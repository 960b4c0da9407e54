import type {
  PortfolioContext,
  PortfolioEvent,
  PortfolioStrategy,
  TargetOptions,
} from '../../engine/backtest/portfolio-types.ts';
import type { BracketRequest, OrderChange } from '../../engine/backtest/strategy.ts';
import type { ParameterValues } from '../../engine/domain/parameters.ts';
import { describeModule } from '../../engine/strategies/code/module.ts';
import {
  notAmong,
  type Leg,
  type PortfolioDefinition,
} from '../../engine/strategies/code/portfolio.ts';
import { checkedRequest, checkedTargets } from '../../engine/strategies/code/request.ts';
import { Bridge, readJson, refused } from './bridge.ts';
import { tradesOne } from './failure.ts';
import { ACCOUNT, ACCOUNT_NUMBERS, INSTRUMENT, INSTRUMENT_NUMBERS } from './portfolio-prelude.ts';
import { Sandbox, type HostFunctions } from './quickjs.ts';

export interface SandboxedPortfolio {
  readonly definition: PortfolioDefinition;
  /** Ends the sandbox. */
  dispose(): void;
}

/**
 * A strategy of several instruments made ready in a sandbox.
 * @param work million steps that a run may take; `SANDBOX.work` when absent
 * @throws RenataError STRATEGY_FAILED naming file and line
 */
export async function openSandboxedPortfolio(
  id: string,
  file: string,
  code: string,
  legs: readonly Leg[],
  work?: number,
): Promise<SandboxedPortfolio> {
  const bridge = new Bridge<PortfolioContext>();
  const bars = legs.reduce((sum, leg) => sum + leg.bars.time.length, 0);
  const numbers = ACCOUNT_NUMBERS + legs.length * INSTRUMENT_NUMBERS;
  const sandbox = await Sandbox.open(file, bars, hostOf(bridge, legs), work, numbers);
  try {
    const { title, parameters, portfolio } = describeModule(file, readJson(sandbox.load(code)));
    if (!portfolio) throw tradesOne(file);
    const block = sandbox.numbers();
    for (let row = 0; row < legs.length; row += 1) block[placeOf(row) + INSTRUMENT.index] = -1;
    const definition: PortfolioDefinition = {
      id,
      title,
      parameters,
      validate(values) {
        const problem = sandbox.check(JSON.stringify(values));
        if (problem !== undefined) throw refused(id, problem, values);
      },
      create(values) {
        const hears = sandbox.create(JSON.stringify(values));
        return new SandboxPortfolio(sandbox, bridge, legs, hears);
      },
    };
    return { definition, dispose: () => sandbox.dispose() };
  } catch (error) {
    sandbox.dispose();
    throw error;
  }
}

/** Where the numbers of an instrument begin in the block. */
export function placeOf(row: number): number {
  return ACCOUNT_NUMBERS + row * INSTRUMENT_NUMBERS;
}

/** A strategy of several instruments that lives in a sandbox. */
export class SandboxPortfolio implements PortfolioStrategy {
  private readonly sandbox: Sandbox;
  private readonly bridge: Bridge<PortfolioContext>;
  private readonly legs: readonly Pick<Leg, 'symbol'>[];
  private readonly hears: boolean;

  constructor(
    sandbox: Sandbox,
    bridge: Bridge<PortfolioContext>,
    legs: readonly Pick<Leg, 'symbol'>[],
    hears: boolean,
  ) {
    this.sandbox = sandbox;
    this.bridge = bridge;
    this.legs = legs;
    this.hears = hears;
  }

  onBar(context: PortfolioContext): void {
    this.show(context);
    this.sandbox.onBar();
  }

  onOrder(event: PortfolioEvent, context: PortfolioContext): void {
    if (!this.hears) return;
    this.show(context);
    this.sandbox.onOrder(JSON.stringify(event));
  }

  private show(context: PortfolioContext): void {
    this.bridge.begin(context, context.index);
    const numbers = this.sandbox.numbers();
    numbers[ACCOUNT.moment] = context.index;
    numbers[ACCOUNT.time] = context.time;
    numbers[ACCOUNT.cash] = context.cash;
    numbers[ACCOUNT.equity] = context.equity;
    numbers[ACCOUNT.shortAllowed] = context.shortAllowed ? 1 : 0;
    numbers[ACCOUNT.warmingUp] = context.warmingUp ? 1 : 0;
    for (const [row, { symbol }] of this.legs.entries()) {
      const instrument = context.instrument(symbol);
      const at = placeOf(row);
      numbers[at + INSTRUMENT.index] = instrument.index;
      numbers[at + INSTRUMENT.position] = instrument.position;
      numbers[at + INSTRUMENT.price] = instrument.price;
      numbers[at + INSTRUMENT.entryPrice] = instrument.entryPrice;
      numbers[at + INSTRUMENT.weight] = instrument.weight;
      numbers[at + INSTRUMENT.tradable] = instrument.tradable ? 1 : 0;
    }
  }
}

function hostOf(bridge: Bridge<PortfolioContext>, legs: readonly Leg[]): HostFunctions {
  const symbols = legs.map(({ symbol }) => symbol);
  const prices = legs.map(({ bars }) => new Map(Object.entries(bars)));
  // The prelude counts rows itself, and gives only those that there are.
  const leg = (row: string | number | undefined): Leg => legs[Number(row)] as Leg;
  return {
    symbols: () => JSON.stringify(symbols),
    unknown: (symbol) => notAmong(String(symbol), symbols),
    barCount: (row) => leg(row).bars.time.length,
    price: (row, name) => prices[Number(row)]?.get(String(name)) ?? new Float64Array(0),
    column: (id) => bridge.column(Number(id)),
    indicator: (row, id, parameters, output) =>
      bridge.add(() =>
        leg(row).columns.indicator(
          String(id),
          readJson(String(parameters)) as ParameterValues,
          output === '' ? undefined : String(output),
        ),
      ),
    series: (row, expression) => bridge.add(() => leg(row).columns.series(String(expression))),
    ...portfolioOrders(bridge, symbols),
  };
}

/** What a strategy of several instruments may do besides reading. */
export function portfolioOrders(
  bridge: Bridge<PortfolioContext>,
  symbols: readonly string[],
): HostFunctions {
  const symbol = (row: string | number | undefined): string => symbols[Number(row)] as string;
  return {
    random: () => bridge.ask().random(),
    order: (row, request) =>
      bridge.command().order(symbol(row), checkedRequest(readJson(String(request)))),
    bracket: (row, request) => {
      const given = readJson(String(request)) as BracketRequest;
      checkedRequest(given?.entry);
      return JSON.stringify(bridge.command().bracket(symbol(row), given));
    },
    amend: (order, change) =>
      Number(bridge.command().amend(Number(order), readJson(String(change)) as OrderChange)),
    cancel: (order) => bridge.command().cancel(Number(order)),
    cancelAll: (row) => bridge.command().cancelAll(Number(row) < 0 ? undefined : symbol(row)),
    targets: (weights, options) =>
      bridge
        .command()
        .setTargets(
          checkedTargets(readJson(String(weights))),
          readJson(String(options)) as TargetOptions,
        ),
  };
}
