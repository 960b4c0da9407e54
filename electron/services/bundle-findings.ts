import { FILL_RULES } from '../../engine/backtest/fill-rules.ts';
import { STRATEGIES } from '../../engine/backtest/strategies.ts';
import type { BundleFinding, BundleManifest } from '../../engine/protocol/run-bundle.ts';
import { sourcesBeside } from '../../engine/report/bar-sources.ts';
import type { Store } from '../storage/store-client.ts';
import { hashOfCalendar } from './other-instruments.ts';
import type { StrategyLibrary } from './strategies/library.ts';

export interface FindingsOptions {
  readonly store: Pick<Store, 'listDatasets' | 'getDataset'>;
  readonly strategies: Pick<StrategyLibrary, 'load'>;
  readonly calendarsDirectory: string;
  /** Of the program. */
  readonly version: string;
}

/** What of a bundle is the same in this workstation and what is not. Nothing of it is executed. */
export async function findingsOf(
  manifest: BundleManifest,
  options: FindingsOptions,
): Promise<BundleFinding[]> {
  return [
    ...makerFindings(manifest.run.maker, options.version),
    await strategyFinding(manifest, options),
    ...(await dataFindings(manifest, options)),
    ...(await calendarFindings(manifest, options)),
  ];
}

/** Those that can be why orders came out otherwise, or why there can be none. */
export function reasonsIn(findings: readonly BundleFinding[]): readonly string[] {
  return findings.filter(({ matters }) => matters).map(({ message }) => message);
}

function makerFindings(maker: BundleManifest['run']['maker'], version: string): BundleFinding[] {
  if (maker === null) {
    const message = 'The run was made before runs told which program and fill rules made them.';
    return [{ what: 'program', same: false, matters: true, message }];
  }
  const { fillRules } = maker;
  const sameProgram = maker.version === version;
  const sameRules = fillRules.hash === FILL_RULES.hash;
  const age = fillRules.version < FILL_RULES.version ? 'older' : 'other';
  const numbers = `version ${fillRules.version} (${fillRules.hash.slice(0, 8)}), here version ${FILL_RULES.version} (${FILL_RULES.hash.slice(0, 8)})`;
  return [
    {
      what: 'program',
      same: sameProgram,
      matters: !sameProgram,
      message: sameProgram
        ? `The run was made by Renata ${version}, as here.`
        : `The run was made by Renata ${maker.version}; this is ${version}.`,
    },
    {
      what: 'fill-rules',
      same: sameRules,
      matters: !sameRules,
      message: sameRules
        ? `It followed version ${fillRules.version} of the fill rules, as here.`
        : `It followed ${age} fill rules: ${numbers}.`,
    },
  ];
}

async function strategyFinding(
  { strategy }: BundleManifest,
  { strategies }: FindingsOptions,
): Promise<BundleFinding> {
  const { id, hash, source } = strategy;
  const finding = (same: boolean, matters: boolean, message: string): BundleFinding => ({
    what: 'strategy',
    same,
    matters,
    message,
  });
  if (hash === null) {
    return STRATEGIES.some((known) => known.id === id)
      ? finding(true, false, `The strategy ${id} is part of Renata.`)
      : finding(false, true, `The strategy ${id} is part of no Renata that this program knows.`);
  }
  const here = await strategies.load(id).catch(() => undefined);
  const same = here?.hash === hash;
  if (source === null && !same) {
    return finding(
      false,
      true,
      `The text of the strategy ${id} is not in the bundle and not in your strategies.`,
    );
  }
  if (source?.trusted === true) {
    return finding(
      false,
      true,
      `The strategy ${id} ran outside of the sandbox; a bundle’s text runs inside of it only.`,
    );
  }
  if (here === undefined || same) {
    const where = same ? 'your strategies have the same text' : 'you have no strategy of that name';
    return finding(same, false, `The bundle has the text of the strategy ${id}; ${where}.`);
  }
  return finding(
    false,
    false,
    `Your strategy ${id} has another text by now; the bundle runs its own.`,
  );
}

async function dataFindings(
  { run, data }: BundleManifest,
  { store }: FindingsOptions,
): Promise<BundleFinding[]> {
  const wanted = new Map<string, { datasetId: string; hash: string; inBundle: boolean }>();
  const add = (datasetId: string, hash: string, part: string | null): void => {
    const key = `${datasetId} ${hash}`;
    const inBundle = part !== null && wanted.get(key)?.inBundle !== false;
    wanted.set(key, { datasetId, hash, inBundle });
  };
  if (run.instruments === undefined) add(run.request.datasetId, data.contentHash, data.part);
  const beside = sourcesBeside(run);
  for (const [i, { datasetId, contentHash }] of beside.entries()) {
    add(datasetId, contentHash, data.others[i]?.part ?? null);
  }
  const datasets = await store.listDatasets();
  const findings: BundleFinding[] = [];
  for (const { datasetId, hash, inBundle } of wanted.values()) {
    const known = datasets.find(({ id }) => id === datasetId);
    const versions = known === undefined ? [] : (await store.getDataset(datasetId)).versions;
    const same = versions.some(({ contentHash }) => contentHash === hash);
    const now = known?.current.contentHash ?? '';
    const short = hash.slice(0, 16);
    const here = same
      ? `the store has the bars that the run read (${short})`
      : known === undefined
        ? `the store has none; the run read ${short}`
        : `the store has other bars, ${now.slice(0, 16)}; the run read ${short}`;
    const message = `${datasetId}: ${here}${inBundle ? ', and the bundle has them' : ''}.`;
    findings.push({ what: 'data', same, matters: !same && !inBundle, message });
  }
  return findings;
}

async function calendarFindings(
  { run }: BundleManifest,
  { calendarsDirectory }: FindingsOptions,
): Promise<BundleFinding[]> {
  const { calendar, calendarHash } = run.reads ?? {};
  if (calendar === undefined || calendarHash === undefined) return [];
  const now = await hashOfCalendar(calendarsDirectory, calendar).catch(() => null);
  const same = now === calendarHash;
  const message = same
    ? `The calendar ${calendar} is the same.`
    : now === null
      ? `This program has no calendar ${calendar}.`
      : `The calendar ${calendar} has changed since.`;
  return [{ what: 'calendar', same, matters: !same, message }];
}
