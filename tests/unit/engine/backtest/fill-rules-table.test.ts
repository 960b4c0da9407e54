import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const ROW = /^\| (\d+) \| (.+?) \| (.+) \| (.+?) \|$/;
const rows = readFileSync('docs/fill-rules.md', 'utf8')
  .split('\n')
  .flatMap((line) => {
    const match = ROW.exec(line);
    return match === null ? [] : [{ number: Number(match[1]), tests: match[4] ?? '' }];
  });

/** Names of the tests and groups of a file. */
function namesIn(file: string): string[] {
  const path = `tests/unit/engine/backtest/${file}.test.ts`;
  if (!existsSync(path)) return [];
  return [
    ...readFileSync(path, 'utf8').matchAll(/(?:\bit|\bdescribe|\))\(\s*'((?:[^'\\]|\\.)+)'/g),
  ].map((match) => match[1] ?? '');
}

describe('the table of fill rules', () => {
  it('numbers its rows without a gap', () => {
    expect(rows.map(({ number }) => number)).toEqual(rows.map((_, i) => i + 1));
    expect(rows.length).toBeGreaterThan(60);
  });

  it.each(rows)('row $number names tests that there are: $tests', ({ tests }) => {
    for (const test of tests.split('; ')) {
      const [file = '', ...words] = test.split(': ');
      const wanted = words.join(': ');
      expect(wanted.length).toBeGreaterThan(5);
      expect(
        namesIn(file).some((name) => name.includes(wanted)),
        test,
      ).toBe(true);
    }
  });
});
