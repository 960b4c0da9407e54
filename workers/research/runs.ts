import { runStrategy } from '../../engine/backtest/run.ts';
import type { BacktestResult, TradeColumns } from '../../engine/domain/backtest.ts';
import type { BarColumns } from '../../engine/domain/bar.ts';
import type { ParameterValues } from '../../engine/domain/parameters.ts';
import { CATALOGUE } from '../../engine/indicators/registry.ts';
import type { ResearchTasks, RunSubject } from '../../engine/protocol/research-tasks.ts';
import type { TaskAnswer } from '../../engine/protocol/tasks.ts';
import { packTexts, unpackTexts } from '../../engine/protocol/text-columns.ts';
import { periodsPerYear } from '../../engine/stats/periods.ts';
import { statisticsOf } from '../../engine/stats/statistics.ts';
import { ruleDefinition, ruleSettings } from '../../engine/strategies/rules/definition.ts';
import { RuleProgram } from '../../engine/strategies/rules/program.ts';
import { METRICS, writeStatistics } from '../../engine/sweep/metrics.ts';
import { Objective } from '../../engine/sweep/table.ts';
import { auditRun, type AuditRun } from '../../engine/validation/audit.ts';
import { digestOf } from '../../engine/validation/ledger.ts';
import { monteCarlo as simulate } from '../../engine/validation/monte-carlo.ts';
import { sharpeSample } from '../../engine/validation/sharpe.ts';
import type { SimulationExtras } from '../../engine/backtest/simulation.ts';
import { marketOf } from '../market.ts';
import { onSharedMemory } from '../shared-memory.ts';
import { runTask } from '../strategies.ts';
import { answer, answerLater, hooksOf, type TaskCall, type TaskHooks } from '../task.ts';
import { inOtherFuture, runPortfolioSubject } from './portfolio.ts';
import { environmentFor, idOf } from './program.ts';
import { heldEquity, returnsWith } from './returns.ts';
import { environmentOf, runEngine } from './runner.ts';

type Call<Name extends keyof ResearchTasks> = TaskCall<ResearchTasks[Name]['input']>;
type Answer<Name extends keyof ResearchTasks> = TaskAnswer<ResearchTasks[Name]['output']>;

/** A run that trades nothing in its first `lead` bars; what it gives begins after them. */
export async function rangeRun(call: Call<'rangeRun'>): Promise<Answer<'rangeRun'>> {
  return answerLater(async () => {
    const { lead, parameters, score, settings } = call.input;
    const warmed = lead === 0 ? settings : { ...settings, warmUp: lead };
    const subject = { ...call.input, settings: warmed };
    const result = await runSubject(subject, parameters, call.control, hooksOf(call));
    const { equity, position, statistics } = result;
    const commission = statistics.find(({ name }) => name === 'Commissions [$]')?.value ?? 0;
    return onSharedMemory({
      equity: equity.slice(lead),
      position: position.slice(lead),
      trades: packTexts(later(result.trades, -lead)),
      commission,
      score: score === null ? Number.NaN : scoreOf(result, score),
    });
  });
}

function scoreOf(
  { statistics }: BacktestResult,
  { objective, names, codes }: NonNullable<ResearchTasks['rangeRun']['input']['score']>,
): number {
  const row = new Float64Array(names.length);
  row.set(codes);
  writeStatistics(statistics, row, names.length - METRICS.length);
  const score = new Objective(objective, names).ofRow(row);
  return score === -Infinity ? Number.NaN : score;
}

/** Trades of a run whose first bar is another one. */
function later(trades: TradeColumns, bars: number): TradeColumns {
  return {
    ...trades,
    entryBar: trades.entryBar.map((bar) => bar + bars),
    exitBar: trades.exitBar.map((bar) => bar + bars),
  };
}

/** One run of whatever the subject's strategy is made of. */
async function runSubject(
  subject: RunSubject,
  parameters: ParameterValues,
  control: Int32Array,
  hooks: TaskHooks,
): Promise<BacktestResult> {
  const { program, base, settings, portfolio } = subject;
  if (portfolio !== undefined && program !== undefined) {
    return runPortfolioSubject({ ...subject, portfolio }, program, parameters, control, hooks);
  }
  const market = marketOf(base, subject);
  if (program === undefined) return runEngine(subject, parameters, environmentOf(subject), market);
  const { bars } = base;
  if (program.program.kind === 'rules') {
    const rules = new RuleProgram(program.program.document, CATALOGUE);
    return runRules(subject, parameters, rules, market);
  }
  const task = { strategy: idOf(subject), parameters, settings, bars, ...market, program };
  return runTask(task, control, hooks);
}

function runRules(
  subject: RunSubject,
  parameters: ParameterValues,
  rules: RuleProgram,
  market: SimulationExtras,
): BacktestResult {
  const { program, settings, base } = subject;
  const { bars } = base;
  if (program === undefined) throw new TypeError('rules come as a program');
  const definition = ruleDefinition(idOf(subject), rules, environmentFor(program, bars));
  const own = ruleSettings(rules, parameters, settings);
  return runStrategy(definition, { parameters, settings: own, bars, ...market });
}

export function curve({ input }: Call<'curve'>): Answer<'curve'> {
  return answer(() => {
    const { settings, equity, position, commission } = input;
    const { bars } = input.base;
    const benchmark = heldEquity(input, settings);
    const trades = unpackTexts<TradeColumns>(input.trades);
    const periods = settings.periodsPerYear ?? periodsPerYear(bars.time);
    const all = { bars, settings, equity, position, benchmark, trades, commissionPaid: commission };
    return onSharedMemory({
      statistics: statisticsOf(all),
      benchmark,
      sample: sharpeSample(returnsWith(settings.cash, equity), settings.riskFreeRate / periods),
    });
  });
}

/** What the ledger keeps of a curve. */
export function trial({ input }: Call<'trial'>): Answer<'trial'> {
  return answer(() => {
    const { time, capital, equity, riskFreeRate, periodsPerYear: given, span } = input;
    const periods = given ?? periodsPerYear(time);
    const returns = returnsWith(capital, equity);
    return onSharedMemory({
      sample: sharpeSample(returns, riskFreeRate / periods),
      periods,
      digest: digestOf(time, returns, span.from, span.to),
    });
  });
}

export function monteCarlo(call: Call<'monteCarlo'>): Answer<'monteCarlo'> {
  return answer(() => {
    const { request, returns, years } = call.input;
    const { method, paths, blockLength, ruin, seed } = request;
    const result = simulate(
      returns,
      {
        method,
        paths,
        ruin,
        seed,
        ...(years > 0 ? { years } : {}),
        ...(blockLength === null ? {} : { blockLength }),
      },
      hooksOf(call),
    );
    const listed = (band: typeof result.growth) => ({ ...band, quantiles: [...band.quantiles] });
    return {
      ...result,
      quantiles: [...result.quantiles],
      steps: Array.from(result.steps),
      equity: result.equity.map((column) => Array.from(column)),
      actualEquity: Array.from(result.actualEquity),
      growth: listed(result.growth),
      cagr: listed(result.cagr),
      maxDrawdown: listed(result.maxDrawdown),
      returns: returns.length,
    };
  });
}

export async function audit(call: Call<'audit'>): Promise<Answer<'audit'>> {
  return answerLater(async () => {
    const { input, control } = call;
    const hooks = hooksOf(call);
    const { grade, findings, passed } = await replayed(input, control, hooks, (run) =>
      auditRun(
        {
          bars: input.base.bars,
          settings: input.settings,
          universe: input.universe,
          seed: input.seed,
          cuts: input.cuts,
          finer: input.finer !== undefined,
          ...(input.portfolio === undefined ? {} : { instruments: input.portfolio.instruments }),
          ...(input.ledger === null ? {} : { ledger: input.ledger }),
          run,
        },
        hooks,
      ),
    );
    return {
      grade,
      findings: findings.map((finding) => ({ ...finding, evidence: { ...finding.evidence } })),
      passed: [...passed],
    };
  });
}

/** Thrown out of an audit to have a run made that takes its time. */
class Wanted extends Error {
  readonly bars: BarColumns;

  constructor(bars: BarColumns) {
    super('a run is wanted');
    this.bars = bars;
  }
}

/**
 * Runs an audit with a strategy that cannot be run at once. An audit asks for the same runs in the same
 * order each time: it is begun again with the runs that there are until it needs no other.
 */
async function replayed<Result>(
  subject: ResearchTasks['audit']['input'],
  control: Int32Array,
  hooks: TaskHooks,
  work: (run: (bars: BarColumns) => AuditRun) => Result,
): Promise<Result> {
  const quiet: TaskHooks = { ...hooks, onProgress: () => undefined };
  const runs: BacktestResult[] = [];
  for (;;) {
    let next = 0;
    try {
      return work((bars) => {
        const known = runs[next];
        next += 1;
        if (known === undefined) throw new Wanted(bars);
        return known;
      });
    } catch (thrown) {
      if (!(thrown instanceof Wanted)) throw thrown;
      const { bars } = thrown;
      const { parameters, portfolio: whole } = subject;
      const base = { ...subject.base, bars };
      const portfolio =
        whole === undefined ? undefined : inOtherFuture(whole, subject.base.bars, bars);
      runs.push(await runSubject({ ...subject, base, portfolio }, parameters, control, quiet));
    }
  }
}
