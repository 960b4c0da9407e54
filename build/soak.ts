/**
 * `npm run soak [-- fuzz | day] [amount]`: what takes minutes. `fuzz` sends a million malformed messages to every
 * border, or as many as are given; `day` plays an accelerated trading day for two minutes, or as many seconds.
 */
import { pathToFileURL } from 'node:url';
import { fromRoot } from './lib/paths.ts';

interface Soak {
  run(amount?: number): Promise<unknown>;
}

const [name, amount] = process.argv.slice(2);
const names = ['fuzz', 'day'].filter((each) => name === undefined || each === name);
if (names.length === 0) {
  process.stderr.write(`renata: no soak is called ${name}; there are fuzz and day\n`);
  process.exit(2);
}
for (const each of names) {
  process.stderr.write(`renata: soak ${each} …\n`);
  const soak = (await import(pathToFileURL(fromRoot(`tests/soak/${each}.ts`)).href)) as Soak;
  console.table(await soak.run(amount === undefined ? undefined : Number(amount)));
}
