import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** 256 bits, too many to guess at any rate. */
const SECRET_BYTES = 32;
const MAX_SESSIONS = 16;

/**
 * Who may use a served workstation: a one-time token in an address is exchanged for a session, which a
 * cookie then names. Sessions end with the server.
 */
export interface SignIn {
  /** A fresh one-time token; the one before it is worthless from then on, its sessions are not. */
  newToken(): string;
  /** The session's secret in exchange for the token, once; undefined for any other text. */
  redeem(token: string): string | undefined;
  isSession(secret: string): boolean;
}

/** @param firstToken taken as the first token instead of a random one */
export function createSignIn(firstToken?: string): SignIn {
  let token: Buffer | undefined = firstToken === undefined ? undefined : digest(firstToken);
  const sessions: Buffer[] = [];

  return {
    newToken() {
      const fresh = randomBytes(SECRET_BYTES).toString('base64url');
      token = digest(fresh);
      return fresh;
    },
    redeem(given) {
      if (token === undefined || !timingSafeEqual(digest(given), token)) return undefined;
      token = undefined;
      const secret = randomBytes(SECRET_BYTES).toString('base64url');
      sessions.push(digest(secret));
      if (sessions.length > MAX_SESSIONS) sessions.shift();
      return secret;
    },
    isSession(secret) {
      const given = digest(secret);
      let found = false;
      // All of them, so that the time tells nothing about which one it is.
      for (const session of sessions) found = timingSafeEqual(given, session) || found;
      return found;
    },
  };
}

/** Equal length whatever was given, as a constant-time comparison needs. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
