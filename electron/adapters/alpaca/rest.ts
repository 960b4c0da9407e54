import { VenueError } from '../../../engine/ports/venue-error.ts';
import type { AdapterContext } from '../../net/adapter.ts';
import { RateGate, type RateGateOptions } from '../../net/rate-gate.ts';
import { byStatus, RestClient, retryAfter, type RestAnswer } from '../../net/rest-client.ts';
import { errorSchema } from './schemas.ts';
import type { AlpacaKeys } from './settings.ts';

const MINUTE = 60_000;
/** Requests that the trading side allows in a minute. */
export const TRADING_RATE = 200;
/**
 * Part of them that is kept for orders and cancellations: after a reconnection everything is compared at
 * once, which must not be what an order waits for.
 */
export const KEPT_FOR_ORDERS = 0.25;
/** An order that has waited so long for the rate limit is not what was decided any more. */
export const ORDER_PATIENCE = 5000;
/** What has to be known before something is sent, waits so long at most. */
export const QUERY_PATIENCE = 10_000;

export function openRest(
  baseUrl: string,
  keys: AlpacaKeys,
  context: Pick<AdapterContext, 'clock' | 'random'>,
  requestsPerMinute: number,
  options: RateGateOptions = {},
): RestClient {
  const { clock, random } = context;
  const gate = new RateGate(
    clock,
    [{ what: 'requests', requests: requestsPerMinute, perMilliseconds: MINUTE }],
    options,
  );
  const kept = requestsPerMinute * (options.keptForOrders ?? 0);
  return new RestClient({
    venue: 'Alpaca',
    baseUrl,
    clock,
    random,
    gate,
    sign: ({ headers }) => {
      headers.set('APCA-API-KEY-ID', keys.keyId);
      headers.set('APCA-API-SECRET-KEY', keys.secretKey);
    },
    secrets: [keys.keyId, keys.secretKey],
    explain: (answer) => explain(answer, clock.now()),
    onAnswer: ({ status, headers }) => {
      // Other programs use up the same key's requests.
      const left = headers.get('x-ratelimit-remaining') ?? '';
      if (status === 429 || !/^\d+$/.test(left)) return;
      const wait = untilReset(headers, clock.now()) ?? 0;
      if (Number(left) === 0) gate.pause(wait);
      else if (Number(left) <= kept) gate.hold(wait);
    },
  });
}

/** Milliseconds until the rate limit begins anew, as the headers say; a minute at most. */
function untilReset(headers: Headers, now: number): number | undefined {
  const asked = retryAfter(headers, now);
  if (asked !== undefined) return Math.min(asked, MINUTE);
  const seconds = Number(headers.get('x-ratelimit-reset') ?? Number.NaN);
  return Number.isFinite(seconds) ? Math.min(MINUTE, Math.max(0, seconds * 1000 - now)) : undefined;
}

/** What an answer that is no success says; anything that Alpaca did not decide stays open. */
function explain(answer: RestAnswer, now: number): VenueError | undefined {
  const { status } = answer;
  if (status === 429) {
    const wait = untilReset(answer.headers, now);
    return new VenueError('rate-limited', 'Alpaca refuses more requests for now (429).', {
      code: '429',
      ...(wait === undefined ? {} : { retryAfter: wait }),
    });
  }
  const { code, message } = said(answer.text);
  if (status === 401) {
    return new VenueError(
      'unauthorized',
      'Alpaca refuses the keys (401): check in Connections that they are whole, and those of the account (paper or live) that is chosen.',
      { code: '401' },
    );
  }
  // Our name for it is taken: the order may be there, so its outcome is open.
  if (/client_order_id must be unique/i.test(message)) {
    return new VenueError('unknown', 'Alpaca has an order of this name already.', { code });
  }
  if (status === 403 || status === 404 || status === 409 || status === 422 || status === 400) {
    // 403 is a refusal for want of money or shares when it names a code, else one of the key.
    const failure =
      status === 404 ? 'not-found' : status === 403 && code === '' ? 'unauthorized' : 'rejected';
    const text = message === '' ? `refused the request (${status})` : `says: ${message}`;
    return new VenueError(failure, `Alpaca ${text}.`, {
      code: code === '' ? String(status) : code,
    });
  }
  return byStatus('Alpaca', answer, now);
}

function said(text: string): { readonly code: string; readonly message: string } {
  try {
    const { code, message } = errorSchema.parse(JSON.parse(text));
    const plain = (message ?? '').replaceAll(/[^\x20-\x7E]/g, ' ').slice(0, 300);
    return { code: code === undefined ? '' : String(code), message: plain.replace(/\.+$/, '') };
  } catch {
    return { code: '', message: '' };
  }
}
