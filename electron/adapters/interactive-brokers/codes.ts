import { VenueError, type VenueFailure } from '../../../engine/ports/venue-error.ts';

/** Codes of TWS's messages that are acted on; the rest is told as it is. */
export const CODES = {
  duplicateOrderId: 103,
  historical: 162,
  noSecurity: 200,
  rejected: 201,
  cancelled: 202,
  depthReset: 317,
  depthHalted: 316,
  clientIdInUse: 326,
  noQuery: 366,
  orderMessage: 399,
  connectionLost: 1100,
  restoredDataLost: 1101,
  restoredDataKept: 1102,
  portReset: 1300,
  brokenToServer: 2110,
  cancelNotFound: 10147,
  cancelNotPossible: 10148,
  competingSession: 10197,
} as const;

/** What a data farm's message says. `idle` farms wake up when they are asked. */
export const FARMS: Readonly<
  Record<number, { readonly part: 'quotes' | 'history' | 'contracts'; readonly works: boolean }>
> = {
  2103: { part: 'quotes', works: false },
  2104: { part: 'quotes', works: true },
  2105: { part: 'history', works: false },
  2106: { part: 'history', works: true },
  2107: { part: 'history', works: true },
  2108: { part: 'quotes', works: true },
  2119: { part: 'quotes', works: true },
  2157: { part: 'contracts', works: false },
  2158: { part: 'contracts', works: true },
};

/** Messages about an order that change nothing: warnings and notes. */
const NOTES: ReadonlySet<number> = new Set([
  CODES.orderMessage,
  // Parts of the data are not subscribed, or delayed data is shown.
  10_090,
  10_167,
  492,
  // The order is held or repriced by TWS; it lives.
  404,
  434,
  2109,
  2100,
  2102,
  2137,
  2161,
  2168,
  2169,
]);

export function isNote(code: number, text: string): boolean {
  if (NOTES.has(code)) return true;
  return (code >= 2100 && code < 3000) || /\bwarning:/i.test(text);
}

/** Refusals of a cancellation: the order cannot be cancelled in the state that it is in. */
export const CANCEL_REFUSALS: ReadonlySet<number> = new Set([
  135, // can't find order with this id
  136, // this order cannot be cancelled
  161, // not in a cancellable state
  CODES.cancelNotFound,
  CODES.cancelNotPossible,
]);

/** Refusals of a change of an order that works; the order stays as it was. */
export const AMEND_REFUSALS: ReadonlySet<number> = new Set([
  104, // can't modify a filled order
  105, // the order being modified does not match the original order
  10_326, // OCA group revision is not allowed
  10_327, // OCA type revision is not allowed
]);

/** Failures that leave open whether something was done. */
const OPEN_ENDED: ReadonlySet<number> = new Set([
  CODES.connectionLost,
  CODES.brokenToServer,
  // The encoder or TWS could not tell what became of the message.
  507,
  509,
  512,
  515,
]);

const FAILURES: Readonly<Record<number, VenueFailure>> = {
  100: 'rate-limited',
  135: 'not-found',
  [CODES.noSecurity]: 'not-found',
  [CODES.cancelNotFound]: 'not-found',
  321: 'rejected',
  460: 'rejected',
  504: 'not-sent',
};

/** An answer of TWS that something was not done. */
export function refusal(code: number, text: string): VenueError {
  const failure = FAILURES[code] ?? (OPEN_ENDED.has(code) ? 'unknown' : 'rejected');
  return new VenueError(failure, `Interactive Brokers: ${plain(text)} (${code})`, {
    code: String(code),
  });
}

/** Without mark-up and line breaks, and of bearable length. */
export function plain(text: string): string {
  return text
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim()
    .slice(0, 300);
}

/** Codes by which an order or a change of it is refused for certain. Others may be remarks. */
const REFUSING: readonly (readonly [from: number, to: number])[] = [
  [103, 168],
  [200, 201],
  [203, 203],
  [320, 353],
  [355, 363],
  [377, 398],
  [400, 403],
  [405, 433],
  [435, 449],
  [460, 460],
  [10_003, 10_052],
  [10_132, 10_132],
  [10_243, 10_244],
  [10_268, 10_268],
  [10_289, 10_289],
];

export function isRefusal(code: number): boolean {
  return AMEND_REFUSALS.has(code) || REFUSING.some(([from, to]) => code >= from && code <= to);
}
