/** A frame as it came, and when. */
export interface Frame {
  readonly text: string;
  readonly receivedTime: number;
  /** Which of the connections it came by. */
  readonly connection: number;
}

export interface FrameQueueOptions {
  /** Reads one frame. */
  readonly read: (frame: Frame) => void;
  /** Reading has thrown: a defect, which must not keep the frames after it from being read. */
  readonly onFault: (error: unknown) => void;
  /** Frames were thrown away: more came than could be read. Told once they are gone. */
  readonly onLost: (frames: number, from: number) => void;
  /** Characters that may wait; 64 million when absent. */
  readonly most?: number;
  /** Milliseconds of reading at a stretch, before everything else gets its turn; 8 when absent. */
  readonly slice?: number;
}

const MOST = 64_000_000;
const SLICE = 8;

/**
 * Frames of a stream between the socket and their reading. The socket is emptied at once, so that the venue
 * sees a fast reader; reading goes on in short stretches, so that nothing else waits. What passes the bound
 * is thrown away whole and told, never kept in part.
 */
export class FrameQueue {
  readonly #options: FrameQueueOptions;
  #frames: Frame[] = [];
  #at = 0;
  #characters = 0;
  #running = false;
  #closed = false;

  constructor(options: FrameQueueOptions) {
    this.#options = options;
  }

  get waiting(): number {
    return this.#frames.length - this.#at;
  }

  push(frame: Frame): void {
    if (this.#closed) return;
    const { most = MOST } = this.#options;
    if (this.#characters + frame.text.length > most && this.waiting > 0) this.#drop();
    this.#frames.push(frame);
    this.#characters += frame.text.length;
    if (this.#running) return;
    this.#running = true;
    setImmediate(() => this.#run());
  }

  /** Forgets what waits, for good. */
  close(): void {
    this.#closed = true;
    this.#frames = [];
    this.#at = 0;
    this.#characters = 0;
  }

  #drop(): void {
    const count = this.waiting;
    const from = (this.#frames[this.#at] as Frame).receivedTime;
    this.#frames = [];
    this.#at = 0;
    this.#characters = 0;
    this.#options.onLost(count, from);
  }

  #run(): void {
    const { read, onFault, slice = SLICE } = this.#options;
    const until = performance.now() + slice;
    while (this.#at < this.#frames.length) {
      const frame = this.#frames[this.#at] as Frame;
      this.#at += 1;
      this.#characters -= frame.text.length;
      try {
        read(frame);
      } catch (error) {
        onFault(error);
      }
      if (performance.now() >= until) break;
    }
    if (this.#closed) return;
    if (this.#at < this.#frames.length) {
      // What was read is let go now and then, not for each frame.
      if (this.#at > 1024 && this.#at * 2 > this.#frames.length) {
        this.#frames = this.#frames.slice(this.#at);
        this.#at = 0;
      }
      setImmediate(() => this.#run());
      return;
    }
    this.#frames = [];
    this.#at = 0;
    this.#characters = 0;
    this.#running = false;
  }
}
