import { describe, expect, it } from 'vitest';
import { Caller } from '../../../electron/ipc/caller.ts';
import { carryOverElectron, type IpcEventLike } from '../../../electron/ipc/electron-ipc.ts';
import { withPlainColumns } from '../../../electron/ipc/plain-columns.ts';
import type { EventName } from '../../../engine/protocol/contract.ts';
import type { ServerFrame } from '../../../engine/protocol/wire.ts';

/** The parts of Electron that the carrier touches, with their observable behaviour. */
function desktop(pageUrl = 'renata://app/') {
  let turnPage = (): void => undefined;
  const mainFrame = { url: pageUrl };
  const sent: ServerFrame[] = [];
  const contents = {
    mainFrame,
    destroyed: false,
    isDestroyed: () => contents.destroyed,
    send: (_channel: string, frame: ServerFrame) => sent.push(structuredClone(frame)),
  };
  let listener: ((event: IpcEventLike, frame: unknown) => Promise<ServerFrame>) | undefined;
  let tell: ((name: EventName, payload: unknown) => void) | undefined;
  const intruders: string[] = [];
  const reached: unknown[] = [];
  const end = carryOverElectron({
    ipcMain: {
      handle: (_channel, given) => {
        listener = given;
      },
      removeHandler: () => {
        listener = undefined;
      },
    },
    contents: () => contents,
    isOwnPage: (url) => url.startsWith('renata://app/'),
    dispatch: async (name, input, context) => {
      reached.push({ name, input, context });
      return { values: new Float64Array(new SharedArrayBuffer(16)) };
    },
    subscribe: (given) => {
      tell = given;
      return () => {
        tell = undefined;
      };
    },
    onPageEnd: (given) => {
      turnPage = given;
    },
    onIntruder: (url) => intruders.push(url),
    limits: { inFlight: 4, perSecond: 5 },
    now: () => 0,
  });
  const call = (event: Partial<IpcEventLike>, frame: unknown): Promise<ServerFrame> => {
    if (listener === undefined) throw new Error('nothing listens');
    return listener({ sender: contents, senderFrame: mainFrame, ...event }, frame);
  };
  return {
    turnPage: () => turnPage(),
    mainFrame,
    contents,
    sent,
    intruders,
    reached,
    end,
    call,
    emit: () => tell,
  };
}

const FRAME = { kind: 'call', id: 1, name: 'data.list', input: {} };

describe('the contract over Electron', () => {
  it('answers our page, with columns that can leave the process', async () => {
    const app = desktop();
    const answer = await app.call({}, FRAME);
    expect(answer).toMatchObject({ kind: 'result', id: 1 });
    const { values } = (answer as unknown as { output: { values: Float64Array } }).output;
    expect(values.buffer).toBeInstanceOf(ArrayBuffer);
    expect(app.reached).toEqual([
      {
        name: 'data.list',
        input: {},
        context: { carrier: 'electron', caller: expect.any(Caller) },
      },
    ]);
  });

  it('ends what a page has begun with the page, and not what the next one begins', async () => {
    const app = desktop();
    const ended: string[] = [];
    const callerNow = async (): Promise<Caller> => {
      await app.call({}, FRAME);
      return (app.reached.at(-1) as { context: { caller: Caller } }).context.caller;
    };
    (await callerNow()).onGone(() => ended.push('first'));
    expect(await callerNow()).toBe(await callerNow());
    app.turnPage();
    expect(ended).toEqual(['first']);
    (await callerNow()).onGone(() => ended.push('second'));
    expect(ended).toEqual(['first']);
    app.turnPage();
    expect(ended).toEqual(['first', 'second']);
  });

  it.each([
    ['another window', () => ({ sender: {} })],
    ['a frame inside our page', () => ({ senderFrame: { url: 'renata://app/' } })],
    ['a frame that is gone', () => ({ senderFrame: null })],
  ])('refuses %s', async (_name, event) => {
    const app = desktop();
    expect(await app.call(event(), FRAME)).toMatchObject({
      kind: 'error',
      error: { code: 'UNAUTHORIZED' },
    });
    expect(app.reached).toEqual([]);
    expect(app.intruders).toHaveLength(1);
  });

  it.each(['https://example.org/', 'file:///etc/passwd', 'renata://apple/', 'about:blank', ''])(
    'refuses our own window while it shows %j',
    async (url) => {
      const app = desktop(url);
      expect(await app.call({}, FRAME)).toMatchObject({ error: { code: 'UNAUTHORIZED' } });
      app.emit()?.('runs.changed', {});
      expect(app.sent).toEqual([]);
    },
  );

  it('bounds the calls of a page that has run wild', async () => {
    const app = desktop();
    const answers = await Promise.all(Array.from({ length: 30 }, () => app.call({}, FRAME)));
    expect(answers.filter((answer) => answer.kind === 'result')).toHaveLength(4);
    expect(answers.filter((answer) => answer.kind === 'error')).toHaveLength(26);
  });

  it('sends events to a window that is there, and stops at its end', () => {
    const app = desktop();
    app.emit()?.('runs.changed', {});
    expect(app.sent).toEqual([{ kind: 'event', name: 'runs.changed', payload: {} }]);
    app.contents.destroyed = true;
    app.emit()?.('runs.changed', {});
    expect(app.sent).toHaveLength(1);
    app.end();
    expect(app.emit()).toBeUndefined();
    expect(() => app.call({}, FRAME)).toThrow('nothing listens');
  });
});

describe('plain columns', () => {
  it('own exactly their memory and equal what they came from', () => {
    const shared = new Float64Array(new SharedArrayBuffer(8_000));
    shared[3] = Number.NaN;
    const large = new Float64Array(1_000).fill(2);
    const own = new Float64Array([1, 2]);
    const value = {
      a: shared.subarray(2, 5),
      b: [{ c: large.subarray(0, 1) }, { c: own }],
      d: new Int32Array(new SharedArrayBuffer(8)),
      e: Buffer.from('abc'),
      f: 'text',
      g: ['x', 'y'],
      h: null,
    };
    const plain = withPlainColumns(value) as typeof value;
    expect(plain).toEqual({ ...value, e: new Uint8Array([97, 98, 99]) });
    expect(() => structuredClone(plain)).not.toThrow();
    expect(plain.a.buffer.byteLength).toBe(24);
    expect(plain.b[0]?.c.buffer.byteLength).toBe(8);
    expect(plain.e.buffer.byteLength).toBe(3);
    // What is plain already is not copied.
    expect(plain.b[1]?.c).toBe(own);
  });
});
