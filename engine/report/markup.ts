/** Text that is markup already. Only `markup` and `raw` make it, so nothing else slips in unescaped. */
export class Markup {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  toString(): string {
    return this.#text;
  }
}

export type Part = string | number | Markup | null | readonly Part[];

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/**
 * Text for element content or a quoted attribute. Control characters, which no document may hold, and
 * halves of surrogate pairs become the replacement character.
 */
export function escapeText(text: string): string {
  return (
    text
      .toWellFormed()
      // eslint-disable-next-line no-control-regex
      .replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\ufffe\uffff]/g, '\ufffd')
      .replaceAll(/[&<>"']/g, (letter) => ENTITIES[letter] as string)
  );
}

/** Markup from a template: every value that is not markup itself is escaped, lists are joined. */
export function markup(strings: TemplateStringsArray, ...values: readonly Part[]): Markup {
  const parts = lean(strings);
  let text = parts[0] ?? '';
  for (let i = 0; i < values.length; i += 1) {
    text += render(values[i] ?? null) + (parts[i + 1] ?? '');
  }
  return new Markup(text);
}

const leanParts = new WeakMap<TemplateStringsArray, readonly string[]>();

/** The template's own text without the indentation of its source. */
function lean(strings: TemplateStringsArray): readonly string[] {
  let parts = leanParts.get(strings);
  if (parts === undefined) {
    parts = strings.map((part) => part.replaceAll(/\s*\n\s*/g, '\n'));
    leanParts.set(strings, parts);
  }
  return parts;
}

/** Declares text of our own, such as path data or a style sheet, to be markup. */
export function raw(text: string): Markup {
  return new Markup(text);
}

export const NOTHING = raw('');

function render(part: Part): string {
  if (part === null) return '';
  if (part instanceof Markup) return part.toString();
  if (typeof part === 'object') return part.map(render).join('');
  return escapeText(String(part));
}
