import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { isoTime } from '../domain/time.ts';
import type { BundleTask, BundleTaskBars } from '../protocol/bundle-tasks.ts';
import {
  BARS_PART,
  BUNDLE_FORMAT,
  BUNDLE_VERSION,
  EQUITY_PART,
  REPORT_PART,
  STRATEGY_PART,
  type BundleBars,
  type BundleManifest,
} from '../protocol/run-bundle.ts';
import type { Run } from '../protocol/schemas.ts';
import { packBars, packColumns, writeBundle } from './bundle.ts';
import { ambiguousTable, csvOf, fillTable, orderTable, symbolsOf, tradeTable } from './tables.ts';
import { tearSheet } from './tear-sheet.ts';
import type { Deflate, ZipPart } from './zip.ts';

/**
 * The bundle of a run.
 * @throws RenataError TOO_LARGE
 */
export function makeBundle(
  task: BundleTask,
  deflate: Deflate,
): { readonly bytes: Uint8Array; readonly hash: string } {
  const { sheet, strategy, withBars } = task;
  const { run } = sheet;
  const own = run.instruments === undefined && sheet.bars !== null ? packBars(sheet.bars) : null;
  const others = packOthers(task.others, withBars);
  const parts: ZipPart[] = [
    { name: REPORT_PART, bytes: utf8ToBytes(tearSheet(sheet)) },
    ...tablesOf(run),
    { name: EQUITY_PART, bytes: packColumns([run.time, run.equity, run.benchmark, run.position]) },
    ...(strategy === null ? [] : [{ name: STRATEGY_PART, bytes: utf8ToBytes(strategy.text) }]),
    ...(withBars && own !== null ? [{ name: BARS_PART, bytes: own }] : []),
    ...others.flatMap(({ part }) => (part === null ? [] : [part])),
  ];
  const { summary } = run;
  const manifest: Omit<BundleManifest, 'parts'> = {
    format: BUNDLE_FORMAT,
    version: BUNDLE_VERSION,
    program: { name: 'Renata', version: sheet.version },
    run: factsOf(run),
    strategy: {
      id: summary.request.strategy,
      title: sheet.strategyTitle,
      hash: summary.strategyHash ?? null,
      source:
        strategy === null
          ? null
          : {
              part: STRATEGY_PART,
              language: strategy.language,
              file: strategy.file,
              trusted: strategy.trusted,
            },
    },
    data: {
      contentHash: summary.dataHash,
      barsHash: own === null ? null : bytesToHex(sha256(own)),
      provenance: task.provenance,
      part: withBars && own !== null ? BARS_PART : null,
      others: others.map(({ entry }) => entry),
    },
  };
  return writeBundle(manifest, parts, deflate);
}

function factsOf(run: Run): BundleManifest['run'] {
  const { summary, maker, reads, instruments } = run;
  const { id, createdAt, request, symbol, timeframe, barCount } = summary;
  const { firstTime, lastTime, orderHash, statistics, notes } = summary;
  return {
    id,
    createdAt,
    maker: maker ?? null,
    request,
    symbol,
    timeframe,
    barCount,
    firstTime,
    lastTime,
    orderHash,
    statistics: statistics.map((each) => ({
      ...each,
      value: Number.isFinite(each.value) ? each.value : null,
    })),
    ...(notes === undefined ? {} : { notes }),
    ...(reads === undefined ? {} : { reads }),
    ...(instruments === undefined
      ? {}
      : { instruments: instruments.map(({ weight: _weight, ...rest }) => rest) }),
  };
}

function tablesOf(run: Run): ZipPart[] {
  const symbols = symbolsOf(run);
  const tables = {
    orders: orderTable(run.orders, symbols),
    trades: tradeTable(run.trades, symbols),
    ...(run.fills === undefined ? {} : { fills: fillTable(run.fills, symbols, run.orders) }),
    ...(run.ambiguous === undefined
      ? {}
      : { ambiguous: ambiguousTable(run.ambiguous, run.trades) }),
  };
  return Object.entries(tables).map(([name, columns]) => ({
    name: `${name}.csv`,
    bytes: utf8ToBytes(csvOf(columns, isoTime)),
  }));
}

/** Parts are named by what they are and their number among those: `other-1.f64`, `other-2.f64`. */
function packOthers(
  all: readonly BundleTaskBars[],
  withBars: boolean,
): readonly { readonly entry: BundleBars; readonly part: ZipPart | null }[] {
  const counts = { instrument: 0, other: 0, finer: 0 };
  return all.map(({ bars, ...rest }) => {
    counts[rest.kind] += 1;
    const name = `${rest.kind}-${counts[rest.kind]}.f64`;
    const bytes = bars === null ? null : packBars(bars);
    const part = bytes === null || !withBars ? null : { name, bytes };
    return {
      entry: {
        ...rest,
        barsHash: bytes === null ? null : bytesToHex(sha256(bytes)),
        barCount: bars === null ? null : bars.time.length,
        part: part === null ? null : name,
      },
      part,
    };
  });
}
