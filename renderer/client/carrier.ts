import { SOCKET_PATH, type RenataBridge } from '../../engine/protocol/bridge.ts';
import { decodeFrame, encodeFrame } from '../../engine/protocol/codec.ts';
import {
  serverFrame,
  validate,
  type RequestFrame,
  type ServerFrame,
} from '../../engine/protocol/wire.ts';

/** `ended`: the workstation is there but no longer knows this window, as after it was started again. */
export type ConnectionState = 'connecting' | 'open' | 'lost' | 'ended';

/** Carries frames to the main process and back. */
export interface Carrier {
  send(frame: RequestFrame): void;
  /** Tries at once to connect again. */
  retry(): void;
  close(): void;
}

export interface CarrierEvents {
  onFrame(frame: ServerFrame): void;
  onState(state: ConnectionState): void;
}

/** The desktop window's carrier: the bridge of the preload script. */
export function bridgeCarrier(bridge: RenataBridge, events: CarrierEvents): Carrier {
  const stop = bridge.onEvent((frame) => events.onFrame(validate(serverFrame, frame, 'event')));
  events.onState('open');
  return {
    send(frame) {
      bridge.call(frame).then(
        (answer) => events.onFrame(validate(serverFrame, answer, frame.name)),
        () => events.onState('lost'),
      );
    },
    retry: () => events.onState('open'),
    close: stop,
  };
}

const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 10_000;

/** A refused socket does not tell the page why; the page's own address does. */
async function isSignedOut(): Promise<boolean> {
  const { status } = await fetch('/', { method: 'HEAD', cache: 'no-store' });
  return status === 401;
}

/**
 * The browser's carrier: one WebSocket that is opened again, ever more slowly, when it is lost, until
 * the workstation says that the session has ended.
 */
export function socketCarrier(
  events: CarrierEvents,
  open: () => WebSocket = () =>
    new WebSocket(`${location.origin.replace(/^http/, 'ws')}${SOCKET_PATH}`),
  signedOut: () => Promise<boolean> = isSignedOut,
): Carrier {
  let socket: WebSocket | undefined;
  let retryMs = FIRST_RETRY_MS;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let closed = false;

  function connect(): void {
    const current = open();
    let opened = false;
    socket = current;
    current.binaryType = 'arraybuffer';
    current.addEventListener('open', () => {
      opened = true;
      retryMs = FIRST_RETRY_MS;
      events.onState('open');
    });
    current.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
      if (!(data instanceof ArrayBuffer)) return;
      events.onFrame(validate(serverFrame, decodeFrame(new Uint8Array(data)), 'frame'));
    });
    current.addEventListener('close', () => {
      if (closed || socket !== current) return;
      if (opened) lose();
      else void refused(current);
    });
  }

  function lose(): void {
    events.onState('lost');
    timer = setTimeout(connect, retryMs);
    retryMs = Math.min(retryMs * 2, LAST_RETRY_MS);
  }

  async function refused(current: WebSocket): Promise<void> {
    // Where nothing answers at all, it may yet come back.
    const ended = await signedOut().catch(() => false);
    if (closed || socket !== current) return;
    if (ended) events.onState('ended');
    else lose();
  }

  events.onState('connecting');
  connect();
  return {
    send(frame) {
      if (socket?.readyState === WebSocket.OPEN) socket.send(encodeFrame(frame));
      else events.onState('lost');
    },
    retry() {
      clearTimeout(timer);
      retryMs = FIRST_RETRY_MS;
      const before = socket;
      connect();
      before?.close();
    },
    close() {
      closed = true;
      clearTimeout(timer);
      socket?.close();
    },
  };
}
