import { z } from 'zod';
import * as s from './schemas.ts';
import { MAX_STRATEGY_TEXT } from './strategy-document.ts';

/** What editors of strategies and expressions ask and are told. */

/** A name of the expression language itself. */
export const languageName = z.strictObject({
  name: s.name,
  kind: z.enum(['function', 'price', 'clock', 'word']),
  /** With its arguments; the name alone where it takes none. */
  signature: s.text,
  description: s.text,
});

/** Something that is wrong with a strategy document. */
export const documentProblem = z.strictObject({
  /** Where it is, joined with dots: `stops.stopLoss.atr`; empty where it is the whole text. */
  path: s.text,
  message: s.text,
  /** Place inside of the expression at the path, from 1; null where it is the whole field. */
  column: s.count.nullable(),
  endColumn: s.count.nullable(),
  suggestion: s.text.nullable(),
});

const text = z.string().max(MAX_STRATEGY_TEXT);
export const problemsRequest = z.strictObject({ text });
export const problemsAnswer = z.strictObject({
  problems: z.array(documentProblem),
  parameters: z.array(s.parameter),
  /** Bars before every rule can be known; null where there are problems. */
  lookback: s.count.nullable(),
});

const documentLanguage = z.enum(['yaml', 'json']);
/** SHA-256 of a text, hex. */
const hash = z
  .string()
  .regex(/^[0-9a-f]{64}$/, { message: 'must be a SHA-256 in 64 hexadecimal digits' });

/** Two files may claim one id; the origin tells which. */
export const strategyPlace = z.strictObject({
  id: s.identifier,
  origin: s.strategyEntry.shape.origin,
});
/** The text of a strategy. Those of the program itself have none. */
export const strategyText = z.strictObject({
  entry: s.strategyEntry,
  /** The user's folder. */
  directory: s.text,
  language: z.enum(['yaml', 'json', 'typescript', 'javascript']).nullable(),
  text: text.nullable(),
  hash: hash.nullable(),
});

export const saveRequest = z.strictObject({
  /** The user's document to write over; null makes a new one, named after the document. */
  id: s.identifier.nullable(),
  /** Hash of the text that was read; another one in the file is a CONFLICT. Null writes over it. */
  hash: hash.nullable(),
  language: documentLanguage,
  text: text.min(1),
});
export const saved = z.strictObject({ id: s.identifier, hash });
