import { pathToFileURL } from 'node:url';
import { holdTargets } from '../../engine/allocation/holdings.ts';
import type { AllocationMethod } from '../../engine/allocation/request.ts';
import { allocationTargets, type WalkForwardInput } from '../../engine/allocation/walk-forward.ts';
import { Random } from '../../engine/backtest/random.ts';
import { MS_PER_DAY } from '../../engine/domain/time.ts';

const ASSETS = 100;
const YEARS = 20;
const LOOKBACK = 252;
const RUNS = 5;

const METHODS: readonly AllocationMethod[] = [
  { kind: 'minimum-variance' },
  { kind: 'maximum-sharpe' },
  { kind: 'risk-parity' },
  { kind: 'hierarchical-risk-parity' },
];

/** Walk-forward allocation of 100 assets over 20 years, month by month; weights are compared first. */
export async function run(): Promise<unknown> {
  const market = factorMarket();
  const input: WalkForwardInput = {
    ...market,
    schedule: { kind: 'monthly' },
    lookback: LOOKBACK,
    method: { kind: 'minimum-variance' },
  };
  const { targets } = allocationTargets(input);
  checkAgainstPlain(market, targets);
  const seconds: Record<string, number> = {};
  for (const method of METHODS) {
    seconds[method.kind] = await medianSeconds(() => allocationTargets({ ...input, method }));
  }
  const estimator = { kind: 'ledoit-wolf-constant-correlation' } as const;
  const shrunk = await medianSeconds(() => allocationTargets({ ...input, estimator }));
  const held = await medianSeconds(() => holdTargets(market.closes, targets, { costBps: 5 }));
  return {
    checked:
      'weights of the first, middle and last month equal those of a projected-gradient loop within 1e-6',
    assets: ASSETS,
    bars: market.time.length,
    rebalances: targets.length,
    walkForwardSeconds: { ...seconds, 'minimum-variance, Ledoit-Wolf': shrunk },
    wantedMinimumVarianceSeconds: 1,
    holdTargetsSeconds: held,
  };
}

/** Prices of a market factor, ten sectors and noise, on weekdays. */
function factorMarket(): Pick<WalkForwardInput, 'assets' | 'time' | 'closes'> {
  const random = new Random(11);
  const days: number[] = [];
  for (let day = 10_227; days.length < YEARS * 261; day += 1) {
    if ((day + 4) % 7 !== 0 && (day + 4) % 7 !== 6) days.push(day * MS_PER_DAY);
  }
  const time = Float64Array.from(days);
  const betas = Array.from({ length: ASSETS }, () => 0.4 + 1.2 * random.uniform());
  const noise = Array.from({ length: ASSETS }, () => 0.005 + 0.02 * random.uniform());
  const closes = Array.from({ length: ASSETS }, () => new Float64Array(time.length).fill(100));
  for (let t = 1; t < time.length; t += 1) {
    const whole = 0.0003 + 0.01 * random.normal();
    const sectors = Array.from({ length: 10 }, () => 0.006 * random.normal());
    closes.forEach((column, i) => {
      const move =
        (betas[i] as number) * whole +
        (sectors[i % 10] as number) +
        (noise[i] as number) * random.normal();
      column[t] = (column[t - 1] as number) * Math.exp(move);
    });
  }
  return { assets: closes.map((_, i) => `A${i}`), time, closes };
}

/** The same weights by plain projected gradient steps. */
function checkAgainstPlain(
  { closes }: Pick<WalkForwardInput, 'closes'>,
  targets: readonly { readonly bar: number; readonly weights: Float64Array }[],
): void {
  for (const at of [0, targets.length >> 1, targets.length - 1]) {
    const target = targets[at];
    if (target === undefined) throw new Error('there is no target');
    const returns = closes.map((column) => {
      return Array.from({ length: LOOKBACK }, (_, k) => {
        const t = target.bar - LOOKBACK + 1 + k;
        return (column[t] as number) / (column[t - 1] as number) - 1;
      });
    });
    const best = plainMinimumVariance(returns);
    best.forEach((weight, i) => {
      if (Math.abs(weight - (target.weights[i] as number)) > 1e-6) {
        throw new Error(`bar ${target.bar}, asset ${i}: ${target.weights[i]} is not ${weight}`);
      }
    });
  }
}

function plainMinimumVariance(returns: readonly number[][]): number[] {
  const n = returns.length;
  const centred = returns.map((row) => {
    const mean = row.reduce((a, b) => a + b, 0) / row.length;
    return row.map((value) => value - mean);
  });
  const covariance = centred.map((a) =>
    centred.map(
      (b) => a.reduce((sum, value, t) => sum + value * (b[t] as number), 0) / (a.length - 1),
    ),
  );
  const largest = Math.max(...covariance.map((row) => row.reduce((a, b) => a + Math.abs(b), 0)));
  let weights = returns.map(() => 1 / n);
  let ahead = weights;
  let momentum = 1;
  for (let k = 0; k < 20_000; k += 1) {
    const slope = covariance.map((row) =>
      row.reduce((sum, value, j) => sum + value * (ahead[j] as number), 0),
    );
    const next = ontoSimplex(ahead.map((value, i) => value - (slope[i] as number) / largest));
    const change = next.reduce(
      (sum, value, i) => sum + Math.abs(value - (weights[i] as number)),
      0,
    );
    const uphill = next.reduce(
      (sum, value, i) => sum + ((ahead[i] as number) - value) * (value - (weights[i] as number)),
      0,
    );
    const grown = uphill > 0 ? 1 : (1 + Math.sqrt(1 + 4 * momentum * momentum)) / 2;
    const kept = uphill > 0 ? 0 : (momentum - 1) / grown;
    ahead = next.map((value, i) => value + kept * (value - (weights[i] as number)));
    momentum = grown;
    weights = next;
    if (change < 1e-13) break;
  }
  return weights;
}

/** The nearest point with entries of 0 or more that sum to 1. */
function ontoSimplex(point: readonly number[]): number[] {
  const sorted = point.toSorted((a, b) => b - a);
  let sum = 0;
  let shift = 0;
  sorted.forEach((value, k) => {
    sum += value;
    const tried = (sum - 1) / (k + 1);
    if (value > tried) shift = tried;
  });
  return point.map((value) => Math.max(0, value - shift));
}

async function medianSeconds(work: () => unknown): Promise<number> {
  work();
  const times: number[] = [];
  for (let k = 0; k < RUNS; k += 1) {
    const started = performance.now();
    work();
    times.push((performance.now() - started) / 1_000);
  }
  return Number((times.toSorted((a, b) => a - b)[RUNS >> 1] as number).toFixed(3));
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  process.stdout.write(`${JSON.stringify(await run(), null, 2)}\n`);
}
