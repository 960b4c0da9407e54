import { GrowableFloats } from '../../engine/backtest/growable.ts';
import type { SeriesView, StrategyContext } from '../../engine/backtest/strategy.ts';
import type { Bar } from '../../engine/domain/bar.ts';
import { RenataError } from '../../engine/domain/errors.ts';
import type { ParameterValues } from '../../engine/domain/parameters.ts';
import { compile } from '../../engine/expressions/compile.ts';
import { CATALOGUE } from '../../engine/indicators/registry.ts';
import type { LiveCode, LiveMarket, RunningStrategy } from '../../engine/live/program.ts';
import { describeModule } from '../../engine/strategies/code/module.ts';
import { CodeStream } from '../../engine/strategies/code/stream.ts';
import { Bridge, readJson, refused } from './bridge.ts';
import { orderFunctions, SandboxStrategy } from './definition.ts';
import { tradesSeveral } from './failure.ts';
import { Sandbox, type HostFunctions } from './quickjs.ts';

export interface LiveSandbox {
  readonly code: LiveCode;
  /** Ends the sandbox. */
  dispose(): void;
}

const PRICES = ['time', 'open', 'high', 'low', 'close', 'volume'] as const;
/** Series are kept here as they grow, so the stream itself has to know the newest value alone. */
const NEWEST = 1;

/**
 * A strategy in TypeScript made ready in a sandbox to take its bars one by one. It is told of the same as in
 * a backtest, and a bound on the work of a whole run would end one that runs for long: only calls have one.
 * @throws RenataError STRATEGY_FAILED naming file and line
 */
export async function openLiveSandbox(
  id: string,
  file: string,
  code: string,
  market: LiveMarket,
): Promise<LiveSandbox> {
  const bridge = new LiveBridge(market);
  const sandbox = await Sandbox.open(file, 0, hostOf(bridge), Number.POSITIVE_INFINITY);
  try {
    const { parameters, portfolio } = describeModule(file, readJson(sandbox.load(code)));
    if (portfolio) throw tradesSeveral(file);
    return {
      code: {
        parameters,
        validate(values) {
          const problem = sandbox.check(JSON.stringify(values));
          if (problem !== undefined) throw refused(id, problem, values);
        },
        start(values) {
          bridge.open = true;
          const hears = sandbox.create(JSON.stringify(values));
          bridge.close();
          return new LiveStrategy(sandbox, bridge, hears);
        },
      },
      dispose: () => sandbox.dispose(),
    };
  } catch (error) {
    sandbox.dispose();
    throw error;
  }
}

class LiveStrategy extends SandboxStrategy implements RunningStrategy {
  readonly #bars: LiveBridge;

  constructor(sandbox: Sandbox, bridge: LiveBridge, hears: boolean) {
    super(sandbox, bridge, hears);
    this.#bars = bridge;
  }

  take(bar: Bar): void {
    this.#bars.take(bar);
  }
}

/** Prices and series of one instrument as far as they are known, which is as far as they can be read. */
class LiveBridge extends Bridge<StrategyContext> {
  readonly #stream: CodeStream;
  readonly #prices = new Map(PRICES.map((name) => [name as string, new GrowableFloats()]));
  readonly #series: { readonly view: SeriesView; readonly values: GrowableFloats }[] = [];
  /** Series can be asked for. */
  open = false;

  constructor(base: LiveMarket) {
    super();
    this.#stream = new CodeStream({ base, history: NEWEST });
  }

  /** One more series; its number. */
  grow(make: (stream: CodeStream) => SeriesView): number {
    return this.add(() => {
      if (!this.open) throw new RenataError('STRATEGY_FAILED', 'series are made in create only');
      this.#series.push({ view: make(this.#stream), values: new GrowableFloats() });
      return new Float64Array(0);
    });
  }

  /** All series are known. @throws RenataError BAD_INPUT for timeframes that cannot be joined from the bars */
  close(): void {
    this.open = false;
    void this.#stream.instruments;
  }

  /** @throws RenataError BAD_INPUT for an expression that reads what a live run does not hear */
  checkReach(expression: string): void {
    const { scopes } = compile(expression, CATALOGUE);
    const others = scopes.flatMap(({ instrument }) => instrument ?? []);
    if (others.length === 0) return;
    const names = [...new Set(others)].join(', ');
    throw new RenataError(
      'BAD_INPUT',
      `the series "${expression.slice(0, 200)}" reads ${names}, and live runs take TypeScript strategies that read their own instrument alone`,
    );
  }

  take(bar: Bar): void {
    this.#stream.take([{ instrument: null, bar }]);
    for (const name of PRICES) this.#prices.get(name)?.push(bar[name]);
    for (const { view, values } of this.#series) values.push(view.at());
  }

  /** A value of a price or, where its number is not negative, of a series; nothing where there is none. */
  value(id: number, name: string, index: number): number | undefined {
    const values = id < 0 ? this.#prices.get(name) : this.#series[id]?.values;
    const known = values !== undefined && Number.isInteger(index) && index < values.length;
    return known && index >= 0 ? values.get(index) : undefined;
  }
}

function hostOf(bridge: LiveBridge): HostFunctions {
  return {
    symbols: () => '[]',
    value: (id, name, index) => bridge.value(Number(id), String(name), Number(index)),
    indicator: (id, parameters, output) =>
      bridge.grow((stream) =>
        stream.indicator(
          String(id),
          readJson(String(parameters)) as ParameterValues,
          output === '' ? undefined : String(output),
        ),
      ),
    series: (expression) =>
      bridge.grow((stream) => {
        bridge.checkReach(String(expression));
        return stream.series(String(expression));
      }),
    // Nothing is drawn live.
    plot: () => undefined,
    ...orderFunctions(bridge),
  };
}
