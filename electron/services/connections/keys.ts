import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RenataError } from '../../../engine/domain/errors.ts';
import { makeFolder } from '../../storage/make-folder.ts';

/** What the platform offers to keep secrets in. */
export interface Vault {
  /**
   * `keychain`: the system's own store protects them. `weak`: they are scrambled with a key that any
   * program of the user can read. `none`: there is nothing; keys are kept in memory until the program ends.
   */
  readonly strength: 'keychain' | 'weak' | 'none';
  /** Name of the store in messages: "macOS Keychain", "gnome_libsecret", … */
  readonly name: string;
  seal(text: string): Uint8Array;
  open(sealed: Uint8Array): string;
}

/** For the command line and the server: keys come from the environment, or last as long as the process. */
export const NO_VAULT: Vault = {
  strength: 'none',
  name: 'memory',
  seal: () => {
    throw new RenataError('UNAVAILABLE', 'There is no keychain here.');
  },
  open: () => {
    throw new RenataError('UNAVAILABLE', 'There is no keychain here.');
  },
};

export type KeyPlace = 'keychain' | 'weak' | 'environment' | 'memory';

export interface KeyEntry {
  readonly name: string;
  readonly place: KeyPlace;
}

const FILE = 'keys.json';
/** Shorter texts are words that stand everywhere. */
const SHORTEST = 6;
type Stored = Record<
  string,
  Record<string, { readonly place: 'keychain' | 'weak'; readonly sealed: string }>
>;

/**
 * Keys of connections. On disk they are only ever sealed by the vault; what is read from the environment
 * (`RENATA_ALPACA_KEY_ID`) is never written. Every value that was ever held is known to `redact`.
 */
export class KeyRing {
  readonly #path: string;
  readonly #folder: string;
  readonly #vault: Vault;
  readonly #environment: Readonly<Record<string, string | undefined>>;
  readonly #memory = new Map<string, Map<string, string>>();
  readonly #seen = new Set<string>();
  #stored: Stored;

  constructor(
    folder: string,
    vault: Vault,
    environment: Readonly<Record<string, string | undefined>> = process.env,
  ) {
    this.#folder = folder;
    this.#path = join(folder, FILE);
    this.#vault = vault;
    this.#environment = environment;
    this.#stored = this.#read();
  }

  get vault(): Pick<Vault, 'strength' | 'name'> {
    return this.#vault;
  }

  /** Which of these keys there are, and where; never their values. */
  list(connection: string, names: readonly string[]): readonly KeyEntry[] {
    return names.flatMap((name) => {
      const place = this.#placeOf(connection, name);
      return place === null ? [] : [{ name, place }];
    });
  }

  /** @throws RenataError UNAVAILABLE when a stored key cannot be opened any more */
  get(connection: string, names: readonly string[]): Readonly<Record<string, string>> {
    const keys: Record<string, string> = {};
    for (const name of names) {
      const value = this.#value(connection, name);
      if (value === null) continue;
      this.#remember(value);
      keys[name] = value;
    }
    return keys;
  }

  /**
   * Keeps keys in the vault; in memory where there is none.
   * @throws RenataError CONFLICT for a weak vault that the user has not agreed to
   */
  set(connection: string, keys: Readonly<Record<string, string>>, acceptWeak: boolean): void {
    const { strength, name: vaultName } = this.#vault;
    if (strength === 'weak' && !acceptWeak && Object.keys(keys).length > 0) {
      throw new RenataError(
        'CONFLICT',
        `This system protects keys only weakly (${vaultName}): any program that you run could read them. Agree to it, or give them as environment variables (${variableOf(connection, Object.keys(keys)[0] ?? 'key')}).`,
        { details: { vault: strength } },
      );
    }
    for (const [name, value] of Object.entries(keys)) {
      this.#remember(value);
      if (strength === 'none') {
        const own = this.#memory.get(connection) ?? new Map<string, string>();
        own.set(name, value);
        this.#memory.set(connection, own);
        continue;
      }
      const sealed = Buffer.from(this.#vault.seal(value)).toString('base64');
      this.#stored = {
        ...this.#stored,
        [connection]: { ...this.#stored[connection], [name]: { place: strength, sealed } },
      };
    }
    if (strength !== 'none') this.#write();
  }

  forget(connection: string): void {
    this.#memory.delete(connection);
    if (this.#stored[connection] === undefined) return;
    const { [connection]: _gone, ...rest } = this.#stored;
    this.#stored = rest;
    this.#write();
  }

  /** A text without any key that was ever held, also where it was encoded for an address. */
  redact(text: string): string {
    return redactKeys(text, this.#seen);
  }

  #remember(value: string): void {
    this.#seen.add(value);
  }

  #placeOf(connection: string, name: string): KeyPlace | null {
    const variable = this.#environment[variableOf(connection, name)];
    if (variable !== undefined && variable !== '') return 'environment';
    if (this.#memory.get(connection)?.has(name) === true) return 'memory';
    return this.#stored[connection]?.[name]?.place ?? null;
  }

  #value(connection: string, name: string): string | null {
    const variable = this.#environment[variableOf(connection, name)];
    if (variable !== undefined && variable !== '') return variable;
    const held = this.#memory.get(connection)?.get(name);
    if (held !== undefined) return held;
    const stored = this.#stored[connection]?.[name];
    if (stored === undefined) return null;
    try {
      return this.#vault.open(Buffer.from(stored.sealed, 'base64'));
    } catch {
      // The cause may hold what could be read of the secret.
      throw new RenataError(
        'UNAVAILABLE',
        `The key ${name} of ${connection} cannot be opened with this system's keychain any more; enter it again in Connections.`,
      );
    }
  }

  #read(): Stored {
    if (!existsSync(this.#path)) return {};
    try {
      const parsed = JSON.parse(readFileSync(this.#path, 'utf8')) as unknown;
      return typeof parsed === 'object' && parsed !== null ? (parsed as Stored) : {};
    } catch {
      // Nothing of it can be used; the keys have to be entered again.
      return {};
    }
  }

  #write(): void {
    makeFolder(this.#folder, 0o700);
    const temporary = `${this.#path}.${process.pid}.tmp`;
    try {
      writeFileSync(temporary, `${JSON.stringify(this.#stored)}\n`, { mode: 0o600 });
      renameSync(temporary, this.#path);
    } finally {
      rmSync(temporary, { force: true });
    }
  }
}

/** A text without these keys, also where they were encoded for an address. */
export function redactKeys(text: string, keys: Iterable<string>): string {
  let clean = text;
  for (const value of keys) {
    if (value.length < SHORTEST) continue;
    clean = clean.replaceAll(value, '[redacted]');
    const encoded = encodeURIComponent(value);
    if (encoded !== value) clean = clean.replaceAll(encoded, '[redacted]');
  }
  return clean;
}

/** `RENATA_INTERACTIVE_BROKERS_KEY_ID` for the key `keyId` of `interactive-brokers`. */
export function variableOf(connection: string, name: string): string {
  const plain = (text: string): string =>
    text
      .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
      .replaceAll(/[^A-Za-z0-9]+/g, '_')
      .toUpperCase();
  return `RENATA_${plain(connection)}_${plain(name)}`;
}
