import { EMPTY, line, type IndicatorDefinition } from '../definition.ts';

export const OBV: IndicatorDefinition = {
  id: 'obv',
  aliases: ['on_balance_volume'],
  title: 'On-balance volume',
  group: 'Volume Indicators',
  inputs: ['real', 'volume'],
  parameters: [],
  outputs: [line('obv', 'OBV')],
  pane: 'own',
  levels: [],
  unstable: true,
  explanation:
    'A running total of volume, added on bars that rise and taken away on bars that fall. It is read by its course: a new high of the price that the line does not follow is thought weak. It starts with the volume of the first bar, so its level has no meaning.',
  formula:
    'OBV = OBV[1] + volume where x > x[1], OBV[1] − volume where x < x[1], else OBV[1]; the first is the first volume',
  source: 'Granville, Granville’s New Key to Stock Market Profits (1963); TA-Lib OBV',
  lookback: () => 0,
  compute([input = EMPTY, volume = EMPTY], _, [output = EMPTY]) {
    if (input.length === 0) return;
    let before = input[0] as number;
    let total = volume[0] as number;
    output[0] = total;
    for (let i = 1; i < input.length; i += 1) {
      const now = input[i] as number;
      // 1, −1 or 0 times the volume, without a branch that would be guessed wrongly half the time.
      total += (Number(now > before) - Number(now < before)) * (volume[i] as number);
      output[i] = total;
      before = now;
    }
  },
  stream() {
    // state: [bars seen, last value, total]
    const state = new Float64Array(3);
    return {
      state,
      step(inputs, outputs) {
        const now = inputs[0] as number;
        const volume = inputs[1] as number;
        const before = state[1] as number;
        let total = state[2] as number;
        if (state[0] === 0 || now > before) total += volume;
        else if (now < before) total -= volume;
        state[0] = 1;
        state[1] = now;
        state[2] = total;
        outputs[0] = total;
      },
    };
  },
};
