/** Elements that have no end tag in HTML. */
const VOID = new Set(['meta', 'br', 'hr', 'img', 'link', 'input']);

export interface Element {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  /** Text directly and indirectly inside, as written. */
  text: string;
}

/**
 * Reads a document strictly: every tag closed in order, every attribute quoted and given once, no stray
 * angle bracket, no unknown entity, no id twice.
 * @throws Error with the place of what is wrong
 */
export function readStrictly(document: string): Element[] {
  const elements: Element[] = [];
  const open: Element[] = [];
  const ids = new Set<string>();
  let at = 0;
  const fail = (what: string): never => {
    throw new Error(`${what} at ${at}: ${document.slice(at, at + 80)}`);
  };
  if (!document.startsWith('<!doctype html>')) fail('no doctype');
  at = '<!doctype html>'.length;
  while (at < document.length) {
    const next = document.indexOf('<', at);
    const text = document.slice(at, next < 0 ? document.length : next);
    if (text.includes('>') && open.at(-1)?.name !== 'style') fail('a stray ">"');
    const entity = /&(?!(?:amp|lt|gt|quot|#39);)/.exec(text);
    if (entity !== null) fail('an unknown entity');
    for (const element of open) element.text += text;
    if (next < 0) break;
    at = next;
    const tag = /^<(\/?)([a-zA-Z][a-zA-Z0-9]*)((?:\s+[\w:-]+="[^"<>]*")*)\s*(\/?)>/.exec(
      document.slice(at, at + 200_000),
    );
    if (tag === null) return fail('not a tag');
    const [whole, slash, name = '', rest = '', selfClosed] = tag;
    if (slash === '/') {
      if (open.pop()?.name !== name) fail(`</${name}> closes something else`);
    } else {
      const attributes = new Map<string, string>();
      for (const [, key = '', value = ''] of rest.matchAll(/([\w:-]+)="([^"]*)"/g)) {
        if (attributes.has(key)) fail(`${key} twice`);
        attributes.set(key, value);
      }
      const id = attributes.get('id');
      if (id !== undefined && ids.has(id)) fail(`id ${id} twice`);
      if (id !== undefined) ids.add(id);
      const element = { name, attributes, text: '' };
      elements.push(element);
      if (selfClosed !== '/' && !VOID.has(name)) open.push(element);
    }
    at += whole.length;
  }
  if (open.length > 0) fail(`<${open.at(-1)?.name}> is never closed`);
  for (const { attributes } of elements) {
    for (const id of attributes.get('aria-labelledby')?.split(' ') ?? []) {
      if (!ids.has(id)) fail(`nothing has the id ${id}`);
    }
  }
  return elements;
}
