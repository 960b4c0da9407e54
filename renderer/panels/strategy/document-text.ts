import {
  Document,
  isMap,
  isScalar,
  LineCounter,
  parseDocument,
  type Pair,
  type Scalar,
  type YAMLMap,
} from 'yaml';
import {
  firstProblem,
  MAX_STRATEGY_TEXT,
  strategyDocument,
  type StrategyDocument,
} from '../../../engine/protocol/strategy-document.ts';
import type { Loose } from './draft.ts';

export type Language = 'yaml' | 'json';

export interface TextProblem {
  readonly message: string;
  /** Counted from 1; null where the place is not known. */
  readonly line: number | null;
}

const LINE_WIDTH = 100;
/** Aliases of YAML that are followed: more of them would only make a small text huge. */
const MOST_ALIASES = 100;

/** Reads a document as it is typed; JSON is YAML too. */
export function readText(
  text: string,
): { readonly document: StrategyDocument } | { readonly problem: TextProblem } {
  if (text.length > MAX_STRATEGY_TEXT) {
    const message = `The text is longer than ${MAX_STRATEGY_TEXT} characters.`;
    return { problem: { message, line: null } };
  }
  const lines = new LineCounter();
  const parsed = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const [broken] = parsed.errors;
  if (broken !== undefined) {
    const [message = ''] = broken.message.split('\n');
    return { problem: { message: sentence(message), line: lines.linePos(broken.pos[0]).line } };
  }
  let plain: unknown;
  try {
    plain = parsed.toJS({ maxAliasCount: MOST_ALIASES });
  } catch (error) {
    return { problem: { message: error instanceof Error ? error.message : '', line: null } };
  }
  if (plain === null) return { problem: { message: 'The text is empty.', line: null } };
  const checked = strategyDocument.safeParse(plain);
  if (checked.success) return { document: checked.data };
  const { path, message } = firstProblem(checked.error);
  const where = path.length === 0 ? '' : `${path.join('.')}: `;
  return {
    problem: { message: sentence(`${where}${message}`), line: lineIn(parsed, lines, path) },
  };
}

function sentence(text: string): string {
  return /[.?!]$/.test(text) ? text : `${text}.`;
}

/** Line of what a path names, or of what is nearest above it; null where the text cannot be read. */
export function lineOf(text: string, path: readonly string[]): number | null {
  const lines = new LineCounter();
  return lineIn(parseDocument(text, { lineCounter: lines, prettyErrors: false }), lines, path);
}

function lineIn(
  parsed: Document.Parsed,
  lines: LineCounter,
  path: readonly (string | number)[],
): number | null {
  for (let length = path.length; length > 0; length -= 1) {
    const above = length === 1 ? parsed.contents : parsed.getIn(path.slice(0, length - 1), true);
    const last = String(path[length - 1]);
    const key = isMap(above)
      ? above.items.find((pair) => isScalar(pair.key) && String(pair.key.value) === last)?.key
      : undefined;
    const found = (key ?? parsed.getIn(path.slice(0, length), true)) as Ranged | undefined;
    const start = found?.range?.[0];
    if (start !== undefined) return lines.linePos(start).line;
  }
  return null;
}

interface Ranged {
  readonly range?: readonly number[] | null;
}

/**
 * A document as text. YAML keeps the comments and the look of the text before where nothing changed.
 */
export function writeText(
  document: Readonly<Record<string, Loose>>,
  language: Language,
  before = '',
): string {
  if (language === 'json') return `${JSON.stringify(document, null, 2)}\n`;
  const parsed = parseDocument(before, { prettyErrors: false });
  const { contents } = parsed;
  try {
    if (parsed.errors.length === 0 && isMap(contents) && contents.flow !== true) {
      merge(parsed, contents, document);
      return parsed.toString({ lineWidth: LINE_WIDTH });
    }
  } catch {
    // What other parts of the text refer to was taken out: it is written anew.
  }
  return new Document(document).toString({ lineWidth: LINE_WIDTH });
}

function merge(parsed: Document, map: YAMLMap, wanted: Readonly<Record<string, Loose>>): void {
  const keys = Object.keys(wanted);
  const nameOf = ({ key }: Pair): string => String(isScalar(key) ? key.value : key);
  map.items = map.items.filter((pair) => keys.includes(nameOf(pair)));
  let added = false;
  for (const [key, value] of Object.entries(wanted)) {
    const pair = map.items.find((each) => nameOf(each) === key);
    if (pair === undefined) {
      map.items.push(parsed.createPair(key, value));
      added = true;
    } else if (!same(plainOf(parsed, pair.value), value)) {
      const node = pair.value;
      if (isMap(node) && typeof value === 'object' && !Array.isArray(value)) {
        // What was `{}` is written on lines of its own.
        if (node.items.length === 0) node.flow = false;
        merge(parsed, node, value as Readonly<Record<string, Loose>>);
      } else if (isScalar(node) && typeof value === typeof node.value) setScalar(node, value);
      else pair.value = parsed.createNode(value);
    }
  }
  // What is new goes to its place, not to the end.
  if (added) map.items.sort((a, b) => keys.indexOf(nameOf(a)) - keys.indexOf(nameOf(b)));
}

/** Quotes are for texts that need them, which what is typed next may not. */
function setScalar(node: Scalar, value: Loose): void {
  node.value = value;
  if (node.type === 'QUOTE_DOUBLE' || node.type === 'QUOTE_SINGLE') node.type = 'PLAIN';
}

function plainOf(parsed: Document, node: unknown): unknown {
  const given = node as { toJS?: (document: Document, options: object) => unknown } | null;
  return given?.toJS?.(parsed, { maxAliasCount: MOST_ALIASES }) ?? null;
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
