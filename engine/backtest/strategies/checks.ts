import { RenataError } from '../../domain/errors.ts';
import { numberOf } from '../../indicators/definition.ts';
import type { ParameterValues } from '../../domain/parameters.ts';

/** @throws RenataError BAD_INPUT naming the smaller parameter unless `low` < `high`. */
export function requireLess(
  strategy: string,
  parameters: ParameterValues,
  low: string,
  high: string,
): void {
  const a = numberOf(parameters, low);
  const b = numberOf(parameters, high);
  if (a < b) return;
  throw new RenataError('BAD_INPUT', `${strategy}: ${low} ${a} must be less than ${high} ${b}.`, {
    details: { parameter: low },
  });
}
