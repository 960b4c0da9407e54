/**
 * `npm run bench [name …]`: runs the benchmarks of `tests/bench` and prints one JSON document. Each
 * compares results before it times them. Figures of one run are comparable with each other only.
 */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { pathToFileURL } from 'node:url';
import { ensureBundle } from './lib/bundle.ts';
import { fromRoot } from './lib/paths.ts';

interface Bench {
  run(): Promise<unknown>;
}

const chosen = process.argv.slice(2);
const folder = fromRoot('tests/bench');
const names = readdirSync(folder)
  .filter((file) => file.endsWith('.ts'))
  .map((file) => file.slice(0, -'.ts'.length))
  .filter((name) => chosen.length === 0 || chosen.includes(name))
  .toSorted();
if (names.length === 0) {
  process.stderr.write(`renata: no benchmark is called ${chosen.join(', ')}\n`);
  process.exit(2);
}
if (!(await ensureBundle())) process.exit(1);

const results: Record<string, unknown> = {};
for (const name of names) {
  process.stderr.write(`renata: benchmark ${name} …\n`);
  const bench = (await import(pathToFileURL(`${folder}/${name}.ts`).href)) as Bench;
  results[name] = await bench.run();
}
const report = {
  machine: { cpu: cpus()[0]?.model ?? 'unknown', cores: cpus().length, node: process.version },
  results,
};
const json = JSON.stringify(report, null, 2);
mkdirSync(fromRoot('artifacts'), { recursive: true });
writeFileSync(fromRoot('artifacts/bench.json'), `${json}\n`);
process.stdout.write(`${json}\n`);
