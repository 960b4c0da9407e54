import { VenueError } from '../../engine/ports/venue-error.ts';

/**
 * Asks what has to be known before an order is sent: a question that failed leaves nothing open, since
 * nothing was sent.
 * @throws VenueError, `not-sent` where the answer to the question is open
 */
export async function beforeSending<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof VenueError) || error.failure !== 'unknown') throw error;
    throw new VenueError('not-sent', `Nothing was sent: ${error.message}`, { cause: error });
  }
}
