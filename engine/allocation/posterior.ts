import { blackLitterman, type Posterior } from './black-litterman.ts';
import { estimatesOf } from './estimate.ts';
import type { AllocationRequest } from './request.ts';

type BlackLitterman = Extract<AllocationRequest['method'], { kind: 'black-litterman' }>;

/** What the views make of the equilibrium, by the covariance that an allocation would estimate. Per bar. */
export function posteriorOf(
  request: Omit<AllocationRequest, 'method'> & { readonly method: BlackLitterman },
): Posterior {
  const { assets, method } = request;
  const { market, views, riskAversion = 2.5, tau = 0.05 } = method;
  return blackLitterman({
    covariance: estimatesOf(request).solid,
    market: Float64Array.from(market),
    riskAversion,
    tau,
    views,
    assets,
  });
}
