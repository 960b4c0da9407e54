import { createHash, type Hash } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';

const BLOCK = 1024 * 1024;
/** A line that is longer is no line of prices. */
const LONGEST = 64 * 1024;
/** Looks that a last line without an end must stay as it is before it counts as whole. */
const REST = 3;
/** Bytes at the start, and before the place that was reached, by which a file is known again. */
const PROBE = 256;

export interface Lines {
  /** Whole lines that have come, in order, without their ends. */
  readonly lines: readonly string[];
  /** Number of the first of them in the file, from 1. */
  readonly first: number;
  /** The file is another one than before, or was cut: the lines are all of it. */
  readonly anew: boolean;
  /** A last line without an end, in a file that rests: it may still go on. */
  readonly early: boolean;
}

/**
 * Reads what has been added to a file since the last look. A line counts when its end has come, or when the
 * file has rested. A file that was replaced, cut or rewritten is read again from its start.
 */
export class GrowingFile {
  readonly path: string;
  /** Bytes up to the end of the last whole line. */
  #reached = 0;
  #line = 1;
  #inode = -1;
  #beginning: Buffer = Buffer.alloc(0);
  #ending: Buffer = Buffer.alloc(0);
  /** Of all bytes that were read as whole lines. */
  #hash: Hash = createHash('sha1');
  #size = -1;
  #changed = -1;
  #looks = 0;
  /** The last line, taken although its end has not come. */
  #taken: string | undefined;

  constructor(path: string) {
    this.path = path;
  }

  /** `take` gets the lines in parts, so that a long file does not stand in memory as a whole. */
  async read(take: (part: Lines) => void): Promise<void> {
    const file = await open(this.path, 'r');
    try {
      // Size and content of the same file, whatever happens to its name meanwhile.
      const { size, ino, mtimeMs } = await file.stat();
      const rested = size === this.#size && mtimeMs === this.#changed && ino === this.#inode;
      this.#looks = rested ? this.#looks + 1 : 0;
      if (rested && (this.#looks !== REST || this.#reached === size)) return;
      const anew = await this.#isAnother(file, size, ino);
      if (anew) {
        this.#reached = 0;
        this.#line = 1;
        this.#taken = undefined;
        this.#hash = createHash('sha1');
      }
      this.#size = size;
      this.#changed = mtimeMs;
      this.#inode = ino;
      await this.#readFrom(file, size, anew, take);
      const probe = Math.min(PROBE, this.#reached);
      this.#beginning = await readAt(file, 0, probe);
      this.#ending = await readAt(file, this.#reached - probe, probe);
    } finally {
      await file.close();
    }
  }

  async #isAnother(file: FileHandle, size: number, inode: number): Promise<boolean> {
    const reached = this.#reached;
    if (this.#inode < 0 || size < reached) return true;
    if (inode !== this.#inode) {
      // Programs that write a copy and rename it: it goes on when it begins with all that was read.
      const hash = createHash('sha1');
      for (let at = 0; at < reached; at += BLOCK) {
        hash.update(await readAt(file, at, Math.min(BLOCK, reached - at)));
      }
      return hash.digest('hex') !== this.#hash.copy().digest('hex');
    }
    const beginning = await readAt(file, 0, this.#beginning.byteLength);
    const { byteLength } = this.#ending;
    const ending = await readAt(file, reached - byteLength, byteLength);
    return !beginning.equals(this.#beginning) || !ending.equals(this.#ending);
  }

  async #readFrom(
    file: FileHandle,
    size: number,
    anew: boolean,
    take: (part: Lines) => void,
  ): Promise<void> {
    let rest: Buffer = Buffer.alloc(0);
    let position = this.#reached;
    let first = true;
    const tell = (lines: string[]): void => {
      // The line that was taken early has its end now; another text in its place is a new line.
      const known = this.#taken !== undefined && lines[0] === this.#taken;
      const part = known ? lines.slice(1) : lines;
      const at = this.#line + (known ? 1 : 0);
      this.#line += lines.length;
      this.#taken = undefined;
      if (part.length > 0 || (first && anew))
        take({ lines: part, first: at, anew: first && anew, early: false });
      first = false;
    };
    while (position < size) {
      const block = await readAt(file, position, Math.min(BLOCK, size - position));
      if (block.byteLength === 0) break;
      position += block.byteLength;
      const bytes = rest.byteLength === 0 ? block : Buffer.concat([rest, block]);
      const end = bytes.lastIndexOf(10) + 1;
      if (end > 0) {
        this.#reached = position - (bytes.byteLength - end);
        this.#hash.update(bytes.subarray(0, end));
        tell(linesOf(bytes.subarray(0, end - 1)));
      }
      rest = bytes.subarray(end);
      if (rest.byteLength > LONGEST) {
        throw new Error(`line ${this.#line} is longer than ${LONGEST} characters`);
      }
    }
    if (first && anew) take({ lines: [], first: 1, anew: true, early: false });
    if (this.#looks !== REST || rest.byteLength === 0) return;
    const line = linesOf(rest)[0] ?? '';
    if (line === this.#taken || line.trim() === '') return;
    this.#taken = line;
    take({ lines: [line], first: this.#line, anew: false, early: true });
  }
}

function linesOf(bytes: Buffer): string[] {
  const text = bytes.toString('utf8');
  return (text.startsWith('\uFEFF') ? text.slice(1) : text)
    .split('\n')
    .map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line));
}

async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await file.read(buffer, filled, length - filled, position + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}
