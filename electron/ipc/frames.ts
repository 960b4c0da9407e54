import { toErrorPayload, type ErrorPayload } from '../../engine/domain/errors.ts';
import { requestFrame, validate, type ServerFrame } from '../../engine/protocol/wire.ts';
import type { RateLimit } from './rate-limit.ts';
import type { CallContext, Dispatch } from './registry.ts';

/** Id of an answer to a message that has no readable id. */
const NO_ID = -1;

/**
 * Answers whatever a client sent as a frame. Never throws and never rejects: each failure is an error
 * frame, with the id of the request where it can be read.
 */
export async function answerFrame(
  dispatch: Dispatch,
  frame: unknown,
  context: CallContext,
  limit: RateLimit,
): Promise<ServerFrame> {
  let id = readId(frame);
  let admitted = false;
  try {
    limit.enter();
    admitted = true;
    const request = validate(requestFrame, frame, 'frame');
    id = request.id;
    return { kind: 'result', id, output: await dispatch(request.name, request.input, context) };
  } catch (thrown) {
    return errorFrame(id, thrown);
  } finally {
    if (admitted) limit.leave();
  }
}

export function errorFrame(id: number | null, thrown: unknown): ServerFrame {
  return { kind: 'error', id: id ?? NO_ID, error: bounded(toErrorPayload(thrown)) };
}

/** Messages may quote what the client sent; an answer has to stay within the contract. */
function bounded(error: ErrorPayload): ErrorPayload {
  return error.message.length <= 4_000
    ? error
    : { ...error, message: `${error.message.slice(0, 4_000)} …` };
}

function readId(frame: unknown): number | null {
  if (typeof frame !== 'object' || frame === null || !('id' in frame)) return null;
  return Number.isSafeInteger(frame.id) && Number(frame.id) >= 0 ? Number(frame.id) : null;
}
