/** Text of docs/adapters.md, made from what the adapters declare and nothing else. */
import { tmpdir } from 'node:os';
import { MANIFESTS } from '../electron/adapter-list.ts';
import type { AdapterContext, AdapterManifest, Keys, Settings } from '../electron/net/adapter.ts';
import { isoDate, unixMillis } from '../engine/domain/time.ts';
import type { Clock } from '../engine/ports/clock.ts';
import { dataMatrix, executionMatrix, tableOf, type Matrix } from './capability-matrix.ts';

/** What is set besides the usual: what cannot be left out, and what shows all that there is. */
const BESIDES: Readonly<Record<string, Settings>> = {
  csv: { folder: tmpdir() },
  polygon: { streams: 'real-time' },
};
/** What is said of the time at which the page was made must not change it: two moments tell what does. */
const MOMENTS = [Date.UTC(2026, 0, 1), Date.UTC(2027, 6, 1)] as const;

type Clients = ReturnType<AdapterManifest['open']>;

export function adapterDocs(): string {
  const opened = MANIFESTS.map((manifest) => ({
    manifest,
    clients: opening(manifest, MOMENTS[0]),
    later: opening(manifest, MOMENTS[1]),
  }));
  const execution: Matrix[] = [];
  const data: Matrix[] = [];
  for (const { manifest, clients, later } of opened) {
    if (clients.execution !== undefined)
      execution.push(executionMatrix(manifest.id, clients.execution.capabilities));
    if (clients.data !== undefined)
      data.push(dataMatrix(manifest.id, clients.data.capabilities, depthOf(clients, later)));
  }
  return [
    '# Adapters',
    'What each connection can do, as its adapter declares it with its usual settings (`polygon` with its streams on);',
    'plans, permissions and settings of an account may allow less or more. This page is made by `npm run check -- --fix`. The numbered conformance',
    'suites of `tests/conformance` hold each declaration against a venue that speaks the real protocol: what is',
    'declared arrives in the words of the venue, and what is not declared is refused before anything is sent.',
    '',
    '| connection | | for |',
    '|---|---|---|',
    ...opened.map(
      ({ manifest: { id, title, description, roles } }) =>
        `| [\`${id}\`](../electron/adapters/${id}/README.md) | **${title}**: ${description} | ${roles.map((role) => (role === 'data' ? 'prices' : 'orders')).join(', ')} |`,
    ),
    '',
    '## Orders',
    '',
    ...tableOf(execution),
    '',
    'Groups that a venue does not hold are kept by Renata while it runs. A reduce-only order is kept so by the risk',
    'gate where the venue does not do it.',
    '',
    '## Prices',
    '',
    ...tableOf(data),
    '',
    '## Settings',
    '',
    'Keys are entered once and go to the keychain; without a window they come from the environment',
    '([docs/security.md](security.md)).',
    '',
    ...opened.flatMap(({ manifest }) => settingsOf(manifest)),
  ].join('\n');
}

/** Since when bars are there, or how far they go back from any moment. */
function depthOf(now: Clients, later: Clients): string | undefined {
  const [first, second] = [now, later].map(({ data }) => data?.capabilities.historyDepth ?? null);
  if (first === null || second === null || first === undefined || second === undefined)
    return undefined;
  return second - first === MOMENTS[1] - MOMENTS[0]
    ? `since ${isoDate(unixMillis(MOMENTS[0] - first))}`
    : undefined;
}

function opening(manifest: AdapterManifest, now: number): Clients {
  const settings: Record<string, Settings[string]> = {};
  const keys: Record<string, string> = {};
  for (const { name, kind, default: usual } of manifest.fields) {
    if (kind === 'key') keys[name] = 'NONE';
    else if (usual !== null) settings[name] = usual;
  }
  return manifest.open(
    { ...settings, ...BESIDES[manifest.id] },
    keys satisfies Keys,
    contextAt(now),
  );
}

function contextAt(now: number): AdapterContext {
  const clock: Clock = {
    now: () => unixMillis(now),
    elapsed: () => 0,
    after: () => () => undefined,
  };
  const refuse = (): never => {
    throw new Error('Nothing is connected here.');
  };
  return {
    clock,
    random: () => 0.5,
    log: () => undefined,
    feed: { listen: () => () => undefined, watch: refuse, instrument: refuse },
    series: { read: refuse },
    folder: tmpdir(),
  };
}

function settingsOf({ id, fields }: AdapterManifest): string[] {
  if (fields.length === 0) return [];
  return [
    `### ${id}`,
    '',
    '| setting | default | |',
    '|---|---|---|',
    ...fields.map(({ name, label, help, kind, choices, default: usual }) => {
      const usually =
        kind === 'key' ? 'key' : usual === null || usual === '' ? '' : `\`${String(usual)}\``;
      const among =
        choices.length === 0 ? '' : ` (${choices.map((each) => `\`${each}\``).join(', ')})`;
      return `| \`${name}\` | ${usually} | ${escaped(label)}: ${escaped(help)}${among} |`;
    }),
    '',
  ];
}

/** Characters that Markdown would take for its own. */
function escaped(text: string): string {
  return text.replaceAll(/[|*_<>]/g, (character) => `\\${character}`);
}
