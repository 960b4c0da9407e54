import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { RenataError } from '../../../engine/domain/errors.ts';
import { job as jobSchema, type Job } from '../../../engine/protocol/schemas.ts';
import { createJobs, type JobControl, type JobPlan } from '../../../electron/services/jobs.ts';

beforeEach(() => {
  vi.useFakeTimers({ now: 1_700_000_000_000 });
});
afterEach(() => {
  vi.useRealTimers();
});

function setUp(width = 1) {
  const told: Job[] = [];
  const defects: unknown[] = [];
  const jobs = createJobs({
    width: { compute: width, store: 1 },
    onChange: (job) => told.push(jobSchema.parse(job)),
    onDefect: (_job, thrown) => defects.push(thrown),
    now: () => Date.now(),
  });
  return { jobs, told, defects };
}

function plan(work: JobPlan['work'], more: Partial<JobPlan> = {}): JobPlan {
  return { kind: 'backtest', title: 'A', unit: 'bars', total: 10, lane: 'compute', work, ...more };
}

/** Work that the test ends by hand. */
function held() {
  const { promise, resolve, reject } = Promise.withResolvers<string | null>();
  let control: JobControl | undefined;
  return {
    work: (given: JobControl): Promise<string | null> => {
      control = given;
      given.signal.addEventListener('abort', () => {
        reject(new RenataError('CANCELLED', 'cancelled'));
      });
      return promise;
    },
    resolve,
    reject,
    control: (): JobControl => {
      if (control === undefined) throw new Error('the work has not begun');
      return control;
    },
    begun: () => control !== undefined,
  };
}

describe('jobs', () => {
  it('go from queued through running to done with a result', async () => {
    const { jobs, told } = setUp();
    const id = jobs.start(plan(async () => 'run-1'));
    const end = await jobs.finished(id);
    expect(end).toMatchObject({ state: 'done', progress: 1, completed: 10, result: 'run-1' });
    expect(told.map((job) => job.state)).toEqual(['queued', 'running', 'done']);
    expect(jobs.active()).toBe(0);
  });

  it('keep what their user has to know of the result', async () => {
    const { jobs } = setUp();
    const id = jobs.start(
      plan(async (control) => {
        for (let i = 1; i <= 20; i += 1) control.note(`Row ${i} was left out.`);
        return 'dataset-1';
      }),
    );
    const { notes } = await jobs.finished(id);
    expect(notes).toHaveLength(16);
    expect(notes?.[0]).toBe('Row 1 was left out.');
    const plain = await jobs.finished(jobs.start(plan(async () => 'dataset-2')));
    expect(plain).not.toHaveProperty('notes');
  });

  it('wait for a place in their lane and in order', async () => {
    const { jobs } = setUp(1);
    const [first, second, third] = [held(), held(), held()];
    jobs.start(plan(first.work));
    jobs.start(plan(second.work));
    jobs.start(plan(third.work));
    expect([first, second, third].map((each) => each.begun())).toEqual([true, false, false]);
    first.resolve(null);
    await vi.advanceTimersByTimeAsync(0);
    expect([second, third].map((each) => each.begun())).toEqual([true, false]);
  });

  it('of other lanes do not wait for each other', () => {
    const { jobs } = setUp(1);
    const [compute, store] = [held(), held()];
    jobs.start(plan(compute.work));
    jobs.start(plan(store.work, { lane: 'store' }));
    expect([compute.begun(), store.begun()]).toEqual([true, true]);
  });

  it('tell progress at most ten times a second, the last of it always, and never backwards', async () => {
    const { jobs, told } = setUp();
    const work = held();
    jobs.start(plan(work.work, { total: 1_000 }));
    await vi.advanceTimersByTimeAsync(0);
    for (let done = 1; done <= 500; done += 1) {
      work.control().progress(done, 1_000);
      await vi.advanceTimersByTimeAsync(2);
    }
    work.control().progress(100, 1_000);
    await vi.advanceTimersByTimeAsync(200);
    const progress = told.filter((job) => job.state === 'running').map((job) => job.completed);
    expect(progress.length).toBeLessThanOrEqual(13);
    expect(progress.length).toBeGreaterThanOrEqual(9);
    expect(progress).toEqual(progress.toSorted((a, b) => a - b));
    expect(progress.at(-1)).toBe(500);
  });

  it('that fail say why; defects are told and cross as INTERNAL', async () => {
    const { jobs, defects } = setUp();
    const meant = jobs.start(
      plan(async () => {
        throw new RenataError('BAD_FILE', 'prices.csv, line 3: close is not a number.');
      }),
    );
    expect(await jobs.finished(meant)).toMatchObject({
      state: 'failed',
      error: { code: 'BAD_FILE', retryable: false },
    });
    expect(defects).toEqual([]);
    const defect = jobs.start(
      plan(() => {
        throw new TypeError('boom');
      }),
    );
    expect(await jobs.finished(defect)).toMatchObject({ error: { code: 'INTERNAL' } });
    expect(defects).toHaveLength(1);
  });

  it('that wait are cancelled at once, those that run when they see it', async () => {
    const { jobs } = setUp(1);
    const [first, second] = [held(), held()];
    const running = jobs.start(plan(first.work));
    const waiting = jobs.start(plan(second.work));
    jobs.cancel(waiting);
    expect(await jobs.finished(waiting)).toMatchObject({ state: 'cancelled', startedAt: null });
    jobs.cancel(running);
    expect(await jobs.finished(running)).toMatchObject({ state: 'cancelled', error: null });
    expect(second.begun()).toBe(false);
    // Ended jobs stay as they are.
    jobs.cancel(running);
    expect(jobs.list().map((job) => job.state)).toEqual(['cancelled', 'cancelled']);
  });

  it('that end before a cancel is seen are done', async () => {
    const { jobs } = setUp();
    const { promise, resolve } = Promise.withResolvers<string>();
    const id = jobs.start(plan(() => promise));
    jobs.cancel(id);
    resolve('run-9');
    expect(await jobs.finished(id)).toMatchObject({ state: 'done', result: 'run-9' });
  });

  it('are forgotten after two hundred, the oldest first', async () => {
    const { jobs } = setUp();
    const ids: string[] = [];
    for (let i = 0; i < 205; i += 1) {
      const id = jobs.start(plan(async () => null));
      ids.push(id);
      await jobs.finished(id);
    }
    expect(jobs.list()).toHaveLength(200);
    expect(jobs.list()[0]?.id).toBe(ids.at(-1));
    expect(() => jobs.cancel(ids[0] ?? '')).toThrow(/no job/);
    expect(() => jobs.cancel(ids[10] ?? '')).not.toThrow();
  });

  it('are bounded in number', () => {
    const { jobs } = setUp(1);
    for (let i = 0; i < 201; i += 1) jobs.start(plan(held().work));
    expect(() => jobs.start(plan(held().work))).toThrow(/200 jobs are waiting/);
  });

  it('all end when the service closes', async () => {
    const { jobs } = setUp(1);
    jobs.start(plan(held().work));
    jobs.start(plan(held().work));
    await jobs.close();
    expect(jobs.list().map((job) => job.state)).toEqual(['cancelled', 'cancelled']);
    expect(() => jobs.start(plan(held().work))).toThrow(/closing/);
  });
});
