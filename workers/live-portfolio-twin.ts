import type {
  PortfolioContext,
  PortfolioEvent,
  PortfolioStrategy,
} from '../engine/backtest/portfolio-types.ts';
import type { BarColumns } from '../engine/domain/bar.ts';
import { resolveParameters } from '../engine/domain/parameters.ts';
import type { CodeFailure, PortfolioTwin } from '../engine/domain/twin.ts';
import { instrumentOfData } from '../engine/live/portfolio-code.ts';
import { PortfolioEntries, watched } from '../engine/live/portfolio-script.ts';
import { portfolioTwinOf } from '../engine/live/portfolio-twin.ts';
import type { LivePortfolioTwinTask } from '../engine/protocol/live-code.ts';
import { legsOf } from '../engine/strategies/code/portfolio.ts';
import { openSandboxedPortfolio } from './sandbox/portfolio.ts';
import { beat, beatingWith, keepingPlace } from './strategies.ts';

/** The paper twin of a strategy of several instruments: the portfolio backtest in its sandbox. */
export async function playLivePortfolioTwin(
  task: LivePortfolioTwinTask,
  control: Int32Array,
): Promise<PortfolioTwin> {
  const { strategy, file, code, settings, currency, bars, warmUp, failed } = task;
  const instruments = task.instruments.map(instrumentOfData);
  const named = instruments.map(({ symbol, market }, row) => ({
    ...market,
    symbol,
    bars: bars[row] as BarColumns,
  }));
  beat(control);
  const { definition, dispose } = await openSandboxedPortfolio(
    strategy,
    file,
    code,
    legsOf(named),
    settings.codeWork,
  );
  try {
    const parameters = resolveParameters(strategy, definition.parameters, task.parameters);
    definition.validate(parameters);
    return keepingPlace(() => {
      const made = definition.create(parameters);
      const mortal = failed === null ? made : new MortalPortfolio(made, failed);
      return portfolioTwinOf(beatingWith(control, mortal), {
        settings: { ...settings, currency },
        instruments,
        bars,
        warmUp,
      });
    });
  } finally {
    dispose();
  }
}

/** A strategy that decides nothing more from where the code of its run has failed. */
class MortalPortfolio implements PortfolioStrategy {
  readonly #strategy: PortfolioStrategy;
  readonly #failed: CodeFailure;
  readonly #entries = new PortfolioEntries();
  #dead = false;

  constructor(strategy: PortfolioStrategy, failed: CodeFailure) {
    this.#strategy = strategy;
    this.#failed = failed;
  }

  onBar(context: PortfolioContext): void {
    const { bar, on } = this.#failed;
    if (context.index > bar || (on === 'bar' && context.index === bar)) this.#dead = true;
    if (this.#dead) this.#entries.withdraw(context);
    else this.#strategy.onBar(this.#watch(context));
  }

  onOrder(event: PortfolioEvent, context: PortfolioContext): void {
    const { bar, on } = this.#failed;
    if (on === 'order' && context.index >= bar) this.#dead = true;
    if (this.#dead) this.#entries.withdraw(context);
    else this.#strategy.onOrder?.(event, this.#watch(context));
    this.#entries.hear(event);
  }

  #watch(context: PortfolioContext): PortfolioContext {
    return watched(context, (command) => this.#entries.note(command));
  }
}
