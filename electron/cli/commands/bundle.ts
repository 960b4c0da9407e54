import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { RenataError } from '../../../engine/domain/errors.ts';
import { MAX_BUNDLE_BYTES } from '../../../engine/report/bundle.ts';
import type {
  BundleFinding,
  BundleManifest,
  BundleRerun,
} from '../../../engine/protocol/run-bundle.ts';
import { reasonsIn } from '../../services/bundle-findings.ts';
import { finite, writeWhole } from '../run-files.ts';
import { reasonOf } from '../session.ts';
import { formatTable } from '../table.ts';
import { formatBytes, formatMinute, formatNumber } from '../text.ts';
import { common, run, type CommonOptions } from './context.ts';
import { findRun } from './report.ts';

interface BundleFlags extends CommonOptions {
  readonly output?: string;
  readonly bars: boolean;
}

/** `bundle RUN`, `bundle verify FILE`, `bundle run FILE`: a run with all that it takes to check it. */
export function addBundle(program: Command): void {
  const bundle = common(program.command('bundle [run]'))
    .description('put a past backtest into one file that proves itself')
    .usage('<run> --output run.renata | verify <file> | run <file>')
    .option('--output <file>', 'file to write')
    .option('--no-bars', 'leave the bars out, where their licence does not let them be handed on')
    .action(write);
  common(bundle.command('verify <file>'))
    .description('check that no byte of a bundle was changed')
    .action((file: string, _flags: CommonOptions, command: Command) =>
      verify(file, command.optsWithGlobals()),
    );
  common(bundle.command('run <file>'))
    .description('run a bundle again and compare its orders')
    .action((file: string, _flags: CommonOptions, command: Command) =>
      again(file, command.optsWithGlobals()),
    );
}

async function write(name: string | undefined, flags: BundleFlags): Promise<void> {
  if (name === undefined) {
    throw new RenataError('BAD_INPUT', 'run: name the run to bundle; renata runs lists them.', {
      details: { parameter: 'run' },
    });
  }
  await run(flags, async (session, terminal) => {
    const { id } = await findRun(session, name);
    const made = await session.workstation.bundles.make(id, flags.bars);
    for (const line of made.missing) terminal.note(line);
    const path = resolve(flags.output ?? made.fileName);
    writeWhole(path, made.bytes, 'output');
    const { hash, hasBars, missing } = made;
    const bytes = made.bytes.byteLength;
    return {
      json: { run: id, path, bytes, hash, bars: hasBars, missing },
      text: `wrote ${path}, ${formatBytes(bytes)}, ${hasBars ? 'with' : 'without'} bars\nhash ${hash}`,
    };
  });
}

async function verify(file: string, flags: CommonOptions): Promise<void> {
  const bytes = readBundleFile(file);
  await run(flags, async ({ workstation }) => {
    const { manifest, hash, findings } = await workstation.bundles.open(bytes);
    const { program, run: made, data, parts } = manifest;
    const { request, maker } = made;
    const held = [data.part, ...data.others.map(({ part }) => part)];
    const inside = held.filter((part) => part !== null).length;
    const facts = [
      ['strategy', strategyFact(manifest)],
      ['data', `${made.symbol} ${made.timeframe}, ${formatNumber(made.barCount)} bars`],
      ['bars', inside > 0 ? 'in the bundle' : 'not in the bundle'],
      ['run', `${formatMinute(made.createdAt)} with ${maker?.version ?? 'an unknown version'}`],
      ['bundle', `made with ${program.name} ${program.version}`],
      ['fill rules', maker === null ? 'unknown' : `version ${maker.fillRules.version}`],
      ['seed', String(request.settings.seed)],
      ['data hash', data.contentHash],
      ...data.others.map(({ kind, name, contentHash }) => [`${kind} ${name}`, contentHash]),
      ['order hash', made.orderHash],
      ['bundle hash', hash],
      ['parts', parts.map((part) => part.name).join(', ')],
    ];
    const table = formatTable([{ title: '' }, { title: '' }], facts);
    return {
      json: { intact: true, hash, manifest, findings },
      text: `intact\n\n${table}\n\n${findingLines(findings).join('\n')}`,
    };
  });
}

function strategyFact({ strategy, run: { request } }: BundleManifest): string {
  const parameters = Object.entries(request.parameters)
    .map(([name, value]) => `${name} ${String(value)}`)
    .join(', ');
  const { title, source, hash } = strategy;
  const text = source === null ? '' : `, ${source.file} ${hash?.slice(0, 16) ?? ''}`;
  return `${title}${parameters === '' ? '' : ` (${parameters})`}${text}`;
}

/** What is the same here and, marked, what is not. */
function findingLines(findings: readonly BundleFinding[]): string[] {
  return findings.map(({ same, message }) => `${same ? 'same  ' : 'other '} ${message}`);
}

async function again(file: string, flags: CommonOptions): Promise<void> {
  const bytes = readBundleFile(file);
  await run(flags, async ({ workstation, signal }) => {
    const control = { signal, progress: () => undefined };
    const rerun = await workstation.bundles.rerun(bytes, control);
    if (!rerun.sameOrders) throw otherOrders(rerun);
    const { differences, findings, ...rest } = rerun;
    const json = {
      ...rest,
      differences: differences.map(({ name, bundle, run: now }) => ({
        name,
        bundle: finite(bundle),
        run: finite(now),
      })),
      findings,
    };
    const lines = [
      `the same orders, over the bars of the ${rerun.bars}`,
      `orders ${rerun.orderHash}`,
      ...differences.map(({ name, bundle, run: now }) => `${name}: ${bundle} then, ${now} now`),
      ...findingLines(findings.filter(({ same }) => !same)),
    ];
    return { json, text: lines.join('\n') };
  });
}

function otherOrders({ orderHash, expectedOrderHash, findings }: BundleRerun): RenataError {
  const reasons = reasonsIn(findings);
  const why =
    reasons.length === 0
      ? 'Program, fill rules, strategy and bars are the same, so the bundle’s own order hash is wrong.'
      : reasons.join(' ');
  return new RenataError(
    'CONFLICT',
    `The run gave other orders than the bundle holds: ${orderHash}, not ${expectedOrderHash}. ${why}`,
    { details: { orderHash, expectedOrderHash } },
  );
}

function readBundleFile(file: string): Uint8Array {
  const path = resolve(file);
  const size = statSync(path, { throwIfNoEntry: false })?.size;
  if (size === undefined) {
    throw new RenataError('NOT_FOUND', `file: there is no file ${path}; check its name.`, {
      details: { parameter: 'file' },
    });
  }
  if (size > MAX_BUNDLE_BYTES) {
    throw new RenataError(
      'TOO_LARGE',
      `file: ${path} has ${formatBytes(size)}; bundles of up to ${formatBytes(MAX_BUNDLE_BYTES)} are opened.`,
    );
  }
  try {
    return readFileSync(path);
  } catch (error) {
    throw new RenataError('BAD_INPUT', `file: ${path} cannot be read (${reasonOf(error)}).`, {
      details: { parameter: 'file' },
    });
  }
}
