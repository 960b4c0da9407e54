import type { ErrorPayload } from '../../../engine/domain/errors.ts';
import type { TicketErrors } from './ticket-form.ts';

/** What the workstation says of a ticket, beside the field that it is about or, where none is, by itself. */
export function refusalOf(
  error: ErrorPayload | undefined,
  fieldOf: (parameter: string) => string,
  shown: ReadonlySet<string>,
): { readonly errors: TicketErrors; readonly elsewhere: string | undefined } {
  if (error === undefined) return { errors: {}, elsewhere: undefined };
  const parameter = error.details?.['parameter'];
  const field = typeof parameter === 'string' ? fieldOf(parameter) : undefined;
  if (field === undefined) return { errors: {}, elsewhere: error.message };
  return {
    errors: { [field]: error.message },
    elsewhere: shown.has(field) ? undefined : error.message,
  };
}
