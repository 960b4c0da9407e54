import { open, readFile, rename, mkdir, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * The paper venue's own record, so that a restart finds its orders and money as they were. One JSON line
 * a change; lines that are asked for at once are synced together.
 */
export class AccountLog<Line> {
  readonly #path: string;
  #file: FileHandle | undefined;
  #waiting: {
    readonly line: string;
    readonly resolve: () => void;
    readonly reject: (error: unknown) => void;
  }[] = [];
  #writing: Promise<void> | undefined;

  constructor(folder: string, name: string) {
    this.#path = join(folder, name);
  }

  /** Every whole line, oldest first. A last line that a crash cut off was never confirmed to anybody. */
  async read(): Promise<Line[]> {
    let text: string;
    try {
      text = await readFile(this.#path, 'utf8');
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
      throw error;
    }
    const lines = text.split('\n');
    const cut = lines.pop() ?? '';
    const read = lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Line);
    if (cut !== '') await this.rewrite(read);
    return read;
  }

  /** Settles when the line is on the disk. */
  append(line: Line): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#waiting.push({ line: `${JSON.stringify(line)}\n`, resolve, reject });
    this.#writing ??= this.#write();
    return promise;
  }

  /** Replaces everything, whole or not at all. */
  async rewrite(lines: readonly Line[]): Promise<void> {
    await this.#writing;
    await this.#file?.close();
    this.#file = undefined;
    await mkdir(join(this.#path, '..'), { recursive: true });
    const temporary = `${this.#path}.tmp`;
    const file = await open(temporary, 'w', 0o600);
    try {
      await file.writeFile(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, this.#path);
  }

  /** Gives the file back; the next line opens it again. */
  async release(): Promise<void> {
    await this.#writing;
    await this.#file?.close();
    this.#file = undefined;
  }

  async #write(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      try {
        if (this.#file === undefined) {
          await mkdir(join(this.#path, '..'), { recursive: true });
          this.#file = await open(this.#path, 'a', 0o600);
        }
        await this.#file.appendFile(batch.map(({ line }) => line).join(''));
        await this.#file.datasync();
        for (const { resolve } of batch) resolve();
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    this.#writing = undefined;
  }
}
