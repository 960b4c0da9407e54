import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { fromRoot } from './paths.ts';
import { run, tool } from './run.ts';

export interface TestCounts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** Runs Vitest, showing its output, and counts what it ran. A crash counts as one failure. */
export async function runVitest(
  name: string,
  args: readonly string[],
  prefix: readonly string[] = [],
): Promise<TestCounts> {
  const report = fromRoot(`artifacts/vitest-${name}.json`);
  mkdirSync(fromRoot('artifacts'), { recursive: true });
  rmSync(report, { force: true });
  const [command, ...rest] = [
    ...prefix,
    process.execPath,
    tool('vitest'),
    'run',
    ...args,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
  ];
  const { code } = await run(command, rest);
  const counts = readCounts(report);
  if (counts === undefined) return { passed: 0, failed: 1, skipped: 0 };
  return code === 0 ? counts : { ...counts, failed: Math.max(counts.failed, 1) };
}

function readCounts(report: string): TestCounts | undefined {
  try {
    const json = JSON.parse(readFileSync(report, 'utf8')) as {
      readonly numPassedTests: number;
      readonly numFailedTests: number;
      readonly numPendingTests: number;
      readonly numTodoTests: number;
    };
    return {
      passed: json.numPassedTests,
      failed: json.numFailedTests,
      skipped: json.numPendingTests + json.numTodoTests,
    };
  } catch {
    return undefined;
  }
}
