import { z } from 'zod';
import { call } from './call.ts';
import { done, name, nothing, text, time } from './schemas.ts';

/** The API for the user's other programs, as the window and the command line set it. */

export const DEFAULT_API_PORT = 7411;
const scope = z.enum(['read', 'trade']);

export const apiView = z.strictObject({
  /** Opened whenever Renata starts. */
  enabled: z.boolean(),
  port: z.number().int().min(1).max(65_535),
  /** `http://127.0.0.1:PORT` while it is open; null otherwise. */
  origin: z.string().max(64).nullable(),
  /** Why it could not be opened; empty when it was not tried or did not fail. */
  failure: text,
  programs: z.array(z.strictObject({ name, scope, createdAt: time })),
});
export type ApiView = z.infer<typeof apiView>;

export const apiCalls = {
  'api.get': call(nothing, apiView),
  /** UNAVAILABLE where the port cannot be had; the setting is kept all the same. */
  'api.configure': call(
    z.strictObject({ enabled: z.boolean(), port: z.number().int().min(1).max(65_535) }),
    done,
  ),
  /** The token is shown this once. */
  'api.createToken': call(
    z.strictObject({ name: z.string().max(64), scope }),
    z.strictObject({ token: z.string().max(128) }),
  ),
  'api.revokeToken': call(z.strictObject({ name: z.string().max(64) }), done),
} as const;
