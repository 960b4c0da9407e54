import type { Random } from '../../../engine/backtest/random.ts';

/** What nobody should ever send in the place of a value. */
const JUNK: readonly unknown[] = [
  null,
  true,
  '',
  ' ',
  'abc',
  '-5',
  '0',
  '-0',
  '01',
  '1.50',
  '1e3',
  '1e999',
  'NaN',
  'Infinity',
  '-1.7976931348623157E308',
  '9'.repeat(400),
  'x'.repeat(10_000),
  Number.NaN,
  Number.POSITIVE_INFINITY,
  -1,
  0,
  0.1,
  1e12,
  1e300,
  2 ** 53,
  {},
  [],
  ['1'],
  [[[[]]]],
  { __proto__: null },
  JSON.parse('{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}'),
  '__proto__',
  'constructor',
  'toString',
  '\u0000',
  '💥',
  '2024-13-45T99:99:99Z',
  '0001-01-01T00:00:00Z',
];

export const pick = <Value>(random: Random, of: readonly Value[]): Value =>
  of[Math.floor(random.uniform() * of.length)] as Value;

export const junkOf = (random: Random): unknown => pick(random, JUNK);

/** The same where a text is wanted. */
export function junkText(random: Random): string {
  const value = junkOf(random);
  return typeof value === 'string' ? value : textOf(value);
}

/** A copy with one to three values spoilt, at any depth: replaced, taken away, added, doubled. */
export function spoilt(value: unknown, random: Random): unknown {
  if (random.uniform() < 0.02) return junkOf(random);
  const copy = structuredClone(value);
  const places: [Record<string, unknown>, string][] = [];
  const walk = (at: unknown): void => {
    if (typeof at !== 'object' || at === null) return;
    for (const key of Object.keys(at)) {
      places.push([at as Record<string, unknown>, key]);
      walk((at as Record<string, unknown>)[key]);
    }
  };
  walk(copy);
  for (let n = 1 + Math.floor(random.uniform() * 3); n > 0 && places.length > 0; n -= 1) {
    const [target, key] = pick(random, places);
    const draw = random.uniform();
    if (draw < 0.15) delete target[key];
    else if (draw < 0.2) target[junkText(random).slice(0, 20)] = junkOf(random);
    else if (draw < 0.3) target[key] = pick(random, places)[0];
    else target[key] = junkOf(random);
  }
  return copy;
}

/** Text of a value, now and then cut off, with bytes changed, or with something behind it. */
export function spoiltText(text: string, random: Random): string {
  const draw = random.uniform();
  const at = Math.floor(random.uniform() * text.length);
  if (draw < 0.03) return text.slice(0, at);
  if (draw < 0.06) return `${text.slice(0, at)}${junkText(random)}${text.slice(at + 1)}`;
  if (draw < 0.07) return text + text;
  return text;
}

/** JSON of a value that may have become circular on the way. */
export function textOf(value: unknown): string {
  try {
    return JSON.stringify(value) ?? 'undefined';
  } catch {
    return '{"circular":';
  }
}

/** What one border has been through. */
export interface Fuzzed {
  readonly border: string;
  readonly messages: number;
  /** Messages that had an effect: they were sound after all. */
  readonly taken: number;
  readonly seconds: number;
}

/** Fails when a prototype has been changed: then everything else is void. */
export function checkPrototypes(): void {
  if (Object.keys(Object.prototype).length > 0 || 'polluted' in {})
    throw new Error('a prototype has been changed');
}

export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Counts what nobody caught while work goes on, and fails when there was any. */
export async function watched<Answer>(work: () => Promise<Answer>): Promise<Answer> {
  const lost: unknown[] = [];
  const note = (error: unknown): void => void lost.push(error);
  process.on('unhandledRejection', note);
  process.on('uncaughtException', note);
  try {
    const answer = await work();
    await turn();
    if (lost.length > 0)
      throw new Error(`${lost.length} errors were caught by nobody`, { cause: lost[0] });
    checkPrototypes();
    return answer;
  } finally {
    process.off('unhandledRejection', note);
    process.off('uncaughtException', note);
  }
}
