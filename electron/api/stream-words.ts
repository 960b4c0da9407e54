import { z } from 'zod';
import { errorPayload, identifier } from '../../engine/protocol/schemas.ts';

/** Events of the contract that programs can hear. */
export const TOPICS = [
  'orders.changed',
  'fills.added',
  'positions.changed',
  'accounts.changed',
  'connections.changed',
  'risk.changed',
  'cases.changed',
  'market.data',
  'trading.notice',
  'job.changed',
  'data.changed',
  'runs.changed',
] as const;
export type Topic = (typeof TOPICS)[number];

const MOST_INSTRUMENTS = 200;

/** What a program sends: all that it wants to hear, in place of what it heard before. */
export const streamRequest = z.strictObject({
  type: z.literal('subscribe'),
  topics: z.array(z.enum(TOPICS)).max(TOPICS.length),
  /** Whose quotes `market.data` brings. */
  instruments: z.array(identifier).max(MOST_INSTRUMENTS).optional(),
});

/** What a program hears. A gap in `sequence` shows that market data was left out for a slow reader. */
export const streamAnswer = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('subscribed'),
    topics: z.array(z.enum(TOPICS)),
    instruments: z.array(identifier),
  }),
  z.strictObject({
    type: z.literal('event'),
    sequence: z.number().int().min(1),
    name: z.enum(TOPICS),
    payload: z.unknown(),
  }),
  z.strictObject({ type: z.literal('error'), error: errorPayload }),
]);
