import { RenataError } from '../../engine/domain/errors.ts';
import type { RenataBridge } from '../../engine/protocol/bridge.ts';
import {
  calls,
  events,
  isEventName,
  type CallName,
  type ContractClient,
  type EventName,
} from '../../engine/protocol/contract.ts';
import { validate, type ServerFrame } from '../../engine/protocol/wire.ts';
import {
  bridgeCarrier,
  socketCarrier,
  type Carrier,
  type CarrierEvents,
  type ConnectionState,
} from './carrier.ts';

declare global {
  interface Window {
    readonly renata?: RenataBridge;
  }
}

/** The contract's client together with the state of its connection. */
export interface Client extends ContractClient {
  onState(listener: (state: ConnectionState) => void): () => void;
  /** Tries at once to connect again. */
  retry(): void;
  close(): void;
}

interface Waiting {
  readonly name: CallName;
  readonly resolve: (output: never) => void;
  readonly reject: (error: RenataError) => void;
}

/** Connects over the carrier that there is: the desktop's bridge or the page's own WebSocket. */
export function connect(): Client {
  const { renata } = window;
  return createClient((carrierEvents) =>
    renata === undefined ? socketCarrier(carrierEvents) : bridgeCarrier(renata, carrierEvents),
  );
}

/** Calls wait for the first connection; those in flight when it is lost fail as UNAVAILABLE, retryable. */
export function createClient(openCarrier: (events: CarrierEvents) => Carrier): Client {
  const waiting = new Map<number, Waiting>();
  const listeners = new Map<EventName, Set<(payload: never) => void>>();
  const stateListeners = new Set<(state: ConnectionState) => void>();
  const queued: (() => void)[] = [];
  let state: ConnectionState = 'connecting';
  let nextId = 1;

  function onFrame(frame: ServerFrame): void {
    if (frame.kind === 'event') {
      if (!isEventName(frame.name)) return;
      const payload = validate(events[frame.name], frame.payload, frame.name);
      for (const listener of listeners.get(frame.name) ?? []) listener(payload as never);
      return;
    }
    const call = waiting.get(frame.id);
    if (call === undefined) return;
    waiting.delete(frame.id);
    if (frame.kind === 'error') {
      call.reject(RenataError.fromPayload(frame.error));
      return;
    }
    try {
      call.resolve(validate(calls[call.name].output, frame.output, call.name) as never);
    } catch (error) {
      call.reject(error as RenataError);
    }
  }

  function onState(next: ConnectionState): void {
    if (next === 'lost' || next === 'ended') {
      for (const { reject } of waiting.values()) reject(unavailable(next));
      waiting.clear();
    }
    state = next;
    if (next === 'open') for (const send of queued.splice(0)) send();
    for (const listener of stateListeners) listener(next);
  }

  const carrier = openCarrier({ onFrame, onState });

  return {
    call(name, input) {
      return new Promise((resolve, reject) => {
        const id = nextId;
        nextId += 1;
        const send = (): void => {
          waiting.set(id, { name, resolve: resolve, reject });
          carrier.send({ kind: 'call', id, name, input });
        };
        if (state === 'lost' || state === 'ended') reject(unavailable(state));
        else if (state === 'open') send();
        else queued.push(send);
      });
    },
    on(name, listener) {
      const set = listeners.get(name) ?? new Set();
      listeners.set(name, set);
      set.add(listener);
      return () => set.delete(listener);
    },
    onState(listener) {
      stateListeners.add(listener);
      listener(state);
      return () => stateListeners.delete(listener);
    },
    retry: () => carrier.retry(),
    close: () => carrier.close(),
  };
}

function unavailable(state: 'lost' | 'ended'): RenataError {
  return new RenataError(
    'UNAVAILABLE',
    state === 'lost'
      ? 'The connection to the workstation is lost; it is being restored.'
      : 'The session has ended; open a new link from the terminal where Renata runs.',
    { retryable: true },
  );
}
