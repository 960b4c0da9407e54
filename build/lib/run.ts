import { spawn } from 'node:child_process';
import { ROOT } from './paths.ts';

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** `inherit` shows the output as it comes; `capture` keeps it for the caller; `both` does both. */
  readonly output?: 'inherit' | 'capture' | 'both';
  readonly timeoutMs?: number;
}

export interface RunResult {
  readonly code: number;
  readonly output: string;
  readonly seconds: number;
}

/** Runs a program in the repository root and waits for it. Never throws: a failed start is code 127. */
export function run(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<RunResult> {
  const started = process.hrtime.bigint();
  return new Promise((resolve) => {
    const shown = options.output === 'both';
    const capture = shown || options.output === 'capture';
    const child = spawn(command, args, {
      cwd: ROOT,
      env: { ...process.env, ...options.env },
      stdio: capture ? ['ignore', 'pipe', 'pipe'] : ['ignore', 'inherit', 'inherit'],
      ...(options.timeoutMs === undefined ? {} : { timeout: options.timeoutMs }),
    });
    let output = '';
    const keep = (chunk: Buffer, to: NodeJS.WriteStream): void => {
      output += chunk.toString();
      if (shown) to.write(chunk);
    };
    child.stdout?.on('data', (chunk: Buffer) => keep(chunk, process.stdout));
    child.stderr?.on('data', (chunk: Buffer) => keep(chunk, process.stderr));
    const finish = (code: number): void => {
      resolve({ code, output, seconds: Number(process.hrtime.bigint() - started) / 1e9 });
    };
    child.on('error', (error) => {
      output += error.message;
      finish(127);
    });
    child.on('close', (code) => finish(code ?? 1));
  });
}

/** Path of a tool that npm installed, run with the Node that runs this script. */
export function tool(name: string): string {
  return `${ROOT}node_modules/.bin/${name}`;
}

/** Whether a program is on the PATH. */
export async function onPath(program: string): Promise<boolean> {
  const probe = process.platform === 'win32' ? 'where' : 'which';
  return (await run(probe, [program], { output: 'capture' })).code === 0;
}
