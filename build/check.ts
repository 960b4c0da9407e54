/**
 * `npm run check`: types of every environment, lint, format, import rules, the diagram in
 * docs/architecture.md, the whole of docs/indicators.md and docs/adapters.md, and the schema of strategies.
 * `npm run check -- --fix` mends what can be mended.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { adapterDocs } from './adapter-docs.ts';
import { indicatorDocs } from './indicator-docs.ts';
import { checkTree, diagram } from './layers/tree.ts';
import { fromRoot } from './lib/paths.ts';
import { run, tool } from './lib/run.ts';
import { strategySchema } from './strategy-schema.ts';

const fix = process.argv.includes('--fix');
const DIAGRAM = /(<!-- diagram:begin -->\n)[\s\S]*(<!-- diagram:end -->)/;

interface Step {
  readonly name: string;
  run(): Promise<string[]>;
}

const steps: readonly Step[] = [
  { name: 'format', run: () => command('oxfmt', fix ? [] : ['--check']) },
  { name: 'types', run: () => command('tsc', ['-b']) },
  {
    name: 'lint',
    run: () => command('oxlint', ['--type-aware', '--deny-warnings', ...(fix ? ['--fix'] : [])]),
  },
  { name: 'layers', run: () => Promise.resolve(layers()) },
  { name: 'diagram', run: () => Promise.resolve(checkDiagram()) },
  { name: 'indicator docs', run: () => Promise.resolve(checkIndicatorDocs()) },
  { name: 'adapter docs', run: () => Promise.resolve(checkAdapterDocs()) },
  { name: 'strategy schema', run: () => Promise.resolve(checkStrategySchema()) },
];

let failed = 0;
for (const step of steps) {
  const problems = await step.run();
  process.stdout.write(`${problems.length === 0 ? 'ok    ' : 'FAILED'} ${step.name}\n`);
  for (const problem of problems) process.stdout.write(`${problem}\n`);
  if (problems.length > 0) failed += 1;
}
process.exitCode = failed === 0 ? 0 : 1;

async function command(name: string, args: readonly string[]): Promise<string[]> {
  const result = await run(tool(name), args, { output: 'capture' });
  return result.code === 0 ? [] : [result.output.trimEnd()];
}

function layers(): string[] {
  return checkTree().map(
    ({ file, line, rule, message }) => `  ${file}:${line}: ${rule}: ${message}`,
  );
}

function checkDiagram(): string[] {
  const path = fromRoot('docs/architecture.md');
  const before = readFileSync(path, 'utf8');
  const after = before.replace(
    DIAGRAM,
    (_all, begin: string, end: string) => `${begin}\`\`\`mermaid\n${diagram()}\n\`\`\`\n${end}`,
  );
  return keepUp('docs/architecture.md', path, before, after);
}

function checkIndicatorDocs(): string[] {
  const path = fromRoot('docs/indicators.md');
  const before = existsSync(path) ? readFileSync(path, 'utf8') : '';
  return keepUp('docs/indicators.md', path, before, indicatorDocs());
}

function checkAdapterDocs(): string[] {
  const path = fromRoot('docs/adapters.md');
  const before = existsSync(path) ? readFileSync(path, 'utf8') : '';
  return keepUp('docs/adapters.md', path, before, adapterDocs());
}

function checkStrategySchema(): string[] {
  const name = 'resources/schemas/strategy.schema.json';
  const path = fromRoot(name);
  const before = existsSync(path) ? readFileSync(path, 'utf8') : '';
  return keepUp(name, path, before, strategySchema());
}

/** A made document is written when asked to mend, and else must be what would be written. */
function keepUp(name: string, path: string, before: string, after: string): string[] {
  if (after === before) return [];
  if (fix) {
    writeFileSync(path, after);
    return [];
  }
  return [`  ${name} is out of date; run npm run check -- --fix`];
}
