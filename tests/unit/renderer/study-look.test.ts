import { describe, expect, it } from 'vitest';
import {
  digitsOf,
  drawnOutputs,
  formatValue,
  marksOf,
  pointsOf,
  type StudyColumn,
  type StudyResult,
} from '../../../renderer/panels/chart/study-look.ts';
import { EMPTY, newStudy, type Study } from '../../../renderer/panels/chart/study-model.ts';

const N = Number.NaN;
const COLOURS = { up: '#00ff00', down: '#ff0000' };
const STUDY: Study = newStudy({ kind: 'expression', expression: 'x', parameters: {} }, EMPTY);

function column(values: readonly number[], change: Partial<StudyColumn> = {}): StudyColumn {
  return {
    name: 'a',
    label: 'A',
    kind: 'real',
    style: 'line',
    values: Float64Array.from(values),
    ...change,
  };
}

function resultOf(...outputs: readonly StudyColumn[]): StudyResult {
  const length = outputs[0]?.values.length ?? 0;
  return {
    time: Float64Array.from({ length }, (_, i) => i * 1_000),
    indicator: null,
    pane: 'own',
    levels: [],
    lookback: 0,
    parameters: [],
    outputs: [...outputs],
  };
}

function draw(values: readonly number[], change: Partial<StudyColumn> = {}, onPrice = false) {
  const [output] = drawnOutputs(STUDY, resultOf(column(values, change)), onPrice);
  if (output === undefined) throw new Error('nothing is drawn');
  return output;
}

describe('the look of outputs', () => {
  it('takes the palette in order, except where the sign decides', () => {
    const study = { ...STUDY, colour: 8 };
    const outputs = drawnOutputs(
      study,
      resultOf(
        column([1], { name: 'a' }),
        column([1], { name: 'b', style: 'histogram' }),
        column([1], { name: 'c' }),
      ),
      false,
    );
    expect(outputs.map(({ colour }) => colour)).toEqual(['study-8', null, 'study-1']);
    expect(outputs.map(({ key }) => key)).toEqual(['s1 a', 's1 b', 's1 c']);
  });

  it('is what the user made of it', () => {
    const look = { colour: '#123456', width: 3, style: 'area', hidden: true } as const;
    const [output] = drawnOutputs({ ...STUDY, looks: { a: look } }, resultOf(column([1])), true);
    expect(output).toMatchObject({ ...look, listed: false });
  });

  it('makes columns of marks that stand alone in a pane of their own', () => {
    const marks = { style: 'marks', kind: 'integer' } as const;
    expect(draw([100], marks, false).style).toBe('histogram');
    expect(draw([100], marks, true).style).toBe('marks');
    const beside = drawnOutputs(STUDY, resultOf(column([1]), column([1], marks)), false);
    expect(beside[1]?.style).toBe('marks');
  });

  it('lists counts beside prices without drawing them on their scale', () => {
    const count = { kind: 'integer' } as const;
    expect(draw([3], count, true)).toMatchObject({ hidden: true, listed: true, onScale: false });
    expect(draw([3], count, false)).toMatchObject({ hidden: false, onScale: true });
    const [asked] = drawnOutputs(
      { ...STUDY, looks: { a: { hidden: false } } },
      resultOf(column([3], count)),
      true,
    );
    expect(asked).toMatchObject({ hidden: false, listed: true });
  });
});

describe('marks', () => {
  const pattern = { style: 'marks', kind: 'integer' } as const;

  it('stand where a pattern is, by its sign and strength, and nowhere else', () => {
    const marks = marksOf(draw([N, 0, 100, -100, -200, 0], pattern, true), 'Doji');
    expect(marks.map(({ time, sign, strong }) => [time, sign, strong])).toEqual([
      [2_000, 1, false],
      [3_000, -1, false],
      [4_000, -1, true],
    ]);
    expect(marks[0]?.text).toBe('Doji');
  });

  it('stand on each bar on which a condition holds, without direction', () => {
    const marks = marksOf(draw([N, 0, 1, 1, 0], { style: 'marks', kind: 'boolean' }, true), '');
    expect(marks.map(({ time, sign }) => [time, sign])).toEqual([
      [2_000, 0],
      [3_000, 0],
    ]);
    const always = marksOf(draw([1, 1, 1], { style: 'marks', kind: 'boolean' }, true), '');
    expect(always).toHaveLength(3);
  });

  it('of ones and zeros are those of a condition', () => {
    const marks = marksOf(draw([N, 0, 1, 0], pattern, true), '');
    expect(marks.map(({ time, sign }) => [time, sign])).toEqual([[2_000, 0]]);
  });

  it('of a state stand where it changes', () => {
    const marks = marksOf(draw([N, 1, 1, -1, -1, 1], pattern, true), '');
    expect(marks.map(({ time, sign }) => [time, sign])).toEqual([
      [3_000, -1],
      [5_000, 1],
    ]);
  });
});

describe('points', () => {
  it('leave a line’s gaps open', () => {
    const points = pointsOf(draw([N, 1, 2, N, N, 3]), COLOURS);
    expect(points.map(({ time, value, color }) => [time, value, color])).toEqual([
      [0, undefined, undefined],
      [1, 1, undefined],
      [2, 2, 'transparent'],
      [3, undefined, undefined],
      [4, undefined, undefined],
      [5, 3, undefined],
    ]);
    expect(pointsOf(draw([1, N], { style: 'dots' }), COLOURS)[0]?.color).toBeUndefined();
  });

  it('of columns are coloured by sign, faint while they shrink', () => {
    const points = pointsOf(draw([1, 2, 1, -1, -3, -2, 0], { style: 'histogram' }), COLOURS);
    expect(points.map(({ color }) => color)).toEqual([
      '#00ff00',
      '#00ff00',
      '#00ff0080',
      '#ff0000',
      '#ff0000',
      '#ff000080',
      '#00ff0080',
    ]);
  });
});

describe('values in the legend', () => {
  it.each([
    [55.123, {}, '55.12'],
    [N, {}, 'n/a'],
    [0.001_234, {}, '0.00123'],
    [-1_234.5, {}, '-1,234.50'],
    [5_792_140_000, {}, '5.79B'],
    [3, { kind: 'integer' }, '3'],
    [1, { kind: 'boolean' }, 'yes'],
    [0, { kind: 'boolean' }, 'no'],
    [N, { kind: 'boolean' }, 'n/a'],
  ] as const)('%d %j: %s', (value, change, text) => {
    expect(formatValue(value, draw([value], change))).toBe(text);
  });

  it('have as many decimals as the column needs', () => {
    expect(digitsOf(Float64Array.of(N, 0.05, -0.004))).toBe(4);
    expect(digitsOf(Float64Array.of(N, 70))).toBe(2);
    expect(digitsOf(Float64Array.of(1e-20))).toBe(8);
    expect(digitsOf(Float64Array.of())).toBe(2);
  });
});
