import type { ParameterValues } from '../../domain/parameters.ts';
import {
  integer,
  line,
  numberOf,
  real,
  type IndicatorDefinition,
  type StreamKernel,
} from '../definition.ts';
import { rebuildEvery, SHRUNK } from '../kernels/running-sums.ts';
import { bySteps } from '../kernels/steps.ts';

/** Point of control and value area of a profile, as numbers of rows. */
export interface ProfileRows {
  poc: number;
  top: number;
  bottom: number;
}

export const VOLUME_PROFILE: IndicatorDefinition = {
  id: 'volume_profile',
  aliases: ['vpvr', 'value_area'],
  title: 'Volume profile levels',
  group: 'Support and Resistance',
  inputs: ['high', 'low', 'volume', 'session'],
  parameters: [
    integer('timeperiod', 'Period', 100, 'Bars of the profile, at most.', [1, 1_500]),
    integer('rows', 'Rows', 24, 'Rows of equal height between lowest and highest price.', [2, 200]),
    real('value_area', 'Value area %', 70, 'Share of the volume in the value area.', [1, 100], 1),
    {
      kind: 'choice',
      name: 'scope',
      label: 'Scope',
      description: 'The last bars whatever their day, or only those of the running session.',
      default: 'rolling',
      choices: ['rolling', 'session'],
    },
  ],
  outputs: [
    line('poc', 'Point of control'),
    line('vah', 'Value area high'),
    line('val', 'Value area low'),
  ],
  pane: 'overlay',
  levels: [],
  unstable: false,
  explanation:
    'At which prices the volume of the last bars was traded. The point of control is the middle of the row with the most volume; around it the value area holds the given share. A bar’s volume is spread evenly over its range from low to high, for what was traded at each price inside is not known; a bar without range gives all to its row. Of equal rows the one nearest the middle of the range is the point of control, then the lower. No value without volume; where all prices are one, all three levels are it. Scope "session" takes the bars of the running session only, at most the period. The profile runs on from bar to bar; a bar that changes the range of its prices builds it anew, which is work that grows with the period.',
  formula:
    'rows of (highest − lowest) / rows; POC = middle of the largest; from it the two rows above or the two below are added, whichever pair holds more (above when equal), until the share is reached; VAH and VAL are the outer edges',
  source:
    'Steidlmayer, Markets and Market Logic (1986); value area by pairs as in Dalton, Mind over Markets (1993), appendix',
  lookback: (parameters) =>
    parameters['scope'] === 'session' ? 0 : numberOf(parameters, 'timeperiod') - 1,
  work: (parameters) => 2 * (numberOf(parameters, 'timeperiod') + numberOf(parameters, 'rows')),
  ...bySteps(volumeProfile),
};

// Where things are in the state; the rows of the profile and the ring of bars follow.
const HELD = 0;
const PLACE = 1;
const SESSION = 2;
const HIGHEST = 3;
const LOWEST = 4;
const TOTAL = 5;
const SINCE = 6; // bars since the profile was built, 0 while there is none
const LARGEST = 7; // largest volume of the window since then
const ROWS = 8;

function volumeProfile(parameters: ParameterValues): StreamKernel {
  const n = numberOf(parameters, 'timeperiod');
  const rows = numberOf(parameters, 'rows');
  const share = numberOf(parameters, 'value_area') / 100;
  const bySession = parameters['scope'] === 'session';
  const ring = ROWS + rows;
  const state = new Float64Array(ring + 3 * n);
  const profile = state.subarray(ROWS, ring);
  // Scratch that every step fills anew.
  const found: ProfileRows = { poc: 0, top: 0, bottom: 0 };
  return {
    state,
    step(inputs, outputs) {
      const high = inputs[0] as number;
      const low = inputs[1] as number;
      const volume = Math.max(inputs[2] as number, 0);
      const session = inputs[3] as number;
      const fresh = bySession && session !== state[SESSION];
      const before = fresh ? 0 : (state[HELD] as number) | 0;
      const held = before === n ? n : before + 1;
      const place = fresh ? 0 : (state[PLACE] as number) | 0;
      const at = ring + 3 * place;
      const running = before > 0 && moveOn(state, at, before === n, rows, n, high, low, volume);
      state[HELD] = held;
      state[PLACE] = place + 1 === n ? 0 : place + 1;
      state[SESSION] = session;
      state[at] = high;
      state[at + 1] = low;
      state[at + 2] = volume;
      outputs.fill(Number.NaN);
      if (!bySession && held < n) return;
      if (!running) build(state, ring, held, rows);
      const highest = state[HIGHEST] as number;
      const lowest = state[LOWEST] as number;
      const total = state[TOTAL] as number;
      const height = (highest - lowest) / rows;
      if (!(total > 0)) return;
      if (!(height > 0)) {
        outputs.fill(lowest);
        return;
      }
      valueArea(profile, share * total, found);
      outputs[0] = lowest + (found.poc + 0.5) * height;
      outputs[1] = found.top === rows - 1 ? highest : lowest + (found.top + 1) * height;
      outputs[2] = lowest + found.bottom * height;
    },
  };
}

/**
 * Moves the profile on by one bar where the range of its prices stays as it is: the new bar is added, the
 * one that it replaces at `at` is taken away. What a bar leaves by rounding goes with the next rebuild.
 * @returns false where the profile must be built anew
 */
function moveOn(
  state: Float64Array,
  at: number,
  full: boolean,
  rows: number,
  period: number,
  high: number,
  low: number,
  volume: number,
): boolean {
  const highest = state[HIGHEST] as number;
  const lowest = state[LOWEST] as number;
  const since = state[SINCE] as number;
  state[SINCE] = 0;
  if (since === 0 || since >= rebuildEvery(period) || high > highest || low < lowest) return false;
  const scale = rows / (highest - lowest);
  if (full) {
    const oldHigh = state[at] as number;
    const oldLow = state[at + 1] as number;
    if (oldHigh === highest || oldLow === lowest) return false;
    spread(state, rows, lowest, scale, oldHigh, oldLow, -(state[at + 2] as number));
  }
  spread(state, rows, lowest, scale, high, low, volume);
  const total = state[TOTAL] as number;
  if (total > (state[LARGEST] as number)) state[LARGEST] = total;
  if (!(total * SHRUNK >= (state[LARGEST] as number))) return false;
  state[SINCE] = since + 1;
  return true;
}

/** Builds the profile of the bars in the ring. */
function build(state: Float64Array, ring: number, held: number, rows: number): void {
  const end = ring + 3 * held;
  let highest = -Infinity;
  let lowest = Infinity;
  for (let at = ring; at < end; at += 3) {
    const top = state[at] as number;
    const bottom = state[at + 1] as number;
    if (top > highest) highest = top;
    if (bottom < lowest) lowest = bottom;
  }
  state.fill(0, ROWS, ring);
  state[TOTAL] = 0;
  const scale = rows / (highest - lowest);
  for (let at = ring; at < end; at += 3) {
    const high = state[at] as number;
    const low = state[at + 1] as number;
    spread(state, rows, lowest, scale, high, low, state[at + 2] as number);
  }
  state[HIGHEST] = highest;
  state[LOWEST] = lowest;
  state[SINCE] = 1;
  state[LARGEST] = state[TOTAL];
}

/**
 * Adds the volume of a bar to its rows and to the total; a negative one takes it away.
 * @param scale rows for each unit of the price; infinite when there is no range
 */
function spread(
  state: Float64Array,
  rows: number,
  lowest: number,
  scale: number,
  high: number,
  low: number,
  volume: number,
): void {
  state[TOTAL] = (state[TOTAL] as number) + volume;
  const from = (low - lowest) * scale;
  const to = (high - lowest) * scale;
  // Without any range the rows are not numbers; all goes to the first, and only the total counts.
  let first = from | 0;
  if (first >= rows) first = rows - 1;
  let end = to | 0;
  if (end >= rows) end = rows - 1;
  const lower = ROWS + first;
  const upper = ROWS + end;
  if (end <= first) {
    state[lower] = (state[lower] as number) + volume;
    return;
  }
  const density = volume / (to - from);
  state[lower] = (state[lower] as number) + density * (first + 1 - from);
  for (let k = lower + 1; k < upper; k += 1) state[k] = (state[k] as number) + density;
  state[upper] = (state[upper] as number) + density * (to - end);
}

/** Volumes that differ by less than this share of what is wanted differ by rounding: they count as equal. */
const ROUNDING = 1e-12;

/** Finds the point of control and grows the value area from it until it holds `wanted`. */
export function valueArea(profile: Float64Array, wanted: number, found: ProfileRows): void {
  const rows = profile.length;
  const middle = (rows - 1) / 2;
  const margin = ROUNDING * wanted;
  let poc = 0;
  for (let k = 1; k < rows; k += 1) {
    const volume = profile[k] as number;
    const best = profile[poc] as number;
    const nearer = Math.abs(k - middle) < Math.abs(poc - middle);
    if (volume > best + margin || (nearer && volume > best - margin)) poc = k;
  }
  let top = poc;
  let bottom = poc;
  let inside = profile[poc] as number;
  while (inside < wanted - margin && (top < rows - 1 || bottom > 0)) {
    const above = pair(profile, top + 1, top + 2);
    const below = pair(profile, bottom - 1, bottom - 2);
    if (bottom === 0 || (top < rows - 1 && above > below - margin)) {
      inside += above;
      top = Math.min(top + 2, rows - 1);
    } else {
      inside += below;
      bottom = Math.max(bottom - 2, 0);
    }
  }
  found.poc = poc;
  found.top = top;
  found.bottom = bottom;
}

/** Volume of two rows; one outside the profile counts as none. */
function pair(profile: Float64Array, a: number, b: number): number {
  return rowAt(profile, a) + rowAt(profile, b);
}

function rowAt(profile: Float64Array, k: number): number {
  return k >= 0 && k < profile.length ? (profile[k] as number) : 0;
}
