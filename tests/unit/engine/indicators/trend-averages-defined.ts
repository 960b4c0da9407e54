import {
  ago,
  at,
  atr,
  blank,
  change,
  ema,
  fold,
  highest,
  lowest,
  mean,
  middle,
  n,
  regression,
  rma,
  sma,
  sum,
  weighted,
  windows,
  wma,
  zip,
  type Definition,
  type Series,
} from './trend-naive.ts';

/** The averages and bands once more, from their definitions. */
export const AVERAGES_DEFINED: Readonly<Record<string, Definition>> = {
  hma: (b, p) => {
    const period = n(p, 'timeperiod');
    const raw = zip(
      (a, c) => 2 * a - c,
      wma(b.close, Math.floor(period / 2)),
      wma(b.close, period),
    );
    return [wma(raw, Math.floor(Math.sqrt(period)))];
  },
  alma: (b, p) => {
    const period = n(p, 'timeperiod');
    const s = period / n(p, 'sigma');
    const w = Array.from({ length: period }, (_, k) =>
      Math.exp(-0.5 * ((k - n(p, 'offset') * (period - 1)) / s) ** 2),
    );
    return [windows(b.close, period, (xs) => sum(xs.map((x, k) => x * at(w, k))) / sum(w))];
  },
  vwma: (b, p) => [
    b.close.map((_, i) => {
      const from = i - n(p, 'timeperiod') + 1;
      if (from < 0) return Number.NaN;
      const v = b.volume.slice(from, i + 1);
      return sum(v.map((x, k) => x * at(b.close, from + k))) / sum(v);
    }),
  ],
  smma: (b, p) => [rma(b.close, n(p, 'timeperiod'))],
  zlema: (b, p) => {
    const lag = Math.floor((n(p, 'timeperiod') - 1) / 2);
    return [
      ema(
        zip((x, d) => x + d, b.close, change(b.close, lag)),
        n(p, 'timeperiod'),
      ),
    ];
  },
  mcginley: (b, p) => {
    const period = n(p, 'timeperiod');
    return [
      fold(
        [sma(b.close, period)],
        (i) => mean(b.close.slice(0, i + 1)),
        (m, i) => m + (at(b.close, i) - m) / (n(p, 'factor') * period * (at(b.close, i) / m) ** 4),
        (x) => x,
      ),
    ];
  },
  vidya: (b, p) => {
    const w = n(p, 'cmoperiod');
    const moves = change(b.close);
    // Chande's momentum from gains and losses.
    const cmo = windows(moves, w, (xs) => {
      const gains = sum(xs.filter((x) => x > 0));
      const losses = -sum(xs.filter((x) => x < 0));
      return (gains - losses) / (gains + losses);
    });
    const k = 2 / (n(p, 'timeperiod') + 1);
    const step = (v: number, i: number): number =>
      k * Math.abs(at(cmo, i)) * at(b.close, i) + (1 - k * Math.abs(at(cmo, i))) * v;
    return [
      fold(
        [cmo],
        (i) => step(at(b.close, i - 1), i),
        step,
        (x) => x,
      ),
    ];
  },
  frama: (b, p) => {
    const half = Math.ceil(n(p, 'timeperiod') / 2);
    const span = (from: number, to: number): number =>
      Math.max(...b.high.slice(from, to)) - Math.min(...b.low.slice(from, to));
    const step = (v: number, i: number): number => {
      const n1 = span(i - half + 1, i + 1) / half;
      const n2 = span(i - 2 * half + 1, i - half + 1) / half;
      const n3 = span(i - 2 * half + 1, i + 1) / (2 * half);
      const d = (Math.log(n1 + n2) - Math.log(n3)) / Math.log(2);
      const a = Math.max(Math.min(Math.exp(-4.6 * (d - 1)), 1), 0.01);
      return a * at(middle(b).slice(i, i + 1), 0) + (1 - a) * v;
    };
    return [
      fold(
        [ago(b.close, 2 * half)],
        (i) => step((at(b.high, i - 1) + at(b.low, i - 1)) / 2, i),
        step,
        (x) => x,
      ),
    ];
  },
  super_smoother: (b, p) => {
    // The same poles, found as roots: y[t] = 2 Re(r) y[t-1] − |r|² y[t-2] + …
    const w = (Math.sqrt(2) * Math.PI) / n(p, 'timeperiod');
    const re = Math.exp(-w) * Math.cos(w);
    const im = Math.exp(-w) * Math.sin(w);
    const y: number[] = [];
    b.close.forEach((x, i) => {
      const size = re * re + im * im;
      y.push(
        i < 2
          ? x
          : 2 * re * at(y, i - 1) -
              size * at(y, i - 2) +
              (1 - 2 * re + size) * mean([x, at(b.close, i - 1)]),
      );
    });
    return [y.map((v, i) => (i < 2 ? Number.NaN : v))];
  },
  gaussian: (b, p) => {
    const turn = (2 * Math.PI) / n(p, 'timeperiod');
    const beta = (1 - Math.cos(turn)) / (2 ** (1 / n(p, 'poles')) - 1);
    const alpha = -beta + Math.sqrt(beta * beta + 2 * beta);
    let xs: Series = b.close;
    for (let k = 0; k < n(p, 'poles'); k += 1) xs = weighted(xs, alpha);
    return [xs];
  },
  median: (b, p) => [
    windows(b.close, n(p, 'timeperiod'), (w) => {
      const sorted = w.toSorted((x, y) => x - y);
      const k = sorted.length / 2;
      return mean([at(sorted, Math.ceil(k) - 1), at(sorted, Math.floor(k))]);
    }),
  ],
  gmma: (b) => [3, 5, 8, 10, 12, 15, 30, 35, 40, 45, 50, 60].map((k) => ema(b.close, k)),
  keltner: (b, p) => {
    const m = ema(b.close, n(p, 'timeperiod'));
    const r = atr(b, n(p, 'atrperiod')).map((x) => x * n(p, 'multiplier'));
    return [zip((x, d) => x + d, m, r), blank(m, r), zip((x, d) => x - d, m, r)];
  },
  atr_bands: (b, p) => {
    const r = atr(b, n(p, 'timeperiod')).map((x) => x * n(p, 'multiplier'));
    return [zip((x, d) => x + d, b.close, r), zip((x, d) => x - d, b.close, r)];
  },
  donchian: (b, p) => {
    const top = highest(b.high, n(p, 'timeperiod'));
    const bottom = lowest(b.low, n(p, 'timeperiod'));
    return [top, zip((x, y) => (x + y) / 2, top, bottom), bottom];
  },
  envelope: (b, p) => {
    const m = sma(b.close, n(p, 'timeperiod'));
    const k = n(p, 'percent') / 100;
    return [m.map((x) => x + x * k), m, m.map((x) => x - x * k)];
  },
  linreg_channel: (b, p) => {
    const part = (k: 0 | 1 | 2 | 3): number[] =>
      windows(b.close, n(p, 'timeperiod'), (w) => regression(w)[k]);
    const reach = part(2).map((x) => x * n(p, 'nbdev'));
    const m = part(0);
    return [m, zip((x, d) => x + d, m, reach), zip((x, d) => x - d, m, reach), part(1), part(3)];
  },
};
