import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { RenataError } from '../../engine/domain/errors.ts';
import { withFileLock } from '../storage/desk-lock.ts';
import { makeFolder } from '../storage/make-folder.ts';

/** `read` sees everything that the API shows; `trade` may place, change and cancel orders as well. */
export const SCOPES = ['read', 'trade'] as const;
export type Scope = (typeof SCOPES)[number];

/** A program that may use the API. Its token is known to the program alone. */
export interface Program {
  readonly name: string;
  readonly scope: Scope;
  readonly createdAt: number;
}

const FILE = 'api-tokens.json';
/** Held while the file is changed: the window and a command may do so at once. */
const LOCK = 'api-tokens.lock';
/** 256 bits, too many to guess at any rate. */
const SECRET_BYTES = 32;
/** Says what it is where it is found by mistake. */
const PREFIX = 'renata_';
const MOST_PROGRAMS = 100;

const programName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$/, {
  message: 'must be 1 to 32 letters, digits or . _ -, a letter or digit first',
});
const record = z.strictObject({
  name: programName,
  scope: z.enum(SCOPES),
  createdAt: z.number().int(),
  /** SHA-256 of the token, hex. */
  digest: z.string().regex(/^[0-9a-f]{64}$/),
});
const file = z.strictObject({ programs: z.array(record).max(MOST_PROGRAMS) });
type Entry = z.infer<typeof record>;

/** Tokens of the user's programs, kept in the data directory as digests that only the user can read. */
export class TokenBook {
  readonly #path: string;
  readonly #folder: string;
  #seen = '';
  #entries: readonly Entry[] = [];

  constructor(dataDirectory: string) {
    this.#folder = dataDirectory;
    this.#path = join(dataDirectory, FILE);
  }

  /** @throws RenataError BAD_FILE when the file is damaged */
  list(): readonly Program[] {
    return this.#read().map(({ name, scope, createdAt }) => ({ name, scope, createdAt }));
  }

  /**
   * Makes a token. It is not kept and cannot be shown again.
   * @throws RenataError BAD_INPUT for a name that cannot be used, CONFLICT for one that is taken
   */
  create(name: string, scope: Scope, now: number): string {
    const checked = programName.safeParse(name);
    if (!checked.success) {
      throw new RenataError(
        'BAD_INPUT',
        `name: ${JSON.stringify(name.slice(0, 40))} ${checked.error.issues[0]?.message ?? 'is not valid'}.`,
        { details: { parameter: 'name' } },
      );
    }
    return this.#alone(() => this.#create(name, scope, now));
  }

  #create(name: string, scope: Scope, now: number): string {
    const entries = this.#read();
    if (entries.some((entry) => entry.name === name)) {
      throw new RenataError(
        'CONFLICT',
        `name: there is a token "${name}" already; revoke it first with renata api token revoke ${name}, or choose another name.`,
        { details: { parameter: 'name' } },
      );
    }
    if (entries.length >= MOST_PROGRAMS) {
      throw new RenataError('CONFLICT', `There are ${MOST_PROGRAMS} tokens; revoke some first.`);
    }
    const secret = `${PREFIX}${randomBytes(SECRET_BYTES).toString('base64url')}`;
    const digest = digestOf(secret).toString('hex');
    this.#write([...entries, { name, scope, createdAt: now, digest }]);
    return secret;
  }

  /** @throws RenataError NOT_FOUND */
  revoke(name: string): void {
    this.#alone(() => this.#revoke(name));
  }

  #revoke(name: string): void {
    const entries = this.#read();
    const left = entries.filter((entry) => entry.name !== name);
    if (left.length === entries.length) {
      const names = entries.map((entry) => entry.name).join(', ');
      throw new RenataError(
        'NOT_FOUND',
        `name: there is no token "${name}"; ${names === '' ? 'there are none' : `there are ${names}`}.`,
        { details: { parameter: 'name' } },
      );
    }
    this.#write(left);
  }

  /** The program of a token, read anew where another process changed the file; null for any other text. */
  find(secret: string): Program | null {
    const given = digestOf(secret);
    let found: Entry | null = null;
    // All of them, so that the time tells nothing about which one it is.
    for (const entry of this.#read()) {
      if (timingSafeEqual(given, Buffer.from(entry.digest, 'hex'))) found = entry;
    }
    return found === null
      ? null
      : { name: found.name, scope: found.scope, createdAt: found.createdAt };
  }

  #alone<Result>(work: () => Result): Result {
    return withFileLock(join(this.#folder, LOCK), () => {
      // What another process has written a moment ago counts.
      this.#seen = '?';
      return work();
    });
  }

  #read(): readonly Entry[] {
    const stat = statSync(this.#path, { throwIfNoEntry: false });
    // Every write makes a new file, so its number tells a change within one tick of the clock.
    const seen = stat === undefined ? '' : `${stat.ino}:${stat.mtimeMs}:${stat.size}`;
    if (seen === this.#seen) return this.#entries;
    this.#entries = stat === undefined ? [] : this.#parse();
    this.#seen = seen;
    return this.#entries;
  }

  #parse(): readonly Entry[] {
    try {
      return file.parse(JSON.parse(readFileSync(this.#path, 'utf8'))).programs;
    } catch (error) {
      throw new RenataError(
        'BAD_FILE',
        `${this.#path} cannot be read; remove it and make the tokens anew with renata api token create.`,
        { cause: error },
      );
    }
  }

  #write(programs: readonly Entry[]): void {
    makeFolder(this.#folder);
    const draft = `${this.#path}.${process.pid}.new`;
    try {
      rmSync(draft, { force: true });
      writeFileSync(draft, `${JSON.stringify({ programs }, null, 2)}\n`, {
        mode: 0o600,
        flag: 'wx',
        flush: true,
      });
      renameSync(draft, this.#path);
    } catch (error) {
      rmSync(draft, { force: true });
      const reason = error instanceof Error ? error.message : String(error);
      throw new RenataError('UNAVAILABLE', `The tokens cannot be written: ${reason}.`, {
        cause: error,
      });
    }
    this.#seen = '';
  }
}

/** Equal length whatever was given, as a constant-time comparison needs. */
function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
