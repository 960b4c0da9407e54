import type { OrderEvent, Strategy, StrategyContext } from '../engine/backtest/strategy.ts';
import { MarketCalendar } from '../engine/domain/calendar.ts';
import { RenataError } from '../engine/domain/errors.ts';
import { BarsEnvironment } from '../engine/expressions/bars-environment.ts';
import { Entries, WatchedContext } from '../engine/live/script.ts';
import { twinOf } from '../engine/live/twin.ts';
import type { CodeFailure, Twin } from '../engine/domain/twin.ts';
import type { LiveTwinTask } from '../engine/protocol/live-code.ts';
import { openSandboxed } from './sandbox/definition.ts';
import { beat, beatingWith, keepingPlace } from './strategies.ts';

/** The paper twin of a strategy in code: the backtest's engine and the backtest's sandbox. */
export async function playLiveTwin(task: LiveTwinTask, control: Int32Array): Promise<Twin> {
  const { strategy, program: given, parameters, settings, hours, bars, warmUp, failed } = task;
  const { program, timeframe } = given;
  if (program.kind !== 'code') throw new RenataError('INTERNAL', `${strategy} is not code.`);
  const market = { timeframe, calendar: new MarketCalendar(given.calendar), hours };
  const environment = new BarsEnvironment({ ...market, bars });
  beat(control);
  const { definition, dispose } = await openSandboxed(
    strategy,
    program.file,
    program.code,
    bars,
    environment,
    settings.codeWork,
  );
  const { create } = definition;
  const beating = {
    ...definition,
    create: (...asked: Parameters<typeof create>) => {
      const made = create(...asked);
      return beatingWith(control, failed === null ? made : new Mortal(made, failed));
    },
  };
  try {
    return keepingPlace(() => twinOf(beating, { parameters, settings, bars, market, warmUp }));
  } finally {
    dispose();
  }
}

/** A strategy that decides nothing more from where the code of its run has failed. */
class Mortal implements Strategy {
  readonly #strategy: Strategy;
  readonly #failed: CodeFailure;
  readonly #entries = new Entries();
  #dead = false;

  constructor(strategy: Strategy, failed: CodeFailure) {
    this.#strategy = strategy;
    this.#failed = failed;
  }

  onBar(context: StrategyContext): void {
    const { bar, on } = this.#failed;
    if (context.index > bar || (on === 'bar' && context.index === bar)) this.#dead = true;
    if (this.#dead) this.#entries.withdraw(context);
    else this.#strategy.onBar(this.#watch(context));
  }

  onOrder(event: OrderEvent, context: StrategyContext): void {
    const { bar, on } = this.#failed;
    if (on === 'order' && context.index >= bar) this.#dead = true;
    if (this.#dead) this.#entries.withdraw(context);
    else this.#strategy.onOrder?.(event, this.#watch(context));
    this.#entries.hear(event);
  }

  #watch(context: StrategyContext): StrategyContext {
    return new WatchedContext(context, (command) => this.#entries.note(command));
  }
}
