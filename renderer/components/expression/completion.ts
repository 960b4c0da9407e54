import type { CallOutput } from '../../../engine/protocol/contract.ts';
import type { CaretContext } from './text.ts';

type Indicator = CallOutput<'indicators.list'>[number];
type LanguageName = CallOutput<'expressions.names'>[number];

export type NameKind = LanguageName['kind'] | 'indicator' | 'own' | 'output' | 'argument';

/** A name that can be written, with what is shown of it. */
export interface KnownName {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly kind: NameKind;
  /** `rsi(real = close, timeperiod = 14)`; the name itself where it takes nothing. */
  readonly signature: string;
  readonly description: string;
  /** Names of its arguments, in order. */
  readonly args: readonly string[];
  readonly outputs: readonly string[];
  /** What is put in for it; what lies between `select` is chosen then. */
  readonly insert: string;
  readonly select: readonly [from: number, to: number];
}

/** A parameter or definition of the document that is being written. */
export interface OwnName {
  readonly name: string;
  readonly description: string;
}

/** Columns of the bars that an indicator reads by itself. */
const BAR_INPUTS: ReadonlySet<string> = new Set([
  'open',
  'high',
  'low',
  'close',
  'volume',
  'time',
  'session',
]);

function plain(name: string, kind: NameKind, description: string, signature = name): KnownName {
  const select = [name.length, name.length] as const;
  return {
    name,
    aliases: [],
    kind,
    signature,
    description,
    args: [],
    outputs: [],
    insert: name,
    select,
  };
}

export function ofIndicator(indicator: Indicator): KnownName {
  const { id, aliases, title, inputs, parameters, outputs } = indicator;
  const series = inputs.filter((input) => !BAR_INPUTS.has(input));
  const only = series.length === 1 && series[0] === 'real' && inputs.length === 1;
  const shown = [
    ...series.map((input) => (only ? `${input} = close` : input)),
    ...parameters.map(({ name, default: value }) => `${name} = ${text(value)}`),
  ];
  // A series that has to be named leaves the caret where its name goes.
  const given = only || series.length === 0 ? parameters.map((each) => text(each.default)) : [];
  const inside = given.join(', ');
  const from = id.length + 1;
  const nothing = shown.length === 0;
  return {
    name: id,
    aliases,
    kind: 'indicator',
    signature: `${id}(${shown.join(', ')})`,
    description: title,
    args: [...series, ...parameters.map(({ name }) => name)],
    outputs: outputs.length > 1 ? outputs.map(({ name }) => name) : [],
    insert: `${id}(${inside})`,
    select: nothing ? [from + 1, from + 1] : [from, from + inside.length],
  };
}

function text(value: string | number | boolean): string {
  return typeof value === 'string' ? `"${value}"` : String(value);
}

export function ofLanguage({ name, kind, signature, description }: LanguageName): KnownName {
  if (kind !== 'function') return plain(name, kind, description, signature);
  const args = signature.slice(name.length + 1, -1).split(',');
  return {
    ...plain(name, kind, description, signature),
    args: args.map((each) => (each.split('=')[0] ?? '').trim()),
    insert: `${name}()`,
    select: [name.length + 1, name.length + 1],
  };
}

export function ofDocument(own: OwnName): KnownName {
  return plain(own.name, 'own', own.description);
}

/** Most names that are offered at once. */
const MOST = 40;

/** Names that fit what is being written, best first. */
export function completionsAt(context: CaretContext, known: readonly KnownName[]): KnownName[] {
  if (context.inText) return [];
  const prefix = context.prefix.toLowerCase();
  if (context.outputOf !== null) {
    const owner = named(known, context.outputOf);
    return (owner?.outputs ?? [])
      .filter((output) => output.startsWith(prefix))
      .map((output) => plain(output, 'output', `Output of ${owner?.name ?? ''}`));
  }
  const call = context.call === null ? undefined : named(known, context.call.name);
  const args =
    call?.kind === 'indicator' && prefix !== ''
      ? call.args
          .filter((name) => name.startsWith(prefix))
          .map((name) => ({
            ...plain(name, 'argument', `Argument of ${call.name}`, `${name} =`),
            insert: `${name}=`,
            select: [name.length + 1, name.length + 1] as const,
          }))
      : [];
  const scored = known.flatMap((name) => {
    const score = scoreOf(name, prefix);
    return score === 0 ? [] : [{ name, score }];
  });
  // The sort is stable: equals keep their order.
  const sorted = scored.toSorted((a, b) => b.score - a.score).map(({ name }) => name);
  return [...args, ...sorted].slice(0, MOST);
}

export function named(known: readonly KnownName[], name: string): KnownName | undefined {
  const lower = name.toLowerCase();
  return (
    known.find((each) => each.name.toLowerCase() === lower) ??
    known.find(({ aliases }) => aliases.includes(lower))
  );
}

function scoreOf({ name, aliases, kind, description }: KnownName, prefix: string): number {
  const own = kind === 'own' ? 0.5 : kind === 'indicator' ? 0 : 0.25;
  if (prefix === '') return 1 + own;
  const lower = name.toLowerCase();
  if (lower === prefix) return 10 + own;
  if (aliases.includes(prefix)) return 9;
  // Of names that begin alike the shorter one is nearer.
  if (lower.startsWith(prefix)) return 7 + own - Math.min(1, lower.length / 100);
  if (aliases.some((alias) => alias.startsWith(prefix))) return 5;
  if (prefix.length < 3) return 0;
  const words = description.toLowerCase().split(/[^\p{L}\p{N}]+/u);
  if (kind === 'indicator' && words.some((word) => word.startsWith(prefix))) return 3;
  return lower.includes(prefix) ? 2 : 0;
}

/** A text with a name put in at the caret, and what is chosen in it then. */
export interface Completed {
  readonly text: string;
  readonly select: readonly [from: number, to: number];
}

export function complete(source: string, context: CaretContext, chosen: KnownName): Completed {
  const { start, end } = context;
  const rest = source.slice(end);
  // Arguments that are there already stay as they are.
  const called = /^\s*\(/.test(rest) && chosen.insert.endsWith(')');
  const insert = called ? chosen.name : chosen.insert;
  const [from, to] = called ? [insert.length, insert.length] : chosen.select;
  return {
    text: source.slice(0, start) + insert + rest,
    select: [start + from, start + to],
  };
}

/**
 * Whether a list should come up by itself: not when all that is there has been written already, and not
 * for names that only resemble what was written, which Tab would put in its place.
 */
export function isWorthShowing(context: CaretContext, found: readonly KnownName[]): boolean {
  const [first] = found;
  if (first === undefined) return false;
  const prefix = context.prefix.toLowerCase();
  const begins = [first.name.toLowerCase(), ...first.aliases].some((name) =>
    name.startsWith(prefix),
  );
  if (!begins) return false;
  const whole = prefix === first.name.toLowerCase();
  return !(whole && (found.length === 1 || first.insert === first.name));
}

/** Whether the first name is what is being written, and not one that is only known by such a name too. */
export function isMeant({ prefix }: CaretContext, [first]: readonly KnownName[]): boolean {
  return first?.name.toLowerCase().startsWith(prefix.toLowerCase()) === true;
}

/** The signature of a call in parts, the argument at the caret apart. */
export function signatureParts(
  { signature }: KnownName,
  argument: number,
): { readonly before: string; readonly active: string; readonly after: string } {
  const open = signature.indexOf('(');
  if (open < 0) return { before: signature, active: '', after: '' };
  const args = signature.slice(open + 1, -1).split(', ');
  const active = args[argument];
  if (active === undefined) return { before: signature, active: '', after: '' };
  const head = args.slice(0, argument).map((each) => `${each}, `);
  const tail = args.slice(argument + 1).map((each) => `, ${each}`);
  return {
    before: `${signature.slice(0, open + 1)}${head.join('')}`,
    active,
    after: `${tail.join('')})`,
  };
}
