import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { RequestFrame, ServerFrame } from '../../../engine/protocol/wire.ts';
import type { Job, RunSummary } from '../../../engine/protocol/schemas.ts';
import { DEFAULT_SETTINGS } from '../../../engine/domain/backtest.ts';
import type * as Store from '../../../renderer/client/store.ts';

/** A workstation whose answers come when the test says so. */
class Bridge {
  readonly asked: {
    readonly frame: RequestFrame;
    readonly answer: (frame: ServerFrame) => void;
  }[] = [];
  #hear: (frame: ServerFrame) => void = () => undefined;

  call = (frame: RequestFrame): Promise<ServerFrame> =>
    new Promise((answer) => {
      this.asked.push({ frame, answer });
    });
  onEvent = (hear: (frame: ServerFrame) => void): (() => void) => {
    this.#hear = hear;
    return () => undefined;
  };
  tell(name: string, payload: unknown = {}): void {
    this.#hear({ kind: 'event', name, payload });
  }
  /** Answers the oldest waiting call of that name. */
  async answer(name: string, output: unknown): Promise<void> {
    await expect.poll(() => this.asked.map(({ frame }) => frame.name)).toContain(name);
    const at = this.asked.findIndex(({ frame }) => frame.name === name);
    const [call] = this.asked.splice(at, 1);
    call?.answer({ kind: 'result', id: call.frame.id, output });
    await new Promise((resolve) => {
      setTimeout(resolve, 0);
    });
  }
}

const INFO = {
  name: 'Renata',
  version: '1',
  carrier: 'electron',
  dataDirectory: '/d',
  runtime: 'r',
  threads: 1,
  store: { state: 'ready' },
};

function summary(id: string): RunSummary {
  return {
    id,
    createdAt: 0,
    request: {
      strategy: 'sma-cross',
      parameters: {},
      datasetId: 'A.LOCAL@1d',
      adjustment: 'raw',
      start: null,
      end: null,
      settings: DEFAULT_SETTINGS,
    },
    symbol: 'A',
    timeframe: '1d',
    dataHash: 'd',
    barCount: 1,
    firstTime: 0,
    lastTime: 0,
    durationMs: 1,
    orderHash: 'o',
    statistics: [],
  };
}

function job(state: Job['state'], result: string | null = null): Job {
  const ended = state === 'done';
  return {
    id: 'j',
    kind: 'backtest',
    title: 'A',
    state,
    progress: ended ? 1 : 0,
    completed: 0,
    total: null,
    unit: 'bars',
    createdAt: 0,
    startedAt: 0,
    finishedAt: ended ? 1 : null,
    result,
    error: null,
  };
}

let bridge: Bridge;
let store: typeof Store;

beforeEach(async () => {
  bridge = new Bridge();
  vi.stubGlobal('window', { renata: bridge, addEventListener: () => undefined });
  vi.resetModules();
  store = await import('../../../renderer/client/store.ts');
  store.start();
});

/** Answers what the window asks first, but for the lists of jobs and runs. */
async function connected(jobs: readonly Job[] = []): Promise<void> {
  await bridge.answer('app.info', INFO);
  for (const name of ['strategies.list', 'indicators.list', 'expressions.names']) {
    await bridge.answer(name, []);
  }
  await bridge.answer('jobs.list', jobs);
  await bridge.answer('data.list', []);
}
const shown = () => store.useWorkstation.getState();

describe('what the window knows', () => {
  it('is the newest run, and the one that has just ended', async () => {
    await connected();
    await bridge.answer('runs.list', [summary('old')]);
    expect(shown().runId).toBe('old');
    bridge.tell('runs.changed');
    bridge.tell('job.changed', job('done', 'new'));
    await bridge.answer('runs.list', [summary('new'), summary('old')]);
    expect(shown().runId).toBe('new');
    expect(shown().runs?.map(({ id }) => id)).toEqual(['new', 'old']);
  });

  it('stays with a run that ended while an older list was on its way', async () => {
    await connected();
    // The list was asked for before the run was stored, and comes after it has ended.
    bridge.tell('job.changed', job('done', 'new'));
    await bridge.answer('runs.list', [summary('old')]);
    expect(shown().runId).toBe('new');
    bridge.tell('runs.changed');
    await bridge.answer('runs.list', [summary('new'), summary('old')]);
    expect(shown().runId).toBe('new');
  });

  it('is of the list that was asked for last, in whatever order they come', async () => {
    await connected();
    bridge.tell('runs.changed');
    bridge.tell('job.changed', job('done', 'new'));
    await expect
      .poll(() => bridge.asked.filter(({ frame }) => frame.name === 'runs.list'))
      .toHaveLength(2);
    const [first] = bridge.asked.splice(
      bridge.asked.findIndex(({ frame }) => frame.name === 'runs.list'),
      1,
    );
    await bridge.answer('runs.list', [summary('new'), summary('old')]);
    first?.answer({ kind: 'result', id: first.frame.id, output: [summary('old')] });
    await new Promise((resolve) => {
      setTimeout(resolve, 0);
    });
    expect(shown().runs?.map(({ id }) => id)).toEqual(['new', 'old']);
    expect(shown().runId).toBe('new');
  });

  it('leaves a run that is gone for the newest one', async () => {
    await connected();
    await bridge.answer('runs.list', [summary('old')]);
    bridge.tell('runs.changed');
    await bridge.answer('runs.list', [summary('other')]);
    expect(shown().runId).toBe('other');
    bridge.tell('runs.changed');
    await bridge.answer('runs.list', []);
    expect(shown()).toMatchObject({ runId: null, run: null });
  });

  it('of a job is what was heard last, not what a slow list says', async () => {
    await expect.poll(() => bridge.asked.length).toBe(5);
    bridge.tell('job.changed', job('running'));
    bridge.tell('job.changed', job('done', 'new'));
    const other = { ...job('queued'), id: 'k' };
    await connected([job('running'), other]);
    // Else the form would wait for ever for a job that has ended.
    expect(shown().jobs.map(({ id, state }) => [id, state])).toEqual([
      ['j', 'done'],
      ['k', 'queued'],
    ]);
  });
});
