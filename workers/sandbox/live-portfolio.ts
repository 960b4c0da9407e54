import { GrowableFloats } from '../../engine/backtest/growable.ts';
import type { PortfolioContext } from '../../engine/backtest/portfolio-types.ts';
import type { SeriesView } from '../../engine/backtest/strategy.ts';
import type { Bar } from '../../engine/domain/bar.ts';
import { RenataError } from '../../engine/domain/errors.ts';
import type { Parameter, ParameterValues } from '../../engine/domain/parameters.ts';
import type { RunningPortfolio } from '../../engine/live/portfolio-types.ts';
import { describeModule } from '../../engine/strategies/code/module.ts';
import { notAmong } from '../../engine/strategies/code/portfolio.ts';
import {
  PortfolioStream,
  type NamedSource,
} from '../../engine/strategies/code/portfolio-stream.ts';
import type { CodeStream } from '../../engine/strategies/code/stream.ts';
import { Bridge, readJson, refused } from './bridge.ts';
import { tradesOne } from './failure.ts';
import { ACCOUNT_NUMBERS, INSTRUMENT, INSTRUMENT_NUMBERS } from './portfolio-prelude.ts';
import { placeOf, portfolioOrders, SandboxPortfolio } from './portfolio.ts';
import { Sandbox, type HostFunctions } from './quickjs.ts';

/** A strategy of several instruments that waits for its first moment. */
export interface LivePortfolioCode {
  readonly parameters: readonly Parameter[];
  /** @throws RenataError BAD_INPUT for parameters that do not go together */
  validate(parameters: ParameterValues): void;
  /** @throws RenataError for what it cannot have bar by bar */
  start(parameters: ParameterValues): RunningPortfolio;
  /** Ends the sandbox. */
  dispose(): void;
}

const PRICES = ['open', 'high', 'low', 'close', 'volume'] as const;
/** Series are kept here as they grow, so the stream itself has to know the newest value alone. */
const NEWEST = 1;

/**
 * A strategy of several instruments made ready in a sandbox to take its bars moment by moment. Only its calls
 * have a bound on their work: one of the whole run would end those that run for long.
 * @throws RenataError STRATEGY_FAILED naming file and line
 */
export async function openLivePortfolio(
  id: string,
  file: string,
  code: string,
  sources: readonly NamedSource[],
): Promise<LivePortfolioCode> {
  const bridge = new PortfolioBridge(sources);
  const numbers = ACCOUNT_NUMBERS + sources.length * INSTRUMENT_NUMBERS;
  const most = Number.POSITIVE_INFINITY;
  const sandbox = await Sandbox.open(file, 0, hostOf(bridge, sources), most, numbers);
  try {
    const { parameters, portfolio } = describeModule(file, readJson(sandbox.load(code)));
    if (!portfolio) throw tradesOne(file);
    const block = sandbox.numbers();
    for (let row = 0; row < sources.length; row += 1) block[placeOf(row) + INSTRUMENT.index] = -1;
    return {
      parameters,
      validate(values) {
        const problem = sandbox.check(JSON.stringify(values));
        if (problem !== undefined) throw refused(id, problem, values);
      },
      start(values) {
        bridge.open = true;
        const hears = sandbox.create(JSON.stringify(values));
        bridge.open = false;
        return new LivePortfolio(sandbox, bridge, sources, hears);
      },
      dispose: () => sandbox.dispose(),
    };
  } catch (error) {
    sandbox.dispose();
    throw error;
  }
}

class LivePortfolio extends SandboxPortfolio implements RunningPortfolio {
  readonly #bars: PortfolioBridge;

  constructor(
    sandbox: Sandbox,
    bridge: PortfolioBridge,
    sources: readonly NamedSource[],
    hears: boolean,
  ) {
    super(sandbox, bridge, sources, hears);
    this.#bars = bridge;
  }

  take(bars: readonly (Bar | null)[]): void {
    this.#bars.take(bars);
  }
}

interface Series {
  readonly row: number;
  readonly view: SeriesView;
  readonly values: GrowableFloats;
}

/** Prices and series of the instruments as far as they are known, which is as far as they can be read. */
class PortfolioBridge extends Bridge<PortfolioContext> {
  readonly #stream: PortfolioStream;
  readonly #prices = new Map<string, GrowableFloats>();
  readonly #series: Series[] = [];
  /** Series can be asked for. */
  open = false;

  constructor(sources: readonly NamedSource[]) {
    super();
    this.#stream = new PortfolioStream(sources, NEWEST);
    for (const row of sources.keys()) {
      for (const name of PRICES) this.#prices.set(`${row} ${name}`, new GrowableFloats());
    }
  }

  /** One more series; its number. */
  grow(row: number, make: (stream: CodeStream) => SeriesView): number {
    return this.add(() => {
      if (!this.open) throw new RenataError('STRATEGY_FAILED', 'series are made in create only');
      const view = this.#stream.ask(row, make);
      this.#series.push({ row, view, values: new GrowableFloats() });
      return new Float64Array(0);
    });
  }

  take(bars: readonly (Bar | null)[]): void {
    this.#stream.take(bars, (row, bar) => {
      for (const name of PRICES) this.#prices.get(`${row} ${name}`)?.push(bar[name]);
      for (const { row: of, view, values } of this.#series) if (of === row) values.push(view.at());
    });
  }

  /** A value of a price or, where its number is not negative, of a series; nothing where there is none. */
  value(id: number, name: string, index: number): number | undefined {
    const values = id < 0 ? this.#prices.get(name) : this.#series[id]?.values;
    const known = values !== undefined && Number.isInteger(index) && index >= 0;
    return known && index < values.length ? values.get(index) : undefined;
  }
}

function hostOf(bridge: PortfolioBridge, sources: readonly NamedSource[]): HostFunctions {
  const symbols = sources.map(({ symbol }) => symbol);
  return {
    symbols: () => JSON.stringify(symbols),
    unknown: (symbol) => notAmong(String(symbol), symbols),
    value: (id, name, index) => bridge.value(Number(id), String(name), Number(index)),
    indicator: (row, id, parameters, output) =>
      bridge.grow(Number(row), (stream) =>
        stream.indicator(
          String(id),
          readJson(String(parameters)) as ParameterValues,
          output === '' ? undefined : String(output),
        ),
      ),
    series: (row, expression) =>
      bridge.grow(Number(row), (stream) => stream.series(String(expression))),
    ...portfolioOrders(bridge, symbols),
  };
}
