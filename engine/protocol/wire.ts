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
  const issue = result.error.issues[0];
  const path = issue === undefined ? '' : issue.path.map(String).join('.');
  const place = path === '' ? what : `${what}: ${path}`;
  throw new RenataError(
    'BAD_INPUT',
    `${place}: ${issue === undefined ? 'invalid payload' : wordsOf(issue)}.`,
    {
      details: { parameter: path },
    },
  );
}

/** What is wrong, in plain words where a length or a number is out of bounds. */
function wordsOf(issue: z.core.$ZodIssue): string {
  if (issue.code !== 'too_big' && issue.code !== 'too_small') return issue.message;
  const big = issue.code === 'too_big';
  const bound = Number(big ? issue.maximum : issue.minimum);
  if (issue.origin === 'string') {
    if (!big) return bound === 1 ? 'is empty' : `has fewer than ${bound} characters`;
    return `has more than ${bound} characters; shorten it`;
  }
  if (issue.origin === 'array') return `must have at ${big ? 'most' : 'least'} ${bound} entries`;
  if (issue.origin !== 'number' && issue.origin !== 'int') return issue.message;
  if (issue.inclusive === true) return `must be at ${big ? 'most' : 'least'} ${bound}`;
  return `must be ${big ? 'less' : 'more'} than ${bound}`;
}
