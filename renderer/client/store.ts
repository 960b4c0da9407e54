import { create } from 'zustand';
import type { Adjustment } from '../../engine/domain/bar.ts';
import { RenataError, type ErrorPayload, toErrorPayload } from '../../engine/domain/errors.ts';
import type { CallOutput, EventPayload } from '../../engine/protocol/contract.ts';
import type { Job, Run, RunSummary } from '../../engine/protocol/schemas.ts';
import type { ConnectionState } from './carrier.ts';
import { connect, type Client } from './client.ts';

export type Dataset = CallOutput<'data.list'>[number];
export type Strategy = CallOutput<'strategies.list'>[number];
export type Indicator = CallOutput<'indicators.list'>[number];
export type LanguageName = CallOutput<'expressions.names'>[number];

/** What the window knows of the workstation, and what the panels agree on. */
export interface WorkstationState {
  readonly connection: ConnectionState;
  readonly info: CallOutput<'app.info'> | null;
  readonly health: EventPayload<'app.health'> | null;
  readonly datasets: readonly Dataset[] | null;
  readonly runs: readonly RunSummary[] | null;
  readonly strategies: readonly Strategy[] | null;
  readonly indicators: readonly Indicator[] | null;
  /** Names of the expression language besides the indicators. */
  readonly languageNames: readonly LanguageName[];
  readonly jobs: readonly Job[];
  readonly failure: ErrorPayload | null;
  readonly datasetId: string | null;
  readonly adjustment: Adjustment;
  readonly runId: string | null;
  readonly run: Run | null;
  /** A place that the chart should show; `count` makes two wishes for one place differ. */
  readonly place: { readonly time: number; readonly until: number; readonly count: number } | null;
  /** A panel that should come to the front; `count` makes two wishes for one panel differ. */
  readonly panel: { readonly id: string; readonly count: number } | null;
  /** The strategy that the backtest form should take next. */
  readonly strategyWanted: string | null;
}

export const useWorkstation = create<WorkstationState>(() => ({
  connection: 'connecting',
  info: null,
  health: null,
  datasets: null,
  runs: null,
  strategies: null,
  indicators: null,
  languageNames: [],
  jobs: [],
  failure: null,
  datasetId: null,
  adjustment: 'raw',
  runId: null,
  run: null,
  place: null,
  panel: null,
  strategyWanted: null,
}));

const { setState, getState } = useWorkstation;
let client: Client | undefined;

/** The client of this window. @throws RenataError before `start` was called. */
export function workstation(): Client {
  if (client === undefined) throw new RenataError('INTERNAL', 'The window is not connected yet.');
  return client;
}

/** Connects and keeps the state up to date. */
export function start(): void {
  client = connect();
  client.on('data.changed', () => void refreshDatasets());
  client.on('runs.changed', () => void refreshRuns());
  client.on('strategies.changed', () => void refreshStrategies());
  // Strategies are files that other programs edit too.
  window.addEventListener('focus', () => void refreshStrategies());
  client.on('app.health', (health) => setState({ health }));
  client.on('job.changed', onJob);
  client.onState((connection) => {
    const before = getState().connection;
    setState({ connection });
    if (connection === 'open' && before !== 'open') void refreshAll();
  });
}

/** Tries at once to connect again. */
export function reconnect(): void {
  client?.retry();
}

export async function refreshAll(): Promise<void> {
  const known = getState().jobs;
  try {
    const [info, strategies, indicators, languageNames, jobs] = await Promise.all([
      workstation().call('app.info', {}),
      workstation().call('strategies.list', {}),
      workstation().call('indicators.list', {}),
      workstation().call('expressions.names', {}),
      workstation().call('jobs.list', {}),
    ]);
    // What was heard of a job while the list was on its way is newer than the list.
    const heard = getState().jobs.filter((job) => !known.includes(job));
    const listed = jobs.filter(({ id }) => !heard.some((job) => job.id === id));
    setState({
      info,
      strategies,
      indicators,
      languageNames,
      jobs: [...heard, ...listed],
      failure: null,
    });
    await Promise.all([refreshDatasets(), refreshRuns()]);
  } catch (error) {
    setState({ failure: toErrorPayload(error) });
  }
}

async function refreshDatasets(): Promise<void> {
  const datasets = await workstation().call('data.list', {});
  const { datasetId } = getState();
  const known = datasets.find(({ id }) => id === datasetId);
  const chosen = known ?? datasets[0];
  setState({ datasets, datasetId: chosen?.id ?? null });
}

let runsAsked = 0;

async function refreshRuns(): Promise<void> {
  runsAsked += 1;
  const asked = runsAsked;
  const before = getState().runId;
  const runs = await workstation().call('runs.list', {});
  // A list that was asked for before another one may lack the newest run.
  if (asked !== runsAsked) return;
  setState({ runs });
  const { runId } = getState();
  // So may one in whose time a run was chosen, such as one that has just ended.
  if (runId !== before && runId !== null) return;
  const known = runs.find(({ id }) => id === runId);
  const wanted = known ?? runs[0];
  if (wanted === undefined) setState({ runId: null, run: null });
  else if (wanted.id !== runId || getState().run === null) await selectRun(wanted.id);
}

/** Reads the list of strategies anew; the one that is known stays where that fails. */
export async function refreshStrategies(): Promise<void> {
  await workstation()
    .call('strategies.list', {})
    .then((strategies) => setState({ strategies }))
    .catch(() => undefined);
}

function onJob(job: Job): void {
  const others = getState().jobs.filter(({ id }) => id !== job.id);
  setState({ jobs: [job, ...others].slice(0, 50) });
  if (job.state !== 'done' || job.result === null) return;
  if (job.kind === 'backtest') void selectRun(job.result);
  if (job.kind === 'import' || job.kind === 'seed') {
    const id = job.result;
    void refreshDatasets().then(() => {
      if (getState().datasets?.some((dataset) => dataset.id === id) === true) selectDataset(id);
    });
  }
}

export function selectDataset(datasetId: string): void {
  setState({ datasetId });
}

export function selectAdjustment(adjustment: Adjustment): void {
  setState({ adjustment });
}

/** Loads a run for the report and the chart's markers, and shows its dataset. */
export async function selectRun(runId: string): Promise<void> {
  setState({ runId });
  try {
    const run = await workstation().call('runs.get', { runId });
    if (getState().runId !== runId) return;
    setState({ run });
    const { datasetId } = run.summary.request;
    const shown = run.instruments?.some((each) => each.datasetId === getState().datasetId);
    // The chart stays where it is when it shows one of the instruments of the run.
    if (shown === true) return;
    if (getState().datasets?.some(({ id }) => id === datasetId) === true) setState({ datasetId });
  } catch (error) {
    setState({ run: null, failure: toErrorPayload(error) });
  }
}

export function showPlace(time: number, until: number): void {
  setState({ place: { time, until, count: (getState().place?.count ?? 0) + 1 } });
}

/** Asks the window to bring a panel to the front, opening it where it was closed. */
export function openPanel(id: string): void {
  setState({ panel: { id, count: (getState().panel?.count ?? 0) + 1 } });
}

/** Opens the backtest form with a strategy chosen. */
export function chooseForBacktest(strategyWanted: string): void {
  setState({ strategyWanted });
  openPanel('backtest');
}

/** The backtest form has taken the strategy that was wanted. */
export function strategyTaken(): void {
  setState({ strategyWanted: null });
}

export function dismissFailure(): void {
  setState({ failure: null });
}
