import { connect } from 'node:net';
import { RenataError } from '../../engine/domain/errors.ts';
import { decodeFrame, encodeFrame } from '../../engine/protocol/codec.ts';
import {
  calls,
  events,
  type ContractClient,
  type EventName,
} from '../../engine/protocol/contract.ts';
import { serverFrame, validate } from '../../engine/protocol/wire.ts';
import { controlAddress, framed, frameReader, readControlKey } from '../ipc/control-socket.ts';

export interface ControlClient extends ContractClient {
  close(): void;
}

/** The running workstation of a data directory; null where none runs. */
export async function reachWorkstation(dataDirectory: string): Promise<ControlClient | null> {
  const key = readControlKey(dataDirectory);
  if (key === null) return null;
  const socket = connect(controlAddress(dataDirectory));
  const { promise: connected, resolve, reject } = Promise.withResolvers<void>();
  socket.once('connect', resolve);
  socket.once('error', reject);
  try {
    await connected;
  } catch {
    socket.destroy();
    return null;
  }
  socket.removeAllListeners('error');
  const waiting = new Map<
    number,
    { readonly resolve: (output: unknown) => void; readonly reject: (error: RenataError) => void }
  >();
  const listeners = new Map<string, Set<(payload: unknown) => void>>();
  let nextId = 1;
  const lost = (): void => {
    const error = new RenataError(
      'UNAVAILABLE',
      'The running Renata has ended or closed the connection.',
    );
    for (const each of waiting.values()) each.reject(error);
    waiting.clear();
  };
  socket.on('error', lost);
  socket.on('close', lost);
  const read = frameReader((bytes) => {
    const frame = validate(serverFrame, decodeFrame(bytes), 'frame');
    if (frame.kind === 'event') {
      for (const listener of listeners.get(frame.name) ?? []) listener(frame.payload);
      return;
    }
    const call = waiting.get(frame.id);
    waiting.delete(frame.id);
    if (frame.kind === 'result') call?.resolve(frame.output);
    else call?.reject(RenataError.fromPayload(frame.error));
  });
  socket.on('data', (chunk: Buffer) => {
    if (!read(chunk)) socket.destroy();
  });
  socket.write(framed(key));
  return {
    call: async (name, input) => {
      const id = nextId;
      nextId += 1;
      const answer = Promise.withResolvers<unknown>();
      waiting.set(id, answer);
      if (!socket.writable) lost();
      else socket.write(framed(encodeFrame({ kind: 'call', id, name, input })));
      return validate(calls[name].output, await answer.promise, name) as never;
    },
    on: (name: EventName, listener: (payload: never) => void) => {
      const own = (payload: unknown): void =>
        listener(validate(events[name], payload, name) as never);
      const known = listeners.get(name) ?? new Set();
      known.add(own);
      listeners.set(name, known);
      return () => known.delete(own);
    },
    close: () => socket.destroy(),
  };
}
