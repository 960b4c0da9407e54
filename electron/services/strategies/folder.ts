import { RenataError } from '../../../engine/domain/errors.ts';
import { makeFolder } from '../../storage/make-folder.ts';

/**
 * Makes the folder of the user's strategies where there is none.
 * @throws RenataError UNAVAILABLE where the system makes none
 */
export function makeStrategyFolder(directory: string): void {
  try {
    makeFolder(directory);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new RenataError(
      'UNAVAILABLE',
      `The folder for strategies, ${directory}, cannot be made (${code}); free its name, check the permissions of the folder above it, or choose another data folder.`,
      { cause: error },
    );
  }
}
