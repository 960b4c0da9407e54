/** Malformed messages at every border: nothing may crash, become a wrong state, or send anything. */
import { fuzzAlpaca } from './fuzz/alpaca.ts';
import { fuzzContract } from './fuzz/contract.ts';
import { fuzzCsv, fuzzYahoo } from './fuzz/files.ts';
import { fuzzTws } from './fuzz/interactive-brokers.ts';
import { watched, type Fuzzed } from './fuzz/spoil.ts';

/** The whole: a million messages, beside those of the property tests. */
export const WHOLE = 1_000_000;

const BORDERS = [
  [fuzzAlpaca, 0.3],
  [fuzzTws, 0.25],
  [fuzzContract, 0.1],
  [fuzzCsv, 0.25],
  [fuzzYahoo, 0.1],
] as const;

export async function run(messages = WHOLE, seed = 5): Promise<readonly Fuzzed[]> {
  const figures: Fuzzed[] = [];
  for (const [fuzz, part] of BORDERS) {
    const done = await watched(() => fuzz(Math.round(messages * part), seed));
    figures.push({ ...done, seconds: Math.round(done.seconds * 10) / 10 });
  }
  return figures;
}

if (import.meta.main) console.table(await run(Number(process.argv[2] ?? WHOLE)));
