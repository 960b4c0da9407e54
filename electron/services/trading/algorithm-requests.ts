import { createHash } from 'node:crypto';
import {
  decimal,
  greatest,
  roundToStep,
  type Price,
  type Quantity,
} from '../../../engine/domain/decimal.ts';
import { RenataError } from '../../../engine/domain/errors.ts';
import { accountId } from '../../../engine/domain/identifiers.ts';
import type { OrderSource } from '../../../engine/domain/live-order.ts';
import type { UnixMillis } from '../../../engine/domain/time.ts';
import type { Method } from '../../../engine/execution/types.ts';
import { volumeCurve, type CurveWindow } from '../../../engine/execution/volume-curve.ts';
import type { TradableInstrument } from '../../../engine/ports/instruments.ts';
import type {
  AlgorithmMethodText,
  AlgorithmTicket,
} from '../../../engine/protocol/execution-schemas.ts';
import type { AlgorithmRequest } from './algorithm-records.ts';

/** Times on the clock of the market's place, and volumes; from which a curve is measured. */
export interface VolumeByClock {
  readonly time: ArrayLike<number>;
  readonly volume: ArrayLike<number>;
  /** The same clock at an instant. */
  readonly clock: (instant: number) => number;
}

export interface AlgorithmTicketContext {
  readonly instrument: TradableInstrument;
  readonly now: UnixMillis;
  readonly source: OrderSource;
  readonly strategy: string | null;
  readonly requestId: string;
  /** @throws RenataError NOT_FOUND for a dataset that is not stored */
  readonly volumes: (datasetId: string) => Promise<VolumeByClock>;
}

const DAY = 86_400_000;
const SLICES = 10;
const EVERY = 1000;

/**
 * The order of a ticket, read field by field.
 * @throws RenataError BAD_INPUT naming the field, what is wrong and what would be right
 */
export async function readAlgorithm(
  ticket: AlgorithmTicket,
  context: AlgorithmTicketContext,
): Promise<AlgorithmRequest> {
  const { instrument, now, source, strategy, requestId } = context;
  const { lotSize, minQuantity } = instrument;
  const start = ticket.start ?? now;
  if (ticket.start !== undefined && ticket.start + ticket.duration <= now) {
    throw bad('start', 'and duration lie in the past; leave start out to begin at once');
  }
  const least = roundToStep(greatest(minQuantity, lotSize), lotSize, 'away-from-zero');
  return {
    account: accountId(ticket.account),
    instrument: instrument.id,
    source,
    strategy,
    requestId,
    hash: createHash('sha256')
      .update(JSON.stringify([ticket, source]))
      .digest('hex'),
    order: {
      side: ticket.side,
      quantity: decimal(ticket.quantity, 'quantity') as Quantity,
      method: await methodOf(ticket, start, context),
      start,
      end: start + ticket.duration,
      smallest: (ticket.smallest === undefined
        ? least
        : decimal(ticket.smallest, 'smallest')) as Quantity,
      limitPrice:
        ticket.limitPrice === undefined
          ? null
          : (decimal(ticket.limitPrice, 'limitPrice') as Price),
      participation: ticket.participation ?? null,
      catchUp: ticket.catchUp ?? 'at-once',
      style: ticket.style ?? 'take',
      every: ticket.every ?? EVERY,
      finish: ticket.finish ?? 'leave',
      jitter: ticket.jitter ?? 0,
      seed: ticket.seed ?? 1,
    },
  };
}

async function methodOf(
  { method, duration }: AlgorithmTicket,
  start: number,
  { volumes }: AlgorithmTicketContext,
): Promise<Method> {
  switch (method.kind) {
    case 'iceberg':
      return { kind: 'iceberg', display: decimal(method.display, 'display') as Quantity };
    case 'peg':
      return { kind: 'peg', to: method.to, offset: decimal(method.offset, 'offset') as Price };
    case 'vwap':
      return { kind: 'vwap', curve: await curveOf(method, { start, duration }, volumes) };
    case 'twap':
    case 'pov':
    case 'shortfall':
      return method;
  }
}

async function curveOf(
  method: Extract<AlgorithmMethodText, { readonly kind: 'vwap' }>,
  window: { readonly start: number; readonly duration: number },
  volumes: AlgorithmTicketContext['volumes'],
): Promise<readonly number[]> {
  const { curve, dataset, slices } = method;
  if ((curve === undefined) === (dataset === undefined)) {
    throw bad(
      'method',
      'needs a curve of volume, or the dataset to measure it from: one of the two',
    );
  }
  if (curve !== undefined) return curve;
  const { time, volume, clock } = await volumes(dataset as string);
  const wall = clock(window.start);
  const asked: CurveWindow = {
    start: wall - Math.floor(wall / DAY) * DAY,
    length: window.duration,
    parts: slices ?? SLICES,
    day: DAY,
    zone: 0,
  };
  return volumeCurve({ time, volume }, asked);
}

function bad(field: string, what: string): RenataError {
  return new RenataError('BAD_INPUT', `${field}: ${what}.`, { details: { parameter: field } });
}

/** What the method does, in a sentence, where it has no schedule. */
export function noteOf(method: Method): string {
  switch (method.kind) {
    case 'pov':
      return `It sends up to ${Math.round(method.rate * 1000) / 10} % of what the market trades, as it trades.`;
    case 'iceberg':
      return `It shows ${method.display} at a time and sends the next part when that is filled.`;
    case 'peg':
      return `It rests at the ${method.to}${method.offset === '0' ? '' : ` ${method.offset.startsWith('-') ? '' : '+'}${method.offset}`} and follows it.`;
    case 'twap':
    case 'vwap':
    case 'shortfall':
      return '';
  }
}
