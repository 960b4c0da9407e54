import { expectedOf, minimum, targetRow } from './allocate.ts';
import { nearestAllowed, polytopeOf } from './constraints.ts';
import { greatestReturn } from './cvar.ts';
import { estimatesOf, fail } from './estimate.ts';
import { dot, quadraticForm } from './matrix.ts';
import type { AllocationRequest } from './request.ts';

/** One portfolio of the efficient frontier; figures are per bar. */
export interface FrontierPoint {
  readonly expectedReturn: number;
  readonly volatility: number;
  readonly weights: Float64Array;
}

/**
 * The portfolios of least variance for returns evenly spread from that of the minimum-variance portfolio to the
 * largest that the constraints allow (Markowitz 1952).
 * @param request its method is not looked at
 */
export function efficientFrontier(
  request: Omit<AllocationRequest, 'method'>,
  points: number,
): FrontierPoint[] {
  if (!(Number.isInteger(points) && points >= 2)) fail('points', `${points} is not 2 or more`);
  const estimates = estimatesOf({ ...request, method: { kind: 'minimum-variance' } });
  const { solid } = estimates;
  const expected = expectedOf(estimates, 'the efficient frontier');
  const polytope = polytopeOf(request.assets, request.constraints ?? {});
  const n = polytope.size;
  const linear = new Float64Array(n);
  nearestAllowed(polytope, linear);
  const first = minimum({ quadratic: solid, linear, polytope });
  const last = greatestReturn(expected, polytope).weights;
  const low = dot(expected, first);
  const high = dot(expected, last);
  return Array.from({ length: points }, (_, k) => {
    // Rounding must not put the last target out of reach.
    const target = low + (high - low) * Math.min(k / (points - 1), 1 - 1e-12);
    const rows = [...polytope.rows, targetRow(expected, target)];
    const weights =
      k === 0 ? first : minimum({ quadratic: solid, linear, polytope: { ...polytope, rows } });
    return {
      weights,
      expectedReturn: dot(expected, weights),
      volatility: Math.sqrt(quadraticForm(solid, weights)),
    };
  });
}
