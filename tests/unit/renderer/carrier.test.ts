import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  socketCarrier,
  type Carrier,
  type ConnectionState,
} from '../../../renderer/client/carrier.ts';

/** A socket that a test opens, refuses and cuts. */
class Socket extends EventTarget {
  closes = 0;
  tell(event: 'open' | 'close'): void {
    this.dispatchEvent(new Event(event));
  }
  close(): void {
    this.closes += 1;
  }
}

describe('the browser carrier', () => {
  const sockets: Socket[] = [];
  const states: ConnectionState[] = [];
  let signedOut = (): Promise<boolean> => Promise.resolve(false);
  let carrier: Carrier;

  beforeEach(() => {
    vi.useFakeTimers();
    sockets.length = 0;
    states.length = 0;
    signedOut = () => Promise.resolve(false);
    carrier = socketCarrier(
      { onFrame: () => undefined, onState: (state) => states.push(state) },
      () => {
        const socket = new Socket();
        sockets.push(socket);
        return socket as unknown as WebSocket;
      },
      () => signedOut(),
    );
  });
  afterEach(() => {
    carrier.close();
    vi.useRealTimers();
  });

  const cut = (): void => {
    sockets.at(-1)?.tell('open');
    sockets.at(-1)?.tell('close');
  };
  const refuse = async (): Promise<void> => {
    sockets.at(-1)?.tell('close');
    await vi.advanceTimersByTimeAsync(0);
  };

  it('connects again, ever more slowly, while nothing answers', async () => {
    signedOut = () => Promise.reject(new TypeError('Failed to fetch'));
    cut();
    expect(states).toEqual(['connecting', 'open', 'lost']);
    await vi.advanceTimersByTimeAsync(500);
    expect(sockets).toHaveLength(2);
    await refuse();
    await vi.advanceTimersByTimeAsync(999);
    expect(sockets).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(1);
    expect(sockets).toHaveLength(3);
    sockets.at(-1)?.tell('open');
    expect(states.at(-1)).toBe('open');
    expect(states).not.toContain('ended');
  });

  it('does not ask about the session when an open socket is cut', async () => {
    signedOut = () => Promise.resolve(true);
    cut();
    await vi.advanceTimersByTimeAsync(0);
    expect(states.at(-1)).toBe('lost');
  });

  it('says that the session has ended when it is refused, and waits to be told to retry', async () => {
    cut();
    await vi.advanceTimersByTimeAsync(500);
    signedOut = () => Promise.resolve(true);
    await refuse();
    expect(states.at(-1)).toBe('ended');
    await vi.advanceTimersByTimeAsync(60_000);
    expect(sockets).toHaveLength(2);
    carrier.retry();
    expect(sockets).toHaveLength(3);
    await refuse();
    expect(states.at(-1)).toBe('ended');
    carrier.retry();
    sockets.at(-1)?.tell('open');
    expect(states.at(-1)).toBe('open');
    // What becomes of a socket that was given up is no news.
    sockets[1]?.tell('close');
    await vi.advanceTimersByTimeAsync(60_000);
    expect(states.at(-1)).toBe('open');
    expect(sockets).toHaveLength(4);
  });
});
