import { RenataError } from '../../engine/domain/errors.ts';
import { CALL_CHANNEL, EVENT_CHANNEL } from '../../engine/protocol/bridge.ts';
import type { EventName } from '../../engine/protocol/contract.ts';
import type { ServerFrame } from '../../engine/protocol/wire.ts';
import { Caller } from './caller.ts';
import { answerFrame, errorFrame } from './frames.ts';
import { withPlainColumns } from './plain-columns.ts';
import { createRateLimit, DEFAULT_RATE_LIMITS, type RateLimits } from './rate-limit.ts';
import type { Dispatch } from './registry.ts';

/** The parts of Electron that the carrier uses; the shell passes the real ones. */
export interface IpcMainLike {
  handle(
    channel: string,
    listener: (event: IpcEventLike, frame: unknown) => Promise<ServerFrame>,
  ): void;
  removeHandler(channel: string): void;
}
export interface IpcEventLike {
  readonly sender: unknown;
  readonly senderFrame: FrameLike | null;
}
export interface FrameLike {
  readonly url: string;
}
export interface WebContentsLike {
  readonly mainFrame: FrameLike;
  isDestroyed(): boolean;
  send(channel: string, frame: ServerFrame): void;
}

export interface ElectronCarrierOptions {
  readonly ipcMain: IpcMainLike;
  /** The one window's contents; undefined while there is none. */
  readonly contents: () => WebContentsLike | undefined;
  /** Whether a URL is a page of this application. */
  readonly isOwnPage: (url: string) => boolean;
  readonly dispatch: Dispatch;
  readonly subscribe: (listener: (name: EventName, payload: unknown) => void) => () => void;
  /** Calls back when the window's page ends: it is loaded anew, or the window is closed. */
  readonly onPageEnd?: (listener: () => void) => void;
  /** Told of messages that did not come from our page. */
  readonly onIntruder: (url: string) => void;
  readonly limits?: RateLimits;
  readonly now?: () => number;
}

/**
 * Carries the contract over Electron IPC. Only the main frame of our own window, while it shows our own
 * page, is answered. Returns the function that ends it.
 */
export function carryOverElectron(options: ElectronCarrierOptions): () => void {
  const now = options.now ?? (() => performance.now());
  const limit = createRateLimit(options.limits ?? DEFAULT_RATE_LIMITS, now);
  let caller = new Caller();
  options.onPageEnd?.(() => {
    const gone = caller;
    caller = new Caller();
    gone.leave();
  });
  options.ipcMain.handle(CALL_CHANNEL, async (event, frame) => {
    if (!isOurs(event, options)) {
      options.onIntruder(event.senderFrame?.url ?? 'a frame that is gone');
      const refusal = new RenataError('UNAUTHORIZED', 'Only the window of Renata may call.');
      return errorFrame(null, refusal);
    }
    const context = { carrier: 'electron', caller } as const;
    const answer = await answerFrame(options.dispatch, frame, context, limit);
    return withPlainColumns(answer) as ServerFrame;
  });
  const unsubscribe = options.subscribe((name, payload) => {
    const contents = options.contents();
    if (contents === undefined || contents.isDestroyed()) return;
    if (!options.isOwnPage(contents.mainFrame.url)) return;
    contents.send(EVENT_CHANNEL, { kind: 'event', name, payload: withPlainColumns(payload) });
  });
  return () => {
    unsubscribe();
    options.ipcMain.removeHandler(CALL_CHANNEL);
  };
}

function isOurs(event: IpcEventLike, options: ElectronCarrierOptions): boolean {
  const contents = options.contents();
  return (
    contents !== undefined &&
    event.sender === contents &&
    event.senderFrame !== null &&
    event.senderFrame === contents.mainFrame &&
    options.isOwnPage(event.senderFrame.url)
  );
}
