import { runStrategy, type RunHooks } from '../../engine/backtest/run.ts';
import type { BacktestResult } from '../../engine/domain/backtest.ts';
import type { BarColumns } from '../../engine/domain/bar.ts';
import type { ParameterValues } from '../../engine/domain/parameters.ts';
import { BarsEnvironment } from '../../engine/expressions/bars-environment.ts';
import type { Environment } from '../../engine/expressions/environment.ts';
import { instrumentBars } from '../../engine/expressions/study.ts';
import { CATALOGUE } from '../../engine/indicators/registry.ts';
import type { PortfolioPart, RunSubject } from '../../engine/protocol/research-tasks.ts';
import { CONTROL_BEAT, type ProgramTask } from '../../engine/protocol/tasks.ts';
import { ruleDefinition, ruleSettings } from '../../engine/strategies/rules/definition.ts';
import { RuleProgram } from '../../engine/strategies/rules/program.ts';
import { Space, type ParameterOwner, type SpaceDescription } from '../../engine/sweep/space.ts';
import { openNative } from '../native.ts';
import { openSandboxed } from '../sandbox/definition.ts';
import { marketOf } from '../market.ts';
import { beat, runTask } from '../strategies.ts';
import { openPortfolioOwner, runPortfolioSubject } from './portfolio.ts';

/** A strategy that is no part of Renata, ready to be run many times over the same bars. */
export interface OpenProgram {
  readonly owner: ParameterOwner;
  space(description: SpaceDescription): Space;
  run(parameters: ParameterValues, control: Int32Array, hooks: RunHooks): Promise<BacktestResult>;
  dispose(): void;
}

/** @throws RenataError BAD_INPUT for rules that cannot be read, STRATEGY_FAILED for code */
export async function openProgram(
  subject: RunSubject,
  task: ProgramTask,
  control: Int32Array,
): Promise<OpenProgram> {
  const { program } = task;
  const { portfolio } = subject;
  if (portfolio !== undefined) return openSeveral({ ...subject, portfolio }, task, control);
  if (program.kind === 'rules') return openRules(subject, task);
  const id = idOf(subject);
  const { bars } = subject.base;
  const { file, code, trusted } = program;
  const place = [id, file, code, bars, environmentFor(task, bars)] as const;
  const market = marketOf(subject.base, subject);
  beat(control);
  const opened = trusted
    ? { definition: await openNative(...place), dispose: () => undefined }
    : await openSandboxed(...place);
  const { definition } = opened;
  const owner: ParameterOwner = {
    id,
    parameters: definition.parameters,
    validate: (values) => definition.validate(values),
  };
  rest(control);
  return {
    owner,
    space: spaceOf(owner),
    // Every run has a program of its own: what one leaves behind must not reach the next.
    run: (parameters, shared, hooks) =>
      runTask(
        { strategy: id, parameters, settings: subject.settings, bars, ...market, program: task },
        shared,
        hooks,
      ),
    dispose: () => opened.dispose(),
  };
}

async function openSeveral(
  subject: RunSubject & { readonly portfolio: PortfolioPart },
  task: ProgramTask,
  control: Int32Array,
): Promise<OpenProgram> {
  const { owner, dispose } = await openPortfolioOwner(subject, task, control);
  rest(control);
  return {
    owner,
    space: spaceOf(owner),
    run: (parameters, shared, hooks) =>
      runPortfolioSubject(subject, task, parameters, shared, hooks),
    dispose,
  };
}

function openRules(subject: RunSubject, task: ProgramTask): OpenProgram {
  if (task.program.kind !== 'rules') throw new TypeError('code is no rules');
  const id = idOf(subject);
  const { bars } = subject.base;
  const rules = new RuleProgram(task.program.document, CATALOGUE);
  const definition = ruleDefinition(id, rules, environmentFor(task, bars));
  const { parameters, validate } = definition;
  const market = marketOf(subject.base, subject);
  const owner: ParameterOwner = { id, parameters, validate };
  return {
    owner,
    space: spaceOf(owner),
    async run(values, _control, hooks) {
      const settings = ruleSettings(rules, values, subject.settings);
      return runStrategy(definition, { parameters: values, settings, bars, ...market }, hooks);
    },
    dispose: () => undefined,
  };
}

/** The name of a strategy in messages. */
export function idOf({ strategy }: RunSubject): string {
  return typeof strategy === 'string' ? strategy : 'rules';
}

/** One space, made when it is first asked for. */
function spaceOf(owner: ParameterOwner): (description: SpaceDescription) => Space {
  let made: Space | undefined;
  return (description) => (made ??= new Space(owner, description));
}

export function environmentFor(
  { timeframe, calendar, others }: ProgramTask,
  bars: BarColumns,
): Environment {
  return new BarsEnvironment(instrumentBars({ bars, timeframe, calendar }), (symbol) => {
    const other = others[symbol];
    return other === undefined ? undefined : instrumentBars(other);
  });
}

/** Tells the main thread that no code of somebody else runs. */
function rest(control: Int32Array): void {
  Atomics.store(control, CONTROL_BEAT, 0);
}
