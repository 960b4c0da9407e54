import {
  isMap,
  isScalar,
  LineCounter,
  parseDocument,
  stringify,
  type Document,
  type Node,
} from 'yaml';
import { RenataError } from '../../../engine/domain/errors.ts';
import { CATALOGUE } from '../../../engine/indicators/registry.ts';
import {
  firstProblem,
  MAX_STRATEGY_TEXT,
  strategyDocument,
  type StrategyDocument,
} from '../../../engine/protocol/strategy-document.ts';
import { canonicalDocument } from '../../../engine/strategies/rules/canonical.ts';
import { RuleProgram } from '../../../engine/strategies/rules/program.ts';

type Path = readonly (string | number)[];

/**
 * Reads a strategy document, YAML or JSON, and checks all of it.
 * @param file its name in messages
 * @throws RenataError BAD_FILE with `details` file, line, column and path
 */
export function readStrategyDocument(text: string, file: string): RuleProgram {
  if (text.length > MAX_STRATEGY_TEXT) {
    throw new RenataError(
      'TOO_LARGE',
      `${file}: a strategy document has at most ${MAX_STRATEGY_TEXT} characters.`,
      { details: { file } },
    );
  }
  const lines = new LineCounter();
  const parsed = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const [broken] = parsed.errors;
  if (broken !== undefined) {
    const { line, col } = lines.linePos(broken.pos[0]);
    throw problem(file, { line, column: col }, '', broken.message.split('\n')[0] ?? 'is not YAML');
  }
  const place = new Places(text, parsed, lines);
  const checked = strategyDocument.safeParse(plain(parsed, file));
  if (!checked.success) {
    const { path, message, atKey } = firstProblem(checked.error);
    throw problem(file, place.of(path, undefined, atKey), path.join('.'), message);
  }
  try {
    return new RuleProgram(checked.data, CATALOGUE);
  } catch (error) {
    if (!(error instanceof RenataError)) throw error;
    throw located(error, file, place);
  }
}

/** The document as YAML in its canonical form; reading it gives the same document. */
export function writeStrategyDocument(document: StrategyDocument): string {
  return stringify(canonicalDocument(document), { lineWidth: 100 });
}

function plain(parsed: Document.Parsed, file: string): unknown {
  try {
    return parsed.toJS({ maxAliasCount: 100 });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw problem(file, { line: 1, column: 1 }, '', message);
  }
}

/** Expressions that follow from a document, and the fields that they are made of. */
const IMPLIED: ReadonlyMap<string, (path: string) => string> = new Map([
  ['range', (path: string) => path.replace(/range$/, 'period')],
  ['realised', () => 'sizing.lookback'],
  ['session', () => 'filters.session'],
  ['weekdays', () => 'filters.weekdays'],
]);

/** Puts an error of the rules at its line and column in the file. */
function located(error: RenataError, file: string, place: Places): RenataError {
  const { path, column } = error.details ?? {};
  const written = typeof path === 'string' ? IMPLIED.get(path.split('.').at(-1) ?? '') : undefined;
  const at = pathOf(typeof path === 'string' ? (written?.(path) ?? path) : '');
  const prefix = typeof path === 'string' ? `${path}: ` : '';
  const inside = typeof column === 'number' && written === undefined ? column : undefined;
  const message = error.message
    .slice(error.message.startsWith(prefix) ? prefix.length : 0)
    .replace(/^column \d+: /, '')
    .replace(/\.$/, '');
  const found = problem(file, place.of(at, inside), at.join('.'), message);
  const { suggestion } = error.details ?? {};
  if (suggestion === undefined) return found;
  return new RenataError(found.code, found.message, { details: { ...found.details, suggestion } });
}

function problem(
  file: string,
  { line, column }: Place,
  path: string,
  message: string,
): RenataError {
  const where = path === '' ? '' : `${path}: `;
  const end = /[.?!]$/.test(message) ? '' : '.';
  return new RenataError(
    'BAD_FILE',
    `${file}, line ${line}, column ${column}: ${where}${message}${end}`,
    {
      details: { file, line, column, ...(path === '' ? {} : { path }) },
    },
  );
}

/** Paths of rules are joined with dots; a name of a plot may have some of its own. */
function pathOf(path: string): Path {
  if (path === '') return [];
  const parts = path.startsWith('plot.') ? ['plot', path.slice(5)] : path.split('.');
  return parts.map((part) => (/^\d+$/.test(part) ? Number(part) : part));
}

interface Place {
  readonly line: number;
  readonly column: number;
}

/** Finds the places of values in the text. */
class Places {
  private readonly text: string;
  private readonly parsed: Document.Parsed;
  private readonly lines: LineCounter;

  constructor(text: string, parsed: Document.Parsed, lines: LineCounter) {
    this.text = text;
    this.parsed = parsed;
    this.lines = lines;
  }

  /** @param column place inside the text of the value, from 1 */
  of(path: Path, column?: number, atKey = false): Place {
    const node = this.nodeAt(path, atKey);
    const start = node?.range?.[0] ?? 0;
    const offset = column === undefined ? start : this.inside(node, start, column);
    const { line, col } = this.lines.linePos(offset);
    return { line, column: col };
  }

  /** The value at a path, the key of one that is not allowed, or what is above one that is missing. */
  private nodeAt(path: Path, atKey: boolean): Node | undefined {
    for (let length = path.length - (atKey ? 1 : 0); length >= 0; length -= 1) {
      const found =
        length === 0 ? this.parsed.contents : this.parsed.getIn(path.slice(0, length), true);
      if (found === undefined || found === null) continue;
      const missing = path[length];
      const pair =
        isMap(found) && missing !== undefined
          ? found.items.find(({ key }) => isScalar(key) && key.value === missing)
          : undefined;
      return (pair?.key ?? found) as Node;
    }
    return undefined;
  }

  /** Offset of a column of a value's text, which may be quoted or stand in a block over several lines. */
  private inside(node: Node | undefined, start: number, column: number): number {
    if (!isScalar(node) || typeof node.value !== 'string') return start;
    const { type, value } = node;
    if (type === 'PLAIN') return start + this.skipped(start, value, column);
    if (type === 'QUOTE_SINGLE' || type === 'QUOTE_DOUBLE') {
      return start + 1 + this.skipped(start + 1, value, column);
    }
    const body = this.text.indexOf('\n', start) + 1;
    return body + this.skipped(body, value, column);
  }

  /** Characters of the text for `column - 1` of the value: indents and line ends may differ. */
  private skipped(from: number, value: string, column: number): number {
    let at = from;
    for (let i = 0; i < value.length && at < this.text.length;) {
      const blank = /\s/.test(value[i] ?? '');
      const here = /\s/.test(this.text[at] ?? '');
      if (!blank && here) {
        at += 1;
        continue;
      }
      if (i + 1 >= column) break;
      i += 1;
      if (!blank || here) at += 1;
    }
    return at - from;
  }
}
