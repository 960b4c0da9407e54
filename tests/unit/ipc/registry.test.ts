import { describe, expect, it } from 'vitest';
import { RenataError } from '../../../engine/domain/errors.ts';
import { calls, type CallName } from '../../../engine/protocol/contract.ts';
import { answerFrame } from '../../../electron/ipc/frames.ts';
import { createRateLimit } from '../../../electron/ipc/rate-limit.ts';
import { createRegistry, type Handlers } from '../../../electron/ipc/registry.ts';

const context = { carrier: 'websocket' } as const;
const unlimited = createRateLimit({ inFlight: 1_000, perSecond: 1_000_000 }, () => 0);

/** Handlers that are not under test refuse, so that a call that reaches them shows. */
function handlersWith(some: Partial<Handlers>): Handlers {
  const names = Object.keys(calls) as CallName[];
  const refuse = async (): Promise<never> => {
    throw new RenataError('CONFLICT', 'reached the handler');
  };
  return { ...Object.fromEntries(names.map((name) => [name, refuse])), ...some } as Handlers;
}

function registryWith(some: Partial<Handlers>, checkOutputs = true) {
  const defects: unknown[] = [];
  const dispatch = createRegistry(handlersWith(some), {
    onDefect: (_call, thrown) => defects.push(thrown),
    checkOutputs,
  });
  return { dispatch, defects };
}

describe('registry', () => {
  it('hands checked input to the handler and its answer back', async () => {
    const { dispatch } = registryWith({
      'workspace.load': async ({ name }, { carrier }) => ({ json: `"${name} ${carrier}"` }),
    });
    await expect(dispatch('workspace.load', { name: 'layout' }, context)).resolves.toEqual({
      json: '"layout websocket"',
    });
  });

  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty', '', 'data.List', 7, null, {}])(
    'knows no call %j',
    async (name) => {
      const { dispatch, defects } = registryWith({});
      await expect(dispatch(name, {}, context)).rejects.toMatchObject({ code: 'NOT_FOUND' });
      expect(defects).toEqual([]);
    },
  );

  it('names the field that is wrong', async () => {
    const { dispatch } = registryWith({});
    const input = { datasetId: 'SPX.INDEX@1d', format: 'xlsx', adjustment: 'raw', start: null };
    await expect(dispatch('data.export', input, context)).rejects.toMatchObject({
      code: 'BAD_INPUT',
      message: expect.stringContaining('data.export: format') as string,
    });
  });

  it('refuses keys that no call has', async () => {
    const { dispatch } = registryWith({});
    await expect(dispatch('data.list', { admin: true }, context)).rejects.toMatchObject({
      code: 'BAD_INPUT',
    });
  });

  it('lets errors that were meant pass and turns all others into INTERNAL, told once', async () => {
    const { dispatch, defects } = registryWith({
      'data.list': async () => {
        throw new TypeError('boom');
      },
    });
    await expect(dispatch('runs.list', {}, context)).rejects.toMatchObject({ code: 'CONFLICT' });
    const failure = await dispatch('data.list', {}, context).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(RenataError);
    expect(failure).toMatchObject({ code: 'INTERNAL', retryable: false });
    expect(defects).toHaveLength(1);
  });

  it('refuses answers that break the contract, where it is told to look', async () => {
    const broken: Partial<Handlers> = {
      'workspace.load': async () => ({ json: 5 }) as unknown as { json: string },
    };
    const strict = registryWith(broken);
    await expect(strict.dispatch('workspace.load', { name: 'a' }, context)).rejects.toMatchObject({
      code: 'INTERNAL',
      message: expect.stringContaining('json') as string,
    });
    const lax = registryWith(broken, false);
    await expect(lax.dispatch('workspace.load', { name: 'a' }, context)).resolves.toEqual({
      json: 5,
    });
  });
});

describe('frames', () => {
  const { dispatch } = registryWith({ 'jobs.list': async () => [] });

  it('are answered under their own id', async () => {
    const frame = { kind: 'call', id: 41, name: 'jobs.list', input: {} };
    await expect(answerFrame(dispatch, frame, context, unlimited)).resolves.toEqual({
      kind: 'result',
      id: 41,
      output: [],
    });
  });

  it.each([
    [null, -1],
    ['call', -1],
    [[], -1],
    [{}, -1],
    [{ kind: 'event', id: 3, name: 'jobs.list', input: {} }, 3],
    [{ kind: 'call', id: 3.5, name: 'jobs.list', input: {} }, -1],
    [{ kind: 'call', id: -7, name: 'jobs.list', input: {} }, -1],
    [{ kind: 'call', id: 4, name: 'x'.repeat(65), input: {} }, 4],
    [{ kind: 'call', id: 5, name: 'jobs.list', input: {}, extra: 1 }, 5],
  ])('%j is an error of id %i', async (frame, id) => {
    const answer = await answerFrame(dispatch, frame, context, unlimited);
    expect(answer).toMatchObject({ kind: 'error', id, error: { code: 'BAD_INPUT' } });
  });

  it('never carry a stack or a cause', async () => {
    const failing = registryWith({
      'jobs.list': async () => {
        throw new Error('secret place', { cause: new Error('deeper') });
      },
    });
    const frame = { kind: 'call', id: 1, name: 'jobs.list', input: {} };
    const answer = await answerFrame(failing.dispatch, frame, context, unlimited);
    expect(Object.keys((answer as { error: object }).error).toSorted()).toEqual([
      'code',
      'message',
      'retryable',
    ]);
  });
});

describe('rate limit', () => {
  it('bounds what is under way and lets go again', () => {
    const limit = createRateLimit({ inFlight: 2, perSecond: 100 }, () => 0);
    limit.enter();
    limit.enter();
    expect(() => limit.enter()).toThrow(/2 calls are under way/);
    limit.leave();
    expect(() => limit.enter()).not.toThrow();
  });

  it('allows a burst of two seconds and then the rate', () => {
    let time = 0;
    const limit = createRateLimit({ inFlight: 1_000, perSecond: 10 }, () => time);
    const admitted = (tries: number): number => {
      let count = 0;
      for (let i = 0; i < tries; i += 1) {
        try {
          limit.enter();
          limit.leave();
          count += 1;
        } catch (error) {
          expect(error).toMatchObject({ code: 'UNAVAILABLE', retryable: true });
        }
      }
      return count;
    };
    expect(admitted(100)).toBe(20);
    time = 500;
    expect(admitted(100)).toBe(5);
    time = 100_000;
    expect(admitted(100)).toBe(20);
  });
});
