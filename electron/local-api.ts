import { RenataError } from '../engine/domain/errors.ts';
import { DEFAULT_API_PORT, type ApiView } from '../engine/protocol/api-schemas.ts';
import type { Api, ApiOptions } from './api/server.ts';
import { TokenBook, type Scope } from './api/tokens.ts';
import type { Store } from './storage/store-client.ts';

export interface LocalApiOptions extends Omit<ApiOptions, 'port' | 'limits'> {
  readonly store: Pick<Store, 'loadDocument' | 'saveDocument'>;
}

/** The API for other programs: whether it is open, and who may use it. */
export interface LocalApi {
  view(): Promise<ApiView>;
  /** @throws RenataError UNAVAILABLE where it was turned on and the port cannot be had */
  configure(settings: Pick<ApiView, 'enabled' | 'port'>): Promise<void>;
  createToken(name: string, scope: Scope): string;
  revokeToken(name: string): void;
  /** Opens it where the user has turned it on. A failure is told by `view` and keeps nobody from working. */
  start(): Promise<void>;
  /** Opens it now, whatever the setting says. @throws RenataError UNAVAILABLE */
  open(options?: Partial<Pick<ApiOptions, 'port' | 'limits'>>): Promise<Api>;
  close(): Promise<void>;
}

const DOCUMENT = 'api';
type Settings = Pick<ApiView, 'enabled' | 'port'>;

export function createLocalApi({ store, ...options }: LocalApiOptions): LocalApi {
  const tokens = new TokenBook(options.dataDirectory);
  let opened: Api | null = null;
  let failure = '';
  /** One change at a time. */
  let work: Promise<unknown> = Promise.resolve();

  function inTurn<Result>(run: () => Promise<Result>): Promise<Result> {
    const mine = work.then(run, run);
    work = mine.catch(() => undefined);
    return mine;
  }

  async function settings(): Promise<Settings> {
    const json = await store.loadDocument(DOCUMENT);
    const none: Settings = { enabled: false, port: DEFAULT_API_PORT };
    if (json === null) return none;
    try {
      return { ...none, ...(JSON.parse(json) as Partial<Settings>) };
    } catch {
      return none;
    }
  }

  async function openAt(more: Partial<Pick<ApiOptions, 'port' | 'limits'>>): Promise<Api> {
    // Loaded when it is wanted: most starts do without.
    const { openApi } = await import('./api/server.ts');
    try {
      const api = await openApi({ ...options, port: DEFAULT_API_PORT, ...more });
      opened = api;
      failure = '';
      return api;
    } catch (error) {
      failure = error instanceof Error ? error.message : String(error);
      throw error;
    }
  }

  async function shut(): Promise<void> {
    const before = opened;
    opened = null;
    await before?.close();
  }

  return {
    async view() {
      const { enabled, port } = await settings();
      return {
        enabled,
        port,
        origin: opened?.origin ?? null,
        failure: failure.slice(0, 1000),
        programs: tokens.list().map(({ name, scope, createdAt }) => ({ name, scope, createdAt })),
      };
    },
    configure: ({ enabled, port }) =>
      inTurn(async () => {
        await store.saveDocument(DOCUMENT, JSON.stringify({ enabled, port }));
        failure = '';
        if (enabled && opened?.port === port) return;
        await shut();
        if (enabled) await openAt({ port });
      }),
    createToken: (name, scope) => tokens.create(name, scope, Date.now()),
    revokeToken: (name) => tokens.revoke(name),
    start: () =>
      inTurn(async () => {
        const { enabled, port } = await settings();
        if (!enabled || opened !== null) return;
        // Told by `view`.
        await openAt({ port }).catch(() => undefined);
      }),
    open: (more = {}) =>
      inTurn(() => {
        if (opened !== null) throw new RenataError('CONFLICT', 'The API is open already.');
        return openAt(more);
      }),
    close: () => inTurn(shut),
  };
}
