import { z } from 'zod';
import { RenataError } from '../domain/errors.ts';
import { errorPayload } from './schemas.ts';

/**
 * Frames of the contract as they cross Electron IPC and the WebSocket. A client sends requests; the main
 * process answers each with one response of the same id and sends events on its own.
 */
export const requestFrame = z.strictObject({
  kind: z.literal('call'),
  id: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER),
  name: z.string().max(64),
  input: z.unknown(),
});
export type RequestFrame = z.infer<typeof requestFrame>;

export const serverFrame = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('result'), id: z.number().int(), output: z.unknown() }),
  z.strictObject({ kind: z.literal('error'), id: z.number().int(), error: errorPayload }),
  z.strictObject({ kind: z.literal('event'), name: z.string().max(64), payload: z.unknown() }),
]);
export type ServerFrame = z.infer<typeof serverFrame>;

/**
 * Validates a payload and says, in one sentence, which field is wrong.
 * @param what the call or event named in the message
 * @throws RenataError BAD_INPUT naming the path of the first wrong field.
 */
export function validate<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  what: string,
): z.infer<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const { path, words } = nearest(result.error.issues, []);
  const parameter = cut(path.map(String).join('.'), MAX_PATH);
  const place = parameter === '' ? what : `${what}: ${parameter}`;
  throw new RenataError('BAD_INPUT', `${place}: ${words}.`, { details: { parameter } });
}

/** Names in messages are as long as they can be read; whoever sent them may have written a book. */
const MAX_PATH = 200;
const MAX_KEY = 80;

interface Problem {
  readonly path: readonly PropertyKey[];
  readonly words: string;
}

/** What is told of several problems: a mistyped name is most often the reason why another is missing. */
function nearest(issues: readonly z.core.$ZodIssue[], above: readonly PropertyKey[]): Problem {
  const issue = issues.find(({ code }) => code === 'unrecognized_keys') ?? issues[0];
  if (issue === undefined) return { path: above, words: 'is not valid' };
  const path = [...above, ...issue.path];
  if (issue.code !== 'invalid_union') return { path, words: wordsOf(issue) };
  // Of a choice between forms, the one that came nearest.
  const forms = issue.errors.map((each) => nearest(each, path));
  const deepest = forms.toSorted((a, b) => b.path.length - a.path.length)[0];
  if (deepest !== undefined && deepest.path.length > path.length) return deepest;
  const words = [...new Set(forms.map((form) => form.words))];
  return { path, words: words.length > 0 ? words.join(', or ') : unionWords(issue) };
}

function unionWords(issue: z.core.$ZodIssue): string {
  const options: unknown = 'options' in issue ? issue.options : undefined;
  return Array.isArray(options) ? `must be ${choice(options)}` : 'is not valid';
}

const KINDS: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  nan: 'not a number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
};

/** What is wrong, in plain words. */
function wordsOf(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'unrecognized_keys':
      return `has no field "${cut(issue.keys[0] ?? '', MAX_KEY)}"`;
    case 'invalid_type':
      // The value itself is not kept, only what it is called.
      if (issue.message.endsWith('received undefined')) return 'is missing';
      return `must be ${KINDS[issue.expected] ?? `a ${issue.expected}`}`;
    case 'invalid_value':
      return `must be ${choice(issue.values)}`;
    case 'invalid_key':
      return `is no name that can stand there: it ${nearest(issue.issues, []).words}`;
    case 'invalid_format':
      return issue.message.startsWith('Invalid') ? 'is not of the form asked for' : issue.message;
    case 'too_big':
    case 'too_small':
      return boundWords(issue);
    default:
      return issue.message;
  }
}

function choice(values: readonly unknown[]): string {
  const texts = values.map(String);
  const last = texts.pop() ?? '';
  return texts.length === 0 ? last : `${texts.join(', ')} or ${last}`;
}

function cut(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most)}…`;
}

function boundWords(issue: z.core.$ZodIssueTooBig | z.core.$ZodIssueTooSmall): string {
  const big = issue.code === 'too_big';
  const bound = Number(big ? issue.maximum : issue.minimum);
  if (issue.origin === 'string') {
    if (!big) return bound === 1 ? 'is empty' : `has fewer than ${bound} characters`;
    return `has more than ${bound} characters; shorten it`;
  }
  if (issue.origin === 'array') return `must have at ${big ? 'most' : 'least'} ${bound} entries`;
  if (issue.inclusive === true) return `must be at ${big ? 'most' : 'least'} ${bound}`;
  return `must be ${big ? 'less' : 'more'} than ${bound}`;
}
