import type { Command } from 'commander';
import { RenataError } from '../../../engine/domain/errors.ts';
import type { CallInput } from '../../../engine/protocol/contract.ts';
import type {
  AuditFindings,
  MonteCarloFindings,
} from '../../../engine/protocol/research-schemas.ts';
import { UNIVERSES } from '../../../engine/validation/audit.ts';
import { MONTE_CARLO_METHODS } from '../../../engine/validation/monte-carlo.ts';
import { follow, percent } from '../research-follow.ts';
import { readMarketOptions, withMarketOptions, type MarketOptions } from '../market-options.ts';
import { dataOf, type SearchedOptions } from '../research-options.ts';
import { fileOf, readRun, SYMBOLS, withRunOptions } from '../run-options.ts';
import type { Session } from '../session.ts';
import { findNamed, readSet } from '../strategy-source.ts';
import { formatTable } from '../table.ts';
import { counted, formatNumber } from '../text.ts';
import { parseChoice, parseNumber, parsePair, parseWhole } from '../values.ts';
import { common, run, type CommonOptions } from './context.ts';
import { findRun } from './report.ts';

interface MonteCarloOptions extends CommonOptions {
  readonly of: string;
  readonly method: string;
  readonly paths: string;
  readonly block?: string;
  readonly ruin: string;
  readonly seed: string;
}

interface AuditOptions extends SearchedOptions, MarketOptions {
  readonly set?: Readonly<Record<string, string>>;
  readonly universe: string;
  readonly cuts: string;
}

/** `monte-carlo RUN` and `lookahead-analysis STRATEGY`: how far a result can be trusted. */
export function addValidate(program: Command): void {
  common(program.command('monte-carlo <run>'))
    .description('other courses that the returns of a past backtest could have taken')
    .option('--of <returns>', 'trades or bars', 'trades')
    .option('--method <method>', MONTE_CARLO_METHODS.join(', '), 'bootstrap')
    .option('--paths <count>', 'courses that are made', '1000')
    .option('--block <length>', 'mean length of blocks; the one that suits by default')
    .option('--ruin <part>', 'part of the capital that counts as ruin', '0.5')
    .option('--seed <number>', 'seed of random draws', '1')
    .action(monteCarlo);
  const audit = withRunOptions(
    program
      .command('lookahead-analysis')
      .description(
        'run a strategy again and again to see whether its result is too good to be true',
      )
      .usage('<strategy> --symbol SPX [options]')
      .argument('<strategy>', 'a name of renata list-strategies, or a file'),
  );
  withMarketOptions(audit)
    .option(...SYMBOLS)
    .option(
      '--set <name=value>',
      'value of a parameter; repeatable',
      (text: string, before: Record<string, string> | undefined) => parsePair(text, before),
    )
    .option('--universe <how>', `how the instrument was picked: ${UNIVERSES.join(', ')}`, 'single')
    .option('--cuts <count>', 'places where the future is taken away', '8')
    .action(lookahead);
}

async function monteCarlo(name: string, options: MonteCarloOptions): Promise<void> {
  const asked: Omit<CallInput<'monteCarlo.start'>, 'runId'> = {
    of: parseChoice(options.of, 'of', ['trades', 'bars'] as const),
    method: parseChoice(options.method, 'method', MONTE_CARLO_METHODS),
    paths: parseWhole(options.paths, 'paths', 100_000),
    blockLength: options.block === undefined ? null : parseNumber(options.block, 'block'),
    ruin: parseNumber(options.ruin, 'ruin'),
    seed: parseWhole(options.seed, 'seed', 0xffff_ffff),
  };
  await run(options, async (session) => {
    const { id: runId, symbol, timeframe, request } = await findRun(session, name);
    const id = await session.job('monteCarlo.start', { ...asked, runId });
    const detail = await detailOf(session, id);
    if (detail.kind !== 'monte-carlo' || detail.findings === null) throw none();
    const { findings } = detail;
    const title = `${request.strategy} on ${symbol} ${timeframe}: ${counted(findings.returns, 'return')} of ${asked.of}, ${asked.method}, ${counted(findings.paths, 'path')}`;
    return {
      json: { id, runId, ...asked, findings },
      text: pathsText(title, findings, asked.ruin),
    };
  });
}

async function detailOf({ call }: Session, researchId: string) {
  return (await call('research.get', { researchId, offset: 0, limit: 0 })).detail;
}

function none(): RenataError {
  return new RenataError('INTERNAL', 'The research has no findings.');
}

function pathsText(title: string, findings: MonteCarloFindings, ruin: number): string {
  const { quantiles, growth, cagr, maxDrawdown } = findings;
  const right = { align: 'right' } as const;
  type Band = typeof growth;
  const row = (
    name: string,
    { quantiles: values, actual, percentile }: Band,
    of: (value: number) => number,
  ) => [
    name,
    ...values.map((value) => formatNumber(of(value), 2)),
    formatNumber(of(actual), 2),
    percent(percentile),
  ];
  const table = formatTable(
    [
      { title: '' },
      ...quantiles.map((part) => ({ title: `${formatNumber(part * 100)}%`, ...right })),
      { title: 'As it was', ...right },
      { title: 'Paths below', ...right },
    ],
    [
      row('Return [%]', growth, (value) => (value - 1) * 100),
      row('CAGR [%]', cagr, (value) => value * 100),
      row('Max. Drawdown [%]', maxDrawdown, (value) => -value * 100),
    ],
  );
  return [
    title,
    '',
    table,
    '',
    `ruin       ${percent(findings.ruinProbability)} of the paths fall to ${percent(ruin)} of the capital`,
    `loss       ${percent(findings.lossProbability)} of the paths end below it`,
    ...(findings.blockLength > 1
      ? [`blocks     ${formatNumber(findings.blockLength, 1)} long`]
      : []),
  ].join('\n');
}

async function lookahead(name: string, options: AuditOptions): Promise<void> {
  const universe = parseChoice(options.universe, 'universe', UNIVERSES);
  const cuts = parseWhole(options.cuts, 'cuts', 100);
  const settings = { ...readRun(options), ...readMarketOptions(options) };
  const file = options.input === undefined ? undefined : fileOf(options.input, options);
  await run(options, async (session, terminal) => {
    const { entry, source } = await findNamed(session, name);
    const request = {
      ...settings,
      strategy: entry.id,
      ...(source === undefined ? {} : { source }),
      parameters: readSet(entry, options.set ?? {}),
      ...(await dataOf(session, entry, options, file)),
    };
    const started = await session.workstation.research.startAudit(
      { run: request, universe, cuts, seed: settings.settings.seed },
      file,
    );
    const id = await follow(session, terminal, started);
    const { item, detail } = await session.call('research.get', {
      researchId: id,
      offset: 0,
      limit: 0,
    });
    if (detail.kind !== 'audit' || detail.findings === null) throw none();
    return { json: { ...item, ...detail.findings }, text: auditText(item.title, detail.findings) };
  });
}

function auditText(
  title: string,
  { grade, findings, passed, deflated, notes = [] }: AuditFindings,
): string {
  const table = formatTable(
    [{ title: 'Severity' }, { title: 'Check' }, { title: 'Finding' }],
    findings.map(({ severity, check, message }) => [severity, check, message]),
  );
  const lines = [`${title}: grade ${grade}`, ''];
  lines.push(findings.length === 0 ? 'Nothing was found.' : table, '');
  lines.push(`passed     ${passed.join(', ') || 'nothing'}`);
  if (deflated !== null) {
    lines.push(
      `deflated   ${percent(deflated.probability)} chance that the Sharpe ratio is more than the luck of ${counted(deflated.trials, 'trial')}`,
    );
  }
  lines.push(...notes.map((note) => `note       ${note}`));
  return lines.join('\n');
}
