import { RenataError } from '../domain/errors.ts';

/** How a long computation is watched and stopped. */
export interface WatchHooks {
  onProgress?(done: number, total: number): void;
  isCancelled?(): boolean;
}

/** Reports progress. @throws RenataError CANCELLED when the hooks ask for it. */
export function watch(hooks: WatchHooks, done: number, total: number, what: string): void {
  if (hooks.isCancelled?.() === true) throw new RenataError('CANCELLED', `${what} was cancelled.`);
  hooks.onProgress?.(done, total);
}

/** @throws RenataError BAD_INPUT naming the parameter unless `holds`. */
export function demand(holds: boolean, parameter: string, message: string): asserts holds {
  if (holds) return;
  throw new RenataError('BAD_INPUT', `${parameter}: ${message}`, { details: { parameter } });
}

/** @throws RenataError BAD_INPUT naming the first column and place that is no finite number. */
export function demandFinite(columns: readonly Float64Array[], parameter: string): void {
  for (const [k, column] of columns.entries()) {
    const place = column.findIndex((value) => !Number.isFinite(value));
    demand(
      place < 0,
      parameter,
      `value ${place} of column ${k} is ${column[place]}; fill or leave out the periods without a return.`,
    );
  }
}
