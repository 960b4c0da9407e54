import type { IncomingHttpHeaders } from 'node:http';
import { HOST } from '../ipc/http-pages.ts';
import {
  createRateLimit,
  DEFAULT_RATE_LIMITS,
  type RateLimit,
  type RateLimits,
} from '../ipc/rate-limit.ts';
import { ApiError } from './answers.ts';
import type { Program, Scope, TokenBook } from './tokens.ts';

export interface GuardOptions {
  readonly tokens: TokenBook;
  readonly port: () => number;
  /** Bounds of one program, on all of its connections. */
  readonly limits?: Partial<RateLimits>;
  readonly now?: () => number;
}

/** Who may ask, for what, and how often. */
export interface Guard {
  /**
   * The program behind a request.
   * @throws ApiError 421 for another host, 403 for a web page, 401 without a token that stands, 429
   */
  admit(headers: IncomingHttpHeaders): Program;
  /** @throws ApiError 429; the function that it returns ends the call */
  enter(program: Program): () => void;
}

/** Wrong tokens that are looked at in a second; those that stand are not held up by them. */
const WRONG_PER_SECOND = 20;
const BEARER = /^Bearer ([\w-]{1,128})$/i;

export function createGuard(options: GuardOptions): Guard {
  const { tokens, port, now = () => performance.now() } = options;
  const limits: RateLimits = { ...DEFAULT_RATE_LIMITS, ...options.limits };
  const perProgram = new Map<string, RateLimit>();
  const wrong = createRateLimit({ inFlight: 1, perSecond: WRONG_PER_SECOND }, now);

  function refuseToken(): never {
    limited(wrong)();
    throw new ApiError(
      401,
      'UNAUTHORIZED',
      'Send "Authorization: Bearer TOKEN" with a token of renata api token create.',
    );
  }

  return {
    admit(headers) {
      // A foreign name that was pointed at this machine (DNS rebinding) shows in the Host header.
      if (headers.host !== `${HOST}:${port()}`) {
        throw new ApiError(421, 'UNAUTHORIZED', 'The API answers to its own address only.');
      }
      // Browsers send it with whatever a page could change here, programs never.
      if (headers.origin !== undefined) {
        throw new ApiError(403, 'UNAUTHORIZED', 'The API is for programs, not for web pages.');
      }
      const secret = BEARER.exec(headers.authorization ?? '')?.[1];
      if (secret === undefined) return refuseToken();
      return tokens.find(secret) ?? refuseToken();
    },
    enter(program) {
      const known = perProgram.get(program.name) ?? createRateLimit(limits, now);
      perProgram.set(program.name, known);
      return limited(known);
    },
  };
}

/** @throws ApiError 403 where a token does not reach as far */
export function demand(program: Program, scope: Scope): void {
  if (scope === 'read' || program.scope === 'trade') return;
  throw new ApiError(
    403,
    'UNAUTHORIZED',
    `The token "${program.name}" may only read; make one with --scope trade for orders.`,
  );
}

function limited(limit: RateLimit): () => void {
  try {
    limit.enter();
  } catch {
    throw new ApiError(
      429,
      'UNAVAILABLE',
      'Too many requests from one program; wait a second and try again.',
      true,
    );
  }
  let entered = true;
  return () => {
    if (entered) limit.leave();
    entered = false;
  };
}
