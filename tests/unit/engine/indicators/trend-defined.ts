import {
  ago,
  at,
  atr,
  blank,
  change,
  deviation,
  ema,
  fold,
  highest,
  lowest,
  magnitude,
  mean,
  middle,
  n,
  ranges,
  regression,
  rma,
  roc,
  sma,
  sum,
  weighted,
  windows,
  wma,
  zip,
  type Bars,
  type Definition,
  type Series,
  type Values,
} from './trend-naive.ts';

function bollinger(p: Values, b: Bars): readonly [upper: number[], mid: number[], lower: number[]] {
  const m = sma(b.close, n(p, 'timeperiod'));
  const s = windows(b.close, n(p, 'timeperiod'), deviation);
  const k = n(p, 'nbdev');
  return [zip((x, d) => x + k * d, m, s), m, zip((x, d) => x - k * d, m, s)];
}

function alligator(b: Bars, p: Values): readonly Series[] {
  return ['jaw', 'teeth', 'lips'].map((name) =>
    ago(rma(middle(b), n(p, name)), n(p, `${name}shift`)),
  );
}

/** Place in the range in percent; without range the place before, 50 at first. */
function stochastic(xs: Series, period: number): number[] {
  const top = highest(xs, period);
  const bottom = lowest(xs, period);
  const next = (before: number, i: number): number => {
    const span = at(top, i) - at(bottom, i);
    return span > 0 ? (100 * (at(xs, i) - at(bottom, i))) / span : before;
  };
  return fold(
    [top],
    (i) => next(50, i),
    next,
    (x) => x,
  );
}

/** The other indicators once more, from their definitions. */
export const TREND_DEFINED: Readonly<Record<string, Definition>> = {
  supertrend: (b, p) => {
    const range = atr(b, n(p, 'timeperiod'));
    const k = n(p, 'multiplier');
    const upper: number[] = [];
    const lower: number[] = [];
    const trend: number[] = [];
    b.close.forEach((x, i) => {
      const m = (at(b.high, i) + at(b.low, i)) / 2;
      const before = at(b.close, i - 1);
      const up = m + k * at(range, i);
      const down = m - k * at(range, i);
      // A band only tightens unless the close before stood beyond it.
      upper.push(before <= at(upper, i - 1) ? Math.min(up, at(upper, i - 1)) : up);
      lower.push(before >= at(lower, i - 1) ? Math.max(down, at(lower, i - 1)) : down);
      if (Number.isNaN(up)) trend.push(Number.NaN);
      else if (Number.isNaN(at(trend, i - 1))) trend.push(-1);
      else if (at(trend, i - 1) === 1) trend.push(x < at(lower, i) ? -1 : 1);
      else trend.push(x > at(upper, i) ? 1 : -1);
    });
    const up = zip((t, l) => (t === 1 ? l : Number.NaN), trend, lower);
    const down = zip((t, u) => (t === -1 ? u : Number.NaN), trend, upper);
    return [zip((t, l, u) => (t === 1 ? l : u), trend, lower, upper), trend, up, down];
  },
  ichimoku: (b, p) => {
    const mid = (k: number): number[] =>
      zip((h, l) => (h + l) / 2, highest(b.high, k), lowest(b.low, k));
    const tenkan = mid(n(p, 'conversion'));
    const kijun = mid(n(p, 'base'));
    const shift = n(p, 'displacement');
    const a = zip((x, y) => (x + y) / 2, tenkan, kijun);
    return [
      tenkan,
      kijun,
      ago(a, shift),
      ago(mid(n(p, 'span')), shift),
      blank(b.close, ago(b.close, shift)),
    ];
  },
  chandelier: (b, p) => {
    const r = atr(b, n(p, 'timeperiod')).map((x) => x * n(p, 'multiplier'));
    return [
      zip((x, d) => x - d, highest(b.high, n(p, 'timeperiod')), r),
      zip((x, d) => x + d, lowest(b.low, n(p, 'timeperiod')), r),
    ];
  },
  chande_kroll: (b, p) => {
    const period = n(p, 'timeperiod');
    const r = atr(b, period).map((x) => x * n(p, 'multiplier'));
    return [
      lowest(
        zip((x, d) => x + d, lowest(b.low, period), r),
        n(p, 'stopperiod'),
      ),
      highest(
        zip((x, d) => x - d, highest(b.high, period), r),
        n(p, 'stopperiod'),
      ),
    ];
  },
  vortex: (b, p) => {
    const total = (xs: Series): number[] => windows(xs, n(p, 'timeperiod'), sum);
    const tr = total(ranges(b));
    const up = total(zip((h, l) => Math.abs(h - l), b.high, ago(b.low, 1)));
    const down = total(zip((l, h) => Math.abs(l - h), b.low, ago(b.high, 1)));
    return [zip((x, r) => x / r, up, tr), zip((x, r) => x / r, down, tr)];
  },
  mass_index: (b, p) => {
    const once = ema(
      zip((h, l) => h - l, b.high, b.low),
      n(p, 'emaperiod'),
    );
    const ratio = zip((x, y) => x / y, once, ema(once, n(p, 'emaperiod')));
    return [windows(ratio, n(p, 'timeperiod'), sum)];
  },
  choppiness: (b, p) => {
    const k = n(p, 'timeperiod');
    const span = zip((h, l) => h - l, highest(b.high, k), lowest(b.low, k));
    const way = windows(ranges(b), k, sum);
    return [zip((w, s) => (100 * Math.log10(w / s)) / Math.log10(k), way, span)];
  },
  vhf: (b, p) => {
    const k = n(p, 'timeperiod');
    const way = windows(magnitude(change(b.close)), k, sum);
    return [zip((h, l, w) => (h - l) / w, highest(b.close, k), lowest(b.close, k), way)];
  },
  rwi: (b, p) => {
    const ks = Array.from({ length: n(p, 'timeperiod') - 1 }, (_, k) => k + 2);
    const tr = ranges(b);
    const of = (move: (i: number, k: number) => number): number[] =>
      tr.map((_, i) =>
        Math.max(
          ...ks.map(
            (k) => move(i, k) / (mean(i < k ? [Number.NaN] : tr.slice(i - k, i)) * Math.sqrt(k)),
          ),
        ),
      );
    return [
      of((i, k) => at(b.high, i) - at(b.low, i - k)),
      of((i, k) => at(b.high, i - k) - at(b.low, i)),
    ];
  },
  trend_intensity: (b, p) => {
    const m = sma(b.close, n(p, 'timeperiod'));
    return [
      b.close.map((_, i) => {
        const d = b.close
          .slice(Math.max(i - n(p, 'deviations') + 1, 0), i + 1)
          .map((x) => x - at(m, i));
        const up = sum(d.filter((x) => x > 0));
        const down = -sum(d.filter((x) => x < 0));
        return (
          (100 * up) /
          (Number.isNaN(at(m, i)) || d.length < n(p, 'deviations') ? Number.NaN : up + down)
        );
      }),
    ];
  },
  alligator,
  gator: (b, p) => {
    const [jaw = [], teeth = [], lips = []] = alligator(b, p);
    return [
      zip((x, y) => Math.abs(x - y), jaw, teeth),
      zip((x, y) => -Math.abs(x - y), teeth, lips),
    ];
  },
  fractals: (b, p) => {
    const k = n(p, 'bars');
    const of = (xs: Series, sign: number): number[] =>
      windows(xs, 2 * k + 1, (w) =>
        w.every((x, j) => j === k || sign * at(w, k) > sign * x) ? at(w, k) : Number.NaN,
      );
    return [of(b.high, 1), of(b.low, -1)];
  },
  elder_impulse: (b, p) => {
    const a = n(p, 'fastperiod');
    const c = n(p, 'slowperiod');
    // The fast average starts with the slow one.
    const late = b.close.map((x, i) => (i < c - a ? Number.NaN : x));
    const macd = zip((x, y) => x - y, ema(late, a), ema(b.close, c));
    const hist = change(zip((x, y) => x - y, macd, ema(macd, n(p, 'signalperiod'))));
    const inertia = change(ema(b.close, n(p, 'timeperiod')));
    return [
      zip(
        (x, y) =>
          Number.isNaN(x + y) ? Number.NaN : Math.trunc((Math.sign(x) + Math.sign(y)) / 2),
        inertia,
        hist,
      ),
    ];
  },
  squeeze: (b, p) => {
    const k = n(p, 'timeperiod');
    const [upper, m, lower] = bollinger(p, b);
    const r = sma(ranges(b), k).map((x) => x * n(p, 'multiplier'));
    const x = zip(
      (c, h, l, s) => c - mean([mean([h, l]), s]),
      b.close,
      highest(b.high, k),
      lowest(b.low, k),
      m,
    );
    const momentum = windows(x, k, (w) => regression(w)[0]);
    const on = zip((u, l, s, d) => (u < s + d && l > s - d ? 1 : 0), upper, lower, m, r);
    return [momentum, blank(on, momentum)];
  },
  coppock: (b, p) => [
    wma(
      zip((x, y) => x + y, roc(b.close, n(p, 'longroc')), roc(b.close, n(p, 'shortroc'))),
      n(p, 'wmaperiod'),
    ),
  ],
  kst: (b, p) => {
    const parts = [1, 2, 3, 4].map((k) =>
      sma(roc(b.close, n(p, `roc${k}`)), n(p, `sma${k}`)).map((x) => x * k),
    );
    const kst = zip((...xs) => sum(xs), ...parts);
    const signal = sma(kst, n(p, 'signalperiod'));
    return [blank(kst, signal), signal];
  },
  dpo: (b, p) => {
    const k = n(p, 'timeperiod');
    return [zip((x, m) => x - m, b.close, ago(sma(b.close, k), Math.floor(k / 2) + 1))];
  },
  tsi: (b, p) => {
    const twice = (xs: Series): number[] => ema(ema(xs, n(p, 'longperiod')), n(p, 'shortperiod'));
    const m = change(b.close);
    const tsi = zip((x, y) => (100 * x) / y, twice(m), twice(magnitude(m)));
    const signal = ema(tsi, n(p, 'signalperiod'));
    return [blank(tsi, signal), signal];
  },
  stc: (b, p) => {
    const k = n(p, 'timeperiod');
    const f = n(p, 'factor');
    const macd = zip(
      (x, y) => x - y,
      ema(b.close, n(p, 'fastperiod')),
      ema(b.close, n(p, 'slowperiod')),
    );
    return [weighted(stochastic(weighted(stochastic(macd, k), f), k), f)];
  },
  qqe: (b, p) => {
    const k = n(p, 'timeperiod');
    const m = change(b.close);
    const gain = rma(
      m.map((x) => Math.max(x, 0)),
      k,
    );
    const loss = rma(
      m.map((x) => Math.max(-x, 0)),
      k,
    );
    const q = ema(
      zip((g, l) => 100 - 100 / (1 + g / l), gain, loss),
      n(p, 'smoothing'),
    );
    const wild = 2 * k - 1;
    const r = ema(ema(magnitude(change(q)), wild), wild).map((x) => x * n(p, 'factor'));
    const line = fold(
      [r],
      (i) => at(q, i) - at(r, i),
      (tr, i) => {
        const [now, before, d] = [at(q, i), at(q, i - 1), at(r, i)];
        if (now < tr) return before < tr && now + d > tr ? tr : now + d;
        if (now > tr) return before > tr && now - d < tr ? tr : now - d;
        return tr;
      },
      (x) => x,
    );
    return [blank(q, r), line];
  },
  wave_trend: (b, p) => {
    const price = zip((h, l, c) => mean([h, l, c]), b.high, b.low, b.close);
    const a = ema(price, n(p, 'channel'));
    const off = zip((x, y) => x - y, price, a);
    const d = ema(magnitude(off), n(p, 'channel'));
    const wt1 = ema(
      zip((x, y) => x / y / 0.015, off, d),
      n(p, 'average'),
    );
    const wt2 = sma(wt1, n(p, 'signalperiod'));
    return [blank(wt1, wt2), wt2];
  },
  bb_percent_b: (b, p) => {
    const [u, , l] = bollinger(p, b);
    return [zip((x, y, z) => (x - z) / (y - z), b.close, u, l)];
  },
  bb_bandwidth: (b, p) => {
    const [u, m, l] = bollinger(p, b);
    return [zip((x, y, z) => (100 * (x - z)) / y, u, m, l)];
  },
  zscore: (b, p) => [
    windows(b.close, n(p, 'timeperiod'), (w) => (at(w, w.length - 1) - mean(w)) / deviation(w)),
  ],
};
