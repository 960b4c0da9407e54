import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LAYOUT } from '../../electron/layout.ts';
import { openWorkstation, type Workstation } from '../../electron/workstation.ts';
import { RenataError } from '../../engine/domain/errors.ts';
import type { ContractClient } from '../../engine/protocol/contract.ts';
import type { Job, Run } from '../../engine/protocol/schemas.ts';

/** A workstation in a folder of its own, with the data that comes along, and a client of it. */
export interface TestWorkstation {
  /** Its data are in `data` below it. */
  readonly folder: string;
  readonly workstation: Workstation;
  readonly client: ContractClient;
  close(): Promise<void>;
}

export async function openTestWorkstation(name: string): Promise<TestWorkstation> {
  const folder = mkdtempSync(join(tmpdir(), `renata-${name}-`));
  const remove = (): void => rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  try {
    const workstation = await openWorkstation({
      dataDirectory: join(folder, 'data'),
      version: LAYOUT.version,
      workerUrl: LAYOUT.workerUrl,
      storeThreadUrl: LAYOUT.storeThreadUrl,
      resourcesDirectory: LAYOUT.resourcesDirectory,
      carrier: 'cli',
      seedDefault: true,
      checkOutputs: true,
      threads: 1,
    });
    const client = workstation.localClient({ carrier: 'cli' });
    await workstation.seeded;
    const close = async (): Promise<void> => {
      await workstation.close();
      remove();
    };
    return { folder, workstation, client, close };
  } catch (error) {
    remove();
    throw error;
  }
}

/** The job, once it has ended. */
export async function ended(client: ContractClient, jobId: string): Promise<Job> {
  for (;;) {
    const job = (await client.call('jobs.list', {})).find((each) => each.id === jobId);
    if (job !== undefined && job.finishedAt !== null) return job;
    await new Promise((resolve) => {
      setTimeout(resolve, 10);
    });
  }
}

/** The run that a job of `backtest.run` has made; fails as the job does. */
export async function runOf(client: ContractClient, jobId: string): Promise<Run> {
  const job = await ended(client, jobId);
  if (job.error !== null) throw RenataError.fromPayload(job.error);
  return client.call('runs.get', { runId: job.result ?? '' });
}

/** The RenataError that work fails with. */
export async function failure(work: Promise<unknown>): Promise<RenataError> {
  try {
    await work;
  } catch (error) {
    if (error instanceof RenataError) return error;
    throw error;
  }
  throw new Error('it succeeded');
}
