import { join } from 'node:path';
import { RenataError } from '../../../engine/domain/errors.ts';
import type { ConnectionState } from '../../../engine/ports/connection.ts';
import type { ExecutionClient } from '../../../engine/ports/execution-client.ts';
import type { MarketDataClient } from '../../../engine/ports/market-data-client.ts';
import { VenueError } from '../../../engine/ports/venue-error.ts';
import type { Connection } from '../../../engine/protocol/live-schemas.ts';
import type {
  AdapterContext,
  AdapterManifest,
  Keys,
  Settings,
  SettingValue,
} from '../../net/adapter.ts';
import type { Store } from '../../storage/store-client.ts';
import type { KeyRing } from './keys.ts';

export interface ConnectionsOptions {
  readonly store: Store;
  readonly manifests: readonly AdapterManifest[];
  readonly keys: KeyRing;
  readonly dataDirectory: string;
  readonly context: Omit<AdapterContext, 'folder'>;
  readonly onExecution: (client: ExecutionClient) => void;
  readonly onData: (client: MarketDataClient) => void;
  readonly onGone: (venue: string) => void;
  readonly onState: (id: string, state: ConnectionState) => void;
}

interface Saved {
  readonly settings: Settings;
  readonly automatic: boolean;
}

interface Opened {
  readonly settings: Settings;
  readonly keys: Keys;
  readonly execution: ExecutionClient | undefined;
  readonly data: MarketDataClient | undefined;
  readonly endings: readonly (() => void)[];
}

/** Connections to venues: their settings and keys, and whether each is connected. */
export class Connections {
  readonly #options: ConnectionsOptions;
  readonly #saved = new Map<string, Saved>();
  readonly #opened = new Map<string, Opened>();

  private constructor(options: ConnectionsOptions) {
    this.#options = options;
  }

  static async open(options: ConnectionsOptions): Promise<Connections> {
    const connections = new Connections(options);
    for (const manifest of options.manifests) {
      const json = await options.store.loadDocument(documentOf(manifest.id));
      if (json === null) continue;
      try {
        const { settings, automatic } = JSON.parse(json) as Saved;
        connections.#saved.set(manifest.id, {
          settings: checkedSettings(manifest, settings),
          automatic,
        });
      } catch {
        // Settings of another version: the defaults hold until they are entered again.
      }
    }
    return connections;
  }

  list(): readonly Connection[] {
    return this.#options.manifests.map((manifest) => this.#view(manifest));
  }

  /** Connects what is meant to connect by itself; failures show in the state of each. */
  async startAutomatic(): Promise<void> {
    const wanted = this.#options.manifests.filter(({ id }) => this.#savedOf(id).automatic);
    await Promise.allSettled(wanted.map(({ id }) => this.connect(id)));
  }

  async configure(request: {
    readonly id: string;
    readonly settings: Settings;
    readonly keys: Readonly<Record<string, string>>;
    readonly automatic: boolean;
    readonly acceptWeakStore: boolean;
  }): Promise<void> {
    const manifest = this.#manifest(request.id);
    if (this.#opened.has(manifest.id)) {
      throw new RenataError('CONFLICT', `${manifest.title} is connected; disconnect it first.`);
    }
    const settings = checkedSettings(manifest, request.settings);
    const names = keyNames(manifest);
    for (const [name, value] of Object.entries(request.keys)) {
      if (!names.includes(name)) {
        throw bad(
          name,
          `${manifest.title} has no key of this name; it has ${names.join(', ') || 'none'}`,
        );
      }
      if (value.trim() === '' || /\s/u.test(value.trim())) {
        throw bad(name, 'the key is empty or has spaces in it; copy it again');
      }
    }
    const trimmed = Object.fromEntries(
      Object.entries(request.keys).map(([name, value]) => [name, value.trim()]),
    );
    this.#options.keys.set(manifest.id, trimmed, request.acceptWeakStore);
    const saved: Saved = { settings, automatic: request.automatic };
    this.#saved.set(manifest.id, saved);
    await this.#options.store.saveDocument(documentOf(manifest.id), JSON.stringify(saved));
  }

  forgetKeys(id: string): void {
    this.#options.keys.forget(this.#manifest(id).id);
  }

  /**
   * Opens a connection and begins to connect. What follows is told by its state.
   * @throws RenataError BAD_INPUT for a setting or key that is missing, UNAVAILABLE when it failed for good
   */
  async connect(id: string): Promise<void> {
    const { keys, context, dataDirectory, onExecution, onData, onState } = this.#options;
    const manifest = this.#manifest(id);
    if (this.#opened.has(id)) return;
    const { settings } = this.#savedOf(id);
    const names = keyNames(manifest);
    const given = keys.get(id, names);
    const missing = manifest.fields.find(
      ({ name, kind, required }) =>
        required &&
        (kind === 'key'
          ? given[name] === undefined
          : settings[name] === undefined || settings[name] === ''),
    );
    if (missing !== undefined) {
      throw bad(missing.name, `${manifest.title} needs ${missing.label}; enter it in Connections`);
    }
    const { execution, data } = opened(manifest, settings, given, {
      ...context,
      log: (level, message, facts) =>
        context.log(level, keys.redact(message), redacted(facts, keys)),
      folder: join(dataDirectory, 'adapters', id),
    });
    const endings: (() => void)[] = [];
    const clients = [execution, data].filter((client) => client !== undefined);
    for (const client of clients) {
      endings.push(client.onConnection(() => onState(id, this.#stateOf(manifest))));
    }
    this.#opened.set(id, { settings, keys: given, execution, data, endings });
    if (data !== undefined) onData(data);
    if (execution !== undefined) onExecution(execution);
    try {
      for (const client of new Set(clients)) await client.connect();
    } catch (error) {
      await this.disconnect(id);
      throw error instanceof VenueError
        ? new RenataError('UNAVAILABLE', keys.redact(error.message), {
            retryable: error.failure === 'not-sent' || error.failure === 'unknown',
            cause: error,
          })
        : error;
    }
  }

  async disconnect(id: string): Promise<void> {
    const opened = this.#opened.get(this.#manifest(id).id);
    if (opened === undefined) return;
    this.#opened.delete(id);
    const { execution, data, endings } = opened;
    for (const client of new Set([execution, data])) await client?.disconnect();
    for (const end of endings) end();
    for (const venue of new Set([execution?.venue, data?.venue])) {
      if (venue !== undefined) this.#options.onGone(venue);
    }
    this.#options.onState(id, this.#stateOf(this.#manifest(id)));
  }

  /** What a second process needs to act at an open connection; null where it could not. */
  secondOpening(id: string): { readonly settings: Settings; readonly keys: Keys } | null {
    const opened = this.#opened.get(id);
    if (opened === undefined) return null;
    const { secondSettings } = this.#manifest(id);
    const settings =
      secondSettings === undefined ? opened.settings : secondSettings(opened.settings);
    return settings === null ? null : { settings, keys: opened.keys };
  }

  async close(): Promise<void> {
    await Promise.allSettled([...this.#opened.keys()].map((id) => this.disconnect(id)));
  }

  #view(manifest: AdapterManifest): Connection {
    const { keys } = this.#options;
    const { settings, automatic } = this.#savedOf(manifest.id);
    return {
      id: manifest.id,
      title: manifest.title,
      description: manifest.description,
      roles: [...manifest.roles],
      fields: manifest.fields.map((field) => ({ ...field, choices: [...field.choices] })),
      settings,
      keys: [...keys.list(manifest.id, keyNames(manifest))],
      automatic,
      live: manifest.isLive(settings),
      state: toView(this.#stateOf(manifest)),
    };
  }

  /** The worse state of both sides, since both are wanted. */
  #stateOf(manifest: AdapterManifest): ConnectionState {
    const opened = this.#opened.get(manifest.id);
    const states = [opened?.execution?.connection, opened?.data?.connection].filter(
      (state) => state !== undefined,
    );
    if (states.length === 0) {
      return {
        phase: 'disconnected',
        message: 'Not connected.',
        since: this.#options.context.clock.now(),
        until: null,
        parts: [],
      };
    }
    const worst = states.toSorted(
      (a, b) => SEVERITY.indexOf(a.phase) - SEVERITY.indexOf(b.phase),
    )[0] as ConnectionState;
    const parts = new Map(
      states.flatMap((state) => state.parts.map((part) => [part.name, part] as const)),
    );
    return { ...worst, parts: [...parts.values()] };
  }

  #savedOf(id: string): Saved {
    const saved = this.#saved.get(id);
    if (saved !== undefined) return saved;
    const manifest = this.#manifest(id);
    const defaults = manifest.fields.flatMap(({ name, kind, default: value }) =>
      kind === 'key' || value === null ? [] : [[name, value] as const],
    );
    return { settings: Object.fromEntries(defaults), automatic: manifest.automatic ?? false };
  }

  #manifest(id: string): AdapterManifest {
    const found = this.#options.manifests.find((manifest) => manifest.id === id);
    if (found !== undefined) return found;
    const names = this.#options.manifests.map((manifest) => manifest.id).join(', ');
    throw new RenataError('NOT_FOUND', `There is no connection "${id}"; there are ${names}.`, {
      details: { parameter: 'id' },
    });
  }
}

/** From the worst to the best. */
const SEVERITY: readonly ConnectionState['phase'][] = [
  'needs-user',
  'scheduled-break',
  'reconnecting',
  'disconnected',
  'connecting',
  'synchronizing',
  'degraded',
  'ready',
];

function toView(state: ConnectionState): Connection['state'] {
  return {
    ...state,
    message: state.message.slice(0, 4096),
    parts: state.parts.map((part) => ({ ...part })),
  };
}

function keyNames(manifest: AdapterManifest): string[] {
  return manifest.fields.filter(({ kind }) => kind === 'key').map(({ name }) => name);
}

/** @throws RenataError BAD_INPUT naming the setting that is wrong */
function checkedSettings(manifest: AdapterManifest, given: Settings): Settings {
  const checked: Record<string, SettingValue> = {};
  for (const { name, kind, choices, default: fallback } of manifest.fields) {
    if (kind === 'key') continue;
    const value = given[name] ?? fallback;
    if (value === null) continue;
    const wanted = kind === 'number' ? 'number' : kind === 'boolean' ? 'boolean' : 'string';
    if (typeof value !== wanted || (typeof value === 'number' && !Number.isFinite(value))) {
      throw bad(name, `must be a ${wanted === 'string' ? 'text' : wanted}`);
    }
    if (kind === 'choice' && !choices.includes(String(value))) {
      throw bad(name, `must be one of ${choices.join(', ')}, not "${String(value)}"`);
    }
    checked[name] = value;
  }
  const known = new Set(manifest.fields.map(({ name }) => name));
  const extra = Object.keys(given).find((name) => !known.has(name));
  if (extra !== undefined) throw bad(extra, `${manifest.title} has no setting of this name`);
  return checked;
}

/**
 * Whoever trades has not entered the settings just now: an error names the connection that has them.
 * @throws RenataError BAD_INPUT
 */
function opened(
  manifest: AdapterManifest,
  ...[settings, keys, context]: Parameters<AdapterManifest['open']>
): ReturnType<AdapterManifest['open']> {
  try {
    return manifest.open(settings, keys, context);
  } catch (error) {
    if (!(error instanceof RenataError) || error.code !== 'BAD_INPUT') throw error;
    const { id, title } = manifest;
    const name = error.details?.['parameter'];
    const onCommandLine =
      typeof name === 'string' && name in settings
        ? `, or with renata connect ${id} --set ${name}=…`
        : '';
    throw new RenataError(
      'BAD_INPUT',
      `${error.message} This is a setting of ${title}; change it in Connections${onCommandLine}.`,
      { cause: error, ...(error.details === undefined ? {} : { details: error.details }) },
    );
  }
}

function redacted(
  facts: Readonly<Record<string, unknown>> | undefined,
  keys: KeyRing,
): Readonly<Record<string, unknown>> {
  if (facts === undefined) return {};
  return JSON.parse(keys.redact(JSON.stringify(facts))) as Record<string, unknown>;
}

const documentOf = (id: string): string => `connection.${id}`;

function bad(field: string, what: string): RenataError {
  return new RenataError('BAD_INPUT', `${field}: ${what}.`, { details: { parameter: field } });
}
