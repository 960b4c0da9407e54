import type { Command } from 'commander';
import { RenataError } from '../../../engine/domain/errors.ts';
import type {
  NeighbourhoodRow,
  PlateauAnswer,
  RealityCheckFindings,
} from '../../../engine/protocol/research-schemas.ts';
import { valuesText } from '../research-options.ts';
import { findResearch, follow, percent } from '../research-follow.ts';
import { formatTable } from '../table.ts';
import { formatNumber } from '../text.ts';
import { parseChoice, parseNumber, parseWhole } from '../values.ts';
import { common, run, type CommonOptions } from './context.ts';

interface RealityCheckOptions extends CommonOptions {
  readonly against: string;
  readonly samples: string;
  readonly block?: string;
  readonly seed: string;
}

interface PlateauOptions extends CommonOptions {
  readonly metric?: string;
  readonly radius: string;
}

const BENCHMARKS = ['buy-and-hold', 'zero'] as const;
/** Below it the result is more than chance, by the usual measure. */
const USUAL_LEVEL = 0.05;

/** `reality-check SWEEP` and `plateau SWEEP`: what the best of a sweep is worth. */
export function addRealityCheck(program: Command): void {
  common(program.command('reality-check <sweep>'))
    .description('does the best of a sweep beat its benchmark by more than the choice explains?')
    .option('--against <benchmark>', BENCHMARKS.join(' or '), 'buy-and-hold')
    .option('--samples <count>', 'samples of the bootstrap', '1000')
    .option('--block <length>', 'mean length of its blocks; the one that suits by default')
    .option('--seed <number>', 'seed of random draws', '1')
    .action(realityCheck);
  common(program.command('plateau <sweep>'))
    .description('the best of a sweep with its neighbours, and the most stable neighbourhood')
    .option('--metric <formula>', 'a column of the results or a formula; the objective by default')
    .option('--radius <places>', 'places that a neighbour may be away in every parameter', '1')
    .action(plateau);
}

async function realityCheck(name: string, options: RealityCheckOptions): Promise<void> {
  const asked = {
    against: parseChoice(options.against, 'against', BENCHMARKS),
    samples: parseWhole(options.samples, 'samples', 20_000),
    blockLength: options.block === undefined ? null : parseNumber(options.block, 'block'),
    seed: parseWhole(options.seed, 'seed', 0xffff_ffff),
  };
  await run(options, async (session, terminal) => {
    const { id: sweepId } = await findResearch(session, name);
    const started = await session.call('realityCheck.start', { ...asked, sweepId });
    const id = await follow(session, terminal, started);
    const { item, detail } = await session.call('research.get', {
      researchId: id,
      offset: 0,
      limit: 0,
    });
    if (detail.kind !== 'reality-check' || detail.findings === null) {
      throw new RenataError('INTERNAL', 'The reality check has no findings.');
    }
    return {
      json: { ...item, ...asked, sweepId, findings: detail.findings },
      text: checkText(item.title, detail.findings, asked.against),
    };
  });
}

function checkText(
  title: string,
  findings: RealityCheckFindings,
  against: (typeof BENCHMARKS)[number],
): string {
  const { strategies, best, above, blockLength, samples, notes } = findings;
  const right = { align: 'right' } as const;
  const benchmark = against === 'zero' ? 'nothing' : 'buying and holding';
  const table = formatTable(
    [{ title: 'Test' }, { title: 'Statistic', ...right }, { title: 'p-value', ...right }],
    [
      ['White’s reality check', formatNumber(findings.statistic, 4), p(findings.pValue)],
      ['Hansen’s SPA', formatNumber(findings.spaStatistic, 4), p(findings.spaConsistent)],
      ['  its lower bound', '', p(findings.spaLower)],
      ['  its upper bound', '', p(findings.spaUpper)],
    ],
  );
  return [
    title,
    `${formatNumber(strategies)} combinations over ${formatNumber(findings.periods)} returns, ${formatNumber(samples)} samples in blocks of ${formatNumber(blockLength, 1)}`,
    '',
    table,
    '',
    `best       ${valuesText(best.parameters)}: ${formatNumber(best.yearly * 100, 2)}% a year above ${benchmark} on average`,
    `above      ${percent(above)} of the combinations made more than ${benchmark}`,
    `verdict    ${realityVerdict(findings, benchmark)}`,
    ...notes.map((note) => `note       ${note}`),
  ].join('\n');
}

function realityVerdict({ best, spaConsistent }: RealityCheckFindings, benchmark: string): string {
  if (best.mean <= 0) return `no combination made more than ${benchmark} on average`;
  const chance = `as much came of chance in ${percent(spaConsistent)} of the samples`;
  return spaConsistent <= USUAL_LEVEL
    ? `more than the choice explains: ${chance}`
    : `the choice among so many explains it: ${chance}`;
}

function p(value: number): string {
  return formatNumber(value, 3);
}

async function plateau(name: string, options: PlateauOptions): Promise<void> {
  const radius = parseWhole(options.radius, 'radius', 10);
  const { metric } = options;
  await run(options, async (session) => {
    const { id: researchId, title } = await findResearch(session, name);
    const found = await session.call('sweeps.plateau', {
      researchId,
      radius,
      ...(metric === undefined ? {} : { metric }),
    });
    return { json: { id: researchId, ...found }, text: plateauText(title, found) };
  });
}

function plateauText(title: string, found: PlateauAnswer): string {
  const { best, plateau: middle, metric, radius, rows, slices } = found;
  const right = { align: 'right' } as const;
  const row = (what: string, { row: at, ...around }: NeighbourhoodRow): string[] => [
    what,
    valuesText(at.parameters),
    formatNumber(at.score, 3),
    formatNumber(around.neighbours),
    formatNumber(around.mean, 3),
    formatNumber(around.least, 3),
    formatNumber(around.spread, 3),
    percent(around.stability),
  ];
  const table = formatTable(
    [
      { title: '' },
      { title: 'Parameters' },
      { title: metric, ...right },
      { title: 'Neighbours', ...right },
      { title: 'Their mean', ...right },
      { title: 'Worst', ...right },
      { title: 'Spread', ...right },
      { title: 'Stability', ...right },
    ],
    [row('Best', best), row('Most stable', middle)],
  );
  const along = slices.map(({ name, labels, best: ofBest, plateau: ofMiddle, mean }) =>
    formatTable(
      [
        { title: name, ...right },
        { title: 'Through the best', ...right },
        { title: 'Through the most stable', ...right },
        { title: 'Mean of all', ...right },
      ],
      labels.map((label, k) => [
        label,
        formatNumber(ofBest[k] ?? Number.NaN, 3),
        formatNumber(ofMiddle[k] ?? Number.NaN, 3),
        formatNumber(mean[k] ?? Number.NaN, 3),
      ]),
    ),
  );
  return [
    title,
    `${formatNumber(rows)} combinations; neighbours are within ${radius} ${radius === 1 ? 'place' : 'places'} in every parameter`,
    '',
    table,
    ...along.flatMap((slice) => ['', slice]),
    '',
    `verdict    ${verdictOf(best)}`,
  ].join('\n');
}

function verdictOf({ stability, neighbours }: NeighbourhoodRow): string {
  if (neighbours === 0)
    return 'the best has no neighbours, so nothing can be told of its surroundings';
  const held = `its neighbours keep ${percent(stability)} of what it has above the worst`;
  if (stability >= 0.8) return `the best lies on a plateau: ${held}`;
  if (stability >= 0.5) return `the best stands above its neighbours: ${held}`;
  return `the best is a lone peak: ${held}`;
}
