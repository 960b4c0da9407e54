import { isAbsolute, relative } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { ROOT } from './paths.ts';

/** A test, or a whole file of tests, that failed. */
export interface Failure {
  /** `tests/unit/x.test.ts > a suite > a test` */
  readonly name: string;
  /** First line of the first error. */
  readonly error: string;
}

/** What Vitest's JSON report says of one file; the parts that are read here. */
interface FileReport {
  readonly name: string;
  readonly status?: string;
  readonly message?: string;
  readonly assertionResults?: readonly {
    readonly ancestorTitles?: readonly string[];
    readonly title: string;
    readonly status: string;
    readonly failureMessages?: readonly string[];
  }[];
}

const MOST_CHARACTERS = 300;
/** More would push the first ones out of a log that is cut at its beginning. */
const MOST_FAILURES = 40;

/** The failed tests of a report, in its order; files that could not be loaded count as one each. */
export function failuresOf(report: { readonly testResults?: readonly FileReport[] }): Failure[] {
  return (report.testResults ?? []).flatMap(({ name, status, message, assertionResults = [] }) => {
    const file = isAbsolute(name) ? relative(ROOT, name) : name;
    const tests = assertionResults
      .filter((test) => test.status === 'failed')
      .map(({ ancestorTitles = [], title, failureMessages = [] }) => ({
        name: [file, ...ancestorTitles, title].filter((part) => part !== '').join(' > '),
        error: firstLine(failureMessages[0] ?? ''),
      }));
    // Nothing of it ran, or a hook failed: the error is that of the file.
    const whole = status === 'failed' && tests.length === 0;
    return whole ? [{ name: file, error: firstLine(message ?? '') }] : tests;
  });
}

/** First line of an error that says something, without colours. */
export function firstLine(text: string): string {
  const lines = stripVTControlCharacters(text).split('\n');
  const line = lines.find((each) => each.trim() !== '')?.trim() ?? '';
  if (line === '') return 'no message';
  return line.length <= MOST_CHARACTERS ? line : `${line.slice(0, MOST_CHARACTERS)} …`;
}

/** Lines for the end of a log, where they are read even if the rest of it was cut; empty without failures. */
export function failureSummary(failures: readonly Failure[]): string {
  if (failures.length === 0) return '';
  const shown = failures.slice(0, MOST_FAILURES);
  const left = failures.length - shown.length;
  return [
    '',
    `Failed (${failures.length}):`,
    ...shown.flatMap(({ name, error }) => [`  ${name}`, `      ${error}`]),
    ...(left > 0 ? [`  and ${left} more; see artifacts/vitest-*.json`] : []),
    '',
  ].join('\n');
}

/** The steps of `build/check.ts` that failed, by its output. */
export function checkFailures(output: string): Failure[] {
  const lines = stripVTControlCharacters(output).split('\n');
  const failures = lines.flatMap((line, i): Failure[] => {
    const [, step] = /^FAILED (.+)$/.exec(line) ?? [];
    return step === undefined
      ? []
      : [{ name: `npm run check > ${step}`, error: firstLine(lines.slice(i + 1).join('\n')) }];
  });
  if (failures.length > 0) return failures;
  const last = lines.findLast((line) => line.trim() !== '') ?? '';
  return [{ name: 'npm run check', error: firstLine(last) }];
}
