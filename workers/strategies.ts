import { runBacktest, runStrategy, type RunHooks } from '../engine/backtest/run.ts';
import type { StrategyDefinition } from '../engine/backtest/strategy.ts';
import type { BacktestResult } from '../engine/domain/backtest.ts';
import { RenataError } from '../engine/domain/errors.ts';
import { BarsEnvironment } from '../engine/expressions/bars-environment.ts';
import { instrumentBars } from '../engine/expressions/study.ts';
import { CATALOGUE } from '../engine/indicators/registry.ts';
import { CONTROL_BEAT, type ComputeTasks, type ProgramTask } from '../engine/protocol/tasks.ts';
import { ruleDefinition } from '../engine/strategies/rules/definition.ts';
import { RuleProgram } from '../engine/strategies/rules/program.ts';
import { openNative } from './native.ts';
import { openSandboxed } from './sandbox/definition.ts';

type Input = ComputeTasks['backtest']['input'];

/** Runs a strategy of the catalogue, or the program that comes with the task. */
export async function runTask(
  input: Input,
  control: Int32Array,
  hooks: RunHooks,
): Promise<BacktestResult> {
  const { program: given, ...task } = input;
  if (given === undefined) return runBacktest(task, hooks);
  const environment = environmentOf(given, input);
  const { program } = given;
  if (program.kind === 'rules') {
    const rules = new RuleProgram(program.document, CATALOGUE);
    return runStrategy(ruleDefinition(task.strategy, rules, environment), task, hooks);
  }
  const { file, code } = program;
  beat(control);
  const place = [task.strategy, file, code, input.bars, environment] as const;
  if (program.trusted) {
    return watched(await openNative(...place), task, control, hooks);
  }
  const opened = await openSandboxed(...place, task.settings.codeWork);
  try {
    return watched(opened.definition, task, control, hooks);
  } finally {
    opened.dispose();
  }
}

function environmentOf(
  { timeframe, calendar, others }: ProgramTask,
  { bars }: Input,
): BarsEnvironment {
  return new BarsEnvironment(instrumentBars({ bars, timeframe, calendar }), (symbol) => {
    const other = others[symbol];
    return other === undefined ? undefined : instrumentBars(other);
  });
}

/** Runs strategy code with a beat for each bar, and keeps file and line of its failure. */
function watched(
  definition: StrategyDefinition,
  task: Omit<Input, 'program'>,
  control: Int32Array,
  hooks: RunHooks,
): BacktestResult {
  const beating: StrategyDefinition = {
    ...definition,
    create: (parameters, setup) => beatingWith(control, definition.create(parameters, setup)),
  };
  return keepingPlace(() => runStrategy(beating, task, endingBeat(control, hooks)));
}

interface Hearing<Context, Event> {
  onBar(context: Context): void;
  onOrder?(event: Event, context: Context): void;
}

/** The strategy with a beat before each of its bars. */
export function beatingWith<Context, Event>(
  control: Int32Array,
  strategy: Hearing<Context, Event>,
): Hearing<Context, Event> {
  const { onOrder } = strategy;
  return {
    onBar(context) {
      beat(control);
      strategy.onBar(context);
    },
    ...(onOrder === undefined ? {} : { onOrder: onOrder.bind(strategy) }),
  };
}

/** What comes after the last bar is ours, and not watched. */
export function endingBeat(control: Int32Array, hooks: RunHooks): RunHooks {
  return {
    ...hooks,
    onProgress(done, total) {
      hooks.onProgress?.(done, total);
      if (done === total) Atomics.store(control, CONTROL_BEAT, 0);
    },
  };
}

/** Runs work; a failure of strategy code keeps its file and line. */
export function keepingPlace<Result>(work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof RenataError) || !(error.cause instanceof RenataError)) throw error;
    const { details } = error.cause;
    throw new RenataError(error.code, error.message, {
      ...(details === undefined ? {} : { details }),
      cause: error.cause,
    });
  }
}

/** Tells the main thread that the strategy is alive; never 0, which means that none is watched. */
export function beat(control: Int32Array): void {
  const before = control[CONTROL_BEAT] as number;
  Atomics.store(control, CONTROL_BEAT, before >= 0x7fff_ffff ? 1 : before + 1);
}
