import { styleText } from 'node:util';
import { harmless } from './text.ts';

type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow';

/**
 * Where a command writes. Its result goes to standard output; progress, notes, warnings and errors go to
 * standard error, so that the result can be piped.
 */
export interface Terminal {
  /** The result is one JSON document. */
  readonly json: boolean;
  /** Whether standard error is a screen on which a line can be drawn again. */
  readonly drawsProgress: boolean;
  /** Whether standard output is a screen. */
  readonly showsResult: boolean;
  /** Whether somebody can answer a question. */
  readonly canAsk: boolean;
  readonly errorWidth: number;
  /** Writes to standard output. */
  write(chunk: string | Uint8Array): void;
  /** Writes a line to standard error. */
  note(line: string): void;
  /** Replaces the line that is drawn again and again; null takes it away. */
  draw(line: string | null): void;
  /** Colours and weights for standard output, when it shows them. */
  style(style: Style, text: string): string;
  /** The same for standard error. */
  styleNote(style: Style, text: string): string;
  /** Resolves when all that was written has left this process. */
  flush(): Promise<void>;
}

export function openTerminal(options: { readonly json: boolean }): Terminal {
  const { stdout, stderr } = process;
  let drawn = false;
  let outputClosed = false;
  // A reader that has seen enough (`| head`) closes the pipe: no reason to fail.
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE' && error.code !== 'ERR_STREAM_DESTROYED') throw error;
    outputClosed = true;
  });
  stderr.on('error', () => {});
  const clear = (): void => {
    if (drawn) stderr.write('\r\u001b[K');
    drawn = false;
  };
  return {
    json: options.json,
    drawsProgress: stderr.isTTY && process.env['TERM'] !== 'dumb',
    showsResult: stdout.isTTY,
    canAsk: process.stdin.isTTY && stderr.isTTY,
    errorWidth: stderr.columns ?? 80,
    write(chunk) {
      clear();
      if (!outputClosed) stdout.write(chunk);
    },
    note(line) {
      clear();
      stderr.write(`${line}\n`);
    },
    draw(line) {
      if (line === null) {
        clear();
      } else {
        stderr.write(`\r\u001b[K${harmless(line)}`);
        drawn = true;
      }
    },
    style: (style, text) => styled(style, text, stdout),
    styleNote: (style, text) => styled(style, text, stderr),
    async flush() {
      clear();
      await Promise.all([drained(stdout), drained(stderr)]);
    },
  };
}

/** `NO_COLOR`, `FORCE_COLOR` and the kind of stream decide. */
function styled(style: Style, text: string, stream: NodeJS.WriteStream): string {
  return styleText(style, text, { stream, validateStream: true });
}

function drained(stream: NodeJS.WriteStream): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (stream.destroyed || !stream.writable) resolve();
  else stream.write('', () => resolve());
  return promise;
}
