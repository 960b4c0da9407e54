import type { RequestFrame, ServerFrame } from './wire.ts';

/** Electron channels of the contract: one for calls and their answers, one for events. */
export const CALL_CHANNEL = 'renata:call';
export const EVENT_CHANNEL = 'renata:event';

/** All that the desktop window has besides the web platform, as `window.renata`. */
export interface RenataBridge {
  /** Resolves to the answer, be it a result or an error; rejects only when the main process is gone. */
  call(frame: RequestFrame): Promise<ServerFrame>;
  /** Hears every event frame. Returns the function that ends it. */
  onEvent(listener: (frame: ServerFrame) => void): () => void;
}

/** Where the WebSocket of a served workstation is, on the page's own origin. */
export const SOCKET_PATH = '/socket';
