import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { failuresOf, type Failure } from './failures.ts';
import { fromRoot } from './paths.ts';
import { run, tool } from './run.ts';

export interface TestCounts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** What failed, by name; as many as `failed` counts, or one for a run that failed as a whole. */
  readonly failures: readonly Failure[];
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
  const whole = (error: string): Failure[] => [{ name: `vitest ${name}`, error }];
  if (counts === undefined) {
    const failures = whole(`ended with code ${code} and left no report`);
    return { passed: 0, failed: 1, skipped: 0, failures };
  }
  if (code === 0 || counts.failures.length > 0) return counts;
  const failures = whole(
    `ended with code ${code} although no test failed: an error outside of the tests, or coverage below its threshold`,
  );
  return { ...counts, failed: Math.max(counts.failed, 1), failures };
}

function readCounts(report: string): TestCounts | undefined {
  try {
    const json = JSON.parse(readFileSync(report, 'utf8')) as Parameters<typeof failuresOf>[0] & {
      readonly numPassedTests: number;
      readonly numFailedTests: number;
      readonly numPendingTests: number;
      readonly numTodoTests: number;
    };
    const failures = failuresOf(json);
    return {
      passed: json.numPassedTests,
      // A file that cannot be loaded has no tests to count.
      failed: Math.max(json.numFailedTests, failures.length),
      skipped: json.numPendingTests + json.numTodoTests,
      failures,
    };
  } catch {
    return undefined;
  }
}
