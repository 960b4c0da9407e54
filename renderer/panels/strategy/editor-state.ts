import { readText, writeText, type Language, type TextProblem } from './document-text.ts';
import { documentOf, draftOf, EMPTY_DRAFT, type Draft } from './draft.ts';

/** What is open in the panel, and how it stands to what is saved. */
export interface Opened {
  /** Null while it has no file yet. */
  readonly id: string | null;
  readonly origin: 'built-in' | 'example' | 'user';
  /** Null for code and for strategies without a text. */
  readonly language: Language | null;
  /** Hash of the file as it was read. */
  readonly hash: string | null;
  readonly saved: string;
  readonly text: string;
  /** The form: that of the text, or of the last text that could be read. */
  readonly draft: Draft;
  /** Why the text cannot be read; the form then rests. */
  readonly problem: TextProblem | null;
}

export const VIEWS = ['form', 'yaml', 'json'] as const;
export type View = (typeof VIEWS)[number];

export interface EditorState {
  readonly opened: Opened | null;
  readonly view: View;
}

export const NOTHING_OPEN: EditorState = { opened: null, view: 'form' };

export function isDirty(opened: Opened | null): boolean {
  return opened !== null && isEditable(opened) && opened.text !== opened.saved;
}

/** Rule documents of the user can be changed; all others are there to be read and copied. */
export function isEditable({ origin, language }: Opened): boolean {
  return origin === 'user' && language !== null;
}

export function newDocument(): Opened {
  const text = writeText(documentOf(EMPTY_DRAFT), 'yaml');
  return {
    id: null,
    origin: 'user',
    language: 'yaml',
    hash: null,
    saved: text,
    text,
    draft: EMPTY_DRAFT,
    problem: null,
  };
}

/** A document as its file has it. */
export function openText(
  given: Pick<Opened, 'id' | 'origin' | 'language' | 'hash'> & { readonly text: string },
): Opened {
  const { text, language } = given;
  const fresh = { ...given, saved: text, draft: EMPTY_DRAFT, problem: null };
  return language === null ? fresh : withText(fresh, text);
}

/** A copy of a document under another name, which has no file yet. */
export function copyOf(opened: Opened): Opened {
  const name = `${opened.draft.name} copy`.slice(0, 64);
  const draft = { ...opened.draft, name };
  const text = writeText(documentOf(draft), 'yaml', opened.language === 'yaml' ? opened.text : '');
  return { ...newDocument(), draft, text, saved: '' };
}

export function withText(opened: Opened, text: string): Opened {
  const read = readText(text);
  if ('problem' in read) return { ...opened, text, problem: read.problem };
  return { ...opened, text, draft: draftOf(read.document), problem: null };
}

export function withDraft(opened: Opened, change: Partial<Draft>): Opened {
  const draft = { ...opened.draft, ...change };
  const text = writeText(documentOf(draft), opened.language ?? 'yaml', opened.text);
  return { ...opened, draft, text, problem: null };
}

/** The text in a language, which may be another one than that of the file. */
export function textIn({ text, draft, language, problem }: Opened, wanted: Language): string {
  if (language === wanted || problem !== null) return text;
  return writeText(documentOf(draft), wanted);
}

/** A text that was typed in a language, put into that of the file. */
export function typedIn(opened: Opened, text: string, typed: Language): Opened {
  const next = withText(opened, text);
  if (typed === opened.language || next.problem !== null) return next;
  return {
    ...next,
    text: writeText(documentOf(next.draft), opened.language ?? 'yaml', opened.text),
  };
}

/** Checks what a window left behind. */
export function parseState(stored: unknown): EditorState | undefined {
  const given = stored as Partial<EditorState> | null;
  const view = VIEWS.find((each) => each === given?.view);
  if (view === undefined) return undefined;
  const opened = given?.opened;
  if (opened === null || opened === undefined) return { opened: null, view };
  const { id, origin, language, hash, saved, text } = opened as Partial<Opened>;
  const known =
    (id === null || typeof id === 'string') &&
    (origin === 'user' || origin === 'example' || origin === 'built-in') &&
    (language === null || language === 'yaml' || language === 'json') &&
    (hash === null || typeof hash === 'string') &&
    typeof saved === 'string' &&
    typeof text === 'string';
  if (!known) return { opened: null, view };
  const draft = fitsDraft(opened.draft, EMPTY_DRAFT) ? opened.draft : EMPTY_DRAFT;
  const base: Opened = { id, origin, language, hash, saved, text, draft, problem: null };
  if (language === null) return { opened: base, view };
  const read = withText(base, text);
  // A form that is half filled is no document yet, and stays as it was left.
  const own = writeText(documentOf(draft), language, text) === text;
  return { opened: read.problem !== null && own ? base : read, view };
}

/** Whether a value has the fields of another, each of the same kind. */
function fitsDraft(value: unknown, model: unknown): value is Draft {
  if (typeof value !== typeof model || Array.isArray(value) !== Array.isArray(model)) return false;
  if (typeof model !== 'object' || model === null || Array.isArray(model)) return true;
  if (value === null) return false;
  return Object.entries(model).every(([key, own]) =>
    fitsDraft((value as Readonly<Record<string, unknown>>)[key], own),
  );
}
