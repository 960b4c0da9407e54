import { binary, recursive, ternary, unary, type Operation } from './operation.ts';

/** 1, 0 or NaN of a condition over values that may be missing. */
function truth(condition: boolean, a: number, b: number): number {
  // a !== a holds for NaN alone.
  // oxlint-disable-next-line no-self-compare
  return a !== a || b !== b ? Number.NaN : condition ? 1 : 0;
}

/** A result that is no finite number, as of a division by zero, is missing: no rule may act on it. */
function finite(x: number): number {
  return x - x === 0 ? x : Number.NaN;
}

/** Kleene's and: false wins over missing. */
function kleeneAnd(a: number, b: number): number {
  return a === 0 || b === 0 ? 0 : a === 1 && b === 1 ? 1 : Number.NaN;
}

/** Kleene's or: true wins over missing. */
function kleeneOr(a: number, b: number): number {
  return a === 1 || b === 1 ? 1 : a === 0 && b === 0 ? 0 : Number.NaN;
}

/** Remainder with the sign of the divisor, as clocks and calendars need it. */
function modulo(a: number, b: number): number {
  return a - b * Math.floor(a / b);
}

const isMissing = (a: number): number => (Number.isNaN(a) ? 1 : 0);

export const OPERATORS: Readonly<Record<string, Operation>> = {
  '+': binary(
    '+',
    (a, b) => a + b,
    (a, b, out) => {
      for (let i = 0; i < out.length; i += 1) out[i] = (a[i] as number) + (b[i] as number);
    },
  ),
  '-': binary(
    '-',
    (a, b) => a - b,
    (a, b, out) => {
      for (let i = 0; i < out.length; i += 1) out[i] = (a[i] as number) - (b[i] as number);
    },
  ),
  '*': binary(
    '*',
    (a, b) => finite(a * b),
    (a, b, out) => {
      for (let i = 0; i < out.length; i += 1) out[i] = finite((a[i] as number) * (b[i] as number));
    },
  ),
  '/': binary(
    '/',
    (a, b) => finite(a / b),
    (a, b, out) => {
      for (let i = 0; i < out.length; i += 1) out[i] = finite((a[i] as number) / (b[i] as number));
    },
  ),
  '%': binary('%', modulo),
  '^': binary('^', (a, b) => finite(a ** b)),
  '<': binary('<', (a, b) => truth(a < b, a, b)),
  '<=': binary('<=', (a, b) => truth(a <= b, a, b)),
  '>': binary('>', (a, b) => truth(a > b, a, b)),
  '>=': binary('>=', (a, b) => truth(a >= b, a, b)),
  '==': binary('==', (a, b) => truth(a === b, a, b)),
  '!=': binary('!=', (a, b) => truth(a !== b, a, b)),
  and: binary('and', kleeneAnd),
  or: binary('or', kleeneOr),
};

export const NEGATE = unary('negate', (a) => -a);
export const NOT = unary('not', (a) => (a === 1 ? 0 : a === 0 ? 1 : Number.NaN));
export const ABS = unary('abs', (a) => Math.abs(a));
export const SIGN = unary('sign', (a) => Math.sign(a));
export const ROUND = binary('round', (a, digits) => {
  const scale = 10 ** digits;
  const rounded = Math.round(a * scale) / scale;
  // Beyond the digits that a number has there is nothing to round; left of them nothing remains.
  return rounded - rounded === 0 || Number.isNaN(a + digits) ? rounded : digits > 0 ? a : 0;
});
export const GREATEST = binary('greatest', (a, b) => Math.max(a, b));
export const LEAST = binary('least', (a, b) => Math.min(a, b));
export const CHOOSE = ternary('if', (condition, a, b) =>
  condition === 1 ? a : condition === 0 ? b : Number.NaN,
);
export const MISSING = unary('missing', isMissing);
export const FILL_MISSING = binary('fill_missing', (a, b) => (Number.isNaN(a) ? b : a));

/** `x[n]`: the value n bars ago. */
export const SHIFT: Operation = {
  id: 'shift',
  lookback: ([bars = 0]) => bars,
  columns([a = new Float64Array(0)], [bars = 0], output) {
    const lead = Math.min(bars, output.length);
    output.fill(Number.NaN, 0, lead);
    output.set(a.subarray(0, output.length - lead), lead);
  },
  stream: ([bars = 0]) => {
    // state: [position, ring of the last `bars` values]
    const state = new Float64Array(bars + 1).fill(Number.NaN);
    state[0] = 0;
    return {
      state,
      step(inputs, outputs) {
        if (bars === 0) {
          outputs[0] = inputs[0] as number;
          return;
        }
        const at = (state[0] as number) + 1;
        outputs[0] = state[at] as number;
        state[at] = inputs[0] as number;
        state[0] = at === bars ? 0 : at;
      },
    };
  },
};

/** True on the bar on which a gets above b: a was at or below b one bar before. */
export const CROSSOVER = crossing('crossover', true);
/** True on the bar on which a gets below b: a was at or above b one bar before. */
export const CROSSUNDER = crossing('crossunder', false);

function crossed(up: boolean, a: number, b: number, lastA: number, lastB: number): number {
  if (Number.isNaN(a + b + lastA + lastB)) return Number.NaN;
  return (up ? a > b && lastA <= lastB : a < b && lastA >= lastB) ? 1 : 0;
}

function crossing(id: string, up: boolean): Operation {
  return {
    id,
    lookback: () => 1,
    columns([a = new Float64Array(0), b = new Float64Array(0)], _parameters, output) {
      let lastA = Number.NaN;
      let lastB = Number.NaN;
      for (let i = 0; i < output.length; i += 1) {
        const nowA = a[i] as number;
        const nowB = b[i] as number;
        output[i] = crossed(up, nowA, nowB, lastA, lastB);
        lastA = nowA;
        lastB = nowB;
      }
    },
    stream: () => {
      const state = new Float64Array(2).fill(Number.NaN);
      return {
        state,
        step(inputs, outputs) {
          const a = inputs[0] as number;
          const b = inputs[1] as number;
          outputs[0] = crossed(up, a, b, state[0] as number, state[1] as number);
          state[0] = a;
          state[1] = b;
        },
      };
    },
  };
}

/** Bars since the condition was last true, 0 on such a bar; missing before the first. */
export const BARS_SINCE = recursive('bars_since', () => {
  const state = new Float64Array([Number.NaN]);
  return {
    state,
    step(inputs, outputs) {
      state[0] = inputs[0] === 1 ? 0 : (state[0] as number) + 1;
      outputs[0] = state[0];
    },
  };
});

/** Value of x on the bar when the condition was true for the n-th last time (0 is the last). */
export const VALUE_WHEN = recursive('value_when', ([occurrence = 0]) => {
  const state = new Float64Array(occurrence + 1).fill(Number.NaN);
  return {
    state,
    step(inputs, outputs) {
      if (inputs[0] === 1) {
        state.copyWithin(1, 0);
        state[0] = inputs[1] as number;
      }
      outputs[0] = state[occurrence] as number;
    },
  };
});

/** Number of true bars among the last n; missing until n bars are known and while one is missing. */
export const COUNT = counting('count', (count) => count);
/** Whether one of the last n bars was true. */
export const ANY = counting('any', (count) => (count > 0 ? 1 : 0));
/** Whether each of the last n bars was true. */
export const ALL = counting('all', (count, bars) => (count === bars ? 1 : 0));

function counting(id: string, result: (count: number, bars: number) => number): Operation {
  return recursive(
    id,
    ([bars = 1]) => {
      // state: [position, true ones, missing ones, ring]; an empty place counts as missing.
      const state = new Float64Array(bars + 3).fill(Number.NaN);
      state[0] = 0;
      state[1] = 0;
      state[2] = bars;
      return {
        state,
        step(inputs, outputs) {
          const at = state[0] as number;
          const leaving = state[at + 3] as number;
          const entering = inputs[0] as number;
          let trueOnes = state[1] as number;
          let missing = state[2] as number;
          if (Number.isNaN(leaving)) missing -= 1;
          else trueOnes -= leaving;
          if (Number.isNaN(entering)) missing += 1;
          else trueOnes += entering;
          state[at + 3] = entering;
          state[0] = at + 1 === bars ? 0 : at + 1;
          state[1] = trueOnes;
          state[2] = missing;
          outputs[0] = missing > 0 ? Number.NaN : result(trueOnes, bars);
        },
      };
    },
    ([bars = 1]) => bars - 1,
  );
}

/** Largest of the last n values; missing while one of them is. */
export const HIGHEST = extreme('highest', (a, b) => a >= b, false);
/** Smallest of the last n values; missing while one of them is. */
export const LOWEST = extreme('lowest', (a, b) => a <= b, false);
/** True when x is greater than each of the n values before it. */
export const RISING = extreme('rising', (a, b) => a >= b, true);
/** True when x is less than each of the n values before it. */
export const FALLING = extreme('falling', (a, b) => a <= b, true);

/**
 * Sliding extreme by a monotone queue: constant work a bar on average, whatever the window.
 * @param beats whether a new value makes an older one irrelevant
 * @param compare false gives the extreme of the last n values; true asks whether the new value is
 *   strictly beyond the extreme of the n before it
 */
function extreme(
  id: string,
  beats: (a: number, b: number) => boolean,
  compare: boolean,
): Operation {
  return recursive(
    id,
    ([bars = 1]) => {
      // state: [bar number, queue head, queue size, last missing bar, queue of bar numbers, queue of values]
      // Bars are numbered from 1; bar 0, before the first, counts as missing.
      const state = new Float64Array(4 + 2 * bars);
      const best = (): number => state[4 + bars + (state[1] as number)] as number;
      const known = (): boolean => (state[0] as number) - (state[3] as number) >= bars;
      const push = (x: number): void => {
        const bar = (state[0] as number) + 1;
        state[0] = bar;
        if (Number.isNaN(x)) {
          state[2] = 0;
          state[3] = bar;
          return;
        }
        let head = state[1] as number;
        let size = state[2] as number;
        if (size > 0 && (state[4 + head] as number) <= bar - bars) {
          head = head + 1 === bars ? 0 : head + 1;
          size -= 1;
        }
        while (size > 0 && beats(x, state[4 + bars + ((head + size - 1) % bars)] as number))
          size -= 1;
        const tail = (head + size) % bars;
        state[4 + tail] = bar;
        state[4 + bars + tail] = x;
        state[1] = head;
        state[2] = size + 1;
      };
      return {
        state,
        step(inputs, outputs) {
          const x = inputs[0] as number;
          if (compare) {
            const ready = known() && !Number.isNaN(x);
            outputs[0] = ready ? (beats(best(), x) ? 0 : 1) : Number.NaN;
            push(x);
          } else {
            push(x);
            outputs[0] = known() ? best() : Number.NaN;
          }
        },
      };
    },
    ([bars = 1]) => (compare ? bars : bars - 1),
  );
}

/** Running total from the first bar on; missing values add nothing. */
export const CUMULATE = recursive('cumulate', () => {
  const state = new Float64Array(1);
  return {
    state,
    step(inputs, outputs) {
      const x = inputs[0] as number;
      if (!Number.isNaN(x)) state[0] = (state[0] as number) + x;
      outputs[0] = state[0] as number;
    },
  };
});
