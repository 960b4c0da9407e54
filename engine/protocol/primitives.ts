import { z } from 'zod';
import { ADJUSTMENTS } from '../domain/bar.ts';
import { ERROR_CODES } from '../domain/errors.ts';

/** The smallest shapes, of which all others are made. All objects are strict: an unknown key is an error. */

const MAX_TEXT = 4_096;

export const nothing = z.strictObject({});
export const done = z.strictObject({ ok: z.literal(true) });

export const text = z.string().max(MAX_TEXT);
export const name = z.string().min(1).max(256);
export const identifier = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._:@/=^-]{0,79}$/, {
  message: 'must be 1 to 80 letters, digits or . _ : @ / = ^ -, a letter or digit first',
});
export const time = z.number().int().min(-8.64e15).max(8.64e15);
export const count = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
/** Columns may lie on shared memory inside the main process. */
export const floats: z.ZodType<Float64Array> = z.instanceof(Float64Array);
export const ints: z.ZodType<Int32Array> = z.instanceof(Int32Array);
export const octets: z.ZodType<Uint8Array> = z.instanceof(Uint8Array);

export const timeframeText = z.string().regex(/^[1-9]\d{0,4}[smhdwM]$/, {
  message: 'must be a timeframe such as 1m, 4h, 1d, 1w or 1M',
});
export const adjustment = z.enum(ADJUSTMENTS);

export const errorPayload = z.strictObject({
  code: z.enum(ERROR_CODES),
  message: text,
  retryable: z.boolean(),
  details: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
});

export const barColumns = z.strictObject({
  time: floats,
  open: floats,
  high: floats,
  low: floats,
  close: floats,
  volume: floats,
});

export const parameterValues = z.record(
  z.string().max(64),
  z.union([z.number(), z.string().max(256), z.boolean()]),
);

export const parameter = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.enum(['integer', 'real']),
    name,
    label: name,
    description: text,
    default: z.number(),
    min: z.number(),
    max: z.number(),
    step: z.number(),
    unit: z.string().max(16).optional(),
  }),
  z.strictObject({
    kind: z.literal('choice'),
    name,
    label: name,
    description: text,
    default: z.string(),
    choices: z.array(z.string()),
  }),
  z.strictObject({
    kind: z.literal('boolean'),
    name,
    label: name,
    description: text,
    default: z.boolean(),
  }),
]);
