import type { BacktestSettings, SlippageModel } from '../domain/backtest.ts';
import type { BarColumns } from '../domain/bar.ts';
import {
  auditDataGaps,
  auditResolved,
  auditSameBar,
  auditStaleFills,
  type KnownGap,
} from './audit-fills.ts';
import { auditLookAhead, auditRepeatability } from './audit-lookahead.ts';
import {
  AUDIT_CHECKS,
  countText,
  percentText,
  type AuditCheck,
  type AuditRun,
  type Finding,
} from './audit-types.ts';
import { auditWarmUp } from './audit-warmup.ts';
import { runOfInstrument } from './audit-instruments.ts';
import type { WatchHooks } from './watch.ts';

export { AUDIT_CHECKS } from './audit-types.ts';
export type { AuditCheck, AuditRun, Finding, Severity } from './audit-types.ts';

/** How the traded instruments were picked. */
export const UNIVERSES = ['point-in-time', 'single', 'current-members', 'unknown'] as const;
export type Universe = (typeof UNIVERSES)[number];

export interface AuditTask {
  readonly bars: BarColumns;
  readonly settings: Pick<BacktestSettings, 'commission' | 'slippageBps' | 'fees' | 'slippage'>;
  readonly universe: Universe;
  readonly seed: number;
  /** Cut points of the look-ahead audit, two re-runs each. 8 when absent. */
  readonly cuts?: number;
  /** Holes in the data; guessed from the times of the bars when absent. */
  readonly gaps?: readonly KnownGap[];
  /** Whether finer bars decided what came first inside a bar. */
  readonly finer?: boolean;
  /** Trials on the same dataset and the deflated Sharpe probability, from the ledger. */
  readonly ledger?: { readonly trials: number; readonly probability: number };
  /** What was traded, where it is several instruments; rows of the run then are moments of `bars`. */
  readonly instruments?: readonly { readonly symbol: string; readonly bars: BarColumns }[];
  /** Runs the strategy over bars; the same bars have to give the same run. */
  run(bars: BarColumns): AuditRun;
}

export const GRADES = ['A', 'B', 'C', 'D', 'F'] as const;
export type Grade = (typeof GRADES)[number];

export interface Audit {
  /** A: nothing found; B: one warning; C: more, or a serious finding; D: several; F: worthless. */
  readonly grade: Grade;
  /** Worst first. */
  readonly findings: readonly Finding[];
  /** Checks without a finding worse than a note. */
  readonly passed: readonly AuditCheck[];
}

const FEW_TRADES = 30;
const HARDLY_ANY_TRADES = 10;
/** Probability from which the deflated Sharpe ratio is taken as significant. */
const SIGNIFICANT = 0.95;
const ORDER = ['fatal', 'serious', 'warning', 'note'];

/**
 * Looks for what makes a backtest better than life, by running the strategy again and by reading the run.
 * @throws RenataError CANCELLED when the hooks ask for it, and what `run` throws.
 */
export function auditRun(task: AuditTask, hooks: WatchHooks = {}): Audit {
  const { bars, run, cuts = 8, seed } = task;
  const full = run(bars);
  const findings = auditRepeatability(bars, full, run);
  // A run that changes by itself would look like a leak everywhere.
  if (findings.length === 0) {
    findings.push(...auditLookAhead(bars, full, run, cuts, seed, hooks));
    findings.push(...auditWarmUp(bars, full, run, hooks));
  }
  findings.push(
    ...(task.instruments === undefined
      ? auditBars(bars, full, task)
      : auditInstruments(bars, full, task, task.instruments)),
    ...auditUniverse(task),
    ...auditCosts(task.settings),
    ...auditSample(full),
    ...auditTrials(task.ledger),
  );
  const faults = new Set(
    findings.filter(({ severity }) => severity !== 'note').map(({ check }) => check),
  );
  return {
    grade: gradeOf(findings),
    findings: findings.toSorted((a, b) => ORDER.indexOf(a.severity) - ORDER.indexOf(b.severity)),
    passed: AUDIT_CHECKS.filter((check) => !faults.has(check)),
  };
}

/** What depends on the bars themselves. */
function auditBars(bars: BarColumns, run: AuditRun, task: AuditTask): Finding[] {
  return [
    ...auditStaleFills(bars, run),
    ...(task.finer === true
      ? auditResolved(bars, run)
      : auditSameBar(bars, run, task.settings.slippageBps)),
    ...auditDataGaps(bars, run, task.gaps),
  ];
}

/** The same for each instrument of several, over its own bars. */
function auditInstruments(
  { time }: BarColumns,
  full: AuditRun,
  task: AuditTask,
  instruments: NonNullable<AuditTask['instruments']>,
): Finding[] {
  return instruments.flatMap(({ symbol, bars }, row) =>
    auditBars(bars, runOfInstrument(full, row, time, bars.time), task).map((finding) => ({
      ...finding,
      message: `${symbol}: ${finding.message}`,
      evidence: { ...finding.evidence, symbol },
    })),
  );
}

/** The grade that the findings make. */
export function gradeOf(findings: readonly Pick<Finding, 'severity'>[]): Grade {
  const count = (wanted: string): number =>
    findings.filter(({ severity }) => severity === wanted).length;
  const serious = count('serious');
  const warnings = count('warning');
  if (count('fatal') > 0 || serious >= 3) return 'F';
  if (serious === 2 || (serious === 1 && warnings >= 2)) return 'D';
  if (serious === 1 || warnings >= 2) return 'C';
  return warnings === 1 ? 'B' : 'A';
}

function auditUniverse({ universe, instruments }: AuditTask): Finding[] {
  if (universe === 'point-in-time') return [];
  const finding = (severity: Finding['severity'], message: string): Finding[] => [
    { check: 'survivorship', severity, message, evidence: { universe } },
  ];
  if (universe === 'current-members') {
    return finding(
      'serious',
      'The instruments are the members of today, so those that failed on the way are missing.',
    );
  }
  if (universe === 'unknown') {
    return finding(
      'warning',
      'It is not known how the instruments were picked, so failed ones may be missing.',
    );
  }
  return finding(
    'note',
    instruments === undefined
      ? 'One instrument was tested that is known to have survived; others like it may not have.'
      : 'The instruments that were tested are known to have survived; others like them may not have.',
  );
}

function auditCosts({ commission, slippageBps, fees, slippage }: AuditTask['settings']): Finding[] {
  // Every published fee table takes something, and a model takes the place of the plain number.
  const paid =
    fees !== undefined || commission.percent + commission.perShare + commission.minimum > 0;
  const slips = slippage === undefined ? slippageBps > 0 : moves(slippage);
  if (paid && slips) return [];
  const missing = [paid ? '' : 'commission', slips ? '' : 'slippage'].filter((name) => name !== '');
  return [
    {
      check: 'costs',
      severity: missing.length === 2 ? 'serious' : 'warning',
      message: `Trading is free of ${missing.join(' and ')}, which it is nowhere.`,
      evidence: { slippageBps, commissionPercent: commission.percent },
    },
  ];
}

function moves(model: SlippageModel): boolean {
  switch (model.kind) {
    case 'fixed':
      return model.amount > 0;
    case 'bps':
    case 'spread':
      return model.bps > 0;
    case 'volume-share':
    case 'square-root':
      return model.coefficient > 0;
  }
}

function auditSample({ trades }: AuditRun): Finding[] {
  let closed = 0;
  for (let i = 0; i < trades.count; i += 1) if (trades.open[i] === 0) closed += 1;
  if (closed >= FEW_TRADES) return [];
  return [
    {
      check: 'sample',
      severity: closed < HARDLY_ANY_TRADES ? 'serious' : 'warning',
      message: `The run closed ${countText(closed, 'trade', 'trades')}, too few to tell skill from luck; ${FEW_TRADES} are the least.`,
      evidence: { trades: closed },
    },
  ];
}

function auditTrials(ledger: AuditTask['ledger']): Finding[] {
  if (ledger === undefined || ledger.probability >= SIGNIFICANT) return [];
  const { trials, probability } = ledger;
  return [
    {
      check: 'trials',
      severity: Number.isNaN(probability) || probability < 0.5 ? 'serious' : 'warning',
      message: `After ${countText(trials, 'trial', 'trials')} on this data the chance that the Sharpe ratio is more than luck is ${Number.isNaN(probability) ? 'not defined' : percentText(probability)}.`,
      evidence: { trials, probability },
    },
  ];
}
