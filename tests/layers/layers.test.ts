import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { checkFile } from '../../build/layers/check-file.ts';
import { checkTree } from '../../build/layers/tree.ts';
import { fromRoot } from '../../build/lib/paths.ts';
import { tool } from '../../build/lib/run.ts';

const FIXTURES = fromRoot('tests/layers/fixtures');

function header(source: string, key: string): string {
  const match = new RegExp(`^// ${key}: (.+)$`, 'm').exec(source);
  if (match?.[1] === undefined) throw new Error(`fixture without "${key}"`);
  return match[1].trim();
}

describe('import rules', () => {
  const fixtures = readdirSync(FIXTURES).filter((name) => name.endsWith('.ts'));

  it.each(fixtures)('refuse %s', (name) => {
    const source = readFileSync(join(FIXTURES, name), 'utf8');
    const rules = checkFile(header(source, 'as'), source).map((violation) => violation.rule);
    expect(rules).toEqual([header(source, 'expect')]);
  });

  it('name file, line and what is not allowed', () => {
    const [violation] = checkFile('engine/domain/bad.ts', "\nimport 'node:fs';\n");
    expect(violation).toMatchObject({ file: 'engine/domain/bad.ts', line: 2 });
    expect(violation?.message).toContain('node:fs');
  });

  it('hold for the whole product', () => {
    expect(checkTree()).toEqual([]);
  });
});

describe('environments', () => {
  const folder = join(FIXTURES, 'compile');
  const work = mkdtempSync(fromRoot('node_modules/.cache-layers-'));
  afterAll(() => rmSync(work, { recursive: true, force: true }));

  it.each(readdirSync(folder))('do not compile %s', (name) => {
    const source = readFileSync(join(folder, name), 'utf8');
    const project = join(work, `${name}.json`);
    writeFileSync(
      project,
      JSON.stringify({
        extends: fromRoot(`${header(source, 'environment')}/tsconfig.json`),
        compilerOptions: { composite: false, emitDeclarationOnly: false, noEmit: true },
        include: [join(folder, name)],
        references: [],
      }),
    );
    const result = spawnSync(tool('tsc'), ['-p', project], { encoding: 'utf8' });
    expect(result.stdout).toContain(header(source, 'expect'));
    expect(result.status).not.toBe(0);
  });
});

describe('tests of the window', () => {
  const folder = fromRoot('tests/e2e');

  it.each(readdirSync(folder).filter((name) => name.endsWith('.test.ts')))(
    '%s looks until it is so, and not once',
    (name) => {
      const source = readFileSync(join(folder, name), 'utf8');
      // What a key did is drawn a moment later: one look may come too early.
      const once = source.split('\n').filter((line) => /expect\(\s*\(?await /.test(line));
      expect(once.map((line) => line.trim())).toEqual([]);
    },
  );
});
