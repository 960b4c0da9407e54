import type { ParameterValues } from '../../domain/parameters.ts';
import {
  integer,
  line,
  numberOf,
  real,
  type IndicatorDefinition,
  type StreamKernel,
} from '../definition.ts';
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
    integer('timeperiod', 'Period', 100, 'Bars of the profile, at most.', [1, 10_000]),
    integer(
      'rows',
      'Rows',
      24,
      'Rows of equal height between lowest and highest price.',
      [2, 1_000],
    ),
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
    'At which prices the volume of the last bars was traded. The point of control is the middle of the row with the most volume; around it the value area holds the given share. A bar’s volume is spread evenly over its range from low to high, for what was traded at each price inside is not known; a bar without range gives all to its row. Of equal rows the one nearest the middle of the range is the point of control, then the lower. No value without volume; where all prices are one, all three levels are it. Scope "session" takes the bars of the running session only, at most the period. Every bar builds the profile anew, so the work grows with the period.',
  formula:
    'rows of (highest − lowest) / rows; POC = middle of the largest; from it the two rows above or the two below are added, whichever pair holds more (above when equal), until the share is reached; VAH and VAL are the outer edges',
  source:
    'Steidlmayer, Markets and Market Logic (1986); value area by pairs as in Dalton, Mind over Markets (1993), appendix',
  lookback: (parameters) =>
    parameters['scope'] === 'session' ? 0 : numberOf(parameters, 'timeperiod') - 1,
  ...bySteps(volumeProfile),
};

function volumeProfile(parameters: ParameterValues): StreamKernel {
  const n = numberOf(parameters, 'timeperiod');
  const rows = numberOf(parameters, 'rows');
  const share = numberOf(parameters, 'value_area') / 100;
  const bySession = parameters['scope'] === 'session';
  // state: [bars held, place, session, ring of high, low, volume]
  const state = new Float64Array(3 + 3 * n);
  // Scratch that every step fills anew.
  const profile = new Float64Array(rows);
  const found: ProfileRows = { poc: 0, top: 0, bottom: 0 };
  return {
    state,
    step(inputs, outputs) {
      const high = inputs[0] as number;
      const low = inputs[1] as number;
      const volume = inputs[2] as number;
      const session = inputs[3] as number;
      const fresh = bySession && session !== state[2];
      const held = fresh ? 1 : Math.min((state[0] as number) + 1, n);
      const place = fresh ? 0 : (state[1] as number);
      state[0] = held;
      state[1] = place + 1 === n ? 0 : place + 1;
      state[2] = session;
      state[3 + 3 * place] = high;
      state[4 + 3 * place] = low;
      state[5 + 3 * place] = volume;
      outputs.fill(Number.NaN);
      if (!bySession && held < n) return;
      let highest = high;
      let lowest = low;
      for (let at = 3; at < 3 + 3 * held; at += 3) {
        const top = state[at] as number;
        const bottom = state[at + 1] as number;
        if (top > highest) highest = top;
        if (bottom < lowest) lowest = bottom;
      }
      const height = (highest - lowest) / rows;
      const total = spread(state, held, lowest, rows / (highest - lowest), profile);
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
 * Fills `profile` with the volume of the bars in the ring, row by row.
 * @param scale rows for each unit of the price; infinite when there is no range
 * @returns the whole volume
 */
function spread(
  state: Float64Array,
  held: number,
  lowest: number,
  scale: number,
  profile: Float64Array,
): number {
  const last = profile.length - 1;
  let total = 0;
  profile.fill(0);
  for (let at = 3; at < 3 + 3 * held; at += 3) {
    const volume = state[at + 2] as number;
    if (!(volume > 0)) continue;
    total += volume;
    const from = ((state[at + 1] as number) - lowest) * scale;
    const to = ((state[at] as number) - lowest) * scale;
    const first = Math.min(Math.floor(from), last);
    const end = Math.min(Math.floor(to), last);
    // Without any range the rows are not numbers; then only the total counts.
    if (!(end > first)) {
      if (first >= 0) profile[first] = (profile[first] as number) + volume;
      continue;
    }
    const density = volume / (to - from);
    profile[first] = (profile[first] as number) + density * (first + 1 - from);
    for (let k = first + 1; k < end; k += 1) profile[k] = (profile[k] as number) + density;
    profile[end] = (profile[end] as number) + density * (to - end);
  }
  return total;
}

/** Finds the point of control and grows the value area from it until it holds `wanted`. */
export function valueArea(profile: Float64Array, wanted: number, found: ProfileRows): void {
  const rows = profile.length;
  const middle = (rows - 1) / 2;
  let poc = 0;
  for (let k = 1; k < rows; k += 1) {
    const volume = profile[k] as number;
    const best = profile[poc] as number;
    if (volume > best || (volume === best && Math.abs(k - middle) < Math.abs(poc - middle))) {
      poc = k;
    }
  }
  let top = poc;
  let bottom = poc;
  let inside = profile[poc] as number;
  while (inside < wanted && (top < rows - 1 || bottom > 0)) {
    const above = pair(profile, top + 1, top + 2);
    const below = pair(profile, bottom - 1, bottom - 2);
    if (bottom === 0 || (top < rows - 1 && above >= below)) {
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
  return (profile[a] ?? 0) + (profile[b] ?? 0);
}
