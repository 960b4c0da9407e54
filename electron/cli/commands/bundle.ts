import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { RenataError } from '../../../engine/domain/errors.ts';
import { MAX_BUNDLE_BYTES } from '../../../engine/report/bundle.ts';
import type { Rerun } from '../../services/reports.ts';
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
    const made = await session.workstation.reports.bundle(id, flags.bars);
    if (flags.bars && !made.hasBars) {
      terminal.note('the bars of this run are not in the store any more and were left out');
    }
    const path = resolve(flags.output ?? made.fileName);
    writeWhole(path, made.bytes, 'output');
    const { hash, hasBars } = made;
    const bytes = made.bytes.byteLength;
    return {
      json: { run: id, path, bytes, hash, bars: hasBars },
      text: `wrote ${path}, ${formatBytes(bytes)}, ${hasBars ? 'with' : 'without'} bars\nhash ${hash}`,
    };
  });
}

async function verify(file: string, flags: CommonOptions): Promise<void> {
  const bytes = readBundleFile(file);
  await run(flags, async ({ workstation }) => {
    const { manifest, hash, parts } = workstation.reports.open(bytes);
    const { program, run: made, data, strategy } = manifest;
    const { request } = made;
    const parameters = Object.entries(request.parameters)
      .map(([name, value]) => `${name} ${String(value)}`)
      .join(', ');
    const facts = [
      ['strategy', `${strategy.title} (${parameters})`],
      ['data', `${made.symbol} ${made.timeframe}, ${formatNumber(made.barCount)} bars`],
      ['bars', data.part === null ? 'not in the bundle' : 'in the bundle'],
      ['made', `${formatMinute(made.createdAt)} with ${program.name} ${program.version}`],
      ['fill rules', `version ${manifest.fillRules.version}`],
      ['seed', String(request.settings.seed)],
      ['data hash', data.contentHash],
      ['order hash', made.orderHash],
      ['bundle hash', hash],
      ['parts', [...parts.keys()].join(', ')],
    ];
    return {
      json: { intact: true, hash, manifest },
      text: `intact\n\n${formatTable([{ title: '' }, { title: '' }], facts)}`,
    };
  });
}

async function again(file: string, flags: CommonOptions): Promise<void> {
  const bytes = readBundleFile(file);
  await run(flags, async ({ workstation, signal }) => {
    const control = { signal, progress: () => undefined };
    const rerun = await workstation.reports.rerun(bytes, control);
    if (!rerun.sameOrders) throw otherOrders(rerun);
    const { differences, ...rest } = rerun;
    const json = {
      ...rest,
      differences: differences.map(({ name, bundle, run: now }) => ({
        name,
        bundle: finite(bundle),
        run: finite(now),
      })),
    };
    const lines = [
      `the same orders, over the bars of the ${rerun.bars}`,
      `orders ${rerun.orderHash}`,
      ...differences.map(({ name, bundle, run: now }) => `${name}: ${bundle} then, ${now} now`),
    ];
    return { json, text: lines.join('\n') };
  });
}

function otherOrders(rerun: Rerun): RenataError {
  const { orderHash, expectedOrderHash, madeBy, runBy, fillRules } = rerun;
  const rules = fillRules.bundle === fillRules.run ? '' : ' Its fill rules were others.';
  const versions = madeBy === runBy ? rules : ` It was made by Renata ${madeBy}; this is ${runBy}.`;
  return new RenataError(
    'CONFLICT',
    `The run gave other orders than the bundle holds: ${orderHash}, not ${expectedOrderHash}.${versions}`,
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
