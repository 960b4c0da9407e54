/** What the editor needs to know of an expression's text; it never refuses what is half typed. */

export type PieceKind = 'name' | 'word' | 'number' | 'string' | 'comment' | 'symbol' | 'space';

/** A run of characters of one kind, from `start` (counted from 0) on. */
export interface Piece {
  readonly kind: PieceKind;
  readonly text: string;
  readonly start: number;
}

const WORDS: ReadonlySet<string> = new Set(['and', 'or', 'not', 'true', 'false']);
const PATTERN =
  /(?<comment>#[^\n]*)|(?<string>"[^"\n]*"?|'[^'\n]*'?)|(?<name>[A-Za-z_]\w*)|(?<number>(?:\d+(?:\.(?!\.)\d*)?|\.\d+)(?:[eE][+-]?\d+)?)|(?<space>\s+)|(?<symbol>\.\.|[^])/gu;

/** Cuts a text into pieces that together are the whole text. */
export function piecesOf(text: string): Piece[] {
  return Array.from(text.matchAll(PATTERN), ({ 0: found, index, groups }) => {
    const [kind] = Object.entries(groups ?? {}).find(([, value]) => value !== undefined) ?? [
      'symbol',
    ];
    const word = kind === 'name' && WORDS.has(found.toLowerCase());
    return { kind: word ? 'word' : (kind as PieceKind), text: found, start: index };
  });
}

/** A call whose parentheses the caret stands in. */
export interface OpenCall {
  readonly name: string;
  /** Which argument, counted from 0. */
  readonly argument: number;
  /** Where its name begins. */
  readonly start: number;
}

/** What is being written at the caret. */
export interface CaretContext {
  /** The part of the name before the caret, and the place of the whole name. */
  readonly prefix: string;
  readonly start: number;
  readonly end: number;
  /** In a quoted text or a comment, where no name can be completed. */
  readonly inText: boolean;
  /** The call before `.`, whose outputs can follow. */
  readonly outputOf: string | null;
  readonly call: OpenCall | null;
}

export function caretContext(text: string, caret: number): CaretContext {
  const pieces = piecesOf(text);
  const at = pieces.find(({ start, text: own }) => start < caret && caret <= start + own.length);
  const inside =
    at !== undefined && (at.kind === 'comment' || (at.kind === 'string' && !closedAt(at, caret)));
  // A name may also begin right at the caret.
  const after = pieces.find(({ start, kind }) => start === caret && kind === 'name');
  const named = at?.kind === 'name' || at?.kind === 'word' ? at : after;
  const start = named?.start ?? caret;
  const before = pieces.filter((piece) => piece.start < start && piece.kind !== 'space');
  return {
    prefix: text.slice(start, caret),
    start,
    end: named === undefined ? caret : named.start + named.text.length,
    inText: inside,
    outputOf: outputOwner(before),
    call: openCall(pieces.filter((piece) => piece.start < caret)),
  };
}

function closedAt({ start, text }: Piece, caret: number): boolean {
  const quote = text[0] as string;
  return text.length > 1 && text.endsWith(quote) && caret >= start + text.length;
}

/** The name of the call that ends before a `.` at the end of the pieces. */
function outputOwner(before: readonly Piece[]): string | null {
  if (before.at(-1)?.text !== '.') return null;
  let depth = 0;
  for (let i = before.length - 2; i >= 0; i -= 1) {
    const { text, kind } = before[i] as Piece;
    if (text === ')') depth += 1;
    else if (text === '(') {
      depth -= 1;
      const owner = before[i - 1];
      if (depth === 0) return owner?.kind === 'name' ? owner.text : null;
    } else if (depth === 0) return kind === 'name' ? text : null;
  }
  return null;
}

function openCall(before: readonly Piece[]): OpenCall | null {
  const solid = before.filter(({ kind }) => kind !== 'space' && kind !== 'comment');
  let depth = 0;
  let argument = 0;
  for (let i = solid.length - 1; i >= 0; i -= 1) {
    const { text } = solid[i] as Piece;
    if (text === ')' || text === ']') depth += 1;
    else if (text === ',' && depth === 0) argument += 1;
    else if (text === '(' || text === '[') {
      depth -= 1;
      if (depth >= 0) continue;
      const owner = solid[i - 1];
      if (text === '(' && owner?.kind === 'name') {
        return { name: owner.text, argument, start: owner.start };
      }
      // Plain parentheses and history: what is around them counts.
      depth = 0;
      argument = 0;
    }
  }
  return null;
}

/** A stretch of the text drawn in one way. */
export interface Stretch {
  readonly text: string;
  readonly className: string;
}

/**
 * Pieces as they are drawn: functions apart from other names, and the place of an error marked.
 * @param own names that the document itself gives
 */
export function stretchesOf(
  text: string,
  own: ReadonlySet<string>,
  error: { readonly start: number; readonly end: number } | null,
): Stretch[] {
  const pieces = piecesOf(text);
  return pieces.flatMap((piece, index) => {
    const next = pieces.slice(index + 1).find(({ kind }) => kind !== 'space');
    // What follows a dot is an output, whatever else has its name.
    const plain = piece.kind !== 'name' || pieces[index - 1]?.text === '.';
    const kind = plain
      ? piece.kind
      : own.has(piece.text.toLowerCase())
        ? 'own'
        : next?.text === '('
          ? 'function'
          : 'name';
    return cut(piece, error).map(({ part, wrong }) => ({
      text: part,
      className: `x-${kind}${wrong ? ' x-wrong' : ''}`,
    }));
  });
}

function cut(
  { text, start }: Piece,
  error: { readonly start: number; readonly end: number } | null,
): { readonly part: string; readonly wrong: boolean }[] {
  if (error === null) return [{ part: text, wrong: false }];
  const from = Math.min(text.length, Math.max(0, error.start - start));
  const to = Math.min(text.length, Math.max(from, error.end - start));
  return [
    { part: text.slice(0, from), wrong: false },
    { part: text.slice(from, to), wrong: true },
    { part: text.slice(to), wrong: false },
  ].filter(({ part }) => part !== '');
}
