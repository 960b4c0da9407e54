import { join } from 'node:path';
import { RenataError } from '../engine/domain/errors.ts';
import type { OrderSource } from '../engine/domain/live-order.ts';
import type {
  CallName,
  ContractClient,
  EventName,
  EventPayload,
} from '../engine/protocol/contract.ts';
import type { Run } from '../engine/protocol/schemas.ts';
import { LANGUAGE_NAMES } from '../engine/expressions/names.ts';
import { INDICATORS } from '../engine/indicators/registry.ts';
import { MANIFESTS } from './adapter-list.ts';
import { carryOverControlSocket } from './ipc/control-socket.ts';
import { createRegistry, type CallContext, type Handlers } from './ipc/registry.ts';
import { createBundles, type Bundles } from './services/bundles.ts';
import { createBacktests, type FileBacktestRequest } from './services/backtests.ts';
import { openComputePool } from './services/compute.ts';
import { watchHealth } from './services/health.ts';
import { createHistory } from './services/history.ts';
import { createJobs, type JobControl } from './services/jobs.ts';
import { openLog, type Log } from './services/log.ts';
import { seed } from './services/seed.ts';
import { createStrategyDocuments } from './services/strategies/documents.ts';
import { checkSource, plainEntries, plainEntry } from './services/strategies/entries.ts';
import { createStrategyLibrary, type StrategyLibrary } from './services/strategies/library.ts';
import { createStudies, type ColumnsRequest, type StudyColumns } from './services/studies.ts';
import { createReports, type Reports } from './services/reports.ts';
import { createRunTitles } from './services/run-titles.ts';
import { createLedger } from './services/research/ledger.ts';
import { createResearch, type Research } from './services/research/research.ts';
import { openUploads } from './services/uploads.ts';
import { NO_VAULT, type Vault } from './services/connections/keys.ts';
import { codeThreads } from './services/live-strategies/code-thread.ts';
import { handlersOf, openLive, type Live } from './services/live.ts';
import type { OnGone } from './services/market-data/shown-watches.ts';
import { createWorkspaceDocuments } from './services/workspace-documents.ts';
import { createLocalApi, type LocalApi } from './local-api.ts';
import { makeFolder } from './storage/make-folder.ts';
import { systemClock } from './net/system-clock.ts';
import { openStore, type Store } from './storage/store-client.ts';

export type { CallContext } from './ipc/registry.ts';

export interface WorkstationOptions {
  /** Made when it is absent; holds the store, logs and uploads. */
  readonly dataDirectory: string;
  readonly version: string;
  /** Entry of the compute threads. */
  readonly workerUrl: URL;
  /** Entry of the store's threads. */
  readonly storeThreadUrl: URL;
  readonly resourcesDirectory: string;
  readonly carrier: CallContext['carrier'];
  /** Whether an empty store is filled with the default series and a run of it. */
  readonly seedDefault: boolean;
  /** Validates answers as well as calls; for tests and development. */
  readonly checkOutputs?: boolean;
  /** Where keys of connections are kept; in memory only when absent. */
  readonly vault?: Vault;
  /** Settles once the vault can be asked; at once when absent. */
  readonly vaultReady?: Promise<unknown>;
  /** Entry of the process that cancels orders when this one hangs; there is none when absent. */
  readonly watchdogUrl?: URL;
  /** Connections, orders and live prices; left out where only stored data is worked on. */
  readonly live?: boolean;
  /** Compute threads; all cores but one by default. */
  readonly threads?: number;
}

/** The whole main-process side, whatever carries its contract. */
export interface Workstation {
  /** Answers one call. @throws RenataError and nothing else */
  dispatch(name: unknown, input: unknown, context: CallContext): Promise<unknown>;
  /** The contract without a carrier in between. */
  localClient(context: CallContext): ContractClient;
  /** Hears every event. Returns the function that ends it. */
  subscribe(listener: (name: EventName, payload: unknown) => void): () => void;
  /** Backtests the bars of a file without storing anything; for the command line. */
  backtestFile(request: FileBacktestRequest, control: JobControl): Promise<Run>;
  /** Evaluates an expression over every bar of a dataset or file; for the command line. */
  studyColumns(request: ColumnsRequest, signal: AbortSignal): Promise<StudyColumns>;
  /** Tear sheets and comparisons of runs; for the command line. */
  readonly reports: Reports;
  /** Runs as files that prove themselves; for the command line. */
  readonly bundles: Bundles;
  /** Sweeps, walk-forward tests and what else runs for long; for the command line. */
  readonly research: Research;
  /** Strategies of the program, the examples and the user's folder. */
  readonly strategies: StrategyLibrary;
  /** Connections, orders and live prices, or why there are none. */
  readonly live: Live | RenataError;
  /** The API for other programs; closed unless somebody opens it. */
  readonly api: LocalApi;
  /** Settles once a first start has filled the store; never rejects. */
  readonly seeded: Promise<void>;
  readonly log: Log;
  /** Ends jobs, threads and the store. */
  close(): Promise<void>;
}

const NO_LIVE = new RenataError('UNAVAILABLE', 'This command works on stored data alone.');

/** Opens the store, the pool and the services. @throws RenataError where the store cannot be opened */
export async function openWorkstation(options: WorkstationOptions): Promise<Workstation> {
  prepareFolder(options.dataDirectory);
  const log = openLog(options.dataDirectory, options.carrier);
  const { logger } = log;
  const calendarsDirectory = join(options.resourcesDirectory, 'calendars');
  const store = await openStore({
    directory: options.dataDirectory,
    threadUrl: options.storeThreadUrl,
    calendarsDirectory,
  });
  const now = (): number => Date.now();
  const uploads = await openUploads(join(options.dataDirectory, 'uploads'), now);
  const listeners = new Set<(name: EventName, payload: unknown) => void>();

  function emit<Name extends EventName>(name: Name, payload: EventPayload<Name>): void {
    for (const listener of listeners) {
      try {
        listener(name, payload);
      } catch (err) {
        logger.error({ err, event: name }, 'a listener failed');
      }
    }
  }

  const compute = openComputePool({
    workerUrl: options.workerUrl,
    ...(options.threads === undefined ? {} : { threads: options.threads }),
    onDefect: (task, message, stack) => logger.error({ task, message, stack }, 'a task failed'),
  });
  const jobs = createJobs({
    width: { compute: compute.threads, store: 1 },
    onChange: (job) => emit('job.changed', job),
    onDefect: (job, err) => logger.error({ err, job: job.title }, 'a job failed'),
    now,
  });
  const onDataChanged = (): void => emit('data.changed', {});
  const onRunsChanged = (): void => emit('runs.changed', {});
  const history = createHistory({ store, jobs, uploads, onDataChanged });
  const strategies = createStrategyLibrary({
    store,
    compute,
    directory: join(options.dataDirectory, 'strategies'),
    resourcesDirectory: options.resourcesDirectory,
  });
  const strategyDocuments = createStrategyDocuments(strategies, () =>
    emit('strategies.changed', {}),
  );
  const ledger = createLedger({ store, compute, now });
  const backtests = createBacktests({
    store,
    jobs,
    compute,
    strategies,
    calendarsDirectory,
    ledger,
    version: options.version,
    onRunsChanged,
    now,
  });
  const research = createResearch({
    store,
    jobs,
    compute,
    strategies,
    calendarsDirectory,
    ledger,
    onChanged: (payload) => emit('research.changed', payload),
    now,
  });
  const studies = createStudies({ store, compute, calendarsDirectory });
  const { version } = options;
  const titleOf = createRunTitles(strategies);
  const reports = createReports({ store, compute, calendarsDirectory, version, titleOf });
  const bundles = createBundles({
    store,
    compute,
    jobs,
    uploads,
    strategies,
    reports,
    calendarsDirectory,
    version,
  });
  const documents = createWorkspaceDocuments(store);
  const live = options.live === false ? NO_LIVE : await liveOrWhy();
  const done = { ok: true } as const;

  async function liveOrWhy(): Promise<Live | RenataError> {
    try {
      return await openLive({
        dataDirectory: options.dataDirectory,
        store,
        storeThreadUrl: options.storeThreadUrl,
        calendarsDirectory,
        strategies,
        code: codeThreads({
          twin: (task) => compute.run('liveTwin', task),
          portfolioTwin: (task) => compute.run('livePortfolioTwin', task),
          workerUrl: options.workerUrl,
        }),
        watchdogUrl: options.watchdogUrl ?? null,
        vault: options.vault ?? NO_VAULT,
        vaultReady: options.vaultReady ?? Promise.resolve(),
        manifests: MANIFESTS,
        clock: systemClock,
        random: () => Math.random(),
        logger,
        emit,
      });
    } catch (err) {
      // Research goes on without: a broken journal or a second Renata stops trading alone.
      logger.error({ err }, 'trading is not to be had');
      return err instanceof RenataError
        ? err
        : new RenataError('UNAVAILABLE', `Trading could not be started: ${String(err)}`);
    }
  }

  const api = createLocalApi({
    dataDirectory: options.dataDirectory,
    version: options.version,
    store,
    dispatch: (name, input, context) => dispatch(name, input, context),
    subscribe,
    live,
  });

  const handlers = {
    ...handlersOf<CallContext>(live, { sourceOf, goneOf }),
    'app.info': async (_input, { carrier }) => ({
      name: 'Renata',
      version: options.version,
      carrier,
      dataDirectory: options.dataDirectory,
      runtime: runtimeName(),
      threads: compute.threads,
      store: await storeState(store),
    }),
    'api.get': () => api.view(),
    'api.configure': async (settings) => {
      await api.configure(settings);
      return done;
    },
    'api.createToken': async ({ name, scope }) => ({ token: api.createToken(name, scope) }),
    'api.revokeToken': async ({ name }) => {
      api.revokeToken(name);
      return done;
    },
    'store.restore': async ({ backup }) => {
      if (jobs.active() > 0) {
        throw new RenataError(
          'CONFLICT',
          'Jobs are running; wait for them or cancel them, then restore the backup.',
          { retryable: true },
        );
      }
      await store.restoreBackup(backup);
      onDataChanged();
      onRunsChanged();
      return done;
    },

    'data.list': async () => store.listDatasets(),
    'data.get': async ({ datasetId }) => history.details(datasetId),
    'data.bars': async (input) => history.bars(input),
    'data.delete': async ({ datasetId }) => {
      await history.remove(datasetId);
      return done;
    },
    'data.upload-start': async ({ name, bytes }) => ({
      uploadId: await uploads.start(name, bytes),
    }),
    'data.upload-chunk': async ({ uploadId, offset, bytes }) => ({
      received: await uploads.append(uploadId, offset, bytes),
    }),
    'data.upload-drop': async ({ uploadId }) => {
      await uploads.remove(uploadId);
      return done;
    },
    'data.preview': async ({ source, options: given }, { carrier }) =>
      history.preview(source, given, carrier === 'cli'),
    'data.import': async ({ source, options: given }, { carrier }) => ({
      jobId: history.startImport(source, given, carrier === 'cli'),
    }),
    'data.importFactors': async ({ source, instrumentId }, { carrier }) =>
      history.importFactors(source, instrumentId, carrier === 'cli'),
    'data.export': async (input) => history.exportFile(input),

    'indicators.list': async () => INDICATORS,
    'expressions.names': async () => [...LANGUAGE_NAMES],
    'studies.compute': async (input) => studies.compute(input),

    'strategies.list': async () => plainEntries(await strategies.list()),
    'strategies.check': async (source) => plainEntry(await checkSource(strategies, source)),
    'strategies.problems': async ({ text }) => strategyDocuments.problems(text),
    'strategies.get': async (place) => strategyDocuments.get(place),
    'strategies.save': async (request) => strategyDocuments.save(request),
    'strategies.delete': async ({ id }) => {
      await strategyDocuments.remove(id);
      return done;
    },
    'backtest.run': async (request) => ({ jobId: await backtests.start(request) }),
    'runs.list': async () => store.listRuns(),
    'runs.get': async ({ runId }) => store.getRun(runId),
    'runs.delete': async ({ runId }) => {
      await store.deleteRun(runId);
      onRunsChanged();
      return done;
    },
    'runs.compare': async ({ runIds }) => reports.compare(runIds),
    'reports.html': async ({ runId }) => reports.html(runId),
    'bundles.make': async ({ runId, bars }) => bundles.make(runId, bars),
    'bundles.open': async ({ uploadId }) => bundles.openUpload(uploadId),
    'bundles.run': async ({ uploadId }) => bundles.rerunUpload(uploadId),

    'research.estimate': async (input) => research.estimate(input),
    'sweeps.start': async ({ request, confirmed }) => research.startSweep(request, { confirmed }),
    'walkForward.start': async ({ request, confirmed }) =>
      research.startWalkForward(request, { confirmed }),
    'crossValidation.start': async ({ request, confirmed }) =>
      research.startCrossValidation(request, { confirmed }),
    'realityCheck.start': async (request) => research.startRealityCheck(request),
    'randomEntry.start': async (request) => research.startRandomEntry(request),
    'monteCarlo.start': async (request) => research.startMonteCarlo(request),
    'audit.start': async (request) => research.startAudit(request),
    'research.list': async () => research.list(),
    'research.get': async (input) => research.get(input),
    'research.pause': async ({ researchId }) => {
      await research.pause(researchId);
      return done;
    },
    'research.resume': async ({ researchId }) => research.resume(researchId),
    'research.delete': async ({ researchId }) => {
      await research.remove(researchId);
      return done;
    },
    'sweeps.heatmap': async (input) => research.heatmap(input),
    'sweeps.slice': async (input) => research.slice(input),
    'sweeps.plateau': async (input) => research.plateau(input),
    'trials.count': async ({ datasetId }) => ledger.totals(datasetId),

    'jobs.list': async () => jobs.list(),
    'jobs.cancel': async ({ jobId }) => {
      jobs.cancel(jobId);
      return done;
    },

    'workspace.load': async ({ name }) => ({ json: await documents.load(name) }),
    'workspace.save': async ({ name, json }) => {
      await documents.save(name, json);
      return done;
    },
  } satisfies Handlers;

  const dispatch = createRegistry(handlers, {
    onDefect: (call: CallName, err) => logger.error({ err, call }, 'a call failed'),
    checkOutputs: options.checkOutputs ?? false,
  });
  const stopHealth = watchHealth(jobs.active, (health) => emit('app.health', health));

  function subscribe(listener: (name: EventName, payload: unknown) => void): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  const { resourcesDirectory } = options;
  const seeded = options.seedDefault
    ? seed({ store, jobs, backtests, resourcesDirectory, onDataChanged }).catch((err: unknown) => {
        logger.error({ err }, 'the first start could not fill the store');
      })
    : Promise.resolve();

  // The command line of the same user places orders here, where the venues are connected.
  const endControl =
    live instanceof RenataError
      ? undefined
      : await carryOverControlSocket({
          dataDirectory: options.dataDirectory,
          dispatch,
          subscribe,
        }).catch((err: unknown) => {
          logger.error({ err }, 'the command line cannot reach this workstation');
          return undefined;
        });

  let closing: Promise<void> | undefined;
  async function closeAll(): Promise<void> {
    stopHealth();
    await api.close();
    await endControl?.();
    if (!(live instanceof RenataError)) await live.close();
    await jobs.close();
    await seeded;
    await compute.close();
    await uploads.close();
    await store.close();
    listeners.clear();
    logger.info('closed');
    await log.close();
  }

  logger.info({ version: options.version, runtime: runtimeName() }, 'opened');
  return {
    live,
    api,
    dispatch,
    localClient: (context) => ({
      call: async (name, input) => (await dispatch(name, input, context)) as never,
      on: (name, listener) =>
        subscribe((event, payload) => {
          if (event === name) listener(payload as never);
        }),
    }),
    subscribe,
    backtestFile: (request, control) => backtests.runFile(request, control),
    strategies,
    studyColumns: (request, signal) => studies.columns(request, signal),
    reports,
    bundles,
    research,
    seeded,
    log,
    close: () => (closing ??= closeAll()),
  };
}

/** Who is behind a call, as the risk gate and the journal see it. */
function goneOf({ caller }: CallContext): OnGone {
  return (end) => caller?.onGone(end) ?? (() => undefined);
}

function sourceOf({ carrier, program }: CallContext): OrderSource {
  if (carrier === 'api') return { kind: 'api', name: program ?? '' };
  return { kind: 'person', name: carrier === 'cli' ? 'command line' : '' };
}

/** @throws RenataError UNAVAILABLE where there is a file, a full disk or no right to write */
function prepareFolder(directory: string): void {
  try {
    makeFolder(directory);
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new RenataError(
      'UNAVAILABLE',
      `The data directory ${directory} cannot be made (${reason}); choose another.`,
      { details: { parameter: 'data-dir' }, cause: error },
    );
  }
}

async function storeState(store: Store): Promise<
  | { readonly state: 'ready' }
  | {
      readonly state: 'recovered';
      readonly keptAs: string;
      readonly reason: string;
      readonly backups: readonly { name: string; time: number; bytes: number }[];
    }
> {
  const { recovered, backups } = await store.status();
  if (recovered === null) return { state: 'ready' };
  const { keptAs, reason } = recovered;
  return {
    state: 'recovered',
    keptAs,
    reason,
    backups: backups.map(({ name, time, bytes }) => ({ name, time, bytes })),
  };
}

function runtimeName(): string {
  const { electron, node } = process.versions;
  return electron === undefined ? `Node ${node}` : `Electron ${electron}`;
}
