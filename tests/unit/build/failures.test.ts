import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import {
  checkFailures,
  failuresOf,
  failureSummary,
  firstLine,
} from '../../../build/lib/failures.ts';
import { fromRoot } from '../../../build/lib/paths.ts';
import { tool } from '../../../build/lib/run.ts';

describe('the failures of a report', () => {
  const folder = mkdtempSync(join(tmpdir(), 'renata-failures-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('are those of a real run: tests with their suites, and files that cannot be loaded', () => {
    const vitest = JSON.stringify(fromRoot('node_modules/vitest/dist/index.js'));
    writeFileSync(
      join(folder, 'some.test.ts'),
      `import { describe, expect, it } from ${vitest};
describe('a suite', () => {
  it('passes', () => { expect(1).toBe(1); });
  it.each([2])('fails with %i', (n) => { expect(n).toBe(3); });
  it.skip('is skipped', () => undefined);
});
it('throws\\nin two lines', () => { throw new TypeError('first\\nsecond'); });
`,
    );
    writeFileSync(join(folder, 'broken.test.ts'), `import './none.ts';\n`);
    const report = join(folder, 'report.json');
    const args = ['run', '--root', folder, '--reporter=json', `--outputFile=${report}`];
    const run = spawnSync(process.execPath, [tool('vitest'), ...args], { encoding: 'utf8' });
    expect(run.status).toBe(1);
    const json = JSON.parse(readFileSync(report, 'utf8')) as Parameters<typeof failuresOf>[0];
    const found = failuresOf(json).map(({ name, error }) => ({
      name: name.slice(name.lastIndexOf('/') + 1),
      error,
    }));
    const named = (start: string) => found.filter(({ name }) => name.startsWith(start));
    expect(named('some.test.ts')).toEqual([
      {
        name: 'some.test.ts > a suite > fails with 2',
        error: 'AssertionError: expected 2 to be 3 // Object.is equality',
      },
      { name: 'some.test.ts > throws\nin two lines', error: 'TypeError: first' },
    ]);
    expect(named('broken.test.ts')).toHaveLength(1);
    expect(named('broken.test.ts')[0]?.error).toMatch(/none\.ts/);
    expect(found).toHaveLength(3);
  });

  it('are named by their path in the repository', () => {
    const name = fromRoot('tests/unit/x.test.ts');
    const test = { title: 't', status: 'failed', failureMessages: [] };
    expect(failuresOf({ testResults: [{ name, assertionResults: [test] }] })).toEqual([
      { name: 'tests/unit/x.test.ts > t', error: 'no message' },
    ]);
    expect(failuresOf({})).toEqual([]);
  });
});

describe('the summary', () => {
  it('is nothing where nothing failed', () => {
    expect(failureSummary([])).toBe('');
  });

  it('names each failure with its first line, and says how many it leaves out', () => {
    expect(failureSummary([{ name: 'a > b', error: 'Error: c' }])).toBe(
      '\nFailed (1):\n  a > b\n      Error: c\n',
    );
    const many = Array.from({ length: 45 }, (_, i) => ({ name: `t${i}`, error: 'e' }));
    const lines = failureSummary(many).split('\n');
    expect(lines[1]).toBe('Failed (45):');
    expect(lines.at(-2)).toBe('  and 5 more; see artifacts/vitest-*.json');
    expect(lines).toContain('  t39');
    expect(lines).not.toContain('  t40');
  });

  it('has no colours, no empty lines and no line of a thousand characters', () => {
    expect(firstLine('\n\u001B[31mError: no\u001B[39m\n    at x')).toBe('Error: no');
    expect(firstLine('x'.repeat(1_000))).toBe(`${'x'.repeat(300)} …`);
    expect(firstLine(' \n')).toBe('no message');
  });
});

describe('failed checks', () => {
  it('are named by their step', () => {
    const output = [
      'ok    format',
      'FAILED types',
      'engine/a.ts(1,2): error TS1005: no.',
      'FAILED layers',
      '  engine/b.ts:3: rule: message',
      'ok    diagram',
    ].join('\n');
    expect(checkFailures(output)).toEqual([
      { name: 'npm run check > types', error: 'engine/a.ts(1,2): error TS1005: no.' },
      { name: 'npm run check > layers', error: 'engine/b.ts:3: rule: message' },
    ]);
  });

  it('that ended without a word of a step are told by their last line', () => {
    expect(checkFailures('node:internal\n\nError: Cannot find module\n')).toEqual([
      { name: 'npm run check', error: 'Error: Cannot find module' },
    ]);
    expect(checkFailures('')).toEqual([{ name: 'npm run check', error: 'no message' }]);
  });
});
